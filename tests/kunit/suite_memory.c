// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every allocation of every operation fails once, in turn: what was there
 * stays, nothing leaks, and what was to come comes later by itself.
 */
#include "fixture.h"

static void memory_injection_works(struct kunit *test)
{
	void *memory;

	fixture_fail_nth(1);
	memory = kmalloc(64, GFP_KERNEL);
	KUNIT_EXPECT_TRUE(test, fixture_has_failed());
	KUNIT_EXPECT_NULL(test, memory);
	kfree(memory);
}

static void memory_bind(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	struct ip_vs_dest **dests = ((struct fixture *)test->priv)->dests;
	unsigned int nth, refused = 0;
	int err = -ENOMEM;

	fixture_link(svc, fixture_dest(test, 1));
	fixture_link(svc, fixture_dest(test, 1));
	for (nth = 1; err; nth++) {
		KUNIT_ASSERT_LT(test, nth, 100);
		fixture_fail_own(nth);
		err = vml_service_bind(svc);
		if (!fixture_has_failed())
			break;
		refused++;
		KUNIT_ASSERT_EQ(test, err, -ENOMEM);
		KUNIT_EXPECT_FALSE(test, fixture_is_bound(svc));
		fixture_release_all();
		KUNIT_EXPECT_EQ(test, refcount_read(&dests[0]->refcnt), 1);
		KUNIT_EXPECT_EQ(test, refcount_read(&dests[1]->refcnt), 1);
	}
	/* service, two destinations, table: two parts of each */
	KUNIT_EXPECT_EQ(test, refused, 8);
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_EQ(test, fixture_table_size(svc), 2);
}

/* IPVS ignores what add_dest returns, so that it must be made up for. */
static void memory_add(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	struct vml_service *service = fixture_bind(test, svc);
	unsigned int nth = 0, refused = 0;
	struct ip_vs_dest *dest;
	bool failed = true;

	while (failed) {
		KUNIT_ASSERT_LT(test, ++nth, 100);
		/* long enough after the last for it to be published at once */
		msleep(50);
		dest = fixture_dest(test, 1);
		fixture_fail_own(nth);
		if (fixture_add(svc, dest))
			refused++;
		failed = fixture_has_failed();
		EXPECT_EVENTUALLY(test, fixture_table_size(svc) == nth);
		KUNIT_EXPECT_EQ(test, service->num_destinations, nth);
	}
	/* both parts of the destination; the table's are made up for */
	KUNIT_EXPECT_EQ(test, refused, 2);
	KUNIT_EXPECT_EQ(test, nth, 2 + 2 + 1);
	KUNIT_EXPECT_FALSE(test, service->incomplete);
}

/*
 * The first that can be drawn is chosen, too, while there is no memory for a
 * table with it; an empty table is not looked behind for anything else.
 */
static void memory_first_is_chosen(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	struct vml_service *service = fixture_bind(test, svc);
	struct ip_vs_dest *dest = fixture_dest(test, 0);

	KUNIT_ASSERT_EQ(test, fixture_add(svc, dest), 0);
	msleep(50);
	KUNIT_EXPECT_NULL(test, fixture_pick(svc));

	atomic_set(&dest->weight, 1);
	fixture_fail_own(1);
	KUNIT_ASSERT_EQ(test, vml_dest_add(svc, dest), 0);
	KUNIT_EXPECT_TRUE(test, fixture_has_failed());
	KUNIT_EXPECT_PTR_EQ(test, fixture_pick(svc), dest);

	EXPECT_EVENTUALLY(test, fixture_table_size(svc) == 1);
	KUNIT_EXPECT_FALSE(test, service->is_behind);
	KUNIT_EXPECT_PTR_EQ(test, fixture_pick(svc), dest);
}

