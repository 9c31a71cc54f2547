/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What has to be done so that the kernel comes to be as it is to be. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "reconcile.h"

#define HOSTS 8

/* Destinations 10.0.0.1 to .8, each with a machine, as the test wants it. */
struct scene {
	struct config_service config;
	struct discover_rule rule;
	struct managed managed;
	uint64_t now;
	bool complete;
	struct {
		bool in_kernel;
		uint32_t weight, scale;
		uint32_t active, inactive;
		bool is_member, present, has_vm;
		const char *domain;
		uint32_t vcpus;
		enum vm_state state;
		uint32_t verdict;
		struct policy_reason reason;	/* of the verdict */
	} hosts[HOSTS];
};

static struct vml_destination_key key(size_t host)
{
	struct vml_destination_key result;
	char text[VML_KEY_STRING_MAX];

	snprintf(text, sizeof(text), "10.0.0.%zu:80", host + 1);
	assert_int_equal(vml_destination_key_parse(text, &result), 0);
	return result;
}

static struct scene scene_new(enum config_mode mode, size_t n)
{
	struct scene scene = {
		.config = { .mode = mode, .weight_per_vcpu = 100,
			    .key.family = AF_INET },
		.rule = { .weight = CONFIG_WEIGHT_BY_VCPUS },
		.now = 1000 * NSEC_PER_SEC,
		.complete = true,
	};

	for (size_t i = 0; i < n; i++) {
		scene.hosts[i].is_member = true;
		scene.hosts[i].has_vm = true;
		scene.hosts[i].domain = "web";
		scene.hosts[i].present = true;
		scene.hosts[i].vcpus = 2;
		scene.hosts[i].state = VM_STATE_RUNNING;
	}
	for (size_t i = 0; i < HOSTS; i++) {
		scene.hosts[i].verdict = VML_SCALE_ONE;
		scene.hosts[i].scale = VML_SCALE_ONE;
	}
	return scene;
}

static size_t fill(const struct scene *scene,
		   struct sink_destination destinations[HOSTS],
		   struct policy_verdict verdicts[HOSTS])
{
	size_t n = 0;

	for (size_t i = 0; i < HOSTS; i++) {
		if (!scene->hosts[i].in_kernel)
			continue;
		destinations[n] = (struct sink_destination){
			.key = key(i),
			.weight = scene->hosts[i].weight,
			.scale = scene->hosts[i].scale,
			.active_connections = scene->hosts[i].active,
			.inactive_connections = scene->hosts[i].inactive,
		};
		verdicts[n++] = (struct policy_verdict){
			.key = key(i),
			.scale = scene->hosts[i].verdict,
			.reasons = { scene->hosts[i].reason },
			.n_reasons = 1,
		};
	}
	return n;
}

/* Plan, and make the changes in the scene's kernel: "+1=200 =2=0 -3 ". */
static const char *plan(struct scene *scene)
{
	static char said[256];
	struct sink_destination destinations[HOSTS];
	struct policy_verdict verdicts[HOSTS];
	struct discover_member members[HOSTS];
	struct sink_service kernel = { .destinations = destinations };
	struct reconcile_input input = {
		.config = &scene->config,
		.kernel = &kernel,
		.verdicts = verdicts,
		.members = members,
		.complete = scene->complete,
		.now_ns = scene->now,
	};
	struct reconcile_plan result;
	size_t length = 0;

	kernel.n_destinations = fill(scene, destinations, verdicts);
	for (size_t i = 0; i < HOSTS; i++)
		if (scene->hosts[i].is_member)
			members[input.n_members++] = (struct discover_member){
				.key = key(i),
				.has_vm = scene->hosts[i].has_vm,
				.domain = scene->hosts[i].domain,
				.vcpus = scene->hosts[i].vcpus,
				.present = scene->hosts[i].present,
				.state = scene->hosts[i].state,
				.rule = &scene->rule,
			};
	assert_int_equal(reconcile_destinations(&input, &scene->managed,
						&result), 0);
	said[0] = '\0';
	for (size_t i = 0; i < result.n; i++) {
		const struct reconcile_action *action = &result.actions[i];
		uint32_t host = ntohl(action->key.address.ipv4.s_addr) & 0xff;
		bool remove = action->type == RECONCILE_REMOVE;

		length += (size_t)snprintf(
			said + length, sizeof(said) - length,
			remove ? "-%u " : "%c%u=%u ",
			remove ? (int)host
			       : (action->type == RECONCILE_ADD ? '+' : '='),
			host, action->weight);
		scene->hosts[host - 1].in_kernel = !remove;
		scene->hosts[host - 1].weight = action->weight;
	}
	reconcile_plan_clear(&result);
	return said;
}

