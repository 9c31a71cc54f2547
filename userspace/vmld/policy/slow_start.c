/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/elapsed.h"
#include "policy/slow_start.h"

double slow_start_factor(const struct policy_params *params,
			 uint64_t started_ns, uint64_t now_ns)
{
	double age = elapsed(now_ns, started_ns);

	if (started_ns == 0 || age >= params->slow_start)
		return 1;
	return params->slow_start_from +
	       (1 - params->slow_start_from) * age / params->slow_start;
}
