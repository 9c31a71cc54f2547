// SPDX-License-Identifier: GPL-2.0-or-later
/* The registry: every order of callbacks that IPVS can produce. */
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/slab.h>

#include "fixture.h"

static void registry_init_with_destinations(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	struct ip_vs_dest *a = fixture_dest(test, 1);
	struct ip_vs_dest *b = fixture_dest(test, 3);
	struct ip_vs_dest *quiesced = fixture_dest(test, 0);
	struct vml_service *service;

	fixture_link(svc, a);
	fixture_link(svc, b);
	fixture_link(svc, quiesced);
	service = fixture_bind(test, svc);
	KUNIT_EXPECT_EQ(test, service->num_destinations, 3);
	KUNIT_EXPECT_EQ(test, fixture_table_size(svc), 2);
	KUNIT_EXPECT_EQ(test, fixture_table_weight(svc, b),
			3 * fixture_table_weight(svc, a));
	KUNIT_EXPECT_EQ(test, refcount_read(&quiesced->refcnt), 2);
}

static void registry_add_update_delete(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	struct ip_vs_dest *a = fixture_dest(test, 10);
	struct ip_vs_dest *b = fixture_dest(test, 10);
	struct vml_service *service = fixture_bind(test, svc);

	KUNIT_EXPECT_EQ(test, fixture_add(svc, a), 0);
	KUNIT_EXPECT_EQ(test, fixture_add(svc, b), 0);
	KUNIT_EXPECT_EQ(test, service->num_destinations, 2);
	EXPECT_EVENTUALLY(test, fixture_table_size(svc) == 2);

	atomic_set(&b->weight, 30);
	KUNIT_EXPECT_EQ(test, vml_dest_add(svc, b), 0);
	KUNIT_EXPECT_EQ(test, service->num_destinations, 2);
	EXPECT_EVENTUALLY(test, fixture_table_weight(svc, b) ==
				3 * fixture_table_weight(svc, a));
	atomic_set(&a->weight, 0);
	KUNIT_EXPECT_EQ(test, vml_dest_add(svc, a), 0);
	EXPECT_EVENTUALLY(test, fixture_table_size(svc) == 1);

	fixture_remove(svc, b);
	KUNIT_EXPECT_EQ(test, service->num_destinations, 1);
	EXPECT_EVENTUALLY(test, fixture_table_size(svc) == 0);
	EXPECT_EVENTUALLY(test, refcount_read(&b->refcnt) == 1);
	fixture_remove(svc, a);
	KUNIT_EXPECT_EQ(test, service->num_destinations, 0);
}

/* A change that stands alone is in force when the callback returns. */
static void registry_single_change_is_immediate(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	struct ip_vs_dest *a = fixture_dest(test, 10);

	fixture_bind(test, svc);
	fixture_add(svc, a);
	KUNIT_EXPECT_EQ(test, fixture_table_size(svc), 1);
	msleep(50);
	atomic_set(&a->weight, 0);
	vml_dest_add(svc, a);
	KUNIT_EXPECT_EQ(test, fixture_table_size(svc), 0);
}

/* It never waits for those that are collected: there is no other. */
static void registry_first_to_draw_is_immediate(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	struct ip_vs_dest *a = fixture_dest(test, 0);
	struct ip_vs_dest *b = fixture_dest(test, 5);

	fixture_bind(test, svc);
	fixture_postpone(svc);
	fixture_add(svc, a);
	fixture_add(svc, b);
	KUNIT_EXPECT_EQ(test, fixture_table_size(svc), 1);
	fixture_add(svc, fixture_dest(test, 5));
	KUNIT_EXPECT_EQ(test, fixture_table_size(svc), 1);
	fixture_settle(svc);
	KUNIT_EXPECT_EQ(test, fixture_table_size(svc), 2);

	fixture_remove(svc, b);
	fixture_remove(svc, fixture_dests(test)[2]);
	fixture_settle(svc);
	KUNIT_EXPECT_EQ(test, fixture_table_size(svc), 0);
	fixture_postpone(svc);
	atomic_set(&a->weight, 1);
	vml_dest_add(svc, a);
	KUNIT_EXPECT_EQ(test, fixture_table_size(svc), 1);
}

