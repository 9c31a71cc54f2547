// SPDX-License-Identifier: GPL-2.0-or-later
/* The command that sets scales: all of a set is taken, or nothing. */
#include <linux/slab.h>

#include "netlink_refusal.h"

static void sets_are_taken(struct kunit *test)
{
	static const u32 scales[] = { 4 * SCALE_ONE, 0, U32_MAX };
	struct setting setting;
	struct message message;
	struct sk_buff *skb;
	u32 i, lease;

	setting_begin(test, &setting);
	skb = client_request(setting.client, IP_VS_VML_CMD_SCALE_SET, 0);
	/* in any order, and the service last */
	for (i = 3; i--; )
		put_scale(skb, setting.dests[i], scales[i]);
	nla_put_u32(skb, IP_VS_VML_A_COMMAND_LEASE, 100000);
	put_service(skb, setting.svc);
	client_ask(setting.client, &message);
	KUNIT_EXPECT_EQ(test, message.command, IP_VS_VML_CMD_SCALE_SET);
	KUNIT_EXPECT_EQ(test, number_in(&message,
					IP_VS_VML_A_COMMAND_GENERATION), 1);
	/* nothing more was asked for */
	KUNIT_EXPECT_EQ(test, client_receive(setting.client, &message),
			-EAGAIN);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, fixture_scale(setting.svc,
						    setting.dests[i]),
				scales[i]);
	KUNIT_EXPECT_EQ(test, fixture_table_size(setting.svc), 2);

	put_service(client_request(setting.client, IP_VS_VML_CMD_SERVICE_GET,
				   0), setting.svc);
	client_ask(setting.client, &message);
	lease = number_in(&message, IP_VS_VML_A_COMMAND_LEASE);
	KUNIT_EXPECT_LE(test, lease, 100000);
	KUNIT_EXPECT_GE(test, lease, 50000);

	/* and a set with nothing makes all neutral, for ever */
	put_service(client_request(setting.client, IP_VS_VML_CMD_SCALE_SET,
				   NLM_F_ACK), setting.svc);
	client_ask(setting.client, &message);
	KUNIT_EXPECT_EQ(test, number_in(&message,
					IP_VS_VML_A_COMMAND_GENERATION), 2);
	KUNIT_EXPECT_EQ(test, client_receive(setting.client, &message), 0);
	KUNIT_EXPECT_EQ(test, message.type, NLMSG_ERROR);
	KUNIT_EXPECT_EQ(test, message.error, 0);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, fixture_scale(setting.svc,
						    setting.dests[i]),
				SCALE_ONE);
	KUNIT_EXPECT_FALSE(test, setting.service->has_lease);
	setting_end(&setting);
}

/* Nothing of a set is in force that was refused. */
static void expect_unchanged(struct setting *setting)
{
	struct kunit *test = setting->client->test;

	KUNIT_EXPECT_EQ(test, setting->service->generation, 1);
	KUNIT_EXPECT_FALSE(test, setting->service->has_lease);
	KUNIT_EXPECT_EQ(test, fixture_scale(setting->svc, setting->dests[0]),
			7 * SCALE_ONE);
	KUNIT_EXPECT_EQ(test, fixture_scale(setting->svc, setting->dests[1]),
			SCALE_ONE);
	KUNIT_EXPECT_EQ(test, fixture_table_weight(setting->svc,
						   setting->dests[0]),
			7 * fixture_table_weight(setting->svc,
						 setting->dests[1]));
}

/* A set that is good but for what comes. */
static struct sk_buff *begin_set(struct setting *setting)
{
	struct sk_buff *skb;

	skb = client_request(setting->client, IP_VS_VML_CMD_SCALE_SET, 0);
	put_service(skb, setting->svc);
	nla_put_u32(skb, IP_VS_VML_A_COMMAND_LEASE, 100000);
	put_scale(skb, setting->dests[1], 5);
	put_scale(skb, setting->dests[2], 5);
	return skb;
}

