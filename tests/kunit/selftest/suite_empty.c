// SPDX-License-Identifier: GPL-2.0-or-later
/* All tests are left out. */
#include <kunit/test.h>

static struct kunit_case empty_cases[] = {
#if 0
	KUNIT_CASE(empty_one),
#endif
	{}
};

static struct kunit_suite empty_suite = {
	.name = "empty",
	.test_cases = empty_cases,
};

kunit_test_suite(empty_suite);