static void verdict_is(struct scene *scene, size_t host, enum vm_state state,
		       enum vm_pause pause)
{
	scene->hosts[host].verdict = 0;
	scene->hosts[host].reason = (struct policy_reason){
		.type = POLICY_REASON_STATE, .state = state, .pause = pause,
	};
}

static void shut_off(struct scene *scene, size_t host)
{
	scene->hosts[host].state = VM_STATE_SHUTOFF;
	verdict_is(scene, host, VM_STATE_SHUTOFF, VM_PAUSE_OTHER);
}

static void run_again(struct scene *scene, size_t host)
{
	scene->hosts[host].state = VM_STATE_RUNNING;
	scene->hosts[host].verdict = VML_SCALE_ONE;
	scene->hosts[host].reason = (struct policy_reason){};
}

static void in_mode_weights_nothing_is_ours(void **state)
{
	struct scene s = scene_new(CONFIG_MODE_WEIGHTS, 3);

	(void)state;
	s.hosts[1].in_kernel = true;
	shut_off(&s, 1);
	s.now += 1000 * NSEC_PER_SEC;
	assert_string_equal(plan(&s), "");
	assert_int_equal(s.managed.n, 0);
	managed_clear(&s.managed);
}

static void running_machines_get_destinations_by_their_vcpus(void **state)
{
	struct scene s = scene_new(CONFIG_MODE_DESTINATIONS, 6);

	(void)state;
	s.hosts[1].vcpus = 4;
	s.hosts[2].vcpus = 0;
	s.hosts[3].state = VM_STATE_PAUSED;
	s.hosts[4].present = false;
	s.hosts[5].vcpus = 1000000;
	assert_string_equal(plan(&s), "+1=200 +2=400 +3=100 +6=65535 ");
	assert_string_equal(plan(&s), "");
	s.hosts[3].state = VM_STATE_RUNNING;
	s.hosts[4].present = true;
	assert_string_equal(plan(&s), "+4=200 +5=200 ");
	managed_clear(&s.managed);
}

static void what_has_failed_goes_at_once_if_its_connections_are_to(void **state)
{
	struct scene s = scene_new(CONFIG_MODE_DESTINATIONS, 6);

	(void)state;
	s.config.on_failure = CONFIG_ON_FAILURE_EXPIRE;
	plan(&s);
	for (size_t i = 0; i < 6; i++)
		s.hosts[i].active = 1;
	/* An event says so; the poll before it still shows it running. */
	verdict_is(&s, 0, VM_STATE_CRASHED, VM_PAUSE_OTHER);
	assert_string_equal(plan(&s), "");
	s.hosts[0].state = VM_STATE_CRASHED;
	assert_string_equal(plan(&s), "-1 ");
	assert_string_equal(plan(&s), "");

	for (size_t i = 1; i < 4; i++)
		s.hosts[i].state = VM_STATE_PAUSED;
	verdict_is(&s, 1, VM_STATE_PAUSED, VM_PAUSE_IO_ERROR);
	verdict_is(&s, 2, VM_STATE_PAUSED, VM_PAUSE_WATCHDOG);
	verdict_is(&s, 3, VM_STATE_PAUSED, VM_PAUSE_OTHER);
	assert_string_equal(plan(&s), "-2 -3 ");

	/* In the black-out of a migration, and gone from its old host. */
	s.hosts[4].state = VM_STATE_SHUTOFF;
	s.hosts[4].verdict = 0;
	s.hosts[4].reason.type = POLICY_REASON_BLACKOUT;
	/* All others being down, it is to have connections again. */
	shut_off(&s, 5);
	s.hosts[5].verdict = VML_SCALE_ONE;
	assert_string_equal(plan(&s), "=5=0 ");

	run_again(&s, 0);
	run_again(&s, 1);
	assert_string_equal(plan(&s), "+1=200 +2=200 ");
	managed_clear(&s.managed);
}