static void sets_are_all_or_nothing(struct kunit *test)
{
	struct setting setting;
	struct refusal refusal;
	struct sk_buff *skb;
	u32 i;

	setting_begin(test, &setting);
	set_scale(&setting, 0, 7 * SCALE_ONE);
	for (i = 0; i < num_bad_dests; i++) {
		const struct bad_part *bad = &bad_dests[i];
		u32 nest;

		skb = begin_set(&setting);
		nest = skb->len;
		refusal = refusal_of(bad, nest,
				     put_bad_dest(skb, setting.dests[0],
						  &bad->part));
		expect_refusal(setting.client, bad->what, &refusal);
		expect_unchanged(&setting);
	}

	skb = begin_set(&setting);
	refusal = (struct refusal){
		.error = -EEXIST, .offset = skb->len,
		.text = "the destination is named twice",
	};
	put_scale(skb, setting.dests[1], 6);
	expect_refusal(setting.client, "twice", &refusal);
	expect_unchanged(&setting);

	skb = begin_set(&setting);
	put_dest(skb, setting.dests[0]);
	refusal = (struct refusal){
		.error = -EINVAL, .missing = IP_VS_VML_A_DESTINATION_SCALE,
	};
	expect_refusal(setting.client, "no scale", &refusal);
	expect_unchanged(&setting);

	skb = begin_set(&setting);
	refusal = (struct refusal){ .error = -EINVAL, .offset = skb->len };
	nla_put(skb, IP_VS_VML_A_COMMAND_DESTINATION, 0, NULL);
	put_scale(skb, setting.dests[0], 6);
	expect_refusal(setting.client, "not nested", &refusal);
	expect_unchanged(&setting);

	skb = begin_set(&setting);
	refusal = (struct refusal){ .error = -ERANGE, .offset = skb->len };
	nla_put_u32(skb, IP_VS_VML_A_COMMAND_LEASE, 0);
	expect_refusal(setting.client, "lease of 0", &refusal);
	expect_unchanged(&setting);

	skb = begin_set(&setting);
	refusal = (struct refusal){ .error = -EINVAL, .offset = skb->len };
	nla_put_u64_64bit(skb, IP_VS_VML_A_COMMAND_GENERATION, 1, 0);
	expect_refusal(setting.client, "generation of 64 bits", &refusal);
	expect_unchanged(&setting);
	setting_end(&setting);
}

static void set_with_generation(struct setting *setting, u32 generation,
				struct message *message, u32 *offset)
{
	struct sk_buff *skb = client_request(setting->client,
					     IP_VS_VML_CMD_SCALE_SET, 0);

	put_service(skb, setting->svc);
	*offset = skb->len;
	nla_put_u32(skb, IP_VS_VML_A_COMMAND_GENERATION, generation);
	put_scale(skb, setting->dests[0], 5);
	client_ask(setting->client, message);
}

/* Compare and swap, also where the generation wraps. */
static void sets_compare_generations(struct kunit *test)
{
	static const u32 starts[] = { 0, 1, S32_MAX, U32_MAX };
	struct setting setting;
	struct message message;
	u32 i, j, offset;

	setting_begin(test, &setting);
	for (i = 0; i < ARRAY_SIZE(starts); i++) {
		u32 start = starts[i];
		const u32 wrong[] = { start - 1, start + 1, start ^ S32_MIN };

		vml_registry_lock();
		setting.service->generation = start;
		vml_registry_unlock();
		for (j = 0; j < ARRAY_SIZE(wrong); j++) {
			set_with_generation(&setting, wrong[j], &message,
					    &offset);
			KUNIT_EXPECT_EQ(test, message.error, -ESTALE);
			KUNIT_EXPECT_EQ(test, message.offset, offset);
			KUNIT_EXPECT_STREQ(test, message.text,
					   "the service has another generation");
			KUNIT_EXPECT_EQ(test, setting.service->generation,
					start);
		}
		set_with_generation(&setting, start, &message, &offset);
		KUNIT_EXPECT_EQ(test, message.command,
				IP_VS_VML_CMD_SCALE_SET);
		KUNIT_EXPECT_EQ(test,
				(u32)number_in(&message,
					       IP_VS_VML_A_COMMAND_GENERATION),
				start + 1);
		KUNIT_EXPECT_EQ(test, setting.service->generation, start + 1);
		/* the same once more is too late */
		set_with_generation(&setting, start, &message, &offset);
		KUNIT_EXPECT_EQ(test, message.error, -ESTALE);
	}
	setting_end(&setting);
}

/* Thousands in one set, or none of them. */
static void sets_of_thousands(struct kunit *test)
{
	const u32 n = 3000;
	struct ip_vs_service *svc = fixture_service(test);
	struct client *client = client_open(test);
	struct fixture *fixture = test->priv;
	struct refusal refusal;
	struct message message;
	struct sk_buff *skb;
	u32 i;

	for (i = 0; i < n; i++)
		fixture_link(svc, fixture_dest(test, 1));
	fixture_bind(test, svc);
	skb = client_request(client, IP_VS_VML_CMD_SCALE_SET, 0);
	put_service(skb, svc);
	for (i = 0; i < n; i++)
		put_scale(skb, fixture->dests[i], i);
	client_ask(client, &message);
	KUNIT_EXPECT_EQ(test, message.command, IP_VS_VML_CMD_SCALE_SET);
	KUNIT_EXPECT_EQ(test, fixture_table_size(svc), n - 1);

	skb = client_request(client, IP_VS_VML_CMD_SCALE_SET, 0);
	put_service(skb, svc);
	for (i = 0; i < n; i++)
		put_scale(skb, fixture->dests[i], 1);
	refusal = (struct refusal){ .error = -EEXIST, .offset = skb->len };
	put_scale(skb, fixture->dests[0], 1);
	expect_refusal(client, "the last is bad", &refusal);
	for (i = 0; i < n; i += 100)
		KUNIT_EXPECT_EQ(test, fixture_scale(svc, fixture->dests[i]), i);
	client_close(client);
}

