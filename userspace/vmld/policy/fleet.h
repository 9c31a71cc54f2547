/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the members of a service have in common at a moment. */
#ifndef VMLD_POLICY_FLEET_H
#define VMLD_POLICY_FLEET_H

#include "policy/member.h"

struct fleet {
	double rate;		/* connections a second of CPU time */
	double busy;		/* 0..1 */
	double exponent;	/* of the scales, since it is that busy */
	double slow_start;	/* the largest factor among the members */
};

void fleet_measure(struct fleet *fleet, const struct policy_params *params,
		   const struct member *members, size_t n, uint64_t now_ns);

#endif
