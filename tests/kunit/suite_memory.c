// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every allocation fails once, in turn: tests/kunit/in-kernel has made those
 * that may wait fail too. Per-CPU allocations can't be made to.
 */
#include <linux/sched.h>

#include "fixture.h"

/* Have the current task's nth allocation from now on fail. */
static void fail_nth(unsigned int n)
{
	current->fail_nth = n;
}

/* Stop that, and tell whether it has failed. */
static bool has_failed(void)
{
	bool failed = !current->fail_nth;

	current->fail_nth = 0;
	return failed;
}

static void memory_injection_works(struct kunit *test)
{
	void *memory;

	fail_nth(1);
	memory = kmalloc(64, GFP_KERNEL);
	KUNIT_EXPECT_TRUE(test, has_failed());
	KUNIT_EXPECT_NULL(test, memory);
	kfree(memory);
}

static void memory_bind(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	unsigned int nth;
	int err = -ENOMEM;

	fixture_link(svc, fixture_dest(test, 1));
	fixture_link(svc, fixture_dest(test, 1));
	for (nth = 1; err; nth++) {
		KUNIT_ASSERT_LT(test, nth, 100);
		fail_nth(nth);
		err = vml_service_bind(svc);
		if (!has_failed())
			break;
		if (!err)
			/* what failed was not needed: start anew */
			fixture_unbind(svc);
		else
			KUNIT_EXPECT_EQ(test, err, -ENOMEM);
		KUNIT_EXPECT_FALSE(test, fixture_is_bound(svc));
		err = -ENOMEM;
	}
	/* the service, two destinations, the table's parts at least */
	KUNIT_EXPECT_GE(test, nth, 5);
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
		fail_nth(nth);
		if (fixture_add(svc, dest))
			refused++;
		failed = has_failed();
		EXPECT_EVENTUALLY(test, fixture_table_size(svc) == nth);
		KUNIT_EXPECT_EQ(test, service->num_destinations, nth);
	}
	KUNIT_EXPECT_GE(test, refused, 1);
	KUNIT_EXPECT_FALSE(test, service->incomplete);
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
		fail_nth(nth);
		vml_dest_add(svc, a);
		failed = has_failed();
		EXPECT_EVENTUALLY(test, fixture_table_weight(svc, a) ==
				  (1 + nth) * fixture_table_weight(svc, b));
	}
	KUNIT_EXPECT_GE(test, nth, 3);
}

static void memory_remove_needs_none(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	struct ip_vs_dest *dest = fixture_dest(test, 1);

	fixture_link(svc, dest);
	fixture_bind(test, svc);
	msleep(50);
	fail_nth(1);
	fixture_remove(svc, dest);
	KUNIT_EXPECT_FALSE(test, has_failed());
	EXPECT_EVENTUALLY(test, fixture_table_size(svc) == 0);
}

/* One removed that could not be added, and again with the same pointer. */
static void memory_remove_of_refused(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	struct ip_vs_dest *dest = fixture_dest(test, 1);
	struct vml_service *service = fixture_bind(test, svc);

	fail_nth(1);
	KUNIT_EXPECT_EQ(test, fixture_add(svc, dest), -ENOMEM);
	KUNIT_EXPECT_TRUE(test, has_failed());
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
		fail_nth(nth);
		err = fixture_set_scales(svc, fixture->dests, scales, 1, 1000);
		failed = has_failed();
		if (err)
			refused++;
		KUNIT_EXPECT_EQ(test, err, err ? -ENOMEM : 0);
		KUNIT_EXPECT_EQ(test, service->generation, generation + !err);
		KUNIT_EXPECT_EQ(test, service->has_lease, !err);
		KUNIT_EXPECT_EQ(test, fixture_scale(svc, fixture->dests[0]),
				err ? before[0] : scales[0]);
	}
	/* both parts of the table */
	KUNIT_EXPECT_GE(test, refused, 2);
}

static struct kunit_case memory_cases[] = {
	KUNIT_CASE(memory_injection_works),
	KUNIT_CASE(memory_bind),
	KUNIT_CASE(memory_add),
	KUNIT_CASE(memory_update),
	KUNIT_CASE(memory_remove_needs_none),
	KUNIT_CASE(memory_remove_of_refused),
	KUNIT_CASE(memory_set_scales),
	{}
};

static struct kunit_suite memory_suite = {
	.name = "vml_memory",
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = memory_cases,
};

kunit_test_suite(memory_suite);
