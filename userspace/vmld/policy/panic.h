/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Panic: when no member may have a connection, shedding all of the load is
 * worse than balancing it badly, and what says that all are down is more
 * likely wrong than all of them are down.
 */
#ifndef VMLD_POLICY_PANIC_H
#define VMLD_POLICY_PANIC_H

#include "policy/policy.h"

struct panic {
	size_t candidates;	/* weight above 0 and not drained */
	size_t up;		/* of them: scale above 0 */
};

static inline bool panic_is_on(const struct panic *panic)
{
	return panic->candidates > 0 && panic->up == 0;
}

#endif
