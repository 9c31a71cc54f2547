// SPDX-License-Identifier: GPL-2.0-or-later
/* Sets of scales, and their generations. */
#include "fixture.h"

#define SCALE_ONE	IP_VS_VML_SCALE_ONE

static void scales_are_in_force_at_once(struct kunit *test)
{
	static const u32 scales[] = { 4 * SCALE_ONE, SCALE_ONE / 2 };
	struct vml_service *service = fixture_bind_two(test);
	struct ip_vs_service *svc = service->svc;

	KUNIT_EXPECT_EQ(test, fixture_ratio(test, svc), 1);
	KUNIT_EXPECT_EQ(test, service->generation, 0);
	KUNIT_EXPECT_EQ(test, fixture_set_scales(svc, fixture_dests(test),
						 scales, 2, 0), 0);
	KUNIT_EXPECT_EQ(test, fixture_ratio(test, svc), 8);
	KUNIT_EXPECT_EQ(test, service->generation, 1);
	KUNIT_EXPECT_FALSE(test, service->has_lease);
}

static void scales_not_named_are_neutral(struct kunit *test)
{
	static const u32 scales[] = { 4 * SCALE_ONE, 9 * SCALE_ONE };
	struct vml_service *service = fixture_bind_two(test);
	struct ip_vs_service *svc = service->svc;

	fixture_set_scales(svc, fixture_dests(test), scales, 2, 0);
	fixture_set_scales(svc, fixture_dests(test), scales, 1, 0);
	KUNIT_EXPECT_EQ(test, fixture_ratio(test, svc), 4);
	KUNIT_EXPECT_EQ(test, fixture_scale(svc, fixture_dests(test)[1]),
			SCALE_ONE);
	fixture_set_scales(svc, NULL, NULL, 0, 0);
	KUNIT_EXPECT_EQ(test, fixture_ratio(test, svc), 1);
	KUNIT_EXPECT_EQ(test, service->generation, 3);
}

static void scales_all_or_nothing(struct kunit *test)
{
	static const u32 before[] = { 3 * SCALE_ONE };
	static const u32 scales[] = { 7 * SCALE_ONE, 5 * SCALE_ONE, 1 };
	struct vml_service *service = fixture_bind_two(test);
	struct ip_vs_service *svc = service->svc;
	struct ip_vs_dest *twice[] = {
		fixture_dests(test)[0], fixture_dests(test)[0],
	};

	fixture_set_scales(svc, fixture_dests(test), before, 1, 0);
	KUNIT_EXPECT_EQ(test, fixture_set_scales(svc, twice, scales, 2, 1),
			-EEXIST);
	/* a third destination, unknown to the service */
	fixture_dest(test, 1);
	KUNIT_EXPECT_EQ(test, fixture_set_scales(svc, fixture_dests(test),
						 scales, 3, 1), -ENOENT);
	KUNIT_EXPECT_EQ(test, fixture_ratio(test, svc), 3);
	KUNIT_EXPECT_EQ(test, service->generation, 1);
	KUNIT_EXPECT_FALSE(test, service->has_lease);
	/* what those sets staged does not count in the next */
	KUNIT_EXPECT_EQ(test, fixture_set_scales(svc, fixture_dests(test) + 1,
						 scales, 1, 0), 0);
	KUNIT_EXPECT_EQ(test, fixture_scale(svc, fixture_dests(test)[0]),
			SCALE_ONE);
}

static void scales_survive_changes(struct kunit *test)
{
	static const u32 scales[] = { 4 * SCALE_ONE };
	struct vml_service *service = fixture_bind_two(test);
	struct ip_vs_service *svc = service->svc;

	fixture_set_scales(svc, fixture_dests(test), scales, 1, 0);
	atomic_set(&fixture_dests(test)[0]->weight, 20);
	vml_dest_add(svc, fixture_dests(test)[0]);
	EXPECT_EVENTUALLY(test, fixture_ratio(test, svc) == 8);
	fixture_add(svc, fixture_dest(test, 1));
	EXPECT_EVENTUALLY(test, fixture_table_size(svc) == 3);
	KUNIT_EXPECT_EQ(test, fixture_ratio(test, svc), 8);
	KUNIT_EXPECT_EQ(test, service->generation, 1);
	/* one that comes back comes back neutral */
	fixture_remove(svc, fixture_dests(test)[0]);
	fixture_add(svc, fixture_dests(test)[0]);
	KUNIT_EXPECT_EQ(test, fixture_scale(svc, fixture_dests(test)[0]),
			SCALE_ONE);
	EXPECT_EVENTUALLY(test, fixture_ratio(test, svc) == 2);
}

static void scales_of_zero_and_most(struct kunit *test)
{
	static const u32 scales[] = { U32_MAX, 0 };
	struct vml_service *service = fixture_bind_two(test);
	struct ip_vs_service *svc = service->svc;

	fixture_set_scales(svc, fixture_dests(test), scales, 2, 0);
	KUNIT_EXPECT_EQ(test, fixture_table_size(svc), 1);
	KUNIT_EXPECT_EQ(test, fixture_ratio(test, svc), U32_MAX);
	atomic_set(&fixture_dests(test)[0]->weight, S32_MAX);
	vml_dest_add(svc, fixture_dests(test)[0]);
	fixture_set_scales(svc, fixture_dests(test), scales, 1, 0);
	KUNIT_EXPECT_EQ(test, fixture_table_size(svc), 2);
	/* (2^31 - 1) * (2^32 - 1), of which 31 bits are left */
	KUNIT_EXPECT_EQ(test, fixture_table_weight(svc, fixture_dests(test)[0]),
			S32_MAX - 1);
}

static void scales_sequence_tells_changes(struct kunit *test)
{
	static const u32 scales[] = { 4 * SCALE_ONE };
	struct vml_service *service = fixture_bind_two(test);
	struct ip_vs_service *svc = service->svc;
	u32 last = service->sequence;

	KUNIT_EXPECT_NE(test, last, 0);
	fixture_set_scales(svc, fixture_dests(test), scales, 1, 0);
	KUNIT_EXPECT_NE(test, service->sequence, last);
	last = service->sequence;
	atomic_set(&fixture_dests(test)[0]->weight, 20);
	vml_dest_add(svc, fixture_dests(test)[0]);
	KUNIT_EXPECT_NE(test, service->sequence, last);
	last = service->sequence;
	fixture_remove(svc, fixture_dests(test)[0]);
	KUNIT_EXPECT_NE(test, service->sequence, last);
	last = service->sequence;
	fixture_add(svc, fixture_dests(test)[0]);
	KUNIT_EXPECT_NE(test, service->sequence, last);
	fixture_set_scales(svc, fixture_dests(test), scales, 1, 10);
	last = service->sequence;
	EXPECT_EVENTUALLY(test, !service->has_lease);
	KUNIT_EXPECT_NE(test, service->sequence, last);
}

static struct kunit_case scales_cases[] = {
	KUNIT_CASE(scales_are_in_force_at_once),
	KUNIT_CASE(scales_not_named_are_neutral),
	KUNIT_CASE(scales_all_or_nothing),
	KUNIT_CASE(scales_survive_changes),
	KUNIT_CASE(scales_of_zero_and_most),
	KUNIT_CASE(scales_sequence_tells_changes),
	{}
};

static struct kunit_suite scales_suite = {
	.name = "vml_scales",
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = scales_cases,
};

kunit_test_suite(scales_suite);
