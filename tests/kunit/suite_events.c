// SPDX-License-Identifier: GPL-2.0-or-later
/* What the netlink family tells unasked, and dumps that are torn meanwhile. */
#include <linux/slab.h>

#include "netlink.h"
#include "netlink_client.h"

static struct client *listener_open(struct kunit *test)
{
	struct client *listener = client_open(test);

	client_listen(listener);
	return listener;
}

static void expect_event(struct client *listener, struct message *message,
			 u8 command, const struct ip_vs_service *svc,
			 const struct ip_vs_dest *dest)
{
	const int dest_type = IP_VS_VML_A_COMMAND_DESTINATION;
	struct kunit *test = listener->test;

	KUNIT_ASSERT_EQ(test, client_receive(listener, message), 0);
	KUNIT_EXPECT_EQ(test, message->type, listener->family);
	KUNIT_EXPECT_EQ(test, message->command, command);
	KUNIT_EXPECT_TRUE(test, is_of_service(message, svc));
	if (dest)
		KUNIT_EXPECT_TRUE(test, is_of_dest(message, dest));
	else
		KUNIT_EXPECT_EQ(test, number_in(message, dest_type), U64_MAX);
}

static void expect_silence(struct client *listener)
{
	struct message message;

	KUNIT_EXPECT_EQ(listener->test, client_receive(listener, &message),
			-EAGAIN);
}

static void events_of_services(struct kunit *test)
{
	struct client *listener = listener_open(test);
	struct ip_vs_service *svc = fixture_service(test);
	struct ip_vs_service *twin = fixture_service(test);
	struct message message;

	fixture_link(svc, fixture_dest(test, 1));
	twin->port = svc->port;
	fixture_bind(test, svc);
	/* without its destinations, which are to be read */
	expect_event(listener, &message, IP_VS_VML_CMD_SERVICE_BOUND, svc,
		     NULL);
	expect_silence(listener);
	KUNIT_EXPECT_EQ(test, vml_service_bind(twin), -EEXIST);
	expect_silence(listener);
	fixture_unbind(svc);
	expect_event(listener, &message, IP_VS_VML_CMD_SERVICE_UNBOUND, svc,
		     NULL);
	expect_silence(listener);
	client_close(listener);
}

/* Who finds the family misses nothing, however soon that is. */
static void events_from_the_first_on(struct kunit *test)
{
	struct client *listener = client_open(test);
	struct message message;
	u32 i;

	for (i = 0; i < 20; i++) {
		struct ip_vs_service *svc = fixture_service(test);
		unsigned long end = jiffies + 5 * HZ;

		vml_netlink_exit();
		vml_netlink_init();
		while (!client_find_family(listener) &&
		       time_before(jiffies, end))
			schedule();
		client_listen(listener);
		fixture_bind(test, svc);
		expect_event(listener, &message, IP_VS_VML_CMD_SERVICE_BOUND,
			     svc, NULL);
	}
	client_close(listener);
}

static void events_of_destinations(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	struct ip_vs_dest *dest = fixture_dest(test, 1);
	struct client *listener;
	struct message message;

	fixture_bind(test, svc);
	listener = listener_open(test);
	fixture_add(svc, dest);
	expect_event(listener, &message, IP_VS_VML_CMD_DESTINATION_ADDED, svc,
		     dest);
	/* weights send none */
	atomic_set(&dest->weight, 7);
	vml_dest_add(svc, dest);
	expect_silence(listener);
	fixture_remove(svc, dest);
	expect_event(listener, &message, IP_VS_VML_CMD_DESTINATION_REMOVED, svc,
		     dest);
	expect_silence(listener);
	/* one that is added late, for lack of memory, is told of once */
	fixture_settle(svc);
	fixture_postpone(svc);
	fixture_fail_own(1);
	KUNIT_EXPECT_EQ(test, fixture_add(svc, dest), -ENOMEM);
	KUNIT_EXPECT_TRUE(test, fixture_has_failed());
	expect_silence(listener);
	fixture_settle(svc);
	expect_event(listener, &message, IP_VS_VML_CMD_DESTINATION_ADDED, svc,
		     dest);
	expect_silence(listener);
	client_close(listener);
}

