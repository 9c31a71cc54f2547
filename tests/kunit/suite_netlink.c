// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each command of the netlink family, with good and with bad input: what is
 * answered, and which attribute is said to be wrong. Those that set scales and
 * those that dump have suites of their own.
 */
#include "netlink_refusal.h"

static void netlink_service_get(struct kunit *test)
{
	struct setting setting;
	struct message message;

	setting_begin(test, &setting);
	set_scale(&setting, 0, 5);
	put_service(client_request(setting.client, IP_VS_VML_CMD_SERVICE_GET,
				   0), setting.svc);
	client_ask(setting.client, &message);
	KUNIT_EXPECT_EQ(test, message.command, IP_VS_VML_CMD_SERVICE_GET);
	KUNIT_EXPECT_TRUE(test, is_of_service(&message, setting.svc));
	KUNIT_EXPECT_EQ(test, number_in(&message,
					IP_VS_VML_A_COMMAND_GENERATION), 1);
	KUNIT_EXPECT_EQ(test, number_in(&message,
					IP_VS_VML_A_COMMAND_DESTINATIONS), 3);
	KUNIT_EXPECT_EQ(test, number_in(&message, IP_VS_VML_A_COMMAND_LEASE),
			U64_MAX);
	KUNIT_EXPECT_EQ(test, client_receive(setting.client, &message),
			-EAGAIN);
	setting_end(&setting);
}

static void netlink_service_get_by_mark(struct kunit *test)
{
	struct client *client = client_open(test);
	struct ip_vs_service *svc = fixture_service(test);
	struct message message;

	svc->fwmark = U32_MAX;
	fixture_bind(test, svc);
	put_service(client_request(client, IP_VS_VML_CMD_SERVICE_GET, 0), svc);
	client_ask(client, &message);
	KUNIT_EXPECT_TRUE(test, is_of_service(&message, svc));
	svc->fwmark = 1;
	put_service(client_request(client, IP_VS_VML_CMD_SERVICE_GET, 0), svc);
	client_ask(client, &message);
	KUNIT_EXPECT_EQ(test, message.error, -ENOENT);
	client_close(client);
}

/* What the fast path counts is what is told. */
static void netlink_service_get_counts(struct kunit *test)
{
	struct setting setting;
	struct message message;
	u32 i;

	setting_begin(test, &setting);
	for (i = 0; i < 7; i++)
		fixture_pick(setting.svc);
	for (i = 0; i < 3; i++)
		setting.dests[i]->flags |= IP_VS_DEST_F_OVERLOAD;
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_NULL(test, fixture_pick(setting.svc));
	put_service(client_request(setting.client, IP_VS_VML_CMD_SERVICE_GET,
				   0), setting.svc);
	client_ask(setting.client, &message);
	KUNIT_EXPECT_EQ(test, number_in(&message, IP_VS_VML_A_COMMAND_PICKS),
			7);
	KUNIT_EXPECT_EQ(test, number_in(&message, IP_VS_VML_A_COMMAND_SCANS),
			2);
	KUNIT_EXPECT_EQ(test,
			number_in(&message, IP_VS_VML_A_COMMAND_NO_DESTINATION),
			2);
	/* each decision passes over all three of the scan, and more before */
	KUNIT_EXPECT_GE(test,
			number_in(&message, IP_VS_VML_A_COMMAND_OVERLOAD_SKIPS),
			2 * (1 + 3));
	setting_end(&setting);
}

static void netlink_bad_services(struct kunit *test)
{
	static const u8 commands[] = {
		IP_VS_VML_CMD_SERVICE_GET, IP_VS_VML_CMD_DESTINATION_GET,
		IP_VS_VML_CMD_SCALE_SET,
	};
	struct setting setting;
	u32 i, j;

	setting_begin(test, &setting);
	for (i = 0; i < num_bad_services; i++) {
		const struct bad_part *bad = &bad_services[i];

		for (j = 0; j < ARRAY_SIZE(commands); j++) {
			struct sk_buff *skb = client_request(setting.client,
							     commands[j], 0);
			struct refusal refusal;
			u32 nest = skb->len;

			refusal = refusal_of(bad, nest,
					     put_bad_service(skb, setting.svc,
							     &bad->part));
			if (commands[j] != IP_VS_VML_CMD_SERVICE_GET)
				put_dest(skb, setting.dests[0]);
			expect_refusal(setting.client, bad->what, &refusal);
		}
	}
	KUNIT_EXPECT_EQ(test, setting.service->generation, 0);
	setting_end(&setting);
}

