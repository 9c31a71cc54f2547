// SPDX-License-Identifier: GPL-2.0-or-later
/* The fast path: who is chosen. */
#include "fixture.h"

#include "sched.c"

static struct ip_vs_service *one_packet_service(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);

	svc->protocol = IPPROTO_UDP;
	svc->flags |= IP_VS_SVC_F_ONEPACKET;
	return svc;
}

static struct ip_vs_dest *pick(struct ip_vs_service *svc)
{
	struct ip_vs_iphdr iph = { .protocol = svc->protocol };
	struct ip_vs_dest *dest;

	rcu_read_lock();
	dest = vml_schedule(svc, NULL, &iph);
	rcu_read_unlock();
	return dest;
}

static u32 number(const struct ip_vs_dest *dest)
{
	return ntohl(dest->addr.ip) - 0x0a000000;
}

/* A bound service with n destinations, each of the given weight. */
static struct vml_service *bind_with(struct kunit *test,
				     struct ip_vs_service *svc, u32 n,
				     int weight)
{
	while (n--)
		fixture_link(svc, fixture_dest(test, weight));
	return fixture_bind(test, svc);
}

static struct ip_vs_dest *dest_of(struct kunit *test, u32 i)
{
	return ((struct fixture *)test->priv)->dests[i];
}

/* Expect 1:2:4 of n one-packet picks, each share within 0.1 %. */
static void expect_one_two_four(struct kunit *test, struct ip_vs_service *svc,
				u32 n)
{
	u32 i, counts[3] = {};

	for (i = 0; i < n; i++) {
		struct ip_vs_dest *dest = pick(svc);

		KUNIT_ASSERT_NOT_NULL(test, dest);
		counts[number(dest)]++;
	}
	for (i = 0; i < 3; i++) {
		u32 due = (n << i) / 7;

		KUNIT_EXPECT_LE_MSG(test, abs((s32)(counts[i] - due)),
				    due / 1000, "%u of %u picks for %u",
				    counts[i], n, i);
	}
}

static void sched_one_packet_shares_by_scale(struct kunit *test)
{
	static const u32 scales[] = { 65536, 2 * 65536, 4 * 65536 };
	struct ip_vs_service *svc = one_packet_service(test);
	struct fixture *fixture = test->priv;

	bind_with(test, svc, 3, 100);
	KUNIT_ASSERT_EQ(test, fixture_set_scales(svc, fixture->dests, scales,
						 3, 0), 0);
	expect_one_two_four(test, svc, 70000);
}

static void sched_one_packet_shares_by_weight(struct kunit *test)
{
	struct ip_vs_service *svc = one_packet_service(test);
	u32 i;

	for (i = 0; i < 3; i++)
		fixture_link(svc, fixture_dest(test, 1 << i));
	fixture_bind(test, svc);
	expect_one_two_four(test, svc, 70000);
}

/* Connections that stay spread as evenly as their number allows. */
static void sched_connections_follow_weights(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	u32 i;

	for (i = 0; i < 3; i++)
		fixture_link(svc, fixture_dest(test, 1 << i));
	fixture_bind(test, svc);
	for (i = 0; i < 7000; i++)
		atomic_inc(&pick(svc)->activeconns);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_LE(test,
				abs(atomic_read(&dest_of(test, i)->activeconns) -
				    (1000 << i)), 5);
}

static void sched_inactive_connections_do_not_count(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	u32 i, counts[2] = {};

	bind_with(test, svc, 2, 1);
	atomic_set(&dest_of(test, 0)->activeconns, 1);
	atomic_set(&dest_of(test, 1)->totalconns, 1000000);
	for (i = 0; i < 1000; i++)
		counts[number(pick(svc))]++;
	/* number 0 is only taken if all draws are of it */
	KUNIT_EXPECT_LE(test, counts[0], 150);
	KUNIT_EXPECT_GE(test, counts[1], 850);
}

static void sched_quiesced_gets_nothing_at_once(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	u32 i;

	bind_with(test, svc, 2, 1);
	/* before any callback */
	atomic_set(&dest_of(test, 0)->weight, 0);
	for (i = 0; i < 1000; i++)
		KUNIT_ASSERT_EQ(test, number(pick(svc)), 1);
}

