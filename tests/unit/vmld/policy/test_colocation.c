/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Members that share a host. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "policy/colocation.h"
#include "policy_fixture.h"
#include "util.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_colocation),
		cmocka_unit_test(test_claims),
	};

	return cmocka_run_group_tests_name("policy: colocation", tests, NULL, NULL);
}