static void registry_burst_of_changes(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	struct fixture *fixture = test->priv;
	u32 i;

	fixture_bind(test, svc);
	for (i = 0; i < 1000; i++)
		fixture_add(svc, fixture_dest(test, 1));
	EXPECT_EVENTUALLY(test, fixture_table_size(svc) == 1000);
	for (i = 0; i < 1000; i++) {
		atomic_set(&fixture->dests[i]->weight, 2);
		vml_dest_add(svc, fixture->dests[i]);
	}
	EXPECT_EVENTUALLY(test, fixture_table_weight(svc,
						     fixture->dests[999]) ==
				fixture_table_weight(svc, fixture->dests[0]));
	for (i = 0; i < 1000; i += 2)
		fixture_remove(svc, fixture->dests[i]);
	EXPECT_EVENTUALLY(test, fixture_table_size(svc) == 500);
}

/* Deleting a service calls done, and nothing for its destinations. */
static void registry_done_without_delete(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	struct ip_vs_dest *dest = fixture_dest(test, 1);

	fixture_bind(test, svc);
	fixture_add(svc, dest);
	fixture_unbind(svc);
	KUNIT_EXPECT_FALSE(test, fixture_is_bound(svc));
	EXPECT_EVENTUALLY(test, refcount_read(&dest->refcnt) == 1);
}

static void registry_done_with_changes_pending(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	struct fixture *fixture = test->priv;
	u32 i;

	fixture_bind(test, svc);
	for (i = 0; i < 10; i++)
		fixture_add(svc, fixture_dest(test, 1));
	for (i = 0; i < 5; i++)
		fixture_remove(svc, fixture->dests[i]);
	fixture_unbind(svc);
	fixture_release_all();
	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_EQ(test, 1,
				refcount_read(&fixture->dests[i]->refcnt));
}

/* From IPVS's trash, before and after the table without it is published. */
static void registry_same_pointer_again(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	struct ip_vs_dest *dest = fixture_dest(test, 1);
	struct vml_service *service = fixture_bind(test, svc);
	u32 i;

	fixture_add(svc, dest);
	for (i = 0; i < 20; i++) {
		fixture_remove(svc, dest);
		KUNIT_EXPECT_EQ(test, service->num_destinations, 0);
		KUNIT_EXPECT_EQ(test, fixture_add(svc, dest), 0);
		KUNIT_EXPECT_EQ(test, service->num_destinations, 1);
	}
	EXPECT_EVENTUALLY(test, fixture_table_size(svc) == 1);
	EXPECT_EVENTUALLY(test, refcount_read(&dest->refcnt) == 2);

	fixture_remove(svc, dest);
	EXPECT_EVENTUALLY(test, fixture_table_size(svc) == 0);
	EXPECT_EVENTUALLY(test, refcount_read(&dest->refcnt) == 1);
	fixture_add(svc, dest);
	EXPECT_EVENTUALLY(test, fixture_table_size(svc) == 1);
}

/* Another pointer with the key of one that was removed a moment ago. */
static void registry_same_key_again(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	struct ip_vs_dest *old = fixture_dest(test, 1);
	struct ip_vs_dest *new = fixture_dest(test, 1);

	new->addr = old->addr;
	fixture_bind(test, svc);
	fixture_add(svc, old);
	fixture_remove(svc, old);
	fixture_add(svc, new);
	EXPECT_EVENTUALLY(test, fixture_table_weight(svc, new) > 0);
	EXPECT_EVENTUALLY(test, !fixture_table_weight(svc, old));
	EXPECT_EVENTUALLY(test, refcount_read(&old->refcnt) == 1);
}

/**
 * struct reader - a decision that takes long, on another CPU
 * @task: the thread, NULL if there is no other CPU
 * @has_begun: it reads under RCU
 * @may_end: it is to leave off
 */
struct reader {
	struct task_struct *task;
	struct completion has_begun;
	bool may_end;
};

static int read_on(void *data)
{
	struct reader *reader = data;

	rcu_read_lock();
	complete(&reader->has_begun);
	while (!READ_ONCE(reader->may_end))
		cpu_relax();
	rcu_read_unlock();
	while (!kthread_should_stop())
		msleep(1);
	return 0;
}

static void reader_begin(struct kunit *test, struct reader *reader)
{
	unsigned int cpu = cpumask_any_but(cpu_online_mask, 0);

	memset(reader, 0, sizeof(*reader));
	if (cpu >= nr_cpu_ids)
		return;
	init_completion(&reader->has_begun);
	reader->task = kthread_create(read_on, reader, "vml_reader");
	KUNIT_ASSERT_FALSE(test, IS_ERR(reader->task));
	kthread_bind(reader->task, cpu);
	wake_up_process(reader->task);
	wait_for_completion(&reader->has_begun);
}

/* It has kept a destination, for as long as a grace period takes otherwise. */
static void reader_end(struct kunit *test, struct reader *reader,
		       const struct ip_vs_dest *dest)
{
	if (!reader->task)
		return;
	msleep(100);
	KUNIT_EXPECT_EQ(test, refcount_read(&dest->refcnt), 2);
	WRITE_ONCE(reader->may_end, true);
	kthread_stop(reader->task);
}

