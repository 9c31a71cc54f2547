// SPDX-License-Identifier: GPL-2.0-or-later
/* One fails, the other does not. */
#include <kunit/test.h>

static void fails_not(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, true);
}

static void fails(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 1, 2);
}

static struct kunit_case fails_cases[] = {
	KUNIT_CASE(fails_not),
	KUNIT_CASE(fails),
	{}
};

static struct kunit_suite fails_suite = {
	.name = "fails",
	.test_cases = fails_cases,
};

kunit_test_suite(fails_suite);