/* A set that ends too soon, wherever, is taken only if it is a set. */
static void sets_cut_short(struct kunit *test)
{
	struct setting setting;
	struct message message;
	struct sk_buff *skb;
	u32 ends[6], i, length, full, generation, end;

	setting_begin(test, &setting);
	skb = client_request(setting.client, IP_VS_VML_CMD_SCALE_SET, 0);
	full = skb->len;
	put_service(skb, setting.svc);
	ends[0] = skb->len;
	nla_put_u32(skb, IP_VS_VML_A_COMMAND_LEASE, 100000);
	ends[1] = skb->len;
	for (i = 0; i < 3; i++) {
		put_scale(skb, setting.dests[i], 5);
		ends[2 + i] = skb->len;
	}
	for (length = full, end = 0; length <= ends[4]; length++) {
		bool whole = length == ends[end];

		generation = setting.service->generation;
		skb->len = length;
		skb_set_tail_pointer(skb, length);
		client_ask(setting.client, &message);
		if (whole)
			end++;
		/* trailing bytes that are no attribute do not count */
		if (whole || message.type != NLMSG_ERROR) {
			KUNIT_EXPECT_EQ(test, message.command,
					IP_VS_VML_CMD_SCALE_SET);
			KUNIT_EXPECT_EQ(test, setting.service->generation,
					generation + 1);
			KUNIT_EXPECT_GE(test, end, 1);
			KUNIT_EXPECT_LT(test, length - ends[end - 1],
					NLA_HDRLEN);
		} else {
			KUNIT_EXPECT_EQ(test, message.error, -EINVAL);
			KUNIT_EXPECT_EQ(test, setting.service->generation,
					generation);
		}
	}
	KUNIT_EXPECT_EQ(test, end, 5);
	setting_end(&setting);
}

/* Each allocation on the way of a command fails: all or nothing, still. */
static void sets_without_memory(struct kunit *test)
{
	static const u8 commands[] = {
		IP_VS_VML_CMD_SERVICE_GET, IP_VS_VML_CMD_DESTINATION_GET,
		IP_VS_VML_CMD_SCALE_SET,
	};
	struct setting setting;
	struct message message;
	struct sk_buff *skb;
	u32 i, nth, scale;

	setting_begin(test, &setting);
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		bool failed = true;

		for (nth = 1; failed; nth++) {
			u32 generation = setting.service->generation;
			bool answered = false;

			KUNIT_ASSERT_LT(test, nth, 100);
			skb = client_request(setting.client, commands[i], 0);
			put_service(skb, setting.svc);
			if (commands[i] == IP_VS_VML_CMD_DESTINATION_GET)
				put_dest(skb, setting.dests[0]);
			if (commands[i] == IP_VS_VML_CMD_SCALE_SET)
				put_scale(skb, setting.dests[0], 100 + nth);
			fixture_fail_nth(nth);
			client_send(setting.client);
			failed = fixture_has_failed();
			while (client_receive(setting.client, &message) !=
			       -EAGAIN)
				answered |= message.command == commands[i];
			KUNIT_EXPECT_TRUE(test, answered || failed);
			if (commands[i] != IP_VS_VML_CMD_SCALE_SET)
				continue;
			KUNIT_EXPECT_EQ(test, setting.service->generation,
					generation + answered);
			scale = fixture_scale(setting.svc, setting.dests[0]);
			KUNIT_EXPECT_EQ(test, scale == 100 + nth, answered);
		}
		/* the message, and the reply, of two parts each */
		KUNIT_EXPECT_GE(test, nth, 5);
	}
	setting_end(&setting);
}

static struct kunit_case sets_cases[] = {
	KUNIT_CASE(sets_are_taken),
	KUNIT_CASE(sets_are_all_or_nothing),
	KUNIT_CASE(sets_compare_generations),
	KUNIT_CASE(sets_of_thousands),
	KUNIT_CASE(sets_cut_short),
	KUNIT_CASE(sets_without_memory),
	{}
};

static struct kunit_suite sets_suite = {
	.name = "vml_sets",
	.suite_init = client_suite_init,
	.suite_exit = client_suite_exit,
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = sets_cases,
};

kunit_test_suite(sets_suite);
