/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>

#include "policy/elapsed.h"
#include "policy/speed.h"

void speed_init(struct speed *speed)
{
	*speed = (struct speed){ .factor = 1 };
}

/*
 * A connection is picked before it is active, so that it counts as closed for
 * a moment, and is taken back when it gets active: the sum is right, a single
 * difference can be negative.
 */
void speed_count(struct speed *speed, uint64_t picks, uint32_t active)
{
	/* A counter that went back belongs to a destination added anew. */
	if (speed->counted && picks >= speed->picks)
		speed->pending += (double)(picks - speed->picks) -
				  ((double)active - (double)speed->active);
	if (active || (speed->counted && picks != speed->picks))
		speed->had_connections = true;
	speed->counted = true;
	speed->picks = picks;
	speed->active = active;
}

void speed_step(struct speed *speed, const struct policy_params *params,
		const struct interval *interval)
{
	double kept = exp(-interval->seconds / params->speed_memory);

	if (!speed->counted)
		return;
	speed->closed = speed->closed * kept + speed->pending;
	speed->cpu = speed->cpu * kept;
	if (speed->had_connections)
		speed->cpu += interval->run;
	speed->pending = 0;
	speed->had_connections = speed->active > 0;
	speed->fresh = true;
}

void speed_skip(struct speed *speed)
{
	speed->pending = 0;
}

void speed_restart(struct speed *speed)
{
	speed->pending = 0;
	speed->closed = 0;
	speed->cpu = 0;
	speed->factor = 1;
}

bool speed_is_guarded(const struct speed *speed, uint64_t now_ns)
{
	return now_ns < speed->guard_until_ns;
}

void speed_judge(struct speed *speed, const struct policy_params *params,
		 double fleet_rate, double rate_of_others, uint64_t now_ns)
{
	double closed = speed->closed > 0 ? speed->closed : 0;
	double expected = speed->cpu * fleet_rate;
	double of_others = speed->cpu * rate_of_others;

	if (!speed->fresh)
		return;
	speed->fresh = false;
	speed->factor = clip((closed + params->speed_prior) /
			     (expected + params->speed_prior),
			     params->speed_min, params->speed_max);
	if (!isnan(of_others) && closed > params->guard_connections &&
	    closed > params->guard_ratio * (of_others + params->guard_slack))
		speed->guard_until_ns = now_ns +
			(uint64_t)(params->guard_hold * (double)NSEC_PER_SEC);
}
