/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "policy_fixture.h"
#include "util.h"

const struct policy_params *const params = &policy_default_params;

void assert_near(double value, double wanted)
{
	if (!(fabs(value - wanted) < 1e-6))
		fail_msg("%.9f is not %.9f", value, wanted);
}

struct vm_sample sample_at(uint64_t time_ns, uint64_t run_ns,
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

struct interval second(double run, double delay)
{
	return (struct interval){
		.seconds = 1,
		.vcpus = 1,
		.run = run,
		.has_steal = true,
		.delay = delay,
	};
}

struct policy_member member_of(const char *key, uint8_t id)
{
	struct policy_member member = {
		.has_vm = id > 0,
		.uuid = { id },
		.weight = 100,
	};

	assert_int_equal(vml_destination_key_parse(key, &member.key), 0);
	return member;
}

struct vm_inventory *poll_of(const char *hypervisor, uint64_t time_ns)
{
	struct vm_inventory *inventory;

	inventory = vm_inventory_new(hypervisor, time_ns);
	assert_non_null(inventory);
	return inventory;
}

void show(struct vm_inventory *inventory, uint8_t id, enum vm_state state,
	  uint64_t run_ns, uint64_t delay_ns)
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

void tell(struct policy *policy, struct vm_inventory *inventory)
{
	assert_int_equal(policy_inventory(policy, inventory), 0);
	vm_inventory_free(inventory);
}

uint32_t scale_of(struct policy *policy, uint64_t now, size_t i)
{
	const struct policy_verdict *verdicts;
	size_t n;

	verdicts = policy_evaluate(policy, now, &n);
	assert_true(i < n);
	return verdicts[i].scale;
}
