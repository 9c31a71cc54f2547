// SPDX-License-Identifier: GPL-2.0-or-later
/* Nothing is wrong here. */
#include <kunit/test.h>

static void good_one(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, true);
}

static void good_two(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, true);
}

static struct kunit_case good_cases[] = {
	KUNIT_CASE(good_one),
	KUNIT_CASE(good_two),
	{}
};

static struct kunit_suite good_suite = {
	.name = "good",
	.test_cases = good_cases,
};

kunit_test_suite(good_suite);