static void a_rule_can_fix_the_weight(void **state)
{
	struct scene s = scene_new(CONFIG_MODE_DESTINATIONS, 1);

	(void)state;
	s.rule.weight = 0;
	assert_string_equal(plan(&s), "+1=0 ");
	s.rule.weight = 7;
	assert_string_equal(plan(&s), "=1=7 ");
	managed_clear(&s.managed);
}

static void vcpus_that_change_change_the_weight(void **state)
{
	struct scene s = scene_new(CONFIG_MODE_DESTINATIONS, 1);

	(void)state;
	plan(&s);
	s.hosts[0].vcpus = 3;
	assert_string_equal(plan(&s), "=1=300 ");
	assert_string_equal(plan(&s), "");
	managed_clear(&s.managed);
}

static void members_without_a_domain_are_always_there(void **state)
{
	struct scene s = scene_new(CONFIG_MODE_DESTINATIONS, 2);

	(void)state;
	s.hosts[0].has_vm = s.hosts[1].has_vm = false;
	s.hosts[0].present = s.hosts[1].present = false;
	s.hosts[0].vcpus = s.hosts[1].vcpus = 0;
	s.hosts[0].domain = "";
	assert_string_equal(plan(&s), "+1=100 ");
	s.now += 1000 * NSEC_PER_SEC;
	assert_string_equal(plan(&s), "");
	managed_clear(&s.managed);
}

static void a_machine_that_stops_is_quiesced_and_later_removed(void **state)
{
	struct scene s = scene_new(CONFIG_MODE_DESTINATIONS, 2);

	(void)state;
	plan(&s);
	s.hosts[0].active = 1;
	shut_off(&s, 0);
	assert_string_equal(plan(&s), "=1=0 ");
	s.now += RECONCILE_KEEP_NS;
	assert_string_equal(plan(&s), "");
	s.hosts[0].active = 0;
	s.hosts[0].inactive = 1;
	assert_string_equal(plan(&s), "");
	s.hosts[0].inactive = 0;
	assert_string_equal(plan(&s), "-1 ");
	assert_string_equal(plan(&s), "");
	assert_int_equal(s.managed.n, 1);
	managed_clear(&s.managed);
}

/* Also if its machine is not known, or comes back meanwhile. */
static void a_removal_that_failed_is_planned_again(void **state)
{
	struct scene s = scene_new(CONFIG_MODE_DESTINATIONS, 2);

	(void)state;
	plan(&s);
	shut_off(&s, 0);
	shut_off(&s, 1);
	s.hosts[0].is_member = false;
	assert_string_equal(plan(&s), "=1=0 =2=0 ");
	s.now += RECONCILE_KEEP_NS;
	assert_string_equal(plan(&s), "-1 -2 ");
	s.hosts[0].in_kernel = s.hosts[1].in_kernel = true;
	s.hosts[0].weight = s.hosts[1].weight = 0;
	run_again(&s, 1);
	assert_string_equal(plan(&s), "-1 =2=200 ");
	assert_string_equal(plan(&s), "");
	assert_int_equal(s.managed.n, 1);
	managed_clear(&s.managed);
}

static void connections_don_t_keep_a_destination_for_ever(void **state)
{
	struct scene s = scene_new(CONFIG_MODE_DESTINATIONS, 1);

	(void)state;
	plan(&s);
	s.hosts[0].active = 1;
	shut_off(&s, 0);
	plan(&s);
	s.now += RECONCILE_KEEP_AT_MOST_NS - 1;
	assert_string_equal(plan(&s), "");
	s.now++;
	assert_string_equal(plan(&s), "-1 ");
	managed_clear(&s.managed);
}