/* What is removed, or unbound, stays for those who may be looking at it. */
static void registry_waits_for_readers(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	struct ip_vs_dest *a = fixture_dest(test, 1);
	struct ip_vs_dest *b = fixture_dest(test, 1);
	struct reader reader;

	fixture_link(svc, a);
	fixture_link(svc, b);
	fixture_bind(test, svc);

	reader_begin(test, &reader);
	fixture_remove(svc, a);
	fixture_settle(svc);
	KUNIT_EXPECT_EQ(test, fixture_table_size(svc), 1);
	reader_end(test, &reader, a);
	EXPECT_EVENTUALLY(test, refcount_read(&a->refcnt) == 1);

	reader_begin(test, &reader);
	fixture_unbind(svc);
	reader_end(test, &reader, b);
	EXPECT_EVENTUALLY(test, refcount_read(&b->refcnt) == 1);
}

/* Binding another scheduler failed, and IPVS initialises the old one. */
static void registry_init_again(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	struct ip_vs_dest *dest = fixture_dest(test, 1);
	struct vml_service *service;
	u32 i;

	fixture_link(svc, dest);
	for (i = 0; i < 10; i++) {
		service = fixture_bind(test, svc);
		KUNIT_EXPECT_EQ(test, service->num_destinations, 1);
		KUNIT_EXPECT_EQ(test, service->generation, 0);
		fixture_unbind(svc);
	}
	service = fixture_bind(test, svc);
	KUNIT_EXPECT_EQ(test, fixture_table_size(svc), 1);
}

static void registry_delete_of_unknown(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	struct ip_vs_dest *dest = fixture_dest(test, 1);
	struct vml_service *service = fixture_bind(test, svc);

	vml_dest_remove(svc, dest);
	KUNIT_EXPECT_EQ(test, service->num_destinations, 0);
	/* and update of one that add has missed */
	fixture_link(svc, dest);
	KUNIT_EXPECT_EQ(test, vml_dest_add(svc, dest), 0);
	KUNIT_EXPECT_EQ(test, service->num_destinations, 1);
}

static void registry_same_service_twice(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	struct ip_vs_service *twin = fixture_service(test);

	twin->port = svc->port;
	fixture_link(twin, fixture_dest(test, 1));
	fixture_bind(test, svc);
	KUNIT_EXPECT_EQ(test, vml_service_bind(twin), -EEXIST);
	KUNIT_EXPECT_TRUE(test, fixture_is_bound(svc));
	KUNIT_EXPECT_FALSE(test, fixture_is_bound(twin));
}

