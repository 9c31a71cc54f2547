// SPDX-License-Identifier: GPL-2.0-or-later
/* It can not begin. */
#include <kunit/test.h>

static void init_one(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, true);
}

static int init_fails(struct kunit_suite *suite)
{
	return -EINVAL;
}

static struct kunit_case init_cases[] = {
	KUNIT_CASE(init_one),
	{}
};

static struct kunit_suite init_suite = {
	.name = "init",
	.suite_init = init_fails,
	.test_cases = init_cases,
};

kunit_test_suite(init_suite);