static int send_set(struct client *client, struct ip_vs_service *svc,
		    u32 lease, u16 flags)
{
	struct sk_buff *skb = client_request(client, IP_VS_VML_CMD_SCALE_SET,
					     flags);

	put_service(skb, svc);
	put_scale(skb, fixture_dests(client->test)[0], 2 * IP_VS_VML_SCALE_ONE);
	if (lease)
		nla_put_u32(skb, IP_VS_VML_A_COMMAND_LEASE, lease);
	return client_send(client);
}

static void events_of_scales(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	struct client *client = client_open(test);
	struct client *listener = listener_open(test);
	struct vml_service *service;
	struct message message;
	struct sk_buff *skb;

	fixture_link(svc, fixture_dest(test, 1));
	service = fixture_bind(test, svc);
	expect_event(listener, &message, IP_VS_VML_CMD_SERVICE_BOUND, svc,
		     NULL);
	KUNIT_EXPECT_EQ(test, send_set(client, svc, 0, 0), 0);
	expect_event(listener, &message, IP_VS_VML_CMD_SCALES_COMMITTED, svc,
		     NULL);
	KUNIT_EXPECT_EQ(test, number_in(&message,
					IP_VS_VML_A_COMMAND_GENERATION), 1);
	KUNIT_EXPECT_EQ(test, number_in(&message, IP_VS_VML_A_COMMAND_LEASE),
			U64_MAX);
	KUNIT_EXPECT_EQ(test, send_set(client, svc, 20, 0), 0);
	expect_event(listener, &message, IP_VS_VML_CMD_SCALES_COMMITTED, svc,
		     NULL);
	KUNIT_EXPECT_EQ(test, number_in(&message,
					IP_VS_VML_A_COMMAND_GENERATION), 2);
	KUNIT_EXPECT_EQ(test, number_in(&message, IP_VS_VML_A_COMMAND_LEASE),
			20);
	EXPECT_EVENTUALLY(test, !service->has_lease);
	vml_registry_lock();
	vml_registry_unlock();
	expect_event(listener, &message, IP_VS_VML_CMD_LEASE_EXPIRED, svc,
		     NULL);
	KUNIT_EXPECT_EQ(test, number_in(&message,
					IP_VS_VML_A_COMMAND_GENERATION), 2);

	/* and none of a set that is refused */
	skb = client_request(client, IP_VS_VML_CMD_SCALE_SET, NLM_F_ECHO);
	put_service(skb, svc);
	nla_put_u32(skb, IP_VS_VML_A_COMMAND_GENERATION, 9);
	KUNIT_EXPECT_EQ(test, client_send(client), 0);
	expect_silence(listener);
	client_close(listener);
	client_close(client);
}

/* Who asks for an echo gets the event, once, listening or not. */
static void events_are_echoed(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	struct client *client = client_open(test);
	struct message message;
	u32 listening, events, replies;

	fixture_link(svc, fixture_dest(test, 1));
	fixture_bind(test, svc);
	for (listening = 0; listening < 2; listening++) {
		if (listening)
			client_listen(client);
		KUNIT_EXPECT_EQ(test, send_set(client, svc, 0, NLM_F_ECHO), 0);
		events = 0;
		replies = 0;
		while (!client_receive(client, &message)) {
			events += message.command ==
				  IP_VS_VML_CMD_SCALES_COMMITTED;
			replies += message.command == IP_VS_VML_CMD_SCALE_SET;
		}
		KUNIT_EXPECT_EQ(test, events, 1);
		KUNIT_EXPECT_EQ(test, replies, 1);
	}
	client_close(client);
}

/*
 * How many allocations removing a destination takes, at least: the kernel's
 * checkers have some of their own, now and then.
 */
static u32 allocations_of_remove(struct ip_vs_service *svc,
				 struct ip_vs_dest *dest)
{
	const u32 many = 1000;
	u32 i, least = many;

	for (i = 0; i < 10; i++) {
		fixture_add(svc, dest);
		fixture_fail_nth(many);
		fixture_remove(svc, dest);
		least = min(least, many - fixture_allocations_left());
		fixture_has_failed();
	}
	return least;
}

