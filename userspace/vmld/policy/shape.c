/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>

#include "policy/elapsed.h"
#include "policy/shape.h"

double shape_exponent(const struct policy_params *params, double busy)
{
	double range = params->exponent_to - params->exponent_from;
	double part;

	if (busy <= params->exponent_from)
		return 1;
	part = busy >= params->exponent_to ?
	       1 : (busy - params->exponent_from) / range;
	return 1 - part * (1 - params->exponent_min);
}

uint32_t shape_scale(const struct policy_params *params, double worth,
		     double exponent)
{
	double scale = pow(fmax(worth, params->floor), exponent);

	return (uint32_t)clip(round(scale * VML_SCALE_ONE), 1, UINT32_MAX);
}

bool policy_scale_differs(const struct policy_params *params,
			  uint32_t in_force, uint32_t wanted)
{
	double change = fabs((double)wanted - (double)in_force);

	if (in_force == wanted)
		return false;
	if (in_force == 0 || wanted == 0)
		return true;
	return change > params->dead_band * (double)in_force;
}
