/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>

#include "policy/elapsed.h"
#include "policy/slow_start.h"

void slow_start_begin(struct slow_start *start, uint64_t started_ns)
{
	if (start->started_ns != started_ns)
		*start = (struct slow_start){
			.started_ns = started_ns,
			.looked_ns = started_ns,
		};
}

void slow_start_serve(struct slow_start *start, double connections,
		      double vcpus)
{
	start->served += connections / (vcpus > 0 ? vcpus : 1);
}

void slow_start_look(struct slow_start *start,
		     const struct policy_params *params, bool at_limit,
		     uint64_t now_ns)
{
	/* Not for ever: it may be as slow as that. */
	if (at_limit)
		start->held = fmin(start->held +
				   elapsed(now_ns, start->looked_ns),
				   params->slow_start);
	if (now_ns > start->looked_ns)
		start->looked_ns = now_ns;
}

double slow_start_done(const struct slow_start *start,
		       const struct policy_params *params, uint64_t now_ns)
{
	double age = elapsed(now_ns, start->started_ns) - start->held;

	if (start->started_ns == 0)
		return 1;
	return clip(fmax(age / params->slow_start,
			 start->served / params->slow_start_connections),
		    0, 1);
}

double slow_start_factor(const struct slow_start *start,
			 const struct policy_params *params, uint64_t now_ns)
{
	return params->slow_start_from +
	       (1 - params->slow_start_from) *
		       slow_start_done(start, params, now_ns);
}
