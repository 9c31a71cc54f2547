// SPDX-License-Identifier: GPL-2.0-or-later
/* Nobody comes here. */
#include <kunit/test.h>

static void last_one(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, true);
}

static struct kunit_case last_cases[] = {
	KUNIT_CASE(last_one),
	{}
};

static struct kunit_suite last_suite = {
	.name = "last",
	.test_cases = last_cases,
};

kunit_test_suite(last_suite);
