/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stall: the share of time in which a machine could not go on, for reasons
 * that its CPU time does not show. It looks idle then.
 */
#ifndef VMLD_POLICY_STALL_H
#define VMLD_POLICY_STALL_H

#include "policy/interval.h"
#include "policy/policy.h"

struct stall {
	double given;		/* as the hypervisor tells it */
	/*
	 * Its storage: the time of its requests, beyond what they usually take
	 * or what is little anyway.
	 */
	double storage;
	double latency;		/* seconds a request, in the last interval */
	double usual;		/* of the machine itself */
	unsigned int learned;	/* intervals, up to latency_intervals */
	/* Its memory: pages that it has to read back from swap. */
	double swap;
	bool has_memory;	/* the guest has told, when last: */
	uint64_t memory_time;
	uint64_t swapped_in;
	double pages;		/* a second */
};

void stall_step(struct stall *stall, const struct policy_params *params,
		const struct interval *interval);
/* Another host, another machine. */
void stall_restart(struct stall *stall);

/* 0..1, of all kinds. */
double stall_share(const struct stall *stall);

#endif
