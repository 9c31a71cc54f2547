/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a machine can give: steal, stalls, and how they become a scale. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "policy/capacity.h"
#include "policy/shape.h"
#include "policy/staleness.h"
#include "policy/stall.h"
#include "policy_fixture.h"
#include "util.h"

static void test_capacity(void **state)
{
	struct interval interval = second(0.3, 0.1);
	struct capacity capacity = {};

	(void)state;
	capacity_step(&capacity, params, &interval);
	assert_near(capacity.steal, 0.25);
	assert_near(capacity.value, 0.75);
	assert_near(capacity.forecast, 0.75);
	assert_near(capacity.busy, 0.4);

	/* Idle: the last steal fades by a fifth a second. */
	interval = second(0.03, 0.019);
	capacity_step(&capacity, params, &interval);
	assert_near(capacity.steal, 0.2);
	interval.seconds = 2;
	interval.vcpus = 4;
	capacity_step(&capacity, params, &interval);
	assert_near(capacity.steal, 0.128);

	interval = second(0.05, 0);
	interval.has_stall = true;
	interval.stall = 0.5;
	capacity_step(&capacity, params, &interval);
	assert_near(capacity.steal, 0);
	assert_near(capacity.value, 0.5);

	/* All of the wall time and more: a share is a share. */
	interval.stall = 7;
	capacity_step(&capacity, params, &interval);
	assert_near(capacity.value, 0);
	assert_true(capacity.forecast >= 0);

	capacity_restart(&capacity);
	interval = second(0.3, 0);
	capacity_step(&capacity, params, &interval);
	assert_near(capacity.forecast, 1);
	assert_near(capacity.variance, 0);
}

/* The AR(1) law, written out once more. */
static void test_forecast(void **state)
{
	struct capacity capacity = {};
	double a = 1 - exp(-1.0 / 60), m = 0, var = 0, cov = 0, last = 0;

	(void)state;
	for (int i = 0; i < 200; i++) {
		double f = i % 7 < 3 ? 0.9 : 0.4, phi;
		struct interval interval = second(f, 1 - f);

		capacity_step(&capacity, params, &interval);
		if (i == 0) {
			m = f;
		} else {
			double d = f - m, before = last - m;

			m += a * d;
			var += a * (d * d - var);
			cov += a * (d * before - cov);
		}
		last = f;
		phi = (cov + 0.95 * 0.02) / (var + 0.02);
		phi = phi < 0 ? 0 : phi > 1 ? 1 : phi;
		assert_near(capacity.forecast, m + phi * (f - m));
	}
}

static void test_shape(void **state)
{
	struct policy_params steep = *params;

	(void)state;
	assert_near(shape_exponent(params, 0), 1);
	assert_near(shape_exponent(params, 0.70), 1);
	assert_near(shape_exponent(params, 0.825), 0.75);
	assert_near(shape_exponent(params, 0.95), 0.5);
	assert_near(shape_exponent(params, 1), 0.5);
	steep.exponent_to = steep.exponent_from;
	assert_near(shape_exponent(&steep, 0.70), 1);
	assert_near(shape_exponent(&steep, 0.71), 0.5);

	assert_int_equal(shape_scale(params, 1, 1), 65536);
	assert_int_equal(shape_scale(params, 1.5, 1), 98304);
	assert_int_equal(shape_scale(params, 0, 1), 3277);
	assert_int_equal(shape_scale(params, 0.25, 0.5), 32768);
}

static void test_staleness(void **state)
{
	(void)state;
	assert_near(staleness_belief(params, 10), 1);
	assert_near(staleness_belief(params, 40), exp(-1));
	assert_near(staleness_relax(0.5, 1), 0.5);
	assert_near(staleness_relax(0.5, 0.5), 0.75);
	assert_near(staleness_relax(0.5, 0), 1);
}

static void test_dead_band(void **state)
{
	(void)state;
	assert_false(policy_scale_differs(params, 65536, 65536));
	assert_false(policy_scale_differs(params, 65536, 65536 - 1966));
	assert_true(policy_scale_differs(params, 65536, 65536 - 1967));
	assert_true(policy_scale_differs(params, 65536, 65536 + 1967));
	assert_true(policy_scale_differs(params, 1, 0));
	assert_true(policy_scale_differs(params, 0, 1));
	assert_false(policy_scale_differs(params, 0, 0));
}

static void step_storage_for(struct stall *stall, int seconds, double requests,
			     double block)
{
	const struct interval interval = {
		.seconds = 1,
		.has_block = true,
		.requests = requests,
		.block = block,
	};

	for (int i = 0; i < seconds; i++)
		stall_step(stall, params, &interval);
}

static void test_storage(void **state)
{
	struct stall stall = {};

	(void)state;
	step_storage_for(&stall, 30, 20, 0.1);
	assert_near(stall.usual, 0.005);
	assert_near(stall_share(&stall), 0);
	/* Busier, and slower by that: up to twice is fine. */
	step_storage_for(&stall, 1, 80, 0.8);
	assert_near(stall_share(&stall), 0);
	/* Ten times as slow: what is beyond twice the usual, of a busy disk. */
	step_storage_for(&stall, 1, 20, 1);
	assert_true(stall_share(&stall) > 0.75 && stall_share(&stall) < 0.81);
	/* As slow, but hardly in use: nobody waits for it. */
	step_storage_for(&stall, 20, 0.5, 0.02);
	assert_true(stall_share(&stall) < 0.02);
	/* Bad times are not usual soon, and good ones are. */
	step_storage_for(&stall, 20, 20, 1);
	assert_true(stall.usual < 0.01);
	assert_true(stall_share(&stall) > 0.6);
	step_storage_for(&stall, 120, 20, 0.1);
	assert_true(stall.usual < 0.0051);
	/* Less than a millisecond is fine, whatever it was. */
	stall_restart(&stall);
	step_storage_for(&stall, 30, 1000, 0.01);
	step_storage_for(&stall, 1, 1000, 0.9);
	assert_near(stall_share(&stall), 0);
	/* A hypervisor that tells nothing. */
	stall_step(&stall, params, &(struct interval){ .seconds = 1 });
	assert_near(stall_share(&stall), 0);
}

static void test_swap(void **state)
{
	struct interval interval = {
		.seconds = 1,
		.has_memory = true,
		.memory_time = 100,
		.swapped_in = 4000,
	};
	struct stall stall = {};

	(void)state;
	/* All that it ever read back says nothing about now. */
	stall_step(&stall, params, &interval);
	assert_near(stall_share(&stall), 0);
	interval.memory_time = 110;
	interval.swapped_in += 4 * 10 * 1000;
	stall_step(&stall, params, &interval);
	assert_near(stall.pages, 1000);
	assert_near(stall_share(&stall), 0.5);
	/* Until the guest tells anew. */
	stall_step(&stall, params, &interval);
	assert_near(stall_share(&stall), 0.5);
	interval.memory_time = 120;
	stall_step(&stall, params, &interval);
	assert_near(stall_share(&stall), 0);
	/* Its clock, or its counter, went back. */
	interval.memory_time = 90;
	interval.swapped_in += 1000000;
	stall_step(&stall, params, &interval);
	assert_near(stall_share(&stall), 0);
	interval.has_memory = false;
	stall_step(&stall, params, &interval);
	assert_near(stall_share(&stall), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_capacity),
		cmocka_unit_test(test_forecast),
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_staleness),
		cmocka_unit_test(test_dead_band),
		cmocka_unit_test(test_storage),
		cmocka_unit_test(test_swap),
	};

	return cmocka_run_group_tests_name("policy: capacity", tests, NULL, NULL);
}
