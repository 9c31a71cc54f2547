/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>

#include "policy/staleness.h"

double staleness_belief(const struct policy_params *params, double late)
{
	if (late <= params->late_hold)
		return 1;
	return exp(-(late - params->late_hold) / params->late_relax);
}

double staleness_relax(double factor, double belief)
{
	return 1 + (factor - 1) * belief;
}
