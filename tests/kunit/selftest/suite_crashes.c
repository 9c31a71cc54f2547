// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel does not survive it. */
#include <kunit/test.h>

static void crashes_not(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, true);
}

static void crashes(struct kunit *test)
{
	BUG();
}

static void crashes_afterwards(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, true);
}

static struct kunit_case crashes_cases[] = {
	KUNIT_CASE(crashes_not),
	KUNIT_CASE(crashes),
	KUNIT_CASE(crashes_afterwards),
	{}
};

static struct kunit_suite crashes_suite = {
	.name = "crashes",
	.test_cases = crashes_cases,
};

kunit_test_suite(crashes_suite);
