/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Capacity: which part of the CPU time that a machine wants it gets, and will
 * get until the next poll.
 */
#ifndef VMLD_POLICY_CAPACITY_H
#define VMLD_POLICY_CAPACITY_H

#include "policy/interval.h"
#include "policy/policy.h"
#include "policy/stall.h"

struct capacity {
	bool known;		/* else all below is void */
	bool restart;		/* the next step forgets the history */
	double steal;		/* 0..1 of the CPU time wanted */
	struct stall stall;
	double value;		/* f = (1 - steal) * (1 - share of stall) */
	double forecast;	/* f^, 0..1 */
	double busy;		/* 0..1: part of the time that it was not idle */
	/* the predictor's moving averages of value */
	double mean;
	double variance;
	double covariance;	/* with the value before */
};

void capacity_step(struct capacity *capacity,
		   const struct policy_params *params,
		   const struct interval *interval);

/* Another host, another machine: its history says nothing any more. */
void capacity_restart(struct capacity *capacity);

#endif
