// SPDX-License-Identifier: GPL-2.0-or-later
/* The fast path: who is chosen. */
#include <linux/kernel.h>

#include "fixture.h"

static struct ip_vs_service *one_packet_service(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);

	svc->protocol = IPPROTO_UDP;
	svc->flags |= IP_VS_SVC_F_ONEPACKET;
	return svc;
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

static int connections_of(struct kunit *test, u32 i)
{
	return atomic_read(&dest_of(test, i)->activeconns);
}

/*
 * Of two equal ones, the more loaded is only taken if all draws are of it:
 * however many there are, at least two. Five standard deviations.
 */
static void expect_at_most_quarter(struct kunit *test, u32 count, u32 n)
{
	KUNIT_EXPECT_LE(test, count, n / 4 + 5 * int_sqrt(n * 3 / 16));
}

/* Expect 1:2:4 of n one-packet picks, each share within 0.1 %. */
static void expect_one_two_four(struct kunit *test, struct ip_vs_service *svc,
				u32 n)
{
	u32 i, counts[3] = {};

	for (i = 0; i < n; i++) {
		struct ip_vs_dest *dest = fixture_pick(svc);

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
		atomic_inc(&fixture_pick(svc)->activeconns);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_LE(test,
				abs(connections_of(test, i) - (1000 << i)), 5);
}

static void sched_inactive_connections_do_not_count(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	u32 i, counts[2] = {};

	bind_with(test, svc, 2, 1);
	atomic_set(&dest_of(test, 0)->activeconns, 1);
	atomic_set(&dest_of(test, 1)->totalconns, 1000000);
	for (i = 0; i < 1000; i++)
		counts[number(fixture_pick(svc))]++;
	expect_at_most_quarter(test, counts[0], 1000);
}

/* Also where there are fewer destinations than draws. */
static void sched_any_number_of_destinations(struct kunit *test)
{
	struct ip_vs_service *svc;
	u32 n, i, first = 0;

	for (n = 1; n <= 10; n++) {
		svc = fixture_service(test);
		bind_with(test, svc, n, 1 + n);
		for (i = 0; i < 200 * n; i++) {
			struct ip_vs_dest *dest = fixture_pick(svc);

			KUNIT_ASSERT_NOT_NULL(test, dest);
			KUNIT_ASSERT_GE(test, number(dest), first);
			KUNIT_ASSERT_LT(test, number(dest), first + n);
			atomic_inc(&dest->activeconns);
		}
		for (i = first; i < first + n; i++)
			KUNIT_EXPECT_LE(test,
					abs(connections_of(test, i) - 200), 5);
		KUNIT_EXPECT_EQ(test, fixture_picks(svc, NULL), 200 * n);
		first += n;
	}
}

/* (c + 1/2) / w, and not c / w, or c. */
static void sched_compares_in_proportion_to_weight(struct kunit *test)
{
	static const struct {
		int weights[2], connections[2];
		u32 less_loaded;
	} cases[] = {
		/* 0.5 against 0.17 */
		{ { 1, 3 }, { 0, 0 }, 1 },
		/* 0.5 against 0.83 */
		{ { 1, 3 }, { 0, 2 }, 0 },
		/* 1.5 against 1.17 */
		{ { 1, 3 }, { 1, 3 }, 1 },
		/* 10.5 against 10.17 */
		{ { 1, 3 }, { 10, 30 }, 1 },
		/* what is counted below 0 is none */
		{ { 1, 1 }, { -5, 1 }, 0 },
	};
	u32 i, j, counts[2];

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ip_vs_service *svc = fixture_service(test);
		int heavy = cases[i].weights[1];

		for (j = 0; j < 2; j++) {
			struct ip_vs_dest *dest;

			dest = fixture_dest(test, cases[i].weights[j]);
			atomic_set(&dest->activeconns,
				   cases[i].connections[j]);
			fixture_link(svc, dest);
			counts[j] = 0;
		}
		fixture_bind(test, svc);
		for (j = 0; j < 4000; j++)
			counts[number(fixture_pick(svc)) - 2 * i]++;
		/* more than its share, of which one draw would give it */
		if (cases[i].less_loaded)
			KUNIT_EXPECT_GT_MSG(test, counts[1],
					    4000 * heavy / (1 + heavy) + 300,
					    "case %u", i);
		else
			KUNIT_EXPECT_GT_MSG(test, counts[0],
					    4000 / (1 + heavy) + 300,
					    "case %u", i);
	}
}

