/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Slow start: a machine with cold caches gets its share little by little: by
 * time, sooner if it has served a lot, and later if it is at its limit while
 * the others aren't, as one is that still boots.
 */
#ifndef VMLD_POLICY_SLOW_START_H
#define VMLD_POLICY_SLOW_START_H

#include "policy/policy.h"

struct slow_start {
	uint64_t started_ns;	/* 0: it ran before anybody looked */
	double served;		/* connections a vCPU since then */
	double held;		/* seconds in which it did not go on */
	uint64_t looked_ns;
};

/* Unless it is the one that goes on. */
void slow_start_begin(struct slow_start *start, uint64_t started_ns);
void slow_start_serve(struct slow_start *start, double connections,
		      double vcpus);
/* at_limit: since the last look, and so it is now. */
void slow_start_look(struct slow_start *start,
		     const struct policy_params *params, bool at_limit,
		     uint64_t now_ns);

/* Which part of it is behind the machine, 0..1. */
double slow_start_done(const struct slow_start *start,
		       const struct policy_params *params, uint64_t now_ns);
/* Factor in (0, 1]. */
double slow_start_factor(const struct slow_start *start,
			 const struct policy_params *params, uint64_t now_ns);

#endif