/* The same key in two network namespaces is two services. */
static void registry_two_namespaces(struct kunit *test)
{
	struct ip_vs_service *here = fixture_service(test);
	struct ip_vs_service *there = fixture_service(test);
	struct netns_ipvs *ipvs;
	struct net *net;
	struct vml_service *service;

	/* only the addresses of namespaces matter to the registry */
	net = kunit_kzalloc(test, sizeof(*net), GFP_KERNEL);
	ipvs = kunit_kzalloc(test, sizeof(*ipvs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, net);
	KUNIT_ASSERT_NOT_NULL(test, ipvs);
	ipvs->net = net;
	there->ipvs = ipvs;
	there->port = here->port;

	fixture_bind(test, here);
	fixture_bind(test, there);
	vml_registry_lock();
	service = vml_service_next(&init_net, NULL);
	KUNIT_EXPECT_PTR_EQ(test, (void *)service, here->sched_data);
	KUNIT_EXPECT_NULL(test, vml_service_next(&init_net, service));
	service = vml_service_next(net, NULL);
	KUNIT_EXPECT_PTR_EQ(test, (void *)service, there->sched_data);
	KUNIT_EXPECT_NULL(test, vml_service_next(net, service));
	vml_registry_unlock();
	fixture_unbind(here);
	KUNIT_EXPECT_TRUE(test, fixture_is_bound(there));
}

static struct vml_service *find(const struct vml_service_key *key)
{
	struct vml_service *service;

	vml_registry_lock();
	service = vml_service_find(key);
	vml_registry_unlock();
	return service;
}

static void registry_keys(struct kunit *test)
{
	struct ip_vs_service *ipv4 = fixture_service(test);
	struct ip_vs_service *udp = fixture_service(test);
	struct ip_vs_service *ipv6 = fixture_service(test);
	struct ip_vs_service *fwmark = fixture_service(test);
	struct ip_vs_service *fwmark6 = fixture_service(test);
	struct vml_service_key key = {
		.net = &init_net,
		.family = AF_INET,
		.protocol = IPPROTO_TCP,
		.port = ipv4->port,
		.address.ip = ipv4->addr.ip,
	};

	/* what lies behind an IPv4 address, or beside a mark, does not count */
	ipv4->addr.all[3] = 0xdeadbeef;
	udp->port = ipv4->port;
	udp->protocol = IPPROTO_UDP;
	ipv6->af = AF_INET6;
	ipv6->port = ipv4->port;
	memset(&ipv6->addr, 0, sizeof(ipv6->addr));
	ipv6->addr.in6.s6_addr[15] = 1;
	fwmark->fwmark = 7;
	fwmark6->fwmark = 7;
	fwmark6->af = AF_INET6;

	fixture_bind(test, ipv4);
	fixture_bind(test, udp);
	fixture_bind(test, ipv6);
	fixture_bind(test, fwmark);
	fixture_bind(test, fwmark6);

	KUNIT_EXPECT_PTR_EQ(test, (void *)find(&key), ipv4->sched_data);
	key.protocol = IPPROTO_UDP;
	KUNIT_EXPECT_PTR_EQ(test, (void *)find(&key), udp->sched_data);
	key.protocol = IPPROTO_SCTP;
	KUNIT_EXPECT_NULL(test, find(&key));
	key.protocol = IPPROTO_TCP;
	key.port = 0;
	KUNIT_EXPECT_NULL(test, find(&key));
	key.port = ipv6->port;
	key.family = AF_INET6;
	KUNIT_EXPECT_NULL(test, find(&key));
	memset(&key.address, 0, sizeof(key.address));
	key.address.in6.s6_addr[15] = 1;
	KUNIT_EXPECT_PTR_EQ(test, (void *)find(&key), ipv6->sched_data);

	memset(&key, 0, sizeof(key));
	key.net = &init_net;
	key.family = AF_INET;
	key.fwmark = 7;
	KUNIT_EXPECT_PTR_EQ(test, (void *)find(&key), fwmark->sched_data);
	key.family = AF_INET6;
	KUNIT_EXPECT_PTR_EQ(test, (void *)find(&key), fwmark6->sched_data);
	key.fwmark = 8;
	KUNIT_EXPECT_NULL(test, find(&key));
}

/* A tunnel's destination can be of the other family, with a like address. */
static void registry_destination_of_other_family(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	struct ip_vs_dest *ipv4 = fixture_dest(test, 1);
	struct ip_vs_dest *ipv6 = fixture_dest(test, 1);
	struct ip_vs_dest *port = fixture_dest(test, 1);
	struct vml_service *service;

	svc->af = AF_INET6;
	ipv6->af = AF_INET6;
	memset(&ipv6->addr, 0, sizeof(ipv6->addr));
	ipv6->addr.ip = ipv4->addr.ip;
	port->addr = ipv4->addr;
	port->port = htons(8081);
	service = fixture_bind(test, svc);
	fixture_add(svc, ipv4);
	fixture_add(svc, ipv6);
	fixture_add(svc, port);
	KUNIT_EXPECT_EQ(test, service->num_destinations, 3);
	fixture_remove(svc, ipv4);
	fixture_settle(svc);
	KUNIT_EXPECT_EQ(test, fixture_table_size(svc), 2);
	KUNIT_EXPECT_GT(test, fixture_table_weight(svc, ipv6), 0);
	KUNIT_EXPECT_GT(test, fixture_table_weight(svc, port), 0);
}

static struct kunit_case registry_cases[] = {
	KUNIT_CASE(registry_init_with_destinations),
	KUNIT_CASE(registry_add_update_delete),
	KUNIT_CASE(registry_single_change_is_immediate),
	KUNIT_CASE(registry_first_to_draw_is_immediate),
	KUNIT_CASE(registry_burst_of_changes),
	KUNIT_CASE(registry_done_without_delete),
	KUNIT_CASE(registry_done_with_changes_pending),
	KUNIT_CASE(registry_same_pointer_again),
	KUNIT_CASE(registry_same_key_again),
	KUNIT_CASE(registry_waits_for_readers),
	KUNIT_CASE(registry_init_again),
	KUNIT_CASE(registry_delete_of_unknown),
	KUNIT_CASE(registry_same_service_twice),
	KUNIT_CASE(registry_two_namespaces),
	KUNIT_CASE(registry_keys),
	KUNIT_CASE(registry_destination_of_other_family),
	{}
};

static struct kunit_suite registry_suite = {
	.name = "vml_registry",
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = registry_cases,
};

kunit_test_suite(registry_suite);
