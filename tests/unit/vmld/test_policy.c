/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the policy one by one, and what holds for all inputs. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "policy/capacity.h"
#include "policy/colocation.h"
#include "policy/establish.h"
#include "policy/interval.h"
#include "policy/policy.h"
#include "policy/shape.h"
#include "policy/slow_start.h"
#include "policy/speed.h"
#include "policy/staleness.h"
#include "policy/stall.h"
#include "util.h"

#define S NSEC_PER_SEC
#define MS NSEC_PER_MSEC

static const struct policy_params *const params = &policy_default_params;

static void assert_near(double value, double wanted)
{
	if (!(fabs(value - wanted) < 1e-6))
		fail_msg("%.9f is not %.9f", value, wanted);
}

static struct vm_sample sample_at(uint64_t time_ns, uint64_t run_ns,
				  uint64_t delay_ns)
{
	return (struct vm_sample){
		.state = VM_STATE_RUNNING,
		.boot_id = 1,
		.time_ns = time_ns,
		.vcpus = 2,
		.has_run = true,
		.has_steal = true,
		.run_ns = run_ns,
		.delay_ns = delay_ns,
	};
}

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

static struct interval second(double run, double delay)
{
	return (struct interval){
		.seconds = 1,
		.vcpus = 1,
		.run = run,
		.has_steal = true,
		.delay = delay,
	};
}

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

static struct policy_member member_of(const char *key, uint8_t id)
{
	struct policy_member member = {
		.has_vm = id > 0,
		.uuid = { id },
		.weight = 100,
	};

	assert_int_equal(vml_destination_key_parse(key, &member.key), 0);
	return member;
}

static struct vm_inventory *poll_of(const char *hypervisor, uint64_t time_ns)
{
	struct vm_inventory *inventory;

	inventory = vm_inventory_new(hypervisor, time_ns);
	assert_non_null(inventory);
	return inventory;
}

static void show(struct vm_inventory *inventory, uint8_t id,
		 enum vm_state state, uint64_t run_ns, uint64_t delay_ns)
{
	struct vm_sample *sample = vm_inventory_add(inventory);

	sample->uuid[0] = id;
	sample->name = strdup("vm");
	sample->state = state;
	sample->boot_id = 1;
	sample->vcpus = 1;
	sample->has_run = sample->has_steal = true;
	sample->run_ns = run_ns;
	sample->delay_ns = delay_ns;
}

static void tell(struct policy *policy, struct vm_inventory *inventory)
{
	assert_int_equal(policy_inventory(policy, inventory), 0);
	vm_inventory_free(inventory);
}

static uint32_t scale_of(struct policy *policy, uint64_t now, size_t i)
{
	const struct policy_verdict *verdicts;
	size_t n;

	verdicts = policy_evaluate(policy, now, &n);
	assert_true(i < n);
	return verdicts[i].scale;
}

static void test_members(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = NULL;
	struct policy_member members[] = {
		member_of("10.77.0.22:80", 2),
		member_of("10.77.0.21:80", 1),
		member_of("10.77.0.21:80", 3),
	};
	struct vm_inventory *inventory;
	size_t n;

	(void)state;
	assert_int_equal(policy_new(params, &policy), 0);
	assert_null(policy_evaluate(policy, 1 * S, &n));
	assert_int_equal(n, 0);
	assert_false(policy_is_panic(policy));

	assert_int_equal(policy_set_members(policy, members, 2), 0);
	assert_int_equal(policy_set_members(policy, members, 3), -EEXIST);
	for (uint64_t t = 1; t <= 2; t++) {
		inventory = poll_of("hv1", t * S);
		show(inventory, 1, VM_STATE_RUNNING, t * S / 2, t * S / 2);
		show(inventory, 2, VM_STATE_RUNNING, t * S / 2, 0);
		show(inventory, 9, VM_STATE_RUNNING, t * S / 2, 0);
		tell(policy, inventory);
	}
	assert_true(scale_of(policy, 2 * S, 0) > 60000);
	assert_true(scale_of(policy, 2 * S, 1) < 48000);

	/* In another order, and with one more: what is known stays. */
	assert_int_equal(policy_set_members(policy,
			 (struct policy_member[]){ members[1], members[0],
			 member_of("10.77.0.23:80", 0) }, 3), 0);
	assert_true(scale_of(policy, 2 * S, 0) < 48000);
	assert_true(scale_of(policy, 2 * S, 1) > 60000);
	assert_int_equal(scale_of(policy, 2 * S, 2), VML_SCALE_ONE);

	/* Another machine behind the destination: all is new. */
	assert_int_equal(policy_set_members(policy,
			 (struct policy_member[]){ members[2], members[0] },
			 2), 0);
	assert_int_equal(scale_of(policy, 2 * S, 0), VML_SCALE_ONE);
	assert_int_equal(policy_set_members(policy, NULL, 0), 0);
	policy_evaluate(policy, 3 * S, &n);
	assert_int_equal(n, 0);
}