static void a_machine_that_restarts_keeps_its_destination(void **state)
{
	struct scene s = scene_new(CONFIG_MODE_DESTINATIONS, 1);

	(void)state;
	plan(&s);
	shut_off(&s, 0);
	assert_string_equal(plan(&s), "=1=0 ");
	s.now += RECONCILE_KEEP_NS - 1;
	assert_string_equal(plan(&s), "");
	run_again(&s, 0);
	assert_string_equal(plan(&s), "=1=200 ");
	/* The time begins anew. */
	shut_off(&s, 0);
	plan(&s);
	s.now += RECONCILE_KEEP_NS - 1;
	assert_string_equal(plan(&s), "");
	managed_clear(&s.managed);
}

static void what_the_policy_wants_served_is_not_removed(void **state)
{
	struct scene s = scene_new(CONFIG_MODE_DESTINATIONS, 1);

	(void)state;
	plan(&s);
	/* Migrated to a host that nobody watches, or a panic. */
	s.hosts[0].present = false;
	s.hosts[0].vcpus = 0;
	s.now += 2 * RECONCILE_KEEP_AT_MOST_NS;
	assert_string_equal(plan(&s), "");
	assert_int_equal(s.hosts[0].weight, 200);
	managed_clear(&s.managed);
}

static void a_panic_gives_weights_back(void **state)
{
	struct scene s = scene_new(CONFIG_MODE_DESTINATIONS, 1);

	(void)state;
	plan(&s);
	shut_off(&s, 0);
	assert_string_equal(plan(&s), "=1=0 ");
	s.hosts[0].verdict = VML_SCALE_ONE;
	s.hosts[0].vcpus = 0;
	assert_string_equal(plan(&s), "=1=200 ");
	managed_clear(&s.managed);
}

static void the_administrators_weight_stays(void **state)
{
	struct scene s = scene_new(CONFIG_MODE_DESTINATIONS, 2);

	(void)state;
	plan(&s);
	s.hosts[0].weight = 0;
	s.hosts[1].weight = 5;
	s.hosts[1].vcpus = 8;
	assert_string_equal(plan(&s), "");
	shut_off(&s, 1);
	assert_string_equal(plan(&s), "");
	managed_clear(&s.managed);
}

/* The 0 that it had from us before is not in force any more. */
static void a_machine_that_was_back_can_be_quiesced(void **state)
{
	struct scene s = scene_new(CONFIG_MODE_DESTINATIONS, 1);
	struct sink_destination destination = { .key = key(0) };

	(void)state;
	plan(&s);
	shut_off(&s, 0);
	assert_string_equal(plan(&s), "=1=0 ");
	run_again(&s, 0);
	assert_string_equal(plan(&s), "=1=200 ");
	assert_string_equal(plan(&s), "");
	s.hosts[0].weight = 0;
	assert_string_equal(plan(&s), "");
	assert_int_equal(reconcile_policy_weight(&destination, &s.managed), 0);
	managed_clear(&s.managed);
}

static void destinations_of_others_are_not_touched(void **state)
{
	struct scene s = scene_new(CONFIG_MODE_DESTINATIONS, 0);

	(void)state;
	s.hosts[2].in_kernel = true;
	s.hosts[2].weight = 9;
	assert_string_equal(plan(&s), "");
	s.now += 2 * RECONCILE_KEEP_AT_MOST_NS;
	assert_string_equal(plan(&s), "");
	managed_clear(&s.managed);
}

