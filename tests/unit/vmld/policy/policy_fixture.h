/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of the policy share. */
#ifndef VMLD_UNIT_POLICY_H
#define VMLD_UNIT_POLICY_H

#include "policy/interval.h"
#include "policy/policy.h"

#define S NSEC_PER_SEC
#define MS NSEC_PER_MSEC

extern const struct policy_params *const params;

void assert_near(double value, double wanted);
/* Of one that runs, with two vCPUs. */
struct vm_sample sample_at(uint64_t time_ns, uint64_t run_ns,
			   uint64_t delay_ns);
/* One, of one vCPU: seconds that it ran, and waited. */
struct interval second(double run, double delay);
/* Of weight 100; id 0: of no machine. */
struct policy_member member_of(const char *key, uint8_t id);
struct vm_inventory *poll_of(const char *hypervisor, uint64_t time_ns);
/* One vCPU. */
void show(struct vm_inventory *inventory, uint8_t id, enum vm_state state,
	  uint64_t run_ns, uint64_t delay_ns);
/* Takes the inventory. */
void tell(struct policy *policy, struct vm_inventory *inventory);
uint32_t scale_of(struct policy *policy, uint64_t now, size_t i);

#endif
