/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Members, and what is said of them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "policy_fixture.h"
#include "util.h"

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
		{ { .type = POLICY_REASON_SNAPSHOT },
		  "draining for a snapshot: x0" },
		{ { .type = POLICY_REASON_EVACUATION },
		  "draining for an evacuation: x0" },
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

/* Whoever drains, no new connection goes there, and it is told why. */
static void test_drains(void **state)
{
	static const struct {
		enum policy_drain by;
		enum policy_reason_type reason;
	} cases[] = {
		{ POLICY_DRAIN_ADMINISTRATOR, POLICY_REASON_DRAINED },
		{ POLICY_DRAIN_SNAPSHOT, POLICY_REASON_SNAPSHOT },
		{ POLICY_DRAIN_EVACUATION, POLICY_REASON_EVACUATION },
	};
	_cleanup_(policy_freep) struct policy *policy = NULL;
	struct policy_member members[] = {
		member_of("10.77.0.21:80", 1),
		member_of("10.77.0.22:80", 2),
	};
	const struct policy_verdict *verdicts;
	size_t n;

	(void)state;
	assert_int_equal(policy_new(params, &policy), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		members[0].drained = cases[i].by;
		assert_int_equal(policy_set_members(policy, members, 2), 0);
		verdicts = policy_evaluate(policy, 5 * S, &n);
		assert_int_equal(verdicts[0].scale, 0);
		assert_int_equal(verdicts[0].decided, POLICY_DRAIN);
		assert_int_equal(verdicts[0].reasons[0].type, cases[i].reason);
	}
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
	members[0].drained = POLICY_DRAIN_ADMINISTRATOR;
	members[0].health.unhealthy_ns = 1 * S;
	assert_int_equal(policy_new(params, &policy), 0);
	assert_int_equal(policy_set_members(policy, members, 2), 0);
	inventory = poll_of("hv1", 4 * S);
	show(inventory, 1, VM_STATE_CRASHED, 0, 0);
	show(inventory, 2, VM_STATE_RUNNING, 0, 0);
	tell(policy, inventory);
	assert_int_equal(decided_by(policy, 5 * S, &scale), POLICY_DRAIN);
	assert_int_equal(scale, 0);
	members[0].drained = POLICY_DRAIN_NONE;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_event_concerns),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_drains),
		cmocka_unit_test(test_precedence),
		cmocka_unit_test(test_explanation),
	};

	return cmocka_run_group_tests_name("policy: members", tests, NULL, NULL);
}
