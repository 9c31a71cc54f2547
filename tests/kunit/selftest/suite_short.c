// SPDX-License-Identifier: GPL-2.0-or-later
/* A test is left out, and the plan is too short for the source. */
#include <kunit/test.h>

static void short_one(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, true);
}

static struct kunit_case short_cases[] = {
	KUNIT_CASE(short_one),
#if 0
	KUNIT_CASE(short_two),
#endif
	{}
};

static struct kunit_suite short_suite = {
	.name = "short",
	.test_cases = short_cases,
};

kunit_test_suite(short_suite);