/* A mark beside each of what a service with a mark does not have. */
static void netlink_mark_and_more(struct kunit *test)
{
	static const struct part parts[] = {
		{ IP_VS_VML_A_SERVICE_PROTOCOL, 2, { 6 } },
		{ IP_VS_VML_A_SERVICE_ADDRESS, 16, { 1 } },
		{ IP_VS_VML_A_SERVICE_PORT, 2, { 0, 80 } },
	};
	static const u16 family = AF_INET;
	struct client *client = client_open(test);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		struct refusal refusal = {
			.error = -EINVAL,
			.text = "a service with a firewall mark has no protocol, address or port",
		};
		struct sk_buff *skb = client_request(client,
						     IP_VS_VML_CMD_SERVICE_GET,
						     0);
		struct nlattr *nest;

		nest = nla_nest_start(skb, IP_VS_VML_A_COMMAND_SERVICE);
		nla_put(skb, IP_VS_VML_A_SERVICE_FAMILY, 2, &family);
		refusal.offset = skb->len;
		nla_put(skb, parts[i].type, parts[i].length, parts[i].data);
		nla_put_u32(skb, IP_VS_VML_A_SERVICE_FWMARK, 1);
		nla_nest_end(skb, nest);
		expect_refusal(client, "mark", &refusal);
	}
	client_close(client);
}

/* What is wrong outside of the nests. */
static void netlink_bad_messages(struct kunit *test)
{
	static const struct refusal no_service = {
		.error = -EINVAL, .missing = IP_VS_VML_A_COMMAND_SERVICE,
	};
	static const struct refusal not_supported = { .error = -EOPNOTSUPP };
	static const u8 unknown[] = {
		0, IP_VS_VML_CMD_SERVICE_BOUND, IP_VS_VML_CMD_LEASE_EXPIRED,
		IP_VS_VML_CMD_MAX + 1, 255,
	};
	struct setting setting;
	struct refusal refusal;
	struct sk_buff *skb;
	u32 i;

	setting_begin(test, &setting);
	for (i = IP_VS_VML_CMD_SERVICE_GET; i <= IP_VS_VML_CMD_SCALE_SET; i++) {
		client_request(setting.client, i, 0);
		expect_refusal(setting.client, "no service", &no_service);

		skb = client_request(setting.client, i, 0);
		refusal = (struct refusal){ -EINVAL, skb->len };
		nla_put(skb, IP_VS_VML_A_COMMAND_SERVICE, 0, NULL);
		expect_refusal(setting.client, "service not nested", &refusal);

		skb = client_request(setting.client, i, 0);
		put_service(skb, setting.svc);
		put_dest(skb, setting.dests[0]);
		refusal = (struct refusal){ -EINVAL, skb->len };
		nla_put_u32(skb, IP_VS_VML_A_COMMAND_MAX + 1, 1);
		if (i == IP_VS_VML_CMD_SERVICE_GET)
			/* where a destination is unknown, too */
			continue;
		expect_refusal(setting.client, "unknown attribute", &refusal);

		skb = client_request(setting.client, i, 0);
		put_service(skb, setting.svc);
		put_dest(skb, setting.dests[0]);
		refusal = (struct refusal){ -EINVAL, skb->len };
		nla_put_u32(skb, IP_VS_VML_A_COMMAND_WEIGHT, 1);
		expect_refusal(setting.client, "part of replies", &refusal);
	}
	for (i = 0; i < ARRAY_SIZE(unknown); i++) {
		put_service(client_request(setting.client, unknown[i], 0),
			    setting.svc);
		expect_refusal(setting.client, "unknown command",
			       &not_supported);
	}
	put_service(client_request(setting.client, IP_VS_VML_CMD_SCALE_SET,
				   NLM_F_DUMP), setting.svc);
	expect_refusal(setting.client, "dump of a set", &not_supported);
	setting_end(&setting);
}

