/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a member's worth to its scale: a floor, so that a member that may have
 * connections always has some; and an exponent that evens the members out when
 * the whole fleet is saturated and nobody has anything to give.
 */
#ifndef VMLD_POLICY_SHAPE_H
#define VMLD_POLICY_SHAPE_H

#include "policy/policy.h"

/* busy: the fleet's busy share, 0..1. */
double shape_exponent(const struct policy_params *params, double busy);

/* Of a member that may have connections: never 0. */
uint32_t shape_scale(const struct policy_params *params, double worth,
		     double exponent);

#endif
