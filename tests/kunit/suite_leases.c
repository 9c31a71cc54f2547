// SPDX-License-Identifier: GPL-2.0-or-later
/* Leases: how long a set of scales is valid. */
#include "fixture.h"

#define SCALE_ONE	IP_VS_VML_SCALE_ONE

static void leases_run_out(struct kunit *test)
{
	static const u32 scales[] = { 4 * SCALE_ONE };
	struct vml_service *service = fixture_bind_two(test);
	struct ip_vs_service *svc = service->svc;
	unsigned long begin = jiffies;

	fixture_set_scales(svc, fixture_dests(test), scales, 1, 1000);
	KUNIT_EXPECT_TRUE(test, service->has_lease);
	KUNIT_EXPECT_EQ(test, fixture_ratio(test, svc), 4);
	EXPECT_EVENTUALLY(test, fixture_ratio(test, svc) == 1);
	KUNIT_EXPECT_TRUE(test, time_after_eq(jiffies,
					      begin + msecs_to_jiffies(1000)));
	KUNIT_EXPECT_FALSE(test, service->has_lease);
	KUNIT_EXPECT_EQ(test, fixture_scale(svc, fixture_dests(test)[0]),
			SCALE_ONE);
	/* no set took effect, but the next is compared with the last */
	KUNIT_EXPECT_EQ(test, service->generation, 1);
}

static void leases_are_renewed(struct kunit *test)
{
	static const u32 scales[] = { 4 * SCALE_ONE };
	struct vml_service *service = fixture_bind_two(test);
	struct ip_vs_service *svc = service->svc;
	u32 i;

	/* together longer than any of the leases */
	for (i = 0; i < 12; i++) {
		fixture_set_scales(svc, fixture_dests(test), scales, 1, 2000);
		msleep(200);
		KUNIT_EXPECT_EQ(test, fixture_ratio(test, svc), 4);
	}
	EXPECT_EVENTUALLY(test, fixture_ratio(test, svc) == 1);
}

static void leases_are_replaced_by_none(struct kunit *test)
{
	static const u32 scales[] = { 4 * SCALE_ONE };
	struct vml_service *service = fixture_bind_two(test);
	struct ip_vs_service *svc = service->svc;

	fixture_set_scales(svc, fixture_dests(test), scales, 1, 50);
	fixture_set_scales(svc, fixture_dests(test), scales, 1, 0);
	KUNIT_EXPECT_FALSE(test, service->has_lease);
	msleep(200);
	KUNIT_EXPECT_EQ(test, fixture_ratio(test, svc), 4);
	fixture_set_scales(svc, fixture_dests(test), scales, 1, 1);
	EXPECT_EVENTUALLY(test, fixture_ratio(test, svc) == 1);
}

static void leases_tell_what_is_left(struct kunit *test)
{
	static const u32 leases[] = {
		1, 10, 10000, 3600000, S32_MAX, 1U << 31, U32_MAX,
	};
	struct vml_service *service = fixture_bind_two(test);
	u32 i, left;

	for (i = 0; i < ARRAY_SIZE(leases); i++) {
		fixture_set_scales(service->svc, NULL, NULL, 0, leases[i]);
		vml_registry_lock();
		left = vml_service_lease_left(service);
		vml_registry_unlock();
		KUNIT_EXPECT_LE(test, (u64)left, (u64)leases[i] + 20);
		KUNIT_EXPECT_GE(test, (u64)left + 1000, (u64)leases[i]);
	}
}

static void leases_end_with_their_service(struct kunit *test)
{
	static const u32 scales[] = { 4 * SCALE_ONE };
	struct vml_service *service = fixture_bind_two(test);
	struct ip_vs_service *svc = service->svc;

	fixture_set_scales(svc, fixture_dests(test), scales, 1, 20);
	fixture_unbind(svc);
	service = fixture_bind(test, svc);
	KUNIT_EXPECT_EQ(test, service->generation, 0);
	KUNIT_EXPECT_FALSE(test, service->has_lease);
	KUNIT_EXPECT_EQ(test, fixture_ratio(test, svc), 1);
	/* for KASAN to see a work item that outlives what it works on */
	msleep(100);
}

/* A set whose lease is over, with its end waiting for the registry's lock. */
static void commit_overdue(struct vml_service *service)
{
	struct vml_scale_set set;

	if (!vml_scale_set_begin(&set, service))
		vml_scale_set_commit(&set, 1);
	while (!(work_busy(&service->lease_work.work) & WORK_BUSY_RUNNING))
		msleep(1);
}