static void events_are_not_built_for_nobody(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	struct ip_vs_dest *dest = fixture_dest(test, 1);
	struct client *listener;

	fixture_bind(test, svc);
	KUNIT_EXPECT_EQ(test, allocations_of_remove(svc, dest), 0);
	listener = listener_open(test);
	KUNIT_EXPECT_GT(test, allocations_of_remove(svc, dest), 0);
	client_close(listener);
	/* the last one has left */
	KUNIT_EXPECT_EQ(test, allocations_of_remove(svc, dest), 0);
}

/* A listener learns that an event was lost for lack of memory. */
static void events_lost_are_told(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	struct ip_vs_dest *dest = fixture_dest(test, 1);
	struct client *listener;
	struct message message;

	fixture_link(svc, dest);
	fixture_bind(test, svc);
	listener = listener_open(test);
	fixture_fail_nth(1);
	fixture_remove(svc, dest);
	KUNIT_EXPECT_TRUE(test, fixture_has_failed());
	KUNIT_EXPECT_EQ(test, client_receive(listener, &message), -ENOBUFS);
	fixture_add(svc, dest);
	expect_event(listener, &message, IP_VS_VML_CMD_DESTINATION_ADDED, svc,
		     dest);
	client_close(listener);
}

static void begin_dump(struct client *client, u8 command,
		       const struct ip_vs_service *svc)
{
	struct sk_buff *skb = client_request(client, command, NLM_F_DUMP);

	if (svc)
		put_service(skb, svc);
	KUNIT_ASSERT_EQ(client->test, client_send(client), 0);
}

static void dumps_of_services(struct kunit *test)
{
	struct client *client = client_open(test);
	struct ip_vs_service *services[16];
	struct message message;
	u32 i, j, found = 0;

	begin_dump(client, IP_VS_VML_CMD_SERVICE_GET, NULL);
	KUNIT_ASSERT_EQ(test, client_receive(client, &message), 0);
	KUNIT_EXPECT_EQ(test, message.type, NLMSG_DONE);
	for (i = 0; i < ARRAY_SIZE(services); i++) {
		services[i] = fixture_service(test);
		services[i]->fwmark = i % 2 ? i : 0;
		fixture_bind(test, services[i]);
	}
	begin_dump(client, IP_VS_VML_CMD_SERVICE_GET, NULL);
	for (i = 0; i < ARRAY_SIZE(services); i++) {
		KUNIT_ASSERT_EQ(test, client_receive(client, &message), 0);
		KUNIT_EXPECT_EQ(test, message.command,
				IP_VS_VML_CMD_SERVICE_GET);
		KUNIT_EXPECT_EQ(test, message.flags, NLM_F_MULTI);
		for (j = 0; j < ARRAY_SIZE(services); j++)
			if (is_of_service(&message, services[j]))
				found |= 1 << j;
	}
	KUNIT_EXPECT_EQ(test, found, 0xffff);
	KUNIT_ASSERT_EQ(test, client_receive(client, &message), 0);
	KUNIT_EXPECT_EQ(test, message.type, NLMSG_DONE);
	KUNIT_EXPECT_EQ(test, message.flags & NLM_F_DUMP_INTR, 0);
	client_close(client);
}

/* A bound service with many destinations, for dumps of many parts. */
static struct ip_vs_service *bind_many(struct kunit *test, u32 n)
{
	struct ip_vs_service *svc = fixture_service(test);

	while (n--)
		fixture_link(svc, fixture_dest(test, 1));
	fixture_bind(test, svc);
	return svc;
}

