// SPDX-License-Identifier: GPL-2.0-or-later
/* KUnit does not know of this one. */
#include <kunit/test.h>

static void unregistered_one(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, true);
}

static struct kunit_case unregistered_cases[] = {
	KUNIT_CASE(unregistered_one),
	{}
};

static struct kunit_suite unregistered_suite = {
	.name = "unregistered",
	.test_cases = unregistered_cases,
};

/* which nothing but this refers to */
extern struct kunit_suite *unregistered;
struct kunit_suite *unregistered = &unregistered_suite;
