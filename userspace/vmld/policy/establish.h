/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections that never get established: what is refused or not answered is
 * never active. A machine that runs while its service doesn't looks idle to the
 * scheduler, and attracts more than its share.
 *
 * Short connections are hard to see active, too. How many in a row may go
 * unseen, the others show: far more than any of them had is no chance.
 */
#ifndef VMLD_POLICY_ESTABLISH_H
#define VMLD_POLICY_ESTABLISH_H

#include "policy/interval.h"
#include "policy/policy.h"

struct establish {
	/* the kernel's counters, when last read */
	bool counted;
	uint64_t picks;
	uint32_t active;

	/* Connections picked while some were active; forgetting. */
	double seen;
	/* Connections picked since one was seen active; forgetting. */
	double unseen;
	unsigned int polls;	/* without an active one */
	double longest;		/* such a row that ended, or lasts; forgetting */
	uint64_t hold_until_ns;
};

void establish_count(struct establish *establish, uint64_t picks,
		     uint32_t active);
void establish_step(struct establish *establish,
		    const struct policy_params *params,
		    const struct interval *interval);
/* The machine has started anew. */
void establish_restart(struct establish *establish);

bool establish_is_held(const struct establish *establish, uint64_t now_ns);

/* longest_of_others: NAN: there are none. */
void establish_judge(struct establish *establish,
		     const struct policy_params *params,
		     double longest_of_others, uint64_t now_ns);

#endif