static void test_event_concerns(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = NULL;
	struct policy_member members[] = {
		member_of("10.77.0.21:80", 1),
		member_of("10.77.0.21:81", 1),
		member_of("10.77.0.22:80", 2),
	};
	struct vm_event event = {
		.type = VM_EVENT_STOPPED,
		.hypervisor = "hv1",
		.name = "vm",
		.uuid = { 1 },
		.time_ns = 5 * S,
	};
	struct vm_inventory *inventory;

	(void)state;
	assert_int_equal(policy_new(params, &policy), 0);
	assert_int_equal(policy_set_members(policy, members, 3), 0);
	inventory = poll_of("hv1", 4 * S);
	show(inventory, 1, VM_STATE_RUNNING, 0, 0);
	show(inventory, 2, VM_STATE_RUNNING, 0, 0);
	tell(policy, inventory);
	assert_true(policy_event(policy, &event));
	/* Both destinations of the machine, and no other one. */
	assert_int_equal(scale_of(policy, 5 * S, 0), 0);
	assert_int_equal(scale_of(policy, 5 * S, 1), 0);
	assert_int_equal(scale_of(policy, 5 * S, 2), VML_SCALE_ONE);

	/* A poll that was sent before the event and arrives after it. */
	inventory = poll_of("hv1", 5 * S - 1);
	show(inventory, 1, VM_STATE_RUNNING, 0, 0);
	show(inventory, 2, VM_STATE_RUNNING, 0, 0);
	tell(policy, inventory);
	assert_int_equal(scale_of(policy, 5 * S, 0), 0);

	event.uuid[0] = 7;
	assert_false(policy_event(policy, &event));
	/* Of a host where the machine is not. */
	event.uuid[0] = 2;
	event.hypervisor = "hv2";
	assert_true(policy_event(policy, &event));
	assert_int_equal(scale_of(policy, 5 * S, 2), VML_SCALE_ONE);
}

static void test_reasons(void **state)
{
	static const struct {
		struct policy_reason reason;
		const char *text;
	} cases[] = {
		{ { .type = POLICY_REASON_STEAL, .share = 0.47,
		    .factor = 0.53 }, "steal 47 %: x0.53" },
		{ { .type = POLICY_REASON_SLOW_START, .seconds = 8.9,
		    .of = 30, .factor = 0.34 },
		  "slow start 8 s of 30 s: x0.34" },
		{ { .type = POLICY_REASON_STATE, .state = VM_STATE_CRASHED,
		    .seconds = 12 }, "crashed for 12 s: x0" },
		{ { .type = POLICY_REASON_STATE, .state = VM_STATE_PAUSED,
		    .pause = VM_PAUSE_WATCHDOG, .seconds = 1 },
		  "paused by watchdog for 1 s: x0" },
		{ { .type = POLICY_REASON_DRAINED }, "drained: x0" },
	};
	char text[POLICY_REASON_STRING_MAX], small[8];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(policy_reason_format(&cases[i].reason,
							 text, sizeof(text)),
				    cases[i].text);
	assert_string_equal(policy_reason_format(&cases[0].reason, small,
						 sizeof(small)), "steal 4");
	for (int type = 0; type < _POLICY_REASON_MAX; type++) {
		struct policy_reason reason = { .type = type };

		assert_true(strlen(policy_reason_name(type)) > 0);
		policy_reason_format(&reason, text, sizeof(text));
		assert_true(strlen(text) > 0);
	}
}

static enum policy_layer decided_by(struct policy *policy, uint64_t now,
				     uint32_t *ret_scale)
{
	const struct policy_verdict *verdicts;
	size_t n;

	verdicts = policy_evaluate(policy, now, &n);
	assert_int_equal(n, 2);
	*ret_scale = verdicts[0].scale;
	return verdicts[0].decided;
}

