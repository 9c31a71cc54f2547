// SPDX-License-Identifier: GPL-2.0-or-later
/* One is skipped. */
#include <kunit/test.h>

static void skips_not(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, true);
}

static void skips(struct kunit *test)
{
	kunit_skip(test, "for want of something");
}

static struct kunit_case skips_cases[] = {
	KUNIT_CASE(skips_not),
	KUNIT_CASE(skips),
	{}
};

static struct kunit_suite skips_suite = {
	.name = "skips",
	.test_cases = skips_cases,
};

kunit_test_suite(skips_suite);