/* Both of two are among the four draws. */
static void sched_sees_both_of_two(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	u32 i;

	bind_with(test, svc, 2, 1);
	for (i = 0; i < 1000; i++) {
		u32 idle = i % 2;

		atomic_set(&dest_of(test, idle)->activeconns, 0);
		atomic_set(&dest_of(test, !idle)->activeconns, 1);
		KUNIT_ASSERT_EQ(test, number(fixture_pick(svc)), idle);
	}
}

/* Each of many is drawn in four of n decisions. */
static void sched_draws_each_alike(struct kunit *test)
{
	const u32 n = 64, decisions = 64000;
	struct ip_vs_service *svc = fixture_service(test);
	u32 i, idle, count;

	bind_with(test, svc, n, 1);
	for (i = 0; i < n; i++)
		atomic_set(&dest_of(test, i)->activeconns, 1);
	for (idle = 0; idle < n; idle += 7) {
		atomic_set(&dest_of(test, idle)->activeconns, 0);
		for (i = 0, count = 0; i < decisions; i++)
			count += number(fixture_pick(svc)) == idle;
		atomic_set(&dest_of(test, idle)->activeconns, 1);
		/* five standard deviations */
		KUNIT_EXPECT_LE_MSG(test, abs((s32)(count - 4 * decisions / n)),
				    306, "%u for %u", count, idle);
	}
}

/*
 * The draws of a decision are spread, by a stride that varies: were it always
 * a quarter, one of the first 16 of 64 would always be among them.
 */
static void sched_spreads_its_draws(struct kunit *test)
{
	const u32 n = 64;
	struct ip_vs_service *svc = fixture_service(test);
	u32 i, pick, most = 0;

	bind_with(test, svc, n, 1);
	for (i = 0; i < n; i++)
		atomic_set(&dest_of(test, i)->activeconns, i);
	for (i = 0; i < 10000; i++) {
		pick = number(fixture_pick(svc));
		most = max(most, pick);
	}
	/* the rest of the circle after three strides of 3/16 of it */
	KUNIT_EXPECT_LE(test, most, n - 3 * n * 3 / 16);
	KUNIT_EXPECT_GE(test, most, n * 3 / 8);
}

/* One-packet scheduling is for UDP alone; a mark may collect TCP as well. */
static void sched_counts_where_connections_stay(struct kunit *test)
{
	static const struct {
		u16 protocol;
		u32 flags;
		bool counted;
	} cases[] = {
		{ IPPROTO_TCP, IP_VS_SVC_F_ONEPACKET, true },
		{ IPPROTO_UDP, IP_VS_SVC_F_ONEPACKET, false },
		{ IPPROTO_UDP, 0, true },
		{ IPPROTO_TCP, 0, true },
	};
	struct ip_vs_service *svc = fixture_service(test);
	u32 i, j;

	bind_with(test, svc, 2, 1);
	atomic_set(&dest_of(test, 0)->activeconns, 1);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		u32 counts[2] = {};

		svc->protocol = cases[i].protocol;
		svc->flags = cases[i].flags;
		for (j = 0; j < 1000; j++)
			counts[number(fixture_pick(svc))]++;
		if (cases[i].counted)
			expect_at_most_quarter(test, counts[0], 1000);
		else
			KUNIT_EXPECT_LE(test, abs((s32)counts[0] - 500), 20);
	}
}

/* What one that is not available would get goes to the others by weight. */
static void sched_redraws_by_weight(struct kunit *test)
{
	struct ip_vs_service *svc = one_packet_service(test);
	u32 i, counts[3] = {};

	for (i = 0; i < 3; i++)
		fixture_link(svc, fixture_dest(test, 1 << i));
	fixture_bind(test, svc);
	dest_of(test, 2)->flags |= IP_VS_DEST_F_OVERLOAD;
	for (i = 0; i < 30000; i++)
		counts[number(fixture_pick(svc))]++;
	KUNIT_EXPECT_EQ(test, counts[2], 0);
	/* five standard deviations */
	KUNIT_EXPECT_LE(test, abs((s32)counts[0] - 10000), 410);
}

