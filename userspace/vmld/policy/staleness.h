/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Late metrics: believed for a while, and then less and less. */
#ifndef VMLD_POLICY_STALENESS_H
#define VMLD_POLICY_STALENESS_H

#include "policy/policy.h"

/* 1: the last value still holds; it goes to 0 as the value gets too old. */
double staleness_belief(const struct policy_params *params, double late);

/* What is left of a factor of which only a part is believed. */
double staleness_relax(double factor, double belief);

#endif
