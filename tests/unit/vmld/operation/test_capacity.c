/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a service can do without, and where machines go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "operation/floor.h"
#include "operation/placement.h"
#include "util.h"

/* Of three, the first of which leaves. */
static enum floor_answer check(const uint32_t weights[3], const bool takes[3],
			       double share, double *ret_left)
{
	struct floor_destination destinations[3];

	for (size_t i = 0; i < 3; i++)
		destinations[i] = (struct floor_destination){
			.weight = weights[i],
			.takes = takes[i],
			.leaves = i == 0,
		};
	return floor_check(destinations, 3, share, ret_left);
}

static void the_floor_is_a_share_of_the_weight(_unused_ void **state)
{
	static const struct {
		uint32_t weights[3];
		bool takes[3];
		double share;
		enum floor_answer answer;
		double left;
	} cases[] = {
		{ { 100, 100, 100 }, { 1, 1, 1 }, 0.5, FLOOR_KEPT, 2 / 3. },
		{ { 100, 100, 100 }, { 1, 1, 1 }, 0.667, FLOOR_KEPT, 2 / 3. },
		{ { 100, 100, 100 }, { 1, 1, 1 }, 0.7, FLOOR_NEVER, 2 / 3. },
		{ { 100, 100, 100 }, { 1, 1, 0 }, 0.5, FLOOR_LACKING, 1 / 3. },
		{ { 100, 100, 100 }, { 1, 0, 0 }, 0, FLOOR_KEPT, 0 },
		/* It takes nothing as it is. */
		{ { 100, 100, 100 }, { 0, 1, 0 }, 0.5, FLOOR_KEPT, 1 / 3. },
		/* A machine of weight 0 is no reserve. */
		{ { 100, 100, 0 }, { 1, 1, 0 }, 0.5, FLOOR_KEPT, 0.5 },
		{ { 100, 0, 0 }, { 1, 0, 0 }, 0.5, FLOOR_NEVER, 0 },
		{ { 300, 100, 100 }, { 1, 1, 1 }, 0.5, FLOOR_NEVER, 0.4 },
		{ { 0, 0, 0 }, { 0, 0, 0 }, 1, FLOOR_KEPT, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		double left;

		assert_int_equal(check(cases[i].weights, cases[i].takes,
				       cases[i].share, &left),
				 cases[i].answer);
		assert_float_equal(left, cases[i].left, 1e-9);
	}
}

static void the_least_loaded_host_is_chosen(_unused_ void **state)
{
	struct placement_host hosts[] = {
		{ .possible = true, .cpus = 4, .vcpus = 4 },
		{ .possible = true, .cpus = 8, .vcpus = 6 },
		{ .possible = true, .cpus = 8, .vcpus = 6 },
		{ .possible = false, .cpus = 64, .vcpus = 0 },
	};

	assert_int_equal(placement_choose(hosts, 4, 2), 1);
	/* With the machine on it, a small host is full sooner. */
	hosts[0].vcpus = 2;
	assert_int_equal(placement_choose(hosts, 4, 1), 0);
	assert_int_equal(placement_choose(hosts, 4, 4), 1);
	/* If one does not say how many it has, only vCPUs count. */
	hosts[2].cpus = 0;
	hosts[2].vcpus = 1;
	assert_int_equal(placement_choose(hosts, 4, 4), 2);
	assert_int_equal(placement_choose(hosts + 3, 1, 1), -1);
	assert_int_equal(placement_choose(hosts, 0, 1), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_floor_is_a_share_of_the_weight),
		cmocka_unit_test(the_least_loaded_host_is_chosen),
	};

	return cmocka_run_group_tests_name("capacity", tests, NULL, NULL);
}
