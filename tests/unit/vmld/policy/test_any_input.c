/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What holds for all inputs. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "policy_fixture.h"
#include "util.h"

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

			sample->pause = random_number(&seed) %
					_VM_PAUSE_MAX;
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
		cmocka_unit_test(test_any_input),
	};

	return cmocka_run_group_tests_name("policy: any input", tests, NULL, NULL);
}
