/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attraction: how many connections a member gets for its weight, compared with
 * the others; and a cap on it. The scheduler sends connections to whoever looks
 * idle, and nothing looks as idle as a machine that fails at once.
 *
 * Only decisions and active connections are looked at, so that it works without
 * anything that a hypervisor tells.
 */
#ifndef VMLD_POLICY_ATTRACTION_H
#define VMLD_POLICY_ATTRACTION_H

#include "policy/policy.h"

struct member;

struct attraction {
	/* the kernel's counters, when last read */
	bool counted;
	uint64_t picks;
	uint32_t active;
	double pending;		/* picked since the last step */

	double weight;		/* effective, in force since the last evaluation */
	/* Sums that forget. */
	double picked;		/* connections */
	double fair;		/* how many of all they would be by weight */
	double load;		/* active connections, times seconds */
	double fair_load;	/* likewise by weight */

	double let;		/* times what others get for their weight: let be */
	double times;		/* what it gets: as many; NAN: not known */
	double factor;		/* of its scale, for that; at most 1 */
};

void attraction_init(struct attraction *attraction);
void attraction_count(struct attraction *attraction, uint64_t picks,
		      uint32_t active);
/* A scale is in force from now on. */
void attraction_set_weight(struct attraction *attraction, uint32_t weight,
			   uint32_t scale);

/*
 * Go on by some seconds, with what was counted since the last step, and find
 * the factors of all members. room has n places.
 */
void attraction_step(struct member *members, size_t n,
		     const struct policy_params *params, double seconds,
		     double *room);

/*
 * Lower the scale of a verdict, whichever layer decided, but not below floor; a
 * scale that is there already stays.
 */
void attraction_cap(const struct attraction *attraction, uint32_t floor,
		    struct policy_verdict *verdict);

#endif