/* The work item finds that the lease which it was to end has been renewed. */
static void leases_expire_while_renewed(struct kunit *test)
{
	static const u32 scales[] = { 4 * SCALE_ONE };
	struct vml_service *service = fixture_bind_two(test);
	struct ip_vs_service *svc = service->svc;
	struct ip_vs_dest *dest = fixture_dests(test)[0];
	struct vml_scale_set set;
	struct vml_dest_key key = {
		.family = AF_INET,
		.port = dest->port,
		.address.ip = dest->addr.ip,
	};

	vml_registry_lock();
	commit_overdue(service);
	KUNIT_EXPECT_EQ(test, vml_scale_set_begin(&set, service), 0);
	KUNIT_EXPECT_EQ(test, vml_scale_set_stage(&set,
						  vml_dest_find(service, &key),
						  scales[0]), 0);
	vml_scale_set_commit(&set, 100000);
	vml_registry_unlock();
	/* for that one to have run */
	flush_delayed_work(&service->lease_work);
	KUNIT_EXPECT_TRUE(test, service->has_lease);
	KUNIT_EXPECT_EQ(test, fixture_ratio(test, svc), 4);
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&service->lease_work));
}

/* As above, but the set that comes has no lease. */
static void leases_expire_while_replaced_by_none(struct kunit *test)
{
	struct vml_service *service = fixture_bind_two(test);
	struct vml_scale_set set;

	vml_registry_lock();
	commit_overdue(service);
	KUNIT_EXPECT_EQ(test, vml_scale_set_begin(&set, service), 0);
	vml_scale_set_commit(&set, 0);
	vml_registry_unlock();
	flush_delayed_work(&service->lease_work);
	KUNIT_EXPECT_FALSE(test, service->has_lease);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&service->lease_work));
	KUNIT_EXPECT_EQ(test, service->generation, 2);
}

/* The timer comes too soon, as it must for a lease longer than timers. */
static void leases_do_not_end_early(struct kunit *test)
{
	static const u32 scales[] = { 4 * SCALE_ONE };
	struct vml_service *service = fixture_bind_two(test);
	struct ip_vs_service *svc = service->svc;
	u32 i;

	for (i = 0; i < 3; i++) {
		fixture_set_scales(svc, fixture_dests(test), scales, 1,
				   i ? U32_MAX : 100000);
		flush_delayed_work(&service->lease_work);
		KUNIT_EXPECT_TRUE(test, service->has_lease);
		KUNIT_EXPECT_EQ(test, fixture_ratio(test, svc), 4);
		KUNIT_EXPECT_TRUE(test,
				  delayed_work_pending(&service->lease_work));
	}
}

/* A shorter one cuts the longer one before it short. */
static void leases_are_shortened(struct kunit *test)
{
	static const u32 scales[] = { 4 * SCALE_ONE };
	struct ip_vs_service *svc = fixture_bind_two(test)->svc;

	fixture_set_scales(svc, fixture_dests(test), scales, 1, U32_MAX);
	fixture_set_scales(svc, fixture_dests(test), scales, 1, 10);
	EXPECT_EVENTUALLY(test, fixture_ratio(test, svc) == 1);
}

/* What is added under a lease is not scaled, and survives its end. */
static void leases_end_with_other_destinations(struct kunit *test)
{
	static const u32 scales[] = { 4 * SCALE_ONE, 0 };
	struct ip_vs_service *svc = fixture_bind_two(test)->svc;

	fixture_set_scales(svc, fixture_dests(test), scales, 2, 100000);
	fixture_remove(svc, fixture_dests(test)[0]);
	fixture_add(svc, fixture_dest(test, 10));
	fixture_end_lease(svc);
	KUNIT_EXPECT_EQ(test, fixture_table_size(svc), 2);
	KUNIT_EXPECT_EQ(test, fixture_table_weight(svc, fixture_dests(test)[1]),
			fixture_table_weight(svc, fixture_dests(test)[2]));
}

static struct kunit_case leases_cases[] = {
	KUNIT_CASE(leases_run_out),
	KUNIT_CASE(leases_are_renewed),
	KUNIT_CASE(leases_are_replaced_by_none),
	KUNIT_CASE(leases_tell_what_is_left),
	KUNIT_CASE(leases_end_with_their_service),
	KUNIT_CASE(leases_expire_while_renewed),
	KUNIT_CASE(leases_expire_while_replaced_by_none),
	KUNIT_CASE(leases_do_not_end_early),
	KUNIT_CASE(leases_are_shortened),
	KUNIT_CASE(leases_end_with_other_destinations),
	{}
};

static struct kunit_suite leases_suite = {
	.name = "vml_leases",
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = leases_cases,
};

kunit_test_suite(leases_suite);