static void dumps_of_many_parts(struct kunit *test)
{
	const u32 n = 3000;
	struct client *client = client_open(test);
	struct ip_vs_service *svc = bind_many(test, n);
	struct ip_vs_dest **dests = fixture_dests(test);
	struct message message;
	u32 i;

	begin_dump(client, IP_VS_VML_CMD_DESTINATION_GET, svc);
	/* connections and picks tear nothing */
	fixture_pick(svc);
	for (i = 0; i < n; i++) {
		KUNIT_ASSERT_EQ(test, client_receive(client, &message), 0);
		KUNIT_ASSERT_EQ(test, message.flags, NLM_F_MULTI);
		/* in the order of their addresses */
		KUNIT_ASSERT_TRUE(test, is_of_dest(&message, dests[i]));
	}
	KUNIT_ASSERT_EQ(test, client_receive(client, &message), 0);
	KUNIT_EXPECT_EQ(test, message.type, NLMSG_DONE);
	KUNIT_EXPECT_EQ(test, message.error, 0);
	KUNIT_EXPECT_EQ(test, message.flags & NLM_F_DUMP_INTR, 0);
	client_close(client);
}

static void change_scale(struct kunit *test, struct ip_vs_service *svc)
{
	static const u32 scales[] = { 5 };

	fixture_set_scales(svc, fixture_dests(test), scales, 1, 0);
}

static void change_weight(struct kunit *test, struct ip_vs_service *svc)
{
	atomic_set(&fixture_dests(test)[0]->weight, 5);
	vml_dest_add(svc, fixture_dests(test)[0]);
}

static void change_remove(struct kunit *test, struct ip_vs_service *svc)
{
	fixture_remove(svc, fixture_dests(test)[0]);
}

static void change_add(struct kunit *test, struct ip_vs_service *svc)
{
	fixture_add(svc, fixture_dest(test, 1));
}

static void change_lease(struct kunit *test, struct ip_vs_service *svc)
{
	fixture_end_lease(svc);
}

static void change_unbind(struct kunit *test, struct ip_vs_service *svc)
{
	fixture_unbind(svc);
}

static void change_rebind(struct kunit *test, struct ip_vs_service *svc)
{
	fixture_unbind(svc);
	fixture_bind(test, svc);
}

/* All that is left of a dump: the flags, and in message the end. */
static u16 end_dump(struct client *client, struct message *message)
{
	struct kunit *test = client->test;
	u16 flags = 0;

	do {
		KUNIT_ASSERT_EQ(test, client_receive(client, message), 0);
		flags |= message->flags;
	} while (message->type != NLMSG_DONE);
	return flags;
}

/* Whatever changes between two parts, the dump says so. */
static void dumps_are_torn(struct kunit *test)
{
	static void (* const changes[])(struct kunit *test,
					struct ip_vs_service *svc) = {
		change_scale, change_weight, change_remove, change_add,
		change_lease, change_rebind, change_unbind,
	};
	struct client *client = client_open(test);
	struct ip_vs_service *svc = bind_many(test, 500);
	struct message message;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		u16 flags = 0;

		if (changes[i] == change_lease)
			fixture_set_scales(svc, NULL, NULL, 0, 100000);
		begin_dump(client, IP_VS_VML_CMD_DESTINATION_GET, svc);
		KUNIT_ASSERT_EQ(test, client_receive(client, &message), 0);
		changes[i](test, svc);
		flags |= end_dump(client, &message);
		KUNIT_EXPECT_EQ(test, message.error, 0);
		KUNIT_EXPECT_EQ_MSG(test, flags & NLM_F_DUMP_INTR,
				    NLM_F_DUMP_INTR, "change %u", i);
	}
	client_close(client);
}

/* Services come and go while they are dumped. */
static void dumps_of_services_are_torn(struct kunit *test)
{
	struct client *client = client_open(test);
	struct ip_vs_service *svc = NULL;
	struct message message;
	u16 flags = 0;
	u32 i;

	/* more than two parts hold */
	for (i = 0; i < 600; i++) {
		svc = fixture_service(test);
		fixture_bind(test, svc);
	}
	begin_dump(client, IP_VS_VML_CMD_SERVICE_GET, NULL);
	KUNIT_ASSERT_EQ(test, client_receive(client, &message), 0);
	fixture_unbind(svc);
	flags |= end_dump(client, &message);
	KUNIT_EXPECT_EQ(test, flags & NLM_F_DUMP_INTR, NLM_F_DUMP_INTR);
	client_close(client);
}