static u64 sum_of(const struct vml_service *service, size_t offset)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += *(unsigned long *)((void *)per_cpu_ptr(service->percpu,
							      cpu) + offset);
	return sum;
}

#define SUM_OF(service, counter) \
	sum_of(service, offsetof(struct vml_percpu, counter))

/* A few that are not available cost no scan of all. */
static void sched_redraws_before_it_scans(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	struct vml_service *service = bind_with(test, svc, 100, 1);
	u32 i;

	for (i = 0; i < 50; i++)
		dest_of(test, i)->flags |= IP_VS_DEST_F_OVERLOAD;
	for (i = 0; i < 1000; i++)
		KUNIT_ASSERT_GE(test, number(fixture_pick(svc)), 50);
	/* with four redraws there were one in 32 decisions */
	KUNIT_EXPECT_LE(test, SUM_OF(service, scans), 60);
	KUNIT_EXPECT_GT(test, SUM_OF(service, overload_skips), 100);
}

/* What a decision costs at most, whatever is not available. */
static void sched_is_bounded(struct kunit *test)
{
	const u32 n = 100, decisions = 50;
	struct ip_vs_service *svc = fixture_service(test);
	struct vml_service *service = bind_with(test, svc, n, 1);
	u64 skips;
	u32 i;

	for (i = 0; i < 100; i++)
		fixture_pick(svc);
	KUNIT_EXPECT_EQ(test, SUM_OF(service, overload_skips), 0);
	KUNIT_EXPECT_EQ(test, SUM_OF(service, scans), 0);

	for (i = 0; i < n; i++)
		dest_of(test, i)->flags |= IP_VS_DEST_F_OVERLOAD;
	for (i = 0; i < decisions; i++)
		KUNIT_EXPECT_NULL(test, fixture_pick(svc));
	skips = SUM_OF(service, overload_skips);
	/* one scan of all, after a few draws */
	KUNIT_EXPECT_GT(test, skips, decisions * n);
	KUNIT_EXPECT_LE(test, skips, decisions * (n + 32));
	KUNIT_EXPECT_EQ(test, skips % decisions, 0);
	KUNIT_EXPECT_EQ(test, SUM_OF(service, scans), decisions);
	KUNIT_EXPECT_EQ(test, SUM_OF(service, no_destination), decisions);

	/* quiesced or gone is not overloaded */
	for (i = 0; i < n; i++) {
		dest_of(test, i)->flags &= ~IP_VS_DEST_F_OVERLOAD;
		atomic_set(&dest_of(test, i)->weight, 0);
	}
	for (i = 0; i < decisions; i++)
		KUNIT_EXPECT_NULL(test, fixture_pick(svc));
	KUNIT_EXPECT_EQ(test, SUM_OF(service, overload_skips), skips);
	KUNIT_EXPECT_EQ(test, SUM_OF(service, scans), 2 * decisions);
	KUNIT_EXPECT_EQ(test, SUM_OF(service, no_destination), 2 * decisions);
	KUNIT_EXPECT_EQ(test, fixture_picks(svc, NULL), 100);
}

static void sched_quiesced_gets_nothing_at_once(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	u32 i;

	bind_with(test, svc, 2, 1);
	/* before any callback */
	atomic_set(&dest_of(test, 0)->weight, 0);
	for (i = 0; i < 1000; i++)
		KUNIT_ASSERT_EQ(test, number(fixture_pick(svc)), 1);
}

static void sched_unlinked_gets_nothing_at_once(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	u32 i;

	bind_with(test, svc, 2, 1);
	fixture_unlink(dest_of(test, 1));
	for (i = 0; i < 1000; i++)
		KUNIT_ASSERT_EQ(test, number(fixture_pick(svc)), 0);
	vml_dest_remove(svc, dest_of(test, 1));
	for (i = 0; i < 1000; i++)
		KUNIT_ASSERT_EQ(test, number(fixture_pick(svc)), 0);
}

