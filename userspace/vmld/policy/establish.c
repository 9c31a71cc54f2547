/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>

#include "policy/elapsed.h"
#include "policy/establish.h"

void establish_count(struct establish *establish, uint64_t picks,
		     uint32_t active)
{
	double new = 0;

	/* A counter that went back belongs to a destination added anew. */
	if (establish->counted && picks < establish->picks)
		establish_restart(establish);
	else if (establish->counted)
		new = (double)(picks - establish->picks);
	*(active ? &establish->seen : &establish->unseen) += new;
	if (active) {
		establish->unseen = 0;
		establish->polls = 0;
		establish->hold_until_ns = 0;
	}
	establish->longest = fmax(establish->longest, establish->unseen);
	establish->counted = true;
	establish->picks = picks;
	establish->active = active;
}

void establish_step(struct establish *establish,
		    const struct policy_params *params,
		    const struct interval *interval)
{
	double kept = exp(-interval->seconds / params->speed_memory);

	establish->seen *= kept;
	establish->unseen *= kept;
	establish->longest *= kept;
	if (establish->counted && !establish->active)
		establish->polls++;
}

void establish_restart(struct establish *establish)
{
	establish->seen = 0;
	establish->unseen = 0;
	establish->polls = 0;
	establish->longest = 0;
}

bool establish_is_held(const struct establish *establish, uint64_t now_ns)
{
	return now_ns < establish->hold_until_ns;
}

void establish_judge(struct establish *establish,
		     const struct policy_params *params,
		     double longest_of_others, uint64_t now_ns)
{
	if (isnan(longest_of_others) ||
	    establish->polls < params->unseen_polls ||
	    establish->unseen < params->guard_connections ||
	    establish->unseen < params->unseen_ratio * longest_of_others)
		return;
	establish->hold_until_ns = now_ns +
		(uint64_t)(params->guard_hold * (double)NSEC_PER_SEC);
}
