/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Learned speed: how many connections a machine finishes for a second of CPU
 * time, compared with the whole fleet; and the guard against a machine that
 * finishes far too many, since failing is fast.
 */
#ifndef VMLD_POLICY_SPEED_H
#define VMLD_POLICY_SPEED_H

#include "policy/interval.h"
#include "policy/policy.h"

struct speed {
	/* the kernel's counters, when last read */
	bool counted;
	uint64_t picks;
	uint32_t active;

	double pending;		/* closed since the last step; may be < 0 */
	bool had_connections;	/* since the last step */
	double closed;		/* forgetting sums; closed may be < 0 */
	double cpu;		/* seconds */
	bool fresh;		/* stepped since the last judgement */

	double factor;		/* last learned */
	uint64_t guard_until_ns;
};

void speed_init(struct speed *speed);

/* Another reading of the kernel's counters. */
void speed_count(struct speed *speed, uint64_t picks, uint32_t active);

/*
 * The CPU time of an interval, and what was closed since the last one. The time of
 * an interval without a connection does not count: a machine that gets none, be it
 * drained or lighter than others that are idle, is not slow for what else it does.
 */
void speed_step(struct speed *speed, const struct policy_params *params,
		const struct interval *interval);

/* The machine's CPU counters do not tell what these connections cost. */
void speed_skip(struct speed *speed);

/* The machine has started anew: what was learned is void, but not the guard. */
void speed_restart(struct speed *speed);

bool speed_is_guarded(const struct speed *speed, uint64_t now_ns);

/*
 * Renew factor and guard of a member that has been stepped, given connections
 * a second of CPU time of the fleet, and of the others in it (NAN: none). In a
 * small fleet a member that fails fast is most of what the fleet closes, so
 * that only the others show what is to be expected.
 */
void speed_judge(struct speed *speed, const struct policy_params *params,
		 double fleet_rate, double rate_of_others, uint64_t now_ns);

#endif