static void sched_overloaded_gets_nothing(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	u32 i, counts[2] = {};

	bind_with(test, svc, 2, 1);
	dest_of(test, 0)->flags |= IP_VS_DEST_F_OVERLOAD;
	for (i = 0; i < 1000; i++)
		KUNIT_ASSERT_EQ(test, number(fixture_pick(svc)), 1);
	dest_of(test, 0)->flags &= ~IP_VS_DEST_F_OVERLOAD;
	for (i = 0; i < 1000; i++)
		counts[number(fixture_pick(svc))]++;
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
		KUNIT_ASSERT_EQ(test, number(fixture_pick(svc)), 1);
	/* nor by a scan */
	dest_of(test, 1)->flags |= IP_VS_DEST_F_OVERLOAD;
	KUNIT_EXPECT_NULL(test, fixture_pick(svc));
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
		KUNIT_ASSERT_PTR_EQ(test, fixture_pick(svc), dest_of(test, i));
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
		atomic_inc(&fixture_pick(svc)->activeconns);
	for (i = 0; i < 1000; i += 100)
		KUNIT_EXPECT_LE(test,
				abs(connections_of(test, i) - 100), 20);
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
		counts[number(fixture_pick(svc))]++;
	for (i = 0; i < 3; i++) {
		u32 due = (n << i) / 7;

		/* five standard deviations or more */
		KUNIT_EXPECT_LE(test, abs((s32)(counts[300 + i] - due)),
				5 * int_sqrt(due));
	}
}

/* All that the table has is gone, and what there is, it lacks. */
static void find_what_the_table_lacks(struct kunit *test,
				      struct ip_vs_service *svc, u32 *counts)
{
	struct vml_service *service = bind_with(test, svc, 2, 1);
	u32 i;

	fixture_postpone(svc);
	fixture_add(svc, fixture_dest(test, 1));
	fixture_add(svc, fixture_dest(test, 0));
	fixture_add(svc, fixture_dest(test, 3));
	fixture_remove(svc, dest_of(test, 0));
	atomic_set(&dest_of(test, 1)->weight, 0);
	vml_dest_add(svc, dest_of(test, 1));
	for (i = 0; i < 8000; i++) {
		struct ip_vs_dest *dest = fixture_pick(svc);

		KUNIT_ASSERT_NOT_NULL(test, dest);
		atomic_inc(&dest->activeconns);
		counts[number(dest)]++;
	}
	KUNIT_EXPECT_EQ(test, fixture_table_size(svc), 2);
	KUNIT_EXPECT_EQ(test, SUM_OF(service, scans), 8000);
	KUNIT_EXPECT_EQ(test, SUM_OF(service, no_destination), 0);
	for (i = 1; i < 5; i++)
		KUNIT_EXPECT_EQ(test, fixture_picks(svc, dest_of(test, i)),
				counts[i]);
	fixture_settle(svc);
	KUNIT_EXPECT_EQ(test, fixture_table_size(svc), 2);
	KUNIT_EXPECT_GT(test, fixture_table_weight(svc, dest_of(test, 4)), 0);
}

static void sched_scan_finds_what_the_table_lacks(struct kunit *test)
{
	u32 counts[5] = {};

	find_what_the_table_lacks(test, fixture_service(test), counts);
	KUNIT_EXPECT_LE(test, abs((s32)counts[2] - 2000), 5);
	KUNIT_EXPECT_LE(test, abs((s32)counts[4] - 6000), 5);
}

static void sched_scan_finds_that_for_one_packet(struct kunit *test)
{
	u32 counts[5] = {};

	find_what_the_table_lacks(test, one_packet_service(test), counts);
	/* five standard deviations */
	KUNIT_EXPECT_LE(test, abs((s32)counts[2] - 2000), 194);
	KUNIT_EXPECT_EQ(test, counts[2] + counts[4], 8000);
}