/* Each layer in turn decides, once all above it have nothing to say. */
static void test_precedence(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = NULL;
	struct policy_member members[] = {
		member_of("10.77.0.21:80", 1),
		member_of("10.77.0.22:80", 2),
	};
	struct vm_inventory *inventory;
	uint32_t scale;

	(void)state;
	members[0].drained = true;
	members[0].health.unhealthy_ns = 1 * S;
	assert_int_equal(policy_new(params, &policy), 0);
	assert_int_equal(policy_set_members(policy, members, 2), 0);
	inventory = poll_of("hv1", 4 * S);
	show(inventory, 1, VM_STATE_CRASHED, 0, 0);
	show(inventory, 2, VM_STATE_RUNNING, 0, 0);
	tell(policy, inventory);
	assert_int_equal(decided_by(policy, 5 * S, &scale), POLICY_DRAIN);
	assert_int_equal(scale, 0);
	members[0].drained = false;
	assert_int_equal(policy_set_members(policy, members, 2), 0);
	assert_int_equal(decided_by(policy, 5 * S, &scale), POLICY_HEALTH);
	assert_int_equal(scale, 0);
	members[0].health.unhealthy_ns = 0;
	assert_int_equal(policy_set_members(policy, members, 2), 0);
	assert_int_equal(decided_by(policy, 5 * S, &scale), POLICY_STATE);
	assert_int_equal(scale, 0);
	inventory = poll_of("hv1", 6 * S);
	show(inventory, 1, VM_STATE_RUNNING, 0, 0);
	show(inventory, 2, VM_STATE_RUNNING, 0, 0);
	tell(policy, inventory);
	assert_int_equal(decided_by(policy, 6 * S, &scale), POLICY_METRICS);
	assert_true(scale > 0);

	/* All are bad at once: what says so is more likely wrong. */
	members[0].health.unhealthy_ns = 1 * S;
	members[1].health.unhealthy_ns = 1 * S;
	assert_int_equal(policy_set_members(policy, members, 2), 0);
	decided_by(policy, 6 * S, &scale);
	assert_int_equal(scale, VML_SCALE_ONE);
	assert_true(policy_is_panic(policy));
}

static const struct policy_fact *fact_of(const struct policy_explanation *e,
					 const char *name)
{
	for (size_t i = 0; i < e->n_facts; i++)
		if (strcmp(e->facts[i].name, name) == 0)
			return &e->facts[i];
	return NULL;
}

static void test_explanation(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = NULL;
	struct policy_member members[] = {
		member_of("10.77.0.21:80", 1),
		member_of("10.77.0.22:80", 2),
	};
	struct vm_event event = {
		.type = VM_EVENT_MIGRATING_OUT,
		.hypervisor = "hv1",
		.uuid = { 1 },
	};
	struct policy_explanation e;
	const struct policy_fact *fact;
	uint32_t scale;
	double product = 1;

	(void)state;
	assert_int_equal(policy_new(params, &policy), 0);
	assert_int_equal(policy_set_members(policy, members, 2), 0);
	for (uint64_t t = 1; t <= 4; t++) {
		struct vm_inventory *inventory = poll_of("hv1", t * S);

		show(inventory, 1, VM_STATE_RUNNING, t * S / 4, t * S / 4);
		show(inventory, 2, VM_STATE_RUNNING, t * S / 4, 0);
		tell(policy, inventory);
		event.time_ns = t * S;
		policy_event(policy, &event);
	}
	assert_int_equal(decided_by(policy, 5 * S, &scale), POLICY_METRICS);
	assert_int_equal(policy_explain(policy, &members[0].key, 5 * S, &e),
			 0);
	/* In the order of precedence; the factors make up the scale. */
	for (size_t i = 0; i < e.n_facts; i++) {
		assert_true(!i || e.facts[i - 1].layer <= e.facts[i].layer);
		if (!isnan(e.facts[i].factor))
			product *= e.facts[i].factor;
	}
	assert_true(fabs(product * VML_SCALE_ONE - scale) < 2);
	fact = fact_of(&e, "cpu");
	assert_non_null(fact);
	assert_non_null(strstr(fact->text, "ran 25 % and waited 25 % of 1.0 s"));
	assert_string_equal(fact_of(&e, "weight")->text, "weight 100");
	assert_non_null(fact_of(&e, "migration"));
	/* The same event again and again is one. */
	assert_int_equal(e.n_past, 1);
	assert_int_equal(e.past[0].times, 4);
	assert_true(e.past[0].time_ns == 4 * S);
	assert_string_equal(e.past[0].hypervisor, "hv1");

	for (int i = 0; i < 3 * POLICY_MAX_EVENTS; i++) {
		event.type = i % 2 ? VM_EVENT_RESUMED : VM_EVENT_SUSPENDED;
		event.time_ns = (uint64_t)(10 + i) * S;
		policy_event(policy, &event);
	}
	decided_by(policy, 60 * S, &scale);
	assert_int_equal(policy_explain(policy, &members[0].key, 60 * S, &e),
			 0);
	assert_int_equal(e.n_past, POLICY_MAX_EVENTS);
	assert_int_equal(e.past[0].type, VM_EVENT_RESUMED);
	assert_true(e.past[0].time_ns > e.past[7].time_ns);
	members[0] = member_of("10.9.9.9:1", 1);
	assert_int_equal(policy_explain(policy, &members[0].key, 60 * S, &e),
			 -ENOENT);
}

