/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is learned of a member from the connections that it has. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "policy/establish.h"
#include "policy/slow_start.h"
#include "policy/speed.h"
#include "policy_fixture.h"
#include "util.h"

static void test_speed(void **state)
{
	struct interval interval = second(0.5, 0);
	struct speed speed;

	(void)state;
	speed_init(&speed);
	/* Nothing counted: nothing learned. */
	speed_step(&speed, params, &interval);
	speed_judge(&speed, params, 100, 100, 1 * S);
	assert_near(speed.factor, 1);

	speed_count(&speed, 1000, 10);
	speed_count(&speed, 1100, 30);
	assert_near(speed.pending, 80);
	/* Opened now, active later: taken back. */
	speed_count(&speed, 1100, 40);
	assert_near(speed.pending, 70);
	speed_step(&speed, params, &interval);
	assert_near(speed.closed, 70);
	assert_near(speed.cpu, 0.5);
	speed_judge(&speed, params, 100, 100, 2 * S);
	assert_near(speed.factor, (70.0 + 50) / (50 + 50));
	/* The same again learns nothing. */
	speed_judge(&speed, params, 1, 1, 3 * S);
	assert_near(speed.factor, 1.2);

	speed_step(&speed, params, &interval);
	assert_near(speed.closed, 70 * exp(-1.0 / 20));
	assert_near(speed.cpu, 0.5 * exp(-1.0 / 20) + 0.5);
	speed_judge(&speed, params, 1e6, 1e6, 4 * S);
	assert_near(speed.factor, 0.25);
	speed_step(&speed, params, &interval);
	speed_judge(&speed, params, 0, 1e6, 5 * S);
	assert_near(speed.factor, 1.5);

	/* Counters that restart are no closed connections. */
	speed_count(&speed, 5, 0);
	assert_near(speed.pending, 0);
	speed_count(&speed, 5, 7);
	speed_step(&speed, params, &interval);
	assert_false(speed_is_guarded(&speed, 6 * S));
}

/* What a machine does while it has no connections does not make it slow. */
static void test_work_without_connections(void **state)
{
	struct interval interval = second(0.5, 0);
	struct speed speed;

	(void)state;
	speed_init(&speed);
	speed_count(&speed, 1000, 0);
	speed_step(&speed, params, &interval);
	speed_count(&speed, 1000, 0);
	speed_step(&speed, params, &interval);
	assert_near(speed.cpu, 0);
	speed_judge(&speed, params, 100, 100, 2 * S);
	assert_near(speed.factor, 1);

	/* One that came and went, then one that stays, then goes. */
	speed_count(&speed, 1001, 0);
	speed_step(&speed, params, &interval);
	assert_near(speed.cpu, 0.5);
	speed_restart(&speed);
	speed_count(&speed, 1002, 1);
	speed_step(&speed, params, &interval);
	speed_restart(&speed);
	speed_count(&speed, 1002, 1);
	speed_step(&speed, params, &interval);
	assert_near(speed.cpu, 0.5);
	speed_restart(&speed);
	speed_count(&speed, 1002, 0);
	speed_step(&speed, params, &interval);
	assert_near(speed.cpu, 0.5);
	speed_restart(&speed);
	speed_count(&speed, 1002, 0);
	speed_step(&speed, params, &interval);
	assert_near(speed.cpu, 0);
}

static void test_guard(void **state)
{
	struct interval interval = second(0.1, 0);
	struct speed speed;

	(void)state;
	speed_init(&speed);
	speed_count(&speed, 0, 0);
	speed_count(&speed, 60, 0);
	speed_step(&speed, params, &interval);
	/* 60 is not more than 3 * (0.1 * 100 + 10). */
	speed_judge(&speed, params, 100, 100, 1 * S);
	assert_false(speed_is_guarded(&speed, 1 * S));
	speed_count(&speed, 70, 0);
	speed_step(&speed, params, &interval);
	/* Nobody to compare with. */
	speed_judge(&speed, params, 100, NAN, 2 * S);
	assert_false(speed_is_guarded(&speed, 2 * S));
	speed_count(&speed, 80, 0);
	speed_step(&speed, params, &interval);
	speed_judge(&speed, params, 10, 10, 3 * S);
	assert_true(speed_is_guarded(&speed, 3 * S));
	assert_true(speed_is_guarded(&speed, 13 * S - 1));
	assert_false(speed_is_guarded(&speed, 13 * S));
}