/* Until they are published, weights too large for the table are the largest. */
static void sched_scan_takes_any_weight(struct kunit *test)
{
	static const u32 scales[] = { U32_MAX };
	struct ip_vs_service *svc = fixture_service(test);
	struct fixture *fixture = test->priv;

	bind_with(test, svc, 1, 1);
	fixture_postpone(svc);
	fixture_add(svc, fixture_dest(test, S32_MAX));
	fixture_remove(svc, dest_of(test, 0));
	atomic_set(&dest_of(test, 1)->activeconns, S32_MAX);
	KUNIT_EXPECT_PTR_EQ(test, fixture_pick(svc), dest_of(test, 1));

	/* and those that are too small, the least */
	KUNIT_ASSERT_EQ(test, fixture_set_scales(svc, fixture->dests + 1,
						 scales, 1, 0), 0);
	fixture_postpone(svc);
	fixture_add(svc, fixture_dest(test, 1));
	fixture_remove(svc, dest_of(test, 1));
	KUNIT_EXPECT_PTR_EQ(test, fixture_pick(svc), dest_of(test, 2));
}

static void sched_nothing_available(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	struct vml_service *service;

	service = bind_with(test, svc, 0, 0);
	KUNIT_EXPECT_NULL(test, fixture_pick(svc));
	KUNIT_EXPECT_EQ(test, SUM_OF(service, no_destination), 1);
	fixture_add(svc, fixture_dest(test, 0));
	KUNIT_EXPECT_NULL(test, fixture_pick(svc));
	fixture_add(svc, fixture_dest(test, 5));
	KUNIT_EXPECT_PTR_EQ(test, fixture_pick(svc), dest_of(test, 1));
	fixture_unlink(dest_of(test, 1));
	KUNIT_EXPECT_NULL(test, fixture_pick(svc));
	vml_dest_remove(svc, dest_of(test, 1));
	KUNIT_EXPECT_NULL(test, fixture_pick(svc));
	KUNIT_EXPECT_EQ(test, fixture_picks(svc, NULL), 1);
	KUNIT_EXPECT_EQ(test, SUM_OF(service, no_destination), 4);
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
		counts[number(fixture_pick(svc))]++;
	/* in two draws: only number 0, (1/3)^2; number 2, 1 - (2/3)^2 */
	KUNIT_EXPECT_LE(test, counts[0], 1111 + 150);
	KUNIT_EXPECT_GE(test, counts[2], 5556 - 250);
	KUNIT_EXPECT_LT(test, counts[0], counts[1]);
	KUNIT_EXPECT_LT(test, counts[1], counts[2]);
}

static void sched_counts_picks(struct kunit *test)
{
	struct ip_vs_service *svc = one_packet_service(test);
	u32 i, counts[5] = {};

	bind_with(test, svc, 5, 10);
	for (i = 0; i < 1000; i++)
		counts[number(fixture_pick(svc))]++;
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
	fixture_pick(svc);
	KUNIT_EXPECT_EQ(test, fixture_picks(svc, NULL), 1001);
}

static struct kunit_case sched_cases[] = {
	KUNIT_CASE(sched_one_packet_shares_by_scale),
	KUNIT_CASE(sched_one_packet_shares_by_weight),
	KUNIT_CASE(sched_connections_follow_weights),
	KUNIT_CASE(sched_inactive_connections_do_not_count),
	KUNIT_CASE(sched_any_number_of_destinations),
	KUNIT_CASE(sched_compares_in_proportion_to_weight),
	KUNIT_CASE(sched_sees_both_of_two),
	KUNIT_CASE(sched_draws_each_alike),
	KUNIT_CASE(sched_spreads_its_draws),
	KUNIT_CASE(sched_counts_where_connections_stay),
	KUNIT_CASE(sched_redraws_by_weight),
	KUNIT_CASE(sched_redraws_before_it_scans),
	KUNIT_CASE(sched_is_bounded),
	KUNIT_CASE(sched_quiesced_gets_nothing_at_once),
	KUNIT_CASE(sched_unlinked_gets_nothing_at_once),
	KUNIT_CASE(sched_overloaded_gets_nothing),
	KUNIT_CASE(sched_scale_zero_gets_nothing),
	KUNIT_CASE(sched_scan_finds_the_only_available),
	KUNIT_CASE(sched_scan_finds_it_for_one_packet),
	KUNIT_CASE(sched_scan_takes_the_least_loaded),
	KUNIT_CASE(sched_scan_shares_one_packet_by_weight),
	KUNIT_CASE(sched_scan_finds_what_the_table_lacks),
	KUNIT_CASE(sched_scan_finds_that_for_one_packet),
	KUNIT_CASE(sched_scan_takes_any_weight),
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
