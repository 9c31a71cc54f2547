/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "random.h"

static void all_below_the_limit_come(void **state)
{
	unsigned int came[3] = {};

	(void)state;
	assert_int_equal(random_below(0), 0);
	assert_int_equal(random_below(1), 0);
	/* That one does not is less likely than a broken machine. */
	for (int i = 0; i < 300; i++) {
		uint64_t number = random_below(3);

		assert_true(number < 3);
		came[number]++;
	}
	assert_true(came[0] && came[1] && came[2]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_below_the_limit_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