static void sched_unlinked_gets_nothing_at_once(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	u32 i;

	bind_with(test, svc, 2, 1);
	fixture_unlink(dest_of(test, 1));
	for (i = 0; i < 1000; i++)
		KUNIT_ASSERT_EQ(test, number(pick(svc)), 0);
	vml_dest_remove(svc, dest_of(test, 1));
	for (i = 0; i < 1000; i++)
		KUNIT_ASSERT_EQ(test, number(pick(svc)), 0);
}

static void sched_overloaded_gets_nothing(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	u32 i, counts[2] = {};

	bind_with(test, svc, 2, 1);
	dest_of(test, 0)->flags |= IP_VS_DEST_F_OVERLOAD;
	for (i = 0; i < 1000; i++)
		KUNIT_ASSERT_EQ(test, number(pick(svc)), 1);
	dest_of(test, 0)->flags &= ~IP_VS_DEST_F_OVERLOAD;
	for (i = 0; i < 1000; i++)
		counts[number(pick(svc))]++;
	KUNIT_EXPECT_GT(test, counts[0], 0);
}

static void sched_scale_zero_gets_nothing(struct kunit *test)
{
	static const u32 scales[] = { 0 };
	struct ip_vs_service *svc = fixture_service(test);
	struct fixture *fixture = test->priv;
	u32 i;

	bind_with(test, svc, 2, 1);
	KUNIT_ASSERT_EQ(test, fixture_set_scales(svc, fixture->dests, scales,
						 1, 0), 0);
	for (i = 0; i < 1000; i++)
		KUNIT_ASSERT_EQ(test, number(pick(svc)), 1);
}

/* However unlikely it is to be drawn, the only one available is found. */
static void find_the_only_available(struct kunit *test,
				    struct ip_vs_service *svc)
{
	u32 i;

	bind_with(test, svc, 500, 1000);
	for (i = 0; i < 500; i++)
		dest_of(test, i)->flags |= IP_VS_DEST_F_OVERLOAD;
	for (i = 0; i < 500; i++) {
		dest_of(test, i)->flags &= ~IP_VS_DEST_F_OVERLOAD;
		KUNIT_ASSERT_PTR_EQ(test, pick(svc), dest_of(test, i));
		dest_of(test, i)->flags |= IP_VS_DEST_F_OVERLOAD;
	}
}

static void sched_scan_finds_the_only_available(struct kunit *test)
{
	find_the_only_available(test, fixture_service(test));
}

static void sched_scan_finds_it_for_one_packet(struct kunit *test)
{
	find_the_only_available(test, one_packet_service(test));
}

static void sched_scan_takes_the_least_loaded(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	u32 i;

	bind_with(test, svc, 1000, 10);
	for (i = 0; i < 1000; i++)
		if (i % 100)
			dest_of(test, i)->flags |= IP_VS_DEST_F_OVERLOAD;
	/* 10 in 1000 can be drawn: nearly all decisions are scans */
	for (i = 0; i < 1000; i++)
		atomic_inc(&pick(svc)->activeconns);
	for (i = 0; i < 1000; i += 100)
		KUNIT_EXPECT_LE(test,
				abs(atomic_read(&dest_of(test, i)->activeconns) -
				    100), 20);
}

static void sched_scan_shares_one_packet_by_weight(struct kunit *test)
{
	struct ip_vs_service *svc = one_packet_service(test);
	u32 i, n = 20000, counts[303] = {};

	for (i = 0; i < 300; i++) {
		struct ip_vs_dest *dest = fixture_dest(test, 1000);

		dest->flags |= IP_VS_DEST_F_OVERLOAD;
		fixture_link(svc, dest);
	}
	for (i = 0; i < 3; i++)
		fixture_link(svc, fixture_dest(test, 1 << i));
	fixture_bind(test, svc);
	for (i = 0; i < n; i++)
		counts[number(pick(svc))]++;
	for (i = 0; i < 3; i++) {
		u32 due = (n << i) / 7;

		/* five standard deviations or more */
		KUNIT_EXPECT_LE(test, abs((s32)(counts[300 + i] - due)),
				5 * int_sqrt(due));
	}
}