static void in_mode_service_all_destinations_are_ours(void **state)
{
	struct scene s = scene_new(CONFIG_MODE_SERVICE, 1);

	(void)state;
	s.hosts[0].in_kernel = true;
	s.hosts[0].weight = 5;
	s.hosts[2].in_kernel = true;
	s.hosts[2].weight = 9;
	/* Unless a hypervisor has not said yet what it runs. */
	s.complete = false;
	assert_string_equal(plan(&s), "=1=200 ");
	s.now += 2 * RECONCILE_KEEP_AT_MOST_NS;
	assert_string_equal(plan(&s), "");
	s.complete = true;
	assert_string_equal(plan(&s), "=3=0 ");
	s.now += RECONCILE_KEEP_NS;
	assert_string_equal(plan(&s), "-3 ");
	managed_clear(&s.managed);
}

static void ours_that_no_rule_names_any_more_go(void **state)
{
	struct scene s = scene_new(CONFIG_MODE_DESTINATIONS, 1);

	(void)state;
	plan(&s);
	s.hosts[0].is_member = false;
	s.complete = false;
	assert_string_equal(plan(&s), "");
	s.complete = true;
	assert_string_equal(plan(&s), "=1=0 ");
	s.now += RECONCILE_KEEP_NS;
	assert_string_equal(plan(&s), "-1 ");
	managed_clear(&s.managed);
}

static void what_others_remove_comes_back_while_its_machine_runs(void **state)
{
	struct scene s = scene_new(CONFIG_MODE_DESTINATIONS, 1);

	(void)state;
	plan(&s);
	s.hosts[0].in_kernel = false;
	assert_string_equal(plan(&s), "+1=200 ");
	shut_off(&s, 0);
	s.hosts[0].in_kernel = false;
	assert_string_equal(plan(&s), "");
	assert_int_equal(s.managed.n, 0);
	managed_clear(&s.managed);
}

static void restart(struct scene *s)
{
	json_t *object = managed_to_json(&s->managed);

	assert_non_null(object);
	managed_clear(&s->managed);
	assert_int_equal(managed_from_json(object, &s->managed), 0);
	json_decref(object);
}

static void a_zero_of_ours_is_known_after_a_crash(void **state)
{
	struct scene s = scene_new(CONFIG_MODE_DESTINATIONS, 1);
	struct sink_destination destination = { .key = key(0) };

	(void)state;
	plan(&s);
	shut_off(&s, 0);
	plan(&s);
	restart(&s);
	assert_int_equal(reconcile_policy_weight(&destination, &s.managed),
			 200);
	run_again(&s, 0);
	assert_string_equal(plan(&s), "=1=200 ");

	/* Saved, but the kernel didn't get it. */
	shut_off(&s, 0);
	plan(&s);
	s.hosts[0].weight = 200;
	restart(&s);
	assert_string_equal(plan(&s), "=1=0 ");
	managed_clear(&s.managed);
}

static void a_zero_of_the_administrator_is_a_wish(void **state)
{
	struct scene s = scene_new(CONFIG_MODE_DESTINATIONS, 1);
	struct sink_destination destination = { .key = key(0) };

	(void)state;
	plan(&s);
	s.hosts[0].weight = 0;
	plan(&s);
	assert_int_equal(reconcile_policy_weight(&destination, &s.managed), 0);
	destination.weight = 3;
	assert_int_equal(reconcile_policy_weight(&destination, &s.managed), 3);
	managed_clear(&s.managed);
}

static void what_is_saved_has_changed(void **state)
{
	struct scene s = scene_new(CONFIG_MODE_DESTINATIONS, 1);

	(void)state;
	plan(&s);
	assert_true(s.managed.changed);
	s.managed.changed = false;
	plan(&s);
	assert_false(s.managed.changed);
	shut_off(&s, 0);
	plan(&s);
	assert_true(s.managed.changed);
	managed_clear(&s.managed);
}

static enum reconcile_push push(uint32_t in_force, uint32_t wanted,
				bool has_lease, uint32_t left)
{
	struct sink_destination destination = {
		.key = key(0),
		.weight = 1,
		.scale = in_force,
	};
	const struct sink_service kernel = {
		.has_lease = has_lease,
		.lease_ms = left,
		.destinations = &destination,
		.n_destinations = 1,
	};
	const struct policy_verdict verdict = { .scale = wanted };

	return reconcile_scales(&kernel, &verdict, 10000);
}