/* What happens in another network namespace is not to be seen. */
static void dumps_are_not_torn_by_others(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct netns_ipvs *own = fixture->ipvs;
	struct client *client = client_open(test);
	struct ip_vs_service *svc = bind_many(test, 500);
	struct ip_vs_service *other;
	struct message message;
	struct net *net;
	u16 flags = 0;
	u32 i;

	net = kunit_kzalloc(test, sizeof(*net), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, net);
	/* all that events look at */
	net->genl_sock = init_net.genl_sock;
	fixture->ipvs = kunit_kzalloc(test, sizeof(*own), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fixture->ipvs);
	fixture->ipvs->net = net;
	other = fixture_service(test);
	fixture->ipvs = own;
	for (i = 0; i < 300; i++)
		fixture_bind(test, fixture_service(test));

	for (i = 0; i < 2; i++) {
		begin_dump(client, i ? IP_VS_VML_CMD_SERVICE_GET :
				       IP_VS_VML_CMD_DESTINATION_GET,
			   i ? NULL : svc);
		KUNIT_ASSERT_EQ(test, client_receive(client, &message), 0);
		fixture_bind(test, other);
		fixture_set_scales(other, NULL, NULL, 0, 100000);
		fixture_unbind(other);
		flags |= end_dump(client, &message);
		KUNIT_EXPECT_EQ(test, message.error, 0);
		KUNIT_EXPECT_EQ(test, flags & NLM_F_DUMP_INTR, 0);
	}
	client_close(client);
}

static void expect_dump_refused(struct client *client, int error,
				const char *text)
{
	struct kunit *test = client->test;
	struct message message;

	client_ask(client, &message);
	KUNIT_EXPECT_TRUE(test, message.type == NLMSG_ERROR ||
			  message.type == NLMSG_DONE);
	KUNIT_EXPECT_EQ(test, message.error, error);
	if (text)
		KUNIT_EXPECT_STREQ(test, message.text, text);
}

static void dumps_that_are_bad(struct kunit *test)
{
	struct client *client = client_open(test);
	struct ip_vs_service *svc = bind_many(test, 3);
	struct sk_buff *skb;

	client_request(client, IP_VS_VML_CMD_DESTINATION_GET, NLM_F_DUMP);
	expect_dump_refused(client, -EINVAL,
			    "the service whose destinations to dump is missing");

	skb = client_request(client, IP_VS_VML_CMD_DESTINATION_GET, NLM_F_DUMP);
	put_service(skb, svc);
	put_dest(skb, fixture_dests(test)[0]);
	expect_dump_refused(client, -EINVAL,
			    "a dump is of all destinations");

	skb = client_request(client, IP_VS_VML_CMD_DESTINATION_GET, NLM_F_DUMP);
	svc->port ^= 1;
	put_service(skb, svc);
	expect_dump_refused(client, -ENOENT,
			    "no such service is scheduled by vml");

	skb = client_request(client, IP_VS_VML_CMD_SERVICE_GET, NLM_F_DUMP);
	nla_put_u32(skb, IP_VS_VML_A_COMMAND_MAX + 1, 1);
	expect_dump_refused(client, -EINVAL, NULL);
	client_close(client);
}

static struct kunit_case events_cases[] = {
	KUNIT_CASE(events_of_services),
	KUNIT_CASE(events_from_the_first_on),
	KUNIT_CASE(events_of_destinations),
	KUNIT_CASE(events_of_scales),
	KUNIT_CASE(events_are_echoed),
	KUNIT_CASE(events_are_not_built_for_nobody),
	KUNIT_CASE(events_lost_are_told),
	KUNIT_CASE(dumps_of_services),
	KUNIT_CASE(dumps_of_many_parts),
	KUNIT_CASE(dumps_are_torn),
	KUNIT_CASE(dumps_of_services_are_torn),
	KUNIT_CASE(dumps_are_not_torn_by_others),
	KUNIT_CASE(dumps_that_are_bad),
	{}
};

static struct kunit_suite events_suite = {
	.name = "vml_events",
	.suite_init = client_suite_init,
	.suite_exit = client_suite_exit,
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = events_cases,
};

kunit_test_suite(events_suite);