static void sched_nothing_available(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	struct vml_service *service;

	service = bind_with(test, svc, 0, 0);
	KUNIT_EXPECT_NULL(test, pick(svc));
	KUNIT_EXPECT_EQ(test, this_cpu_read(service->percpu->no_destination),
			1);
	fixture_add(svc, fixture_dest(test, 0));
	KUNIT_EXPECT_NULL(test, pick(svc));
	fixture_add(svc, fixture_dest(test, 5));
	EXPECT_EVENTUALLY(test, fixture_table_size(svc) == 1);
	KUNIT_EXPECT_PTR_EQ(test, pick(svc), dest_of(test, 1));
	fixture_unlink(dest_of(test, 1));
	KUNIT_EXPECT_NULL(test, pick(svc));
	vml_dest_remove(svc, dest_of(test, 1));
	KUNIT_EXPECT_NULL(test, pick(svc));
	KUNIT_EXPECT_EQ(test, fixture_picks(svc, NULL), 1);
	KUNIT_EXPECT_EQ(test, this_cpu_read(service->percpu->no_destination),
			4);
}

static void sched_millions_of_connections(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	static const u32 scales[] = { U32_MAX, U32_MAX, U32_MAX };
	static const int connections[] = { S32_MAX, S32_MAX - 1, 5000000 };
	struct fixture *fixture = test->priv;
	u32 i, counts[3] = {};

	bind_with(test, svc, 3, S32_MAX);
	KUNIT_ASSERT_EQ(test, fixture_set_scales(svc, fixture->dests, scales,
						 3, 0), 0);
	for (i = 0; i < 3; i++)
		atomic_set(&dest_of(test, i)->activeconns, connections[i]);
	for (i = 0; i < 10000; i++)
		counts[number(pick(svc))]++;
	/* not drawn in four: (2/3)^4; only number 0 in four: (1/3)^4 */
	KUNIT_EXPECT_LE(test, abs((s32)counts[0] - 123), 60);
	KUNIT_EXPECT_LE(test, abs((s32)counts[1] - 1852), 250);
	KUNIT_EXPECT_LE(test, abs((s32)counts[2] - 8025), 250);
}

static void sched_counts_picks(struct kunit *test)
{
	struct ip_vs_service *svc = one_packet_service(test);
	u32 i, counts[5] = {};

	bind_with(test, svc, 5, 10);
	for (i = 0; i < 1000; i++)
		counts[number(pick(svc))]++;
	for (i = 0; i < 5; i++)
		KUNIT_EXPECT_EQ(test, fixture_picks(svc, dest_of(test, i)),
				counts[i]);
	KUNIT_EXPECT_EQ(test, fixture_picks(svc, NULL), 1000);
	/* the service goes on counting those of a destination that has gone */
	fixture_remove(svc, dest_of(test, 0));
	KUNIT_EXPECT_EQ(test, fixture_picks(svc, NULL), 1000);
	EXPECT_EVENTUALLY(test, fixture_table_size(svc) == 4);
	KUNIT_EXPECT_EQ(test, fixture_picks(svc, NULL), 1000);
	fixture_add(svc, dest_of(test, 0));
	KUNIT_EXPECT_EQ(test, fixture_picks(svc, dest_of(test, 0)), 0);
	pick(svc);
	KUNIT_EXPECT_EQ(test, fixture_picks(svc, NULL), 1001);
}

static struct kunit_case sched_cases[] = {
	KUNIT_CASE(sched_one_packet_shares_by_scale),
	KUNIT_CASE(sched_one_packet_shares_by_weight),
	KUNIT_CASE(sched_connections_follow_weights),
	KUNIT_CASE(sched_inactive_connections_do_not_count),
	KUNIT_CASE(sched_quiesced_gets_nothing_at_once),
	KUNIT_CASE(sched_unlinked_gets_nothing_at_once),
	KUNIT_CASE(sched_overloaded_gets_nothing),
	KUNIT_CASE(sched_scale_zero_gets_nothing),
	KUNIT_CASE(sched_scan_finds_the_only_available),
	KUNIT_CASE(sched_scan_finds_it_for_one_packet),
	KUNIT_CASE(sched_scan_takes_the_least_loaded),
	KUNIT_CASE(sched_scan_shares_one_packet_by_weight),
	KUNIT_CASE(sched_nothing_available),
	KUNIT_CASE(sched_millions_of_connections),
	KUNIT_CASE(sched_counts_picks),
	{}
};

static struct kunit_suite sched_suite = {
	.name = "vml_sched",
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = sched_cases,
};

kunit_test_suite(sched_suite);