static void scales_are_pushed_when_they_change(void **state)
{
	(void)state;
	assert_int_equal(push(VML_SCALE_ONE, VML_SCALE_ONE / 2, false, 0),
			 RECONCILE_PUSH);
	assert_int_equal(push(30000, 30100, true, 9000), RECONCILE_NOTHING);
	assert_int_equal(push(30000, 33000, true, 9000), RECONCILE_PUSH);
	assert_int_equal(push(30000, 0, true, 9000), RECONCILE_PUSH);
	assert_int_equal(push(0, 1, true, 9000), RECONCILE_PUSH);
}

static void leases_are_renewed_before_half_of_them_is_over(void **state)
{
	(void)state;
	assert_int_equal(push(30000, 30000, true, 10000), RECONCILE_NOTHING);
	assert_int_equal(push(30000, 30000, true, 6001), RECONCILE_NOTHING);
	assert_int_equal(push(30000, 30000, true, 6000), RECONCILE_RENEW);
	assert_int_equal(push(30000, 30000, true, 1), RECONCILE_RENEW);
	/* Set by hand: none, or too long a one. */
	assert_int_equal(push(30000, 30000, false, 0), RECONCILE_RENEW);
	assert_int_equal(push(30000, 30000, true, 10001), RECONCILE_RENEW);
}

static void what_is_neutral_needs_no_lease(void **state)
{
	(void)state;
	assert_int_equal(push(VML_SCALE_ONE, VML_SCALE_ONE, false, 0),
			 RECONCILE_NOTHING);
	assert_int_equal(push(VML_SCALE_ONE, VML_SCALE_ONE, true, 1),
			 RECONCILE_NOTHING);
}

static void a_sink_without_leases_renews_nothing(void **state)
{
	struct sink_destination destination = { .key = key(0), .scale = 5 };
	const struct sink_service kernel = {
		.destinations = &destination,
		.n_destinations = 1,
	};
	const struct policy_verdict verdict = { .scale = 5 };

	(void)state;
	assert_int_equal(reconcile_scales(&kernel, &verdict, 0),
			 RECONCILE_NOTHING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_mode_weights_nothing_is_ours),
		cmocka_unit_test(running_machines_get_destinations_by_their_vcpus),
		cmocka_unit_test(what_has_failed_goes_at_once_if_its_connections_are_to),
		cmocka_unit_test(a_rule_can_fix_the_weight),
		cmocka_unit_test(vcpus_that_change_change_the_weight),
		cmocka_unit_test(members_without_a_domain_are_always_there),
		cmocka_unit_test(a_machine_that_stops_is_quiesced_and_later_removed),
		cmocka_unit_test(a_removal_that_failed_is_planned_again),
		cmocka_unit_test(connections_don_t_keep_a_destination_for_ever),
		cmocka_unit_test(a_machine_that_restarts_keeps_its_destination),
		cmocka_unit_test(what_the_policy_wants_served_is_not_removed),
		cmocka_unit_test(a_panic_gives_weights_back),
		cmocka_unit_test(the_administrators_weight_stays),
		cmocka_unit_test(a_machine_that_was_back_can_be_quiesced),
		cmocka_unit_test(destinations_of_others_are_not_touched),
		cmocka_unit_test(in_mode_service_all_destinations_are_ours),
		cmocka_unit_test(ours_that_no_rule_names_any_more_go),
		cmocka_unit_test(what_others_remove_comes_back_while_its_machine_runs),
		cmocka_unit_test(a_zero_of_ours_is_known_after_a_crash),
		cmocka_unit_test(a_zero_of_the_administrator_is_a_wish),
		cmocka_unit_test(what_is_saved_has_changed),
		cmocka_unit_test(scales_are_pushed_when_they_change),
		cmocka_unit_test(leases_are_renewed_before_half_of_them_is_over),
		cmocka_unit_test(what_is_neutral_needs_no_lease),
		cmocka_unit_test(a_sink_without_leases_renews_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