static void test_slow_start(void **state)
{
	struct slow_start start = {};

	(void)state;
	assert_near(slow_start_factor(&start, params, 5 * S), 1);
	slow_start_begin(&start, 5 * S);
	assert_near(slow_start_factor(&start, params, 5 * S), 0.1);
	assert_near(slow_start_factor(&start, params, 4 * S), 0.1);
	assert_near(slow_start_factor(&start, params, 20 * S), 0.55);
	assert_near(slow_start_factor(&start, params, 35 * S), 1);

	/* Half of what makes it warm, by two vCPUs; more than by time. */
	slow_start_serve(&start, 1000, 2);
	assert_near(slow_start_factor(&start, params, 6 * S), 0.55);
	assert_near(slow_start_factor(&start, params, 20 * S), 0.55);
	assert_near(slow_start_factor(&start, params, 35 * S), 1);
	slow_start_serve(&start, 5000, 2);
	assert_near(slow_start_factor(&start, params, 6 * S), 1);

	/* The same start goes on, and another one is another one. */
	slow_start_begin(&start, 5 * S);
	assert_near(slow_start_factor(&start, params, 6 * S), 1);
	slow_start_begin(&start, 6 * S);
	assert_near(slow_start_factor(&start, params, 6 * S), 0.1);

	/* At its limit it stands still, each moment once, and not for ever. */
	slow_start_look(&start, params, false, 21 * S);
	slow_start_look(&start, params, true, 31 * S);
	slow_start_look(&start, params, true, 31 * S);
	slow_start_look(&start, params, true, 25 * S);
	assert_near(slow_start_factor(&start, params, 31 * S), 0.55);
	slow_start_look(&start, params, true, 300 * S);
	assert_near(slow_start_factor(&start, params, 66 * S), 1);
}

static void poll_establish(struct establish *establish, int polls,
			   unsigned int connections, uint32_t active)
{
	const struct interval interval = { .seconds = 1 };

	for (int i = 0; i < polls; i++) {
		establish_count(establish, establish->picks + connections,
				active);
		establish_step(establish, params, &interval);
	}
}

static void test_establish(void **state)
{
	struct establish establish = {};

	(void)state;
	poll_establish(&establish, 10, 40, 2);
	assert_near(establish.unseen, 0);
	assert_true(establish.seen > 200);
	/* By chance, for a poll or two. */
	poll_establish(&establish, 2, 40, 0);
	establish_judge(&establish, params, 0, 10 * S);
	assert_false(establish_is_held(&establish, 10 * S));
	/* Not if there is nobody to compare with, or others had as many. */
	poll_establish(&establish, 1, 40, 0);
	establish_judge(&establish, params, NAN, 10 * S);
	establish_judge(&establish, params, 40, 10 * S);
	assert_false(establish_is_held(&establish, 10 * S));
	establish_judge(&establish, params, 10, 10 * S);
	assert_true(establish_is_held(&establish, 19 * S));
	assert_false(establish_is_held(&establish, 20 * S));
	/* One is seen. */
	establish_count(&establish, establish.picks + 1, 1);
	assert_false(establish_is_held(&establish, 10 * S));
	assert_true(establish.longest > 100);
	/* Hardly any connections say nothing. */
	establish_restart(&establish);
	poll_establish(&establish, 10, 1, 0);
	establish_judge(&establish, params, 0, 10 * S);
	assert_false(establish_is_held(&establish, 10 * S));
	/* Another destination, in the place of the one that was. */
	poll_establish(&establish, 5, 40, 0);
	establish_count(&establish, 3, 0);
	assert_near(establish.unseen, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_speed),
		cmocka_unit_test(test_work_without_connections),
		cmocka_unit_test(test_guard),
		cmocka_unit_test(test_slow_start),
		cmocka_unit_test(test_establish),
	};

	return cmocka_run_group_tests_name("policy: speed", tests, NULL, NULL);
}