static void netlink_destination_get(struct kunit *test)
{
	struct setting setting;
	struct message message;
	struct sk_buff *skb;
	u32 i;

	setting_begin(test, &setting);
	set_scale(&setting, 1, 3 * SCALE_ONE);
	atomic_set(&setting.dests[1]->activeconns, 5);
	atomic_set(&setting.dests[1]->totalconns, 12);
	atomic_set(&setting.dests[1]->persistconns, 2);
	for (i = 0; i < 100; i++)
		fixture_pick(setting.svc);
	skb = client_request(setting.client, IP_VS_VML_CMD_DESTINATION_GET, 0);
	put_service(skb, setting.svc);
	put_dest(skb, setting.dests[1]);
	client_ask(setting.client, &message);
	KUNIT_EXPECT_EQ(test, message.command, IP_VS_VML_CMD_DESTINATION_GET);
	KUNIT_EXPECT_TRUE(test, is_of_dest(&message, setting.dests[1]));
	KUNIT_EXPECT_EQ(test, number_in(&message, IP_VS_VML_A_COMMAND_WEIGHT),
			10);
	KUNIT_EXPECT_EQ(test,
			number_in(&message,
				  IP_VS_VML_A_COMMAND_EFFECTIVE_WEIGHT),
			30 * SCALE_ONE);
	KUNIT_EXPECT_EQ(test,
			number_in(&message,
				  IP_VS_VML_A_COMMAND_ACTIVE_CONNECTIONS), 5);
	KUNIT_EXPECT_EQ(test,
			number_in(&message,
				  IP_VS_VML_A_COMMAND_INACTIVE_CONNECTIONS), 7);
	KUNIT_EXPECT_EQ(test,
			number_in(&message,
				  IP_VS_VML_A_COMMAND_PERSISTENT_CONNECTIONS),
			2);
	KUNIT_EXPECT_EQ(test, number_in(&message, IP_VS_VML_A_COMMAND_PICKS),
			fixture_picks(setting.svc, setting.dests[1]));
	setting_end(&setting);
}

static void netlink_bad_destinations(struct kunit *test)
{
	struct setting setting;
	struct refusal refusal = {
		.error = -EINVAL, .missing = IP_VS_VML_A_COMMAND_DESTINATION,
	};
	struct sk_buff *skb;
	u32 i;

	setting_begin(test, &setting);
	for (i = 0; i < num_bad_dests; i++) {
		const struct bad_part *bad = &bad_dests[i];
		u32 nest;

		skb = client_request(setting.client,
				     IP_VS_VML_CMD_DESTINATION_GET, 0);
		put_service(skb, setting.svc);
		nest = skb->len;
		refusal = refusal_of(bad, nest,
				     put_bad_dest(skb, setting.dests[0],
						  &bad->part));
		expect_refusal(setting.client, bad->what, &refusal);
	}
	skb = client_request(setting.client, IP_VS_VML_CMD_DESTINATION_GET, 0);
	put_service(skb, setting.svc);
	refusal = (struct refusal){
		.error = -EINVAL, .missing = IP_VS_VML_A_COMMAND_DESTINATION,
	};
	expect_refusal(setting.client, "no destination", &refusal);

	skb = client_request(setting.client, IP_VS_VML_CMD_DESTINATION_GET, 0);
	put_service(skb, setting.svc);
	put_scale(skb, setting.dests[0], 1);
	refusal = (struct refusal){
		.error = -EINVAL,
		.offset = skb->len - nla_total_size(sizeof(u32)),
		.text = "a scale is set with scale-set",
	};
	expect_refusal(setting.client, "scale", &refusal);
	setting_end(&setting);
}

static struct kunit_case netlink_cases[] = {
	KUNIT_CASE(netlink_service_get),
	KUNIT_CASE(netlink_service_get_by_mark),
	KUNIT_CASE(netlink_service_get_counts),
	KUNIT_CASE(netlink_bad_services),
	KUNIT_CASE(netlink_mark_and_more),
	KUNIT_CASE(netlink_bad_messages),
	KUNIT_CASE(netlink_destination_get),
	KUNIT_CASE(netlink_bad_destinations),
	{}
};

static struct kunit_suite netlink_suite = {
	.name = "vml_netlink",
	.suite_init = client_suite_init,
	.suite_exit = client_suite_exit,
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = netlink_cases,
};

kunit_test_suite(netlink_suite);
