/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lies between two samples of a machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "policy/interval.h"
#include "policy_fixture.h"
#include "util.h"

static void test_interval(void **state)
{
	struct vm_sample sample = sample_at(10 * S, 5 * S, 1 * S);
	struct interval_base base = {};
	struct interval interval;

	(void)state;
	assert_int_equal(interval_next(&base, &sample, &interval),
			 INTERVAL_NEW_BASE);
	/* The same, an earlier one, and one a moment later. */
	assert_int_equal(interval_next(&base, &sample, &interval),
			 INTERVAL_NOT_YET);
	sample = sample_at(9 * S, 4 * S, 0);
	assert_int_equal(interval_next(&base, &sample, &interval),
			 INTERVAL_NOT_YET);
	sample = sample_at(10 * S + 1 * MS, 5 * S + 1 * MS, 1 * S);
	assert_int_equal(interval_next(&base, &sample, &interval),
			 INTERVAL_NOT_YET);

	sample = sample_at(12 * S, 6 * S, 1 * S + 500 * MS);
	assert_int_equal(interval_next(&base, &sample, &interval),
			 INTERVAL_COMPLETE);
	assert_near(interval.seconds, 2);
	assert_near(interval.vcpus, 2);
	assert_near(interval.run, 1);
	assert_true(interval.has_steal);
	assert_near(interval.delay, 0.5);
	assert_false(interval.has_stall);
}

static void test_interval_restarts(void **state)
{
	struct vm_sample first = sample_at(10 * S, 5 * S, 1 * S);
	struct vm_sample sample;
	struct interval_base base = {};
	struct interval interval;

	(void)state;
	interval_next(&base, &first, &interval);
	/* Counters that go back. */
	sample = sample_at(11 * S, 1 * S, 1 * S);
	assert_int_equal(interval_next(&base, &sample, &interval),
			 INTERVAL_NEW_BASE);
	/* More than there can be. */
	sample = sample_at(12 * S, 100 * S, 1 * S);
	assert_int_equal(interval_next(&base, &sample, &interval),
			 INTERVAL_NEW_BASE);
	/* Another boot, even if its counters are larger. */
	sample = sample_at(13 * S, 101 * S, 1 * S);
	sample.boot_id = 2;
	assert_int_equal(interval_next(&base, &sample, &interval),
			 INTERVAL_NEW_BASE);
	/* Another number of vCPUs. */
	sample = sample_at(14 * S, 102 * S, 1 * S);
	sample.boot_id = 2;
	sample.vcpus = 3;
	assert_int_equal(interval_next(&base, &sample, &interval),
			 INTERVAL_NEW_BASE);
	/* Part of an answer: the base waits for the next whole one. */
	sample.time_ns = 15 * S;
	sample.has_run = false;
	assert_int_equal(interval_next(&base, &sample, &interval),
			 INTERVAL_NOT_YET);
	sample.has_run = true;
	sample.time_ns = 16 * S;
	sample.run_ns = 103 * S;
	assert_int_equal(interval_next(&base, &sample, &interval),
			 INTERVAL_COMPLETE);
	assert_near(interval.seconds, 2);
	/* Only the waiting time goes back. */
	sample.time_ns = 17 * S;
	sample.delay_ns = 0;
	assert_int_equal(interval_next(&base, &sample, &interval),
			 INTERVAL_COMPLETE);
	assert_false(interval.has_steal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interval),
		cmocka_unit_test(test_interval_restarts),
	};

	return cmocka_run_group_tests_name("policy: interval", tests, NULL, NULL);
}