static struct vm_sample on_host(uint8_t id, uint32_t vcpus, uint64_t time_ns,
				uint64_t run_ns)
{
	return (struct vm_sample){
		.uuid = { id },
		.state = VM_STATE_RUNNING,
		.boot_id = 1,
		.time_ns = time_ns,
		.vcpus = vcpus,
		.has_run = true,
		.run_ns = run_ns,
	};
}

static void test_colocation(void **state)
{
	struct vm_sample samples[] = {
		on_host(2, 4, 1 * S, 0),
		on_host(1, 4, 1 * S, 0),
		on_host(3, 8, 1 * S, 0),
	};
	struct vm_inventory inventory = {
		.hypervisor = (char *)"hv1",
		.time_ns = 1 * S,
		.cpus = 8,
		.samples = samples,
		.n_samples = 3,
	};
	struct colocation host = {};

	(void)state;
	/* There is room. */
	assert_int_equal(colocation_inventory(&host, params, &inventory), 0);
	colocation_begin(&host);
	colocation_claim(&host, samples[0].uuid);
	colocation_claim(&host, samples[1].uuid);
	colocation_claim(&host, (uint8_t[VM_UUID_SIZE]){ 9 });
	colocation_end(&host);
	assert_near(host.claimed, 8);
	assert_near(host.part, 1);

	/* The third takes two cores: what they had themselves does not count. */
	for (int i = 0; i < 3; i++) {
		samples[i].time_ns = 2 * S;
		samples[i].run_ns = 2 * S;
	}
	assert_int_equal(colocation_inventory(&host, params, &inventory), 0);
	colocation_begin(&host);
	colocation_claim(&host, samples[0].uuid);
	colocation_claim(&host, samples[1].uuid);
	colocation_end(&host);
	assert_near(host.used_by_others, 2);
	assert_near(host.budget, 6);
	assert_near(host.part, 0.75);

	/* It takes all: half of the cores is theirs by their vCPUs. */
	host.machines[2].cores = 8;
	colocation_begin(&host);
	colocation_claim(&host, samples[0].uuid);
	colocation_claim(&host, samples[1].uuid);
	colocation_end(&host);
	assert_near(host.part, 0.5);

	/* Counters that restarted tell nothing, nor do hosts without cores. */
	samples[2].time_ns = 3 * S;
	samples[2].run_ns = 0;
	samples[2].boot_id = 2;
	assert_int_equal(colocation_inventory(&host, params, &inventory), 0);
	assert_near(host.machines[2].cores, 0);
	inventory.cpus = 0;
	assert_int_equal(colocation_inventory(&host, params, &inventory), 0);
	colocation_begin(&host);
	colocation_claim(&host, samples[0].uuid);
	colocation_end(&host);
	assert_near(host.part, 1);
	colocation_done(&host);
}

