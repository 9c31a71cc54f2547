/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMLD_POLICY_ELAPSED_H
#define VMLD_POLICY_ELAPSED_H

#include <stdint.h>

#include "util.h"

/* Seconds from then to now; 0 if then is not in the past. */
static inline double elapsed(uint64_t now_ns, uint64_t then_ns)
{
	if (now_ns <= then_ns)
		return 0;
	return (double)(now_ns - then_ns) / (double)NSEC_PER_SEC;
}

static inline double clip(double value, double low, double high)
{
	return value < low ? low : value > high ? high : value;
}

#endif