static void memory_update(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	struct ip_vs_dest *a = fixture_dest(test, 1);
	struct ip_vs_dest *b = fixture_dest(test, 1);
	unsigned int nth = 0;
	bool failed = true;

	fixture_link(svc, a);
	fixture_link(svc, b);
	fixture_bind(test, svc);
	while (failed) {
		KUNIT_ASSERT_LT(test, ++nth, 100);
		msleep(50);
		atomic_set(&a->weight, 1 + nth);
		fixture_fail_own(nth);
		vml_dest_add(svc, a);
		failed = fixture_has_failed();
		EXPECT_EVENTUALLY(test, fixture_table_weight(svc, a) ==
				  (1 + nth) * fixture_table_weight(svc, b));
	}
	/* both parts of the table */
	KUNIT_EXPECT_EQ(test, nth, 2 + 1);
}

/* Nor what it calls; but the kernel's checkers need some, now and then. */
static void memory_remove_needs_none(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	struct ip_vs_dest *dest = fixture_dest(test, 1);
	unsigned int i, needed = 0;

	fixture_bind(test, svc);
	for (i = 0; i < 10; i++) {
		KUNIT_ASSERT_EQ(test, fixture_add(svc, dest), 0);
		fixture_settle(svc);
		KUNIT_EXPECT_EQ(test, fixture_table_size(svc), 1);
		fixture_fail_nth(1);
		fixture_remove(svc, dest);
		needed += fixture_has_failed();
		fixture_settle(svc);
		KUNIT_EXPECT_EQ(test, fixture_table_size(svc), 0);
	}
	KUNIT_EXPECT_LT(test, needed, 10);
}

/* One removed that could not be added, and again with the same pointer. */
static void memory_remove_of_refused(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	struct ip_vs_dest *dest = fixture_dest(test, 1);
	struct vml_service *service = fixture_bind(test, svc);

	fixture_fail_own(1);
	KUNIT_EXPECT_EQ(test, fixture_add(svc, dest), -ENOMEM);
	KUNIT_EXPECT_TRUE(test, fixture_has_failed());
	fixture_remove(svc, dest);
	EXPECT_EVENTUALLY(test, !service->incomplete);
	KUNIT_EXPECT_EQ(test, service->num_destinations, 0);
	KUNIT_EXPECT_EQ(test, fixture_add(svc, dest), 0);
	EXPECT_EVENTUALLY(test, fixture_table_size(svc) == 1);
}

/* A set either takes effect as a whole or not at all. */
static void memory_set_scales(struct kunit *test)
{
	static const u32 before[] = { 2 * IP_VS_VML_SCALE_ONE };
	static const u32 scales[] = { 4 * IP_VS_VML_SCALE_ONE };
	struct ip_vs_service *svc = fixture_service(test);
	struct fixture *fixture = test->priv;
	unsigned int nth = 0, refused = 0;
	struct vml_service *service;
	bool failed = true;

	fixture_link(svc, fixture_dest(test, 1));
	service = fixture_bind(test, svc);
	while (failed) {
		u32 generation;
		int err;

		KUNIT_ASSERT_LT(test, ++nth, 100);
		KUNIT_ASSERT_EQ(test, fixture_set_scales(svc, fixture->dests,
							 before, 1, 0), 0);
		generation = service->generation;
		fixture_fail_own(nth);
		err = fixture_set_scales(svc, fixture->dests, scales, 1, 1000);
		failed = fixture_has_failed();
		if (err)
			refused++;
		KUNIT_EXPECT_EQ(test, err, err ? -ENOMEM : 0);
		KUNIT_EXPECT_EQ(test, service->generation, generation + !err);
		KUNIT_EXPECT_EQ(test, service->has_lease, !err);
		KUNIT_EXPECT_EQ(test, fixture_scale(svc, fixture->dests[0]),
				err ? before[0] : scales[0]);
	}
	/* both parts of the table */
	KUNIT_EXPECT_EQ(test, refused, 2);
	KUNIT_EXPECT_EQ(test, nth, 2 + 1);
}

/*
 * Have a work item run here, where its allocations can fail. It has been
 * queued, or is to be.
 */
static void run_here(struct delayed_work *work, unsigned int nth)
{
	cancel_delayed_work_sync(work);
	fixture_fail_own(nth);
	work->work.func(&work->work);
}