static void test_claims(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = NULL;
	struct policy_member members[] = {
		member_of("10.77.0.21:80", 1),
		member_of("10.77.0.21:81", 1),
		member_of("10.77.0.22:80", 2),
	};
	struct vm_inventory *inventory;

	(void)state;
	assert_int_equal(policy_new(params, &policy), 0);
	assert_int_equal(policy_set_members(policy, members, 3), 0);
	inventory = poll_of("hv1", 1 * S);
	inventory->cpus = 1;
	show(inventory, 1, VM_STATE_RUNNING, 0, 0);
	show(inventory, 3, VM_STATE_RUNNING, 0, 0);
	tell(policy, inventory);
	inventory = poll_of("hv2", 1 * S);
	inventory->cpus = 1;
	show(inventory, 2, VM_STATE_RUNNING, 0, 0);
	tell(policy, inventory);
	/* Behind two destinations it is still one machine. */
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(scale_of(policy, 1 * S, i), VML_SCALE_ONE);
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

static uint64_t random_number(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static uint64_t wild(uint64_t *seed)
{
	uint64_t number = random_number(seed);

	switch (random_number(seed) % 4) {
	case 0:
		return number;
	case 1:
		return number % 3;
	default:
		return number % (100 * S);
	}
}

/*
 * Whatever sources and kernel say: a scale is 0, or between the floor and the
 * largest one, and not all that are wanted are 0.
 */
static void test_any_input(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = NULL;
	struct policy_member members[8];
	uint64_t seed = 4711, now = 1 * S;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		char key[32];

		snprintf(key, sizeof(key), "10.77.0.%zu:80", i);
		members[i] = member_of(key, (uint8_t)i);
	}
	assert_int_equal(policy_new(params, &policy), 0);
	for (int round = 0; round < 20000; round++) {
		static const char *const hosts[] = { "hv1", "hv2" };
		struct policy_connections connections = {
			.key = members[random_number(&seed) % 8].key,
			.picks = wild(&seed),
			.active_connections = (uint32_t)wild(&seed),
		};
		struct vm_event event = {
			.type = random_number(&seed) % _VM_EVENT_MAX,
			.hypervisor = hosts[random_number(&seed) % 2],
			.uuid = { random_number(&seed) % 9 },
			.boot_id = (int64_t)(random_number(&seed) % 4) - 1,
			.time_ns = now - random_number(&seed) % S,
		};
		const struct policy_verdict *verdicts;
		struct vm_inventory *inventory;
		bool wanted = false, up = false;
		size_t n;

		now += random_number(&seed) % 3 * random_number(&seed) % S;
		inventory = poll_of(hosts[random_number(&seed) % 2],
				    now - random_number(&seed) % S);
		for (uint8_t id = 0; id < 9; id++)
			if (random_number(&seed) % 4)
				show(inventory, id,
				     random_number(&seed) % _VM_STATE_MAX,
				     wild(&seed), wild(&seed));
		for (size_t i = 0; i < inventory->n_samples; i++) {
			struct vm_sample *sample = &inventory->samples[i];

			sample->pause = random_number(&seed) % 4;
			sample->boot_id =
				(int64_t)(random_number(&seed) % 4) - 1;
			sample->vcpus = (uint32_t)(random_number(&seed) % 3);
			sample->has_stall = random_number(&seed) % 2;
			sample->stall_ns = wild(&seed);
			sample->started_ns = random_number(&seed) % 2 * now;
			sample->has_block = random_number(&seed) % 2;
			sample->block_requests = wild(&seed);
			sample->block_ns = wild(&seed);
			sample->has_memory = random_number(&seed) % 2;
			sample->memory_time = wild(&seed);
			sample->swapped_in = wild(&seed);
		}
		inventory->cpus = (uint32_t)(random_number(&seed) % 4);
		tell(policy, inventory);
		policy_event(policy, &event);
		policy_connections(policy, &connections, 1);
		members[random_number(&seed) % 8].drained ^= 1;
		members[random_number(&seed) % 8].weight ^= 100;
		members[random_number(&seed) % 8].health.unhealthy_ns ^= 1 * S;
		assert_int_equal(policy_set_members(policy, members, 8), 0);

		verdicts = policy_evaluate(policy, now, &n);
		assert_int_equal(n, 8);
		for (size_t i = 0; i < n; i++) {
			uint32_t scale = verdicts[i].scale;

			assert_true(scale == 0 || scale >= 3276);
			assert_true(scale <= 98304);
			if (members[i].drained)
				assert_int_equal(scale, 0);
			if (members[i].drained || !members[i].weight)
				continue;
			wanted = true;
			up |= scale > 0;
		}
		assert_true(up || !wanted);
		for (size_t i = 0; i < n; i++) {
			struct policy_explanation explanation;

			assert_int_equal(policy_explain(policy,
							&members[i].key, now,
							&explanation), 0);
			assert_true(explanation.n_facts >= POLICY_METRICS);
		}
		/* Looking twice changes nothing. */
		for (size_t i = 0; i < n; i++) {
			uint32_t scale = verdicts[i].scale;

			assert_int_equal(scale_of(policy, now, i), scale);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interval),
		cmocka_unit_test(test_interval_restarts),
		cmocka_unit_test(test_capacity),
		cmocka_unit_test(test_forecast),
		cmocka_unit_test(test_speed),
		cmocka_unit_test(test_guard),
		cmocka_unit_test(test_slow_start),
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_staleness),
		cmocka_unit_test(test_dead_band),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_event_concerns),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_precedence),
		cmocka_unit_test(test_establish),
		cmocka_unit_test(test_storage),
		cmocka_unit_test(test_swap),
		cmocka_unit_test(test_colocation),
		cmocka_unit_test(test_claims),
		cmocka_unit_test(test_explanation),
		cmocka_unit_test(test_any_input),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
