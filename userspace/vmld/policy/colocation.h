/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Co-location: the machines of a host share its cores. Two members on a host
 * with too few of them both look idle, as long as they are, and both would be
 * taken for what they can be one at a time.
 *
 * A host's budget for the members that may have connections is what the others
 * leave of its cores, but at least their share of them by vCPUs, which the
 * scheduler of a busy host gives them. A member's part is the budget over the
 * vCPUs of all these members; no more than 1.
 */
#ifndef VMLD_POLICY_COLOCATION_H
#define VMLD_POLICY_COLOCATION_H

#include "policy/policy.h"

/* A machine that runs on the host, at the last poll. */
struct colocated {
	uint8_t uuid[VM_UUID_SIZE];
	double vcpus;
	bool has_run;
	int64_t boot_id;
	uint64_t time_ns;
	uint64_t wanted_ns;	/* counter: had, or waited for */
	bool measured;
	double cores;		/* of late, had or waited for */
};

/* Of one host. */
struct colocation {
	double cores;			/* 0: unknown, and all below is void */
	struct colocated *machines;	/* sorted by uuid */
	size_t n;

	/* As the last evaluation found it. */
	double claimed;			/* vCPUs of members */
	double used_by_others;		/* cores */
	double budget;			/* cores */
	double part;			/* 0..1 */
};

/* -ENOMEM: nothing changed. */
int colocation_inventory(struct colocation *host,
			 const struct policy_params *params,
			 const struct vm_inventory *inventory);
void colocation_done(struct colocation *host);

/* Anew: nobody claims anything. */
void colocation_begin(struct colocation *host);
/* A member that may have connections runs there; each machine once. */
void colocation_claim(struct colocation *host, const uint8_t *uuid);
void colocation_end(struct colocation *host);

#endif