/* The end of a lease whose table can't be made is made up for. */
static void memory_lease_end(struct kunit *test)
{
	static const u32 scales[] = { 4 * IP_VS_VML_SCALE_ONE };
	struct ip_vs_service *svc = fixture_service(test);
	struct ip_vs_dest *a = fixture_dest(test, 1);
	struct ip_vs_dest *b = fixture_dest(test, 1);
	struct vml_service *service;
	unsigned int nth = 0;
	bool failed = true;

	fixture_link(svc, a);
	fixture_link(svc, b);
	service = fixture_bind(test, svc);
	while (failed) {
		KUNIT_ASSERT_LT(test, ++nth, 100);
		fixture_set_scales(svc, &a, scales, 1, U32_MAX);
		vml_registry_lock();
		service->lease_end = ktime_get();
		vml_registry_unlock();
		run_here(&service->lease_work, nth);
		failed = fixture_has_failed();
		KUNIT_EXPECT_FALSE(test, service->has_lease);
		KUNIT_EXPECT_EQ(test, fixture_scale(svc, a),
				IP_VS_VML_SCALE_ONE);
		EXPECT_EVENTUALLY(test, fixture_table_weight(svc, a) ==
				  fixture_table_weight(svc, b));
	}
	/* both parts of the table */
	KUNIT_EXPECT_EQ(test, nth, 2 + 1);
}

/* Publishing what is pending, also destinations that could not be added. */
static void memory_publish(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	struct vml_service *service = fixture_bind(test, svc);
	unsigned int nth = 0, added = 0, i;
	struct ip_vs_dest *dest;
	bool failed = true;

	while (failed) {
		KUNIT_ASSERT_LT(test, ++nth, 100);
		/* so that nothing but this publishes at first */
		fixture_postpone(svc);
		for (i = 0; i < 2; i++, added++) {
			dest = fixture_dest(test, 1);
			fixture_fail_own(1);
			KUNIT_EXPECT_EQ(test, fixture_add(svc, dest), -ENOMEM);
			KUNIT_EXPECT_TRUE(test, fixture_has_failed());
		}
		KUNIT_EXPECT_TRUE(test, service->incomplete);
		KUNIT_EXPECT_EQ(test, service->num_destinations, added - 2);
		run_here(&service->publish_work, nth);
		failed = fixture_has_failed();
		EXPECT_EVENTUALLY(test, fixture_table_size(svc) == added);
		KUNIT_EXPECT_FALSE(test, service->incomplete);
	}
	/* two destinations, and the table: two parts of each */
	KUNIT_EXPECT_EQ(test, nth, 2 * 2 + 2 + 1);
}

/* Done while something is still to be made up for. */
static void memory_unbind_incomplete(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	struct ip_vs_dest *dest = fixture_dest(test, 1);

	fixture_bind(test, svc);
	fixture_fail_own(1);
	KUNIT_EXPECT_EQ(test, fixture_add(svc, dest), -ENOMEM);
	KUNIT_EXPECT_TRUE(test, fixture_has_failed());
	/* needs none, whatever fails */
	fixture_fail_nth(1);
	fixture_unbind(svc);
	fixture_has_failed();
	fixture_release_all();
	KUNIT_EXPECT_EQ(test, refcount_read(&dest->refcnt), 1);
	/* the list as it is */
	fixture_bind(test, svc);
	KUNIT_EXPECT_EQ(test, fixture_table_size(svc), 1);
}

static struct kunit_case memory_cases[] = {
	KUNIT_CASE(memory_injection_works),
	KUNIT_CASE(memory_bind),
	KUNIT_CASE(memory_add),
	KUNIT_CASE(memory_first_is_chosen),
	KUNIT_CASE(memory_update),
	KUNIT_CASE(memory_remove_needs_none),
	KUNIT_CASE(memory_remove_of_refused),
	KUNIT_CASE(memory_set_scales),
	KUNIT_CASE(memory_lease_end),
	KUNIT_CASE(memory_publish),
	KUNIT_CASE(memory_unbind_incomplete),
	{}
};

static struct kunit_suite memory_suite = {
	.name = "vml_memory",
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = memory_cases,
};

kunit_test_suite(memory_suite);
