/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Slow start: a machine with cold caches gets its share little by little. */
#ifndef VMLD_POLICY_SLOW_START_H
#define VMLD_POLICY_SLOW_START_H

#include "policy/policy.h"

/* Factor in (0, 1]; started_ns 0: it ran before anybody looked. */
double slow_start_factor(const struct policy_params *params,
			 uint64_t started_ns, uint64_t now_ns);

#endif
