/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connections that come: when, and what work each of them is. Time is in
 * mean service times of a server of speed 1, work in what such a server does
 * in one.
 */
#ifndef SELECTION_WORKLOAD_H
#define SELECTION_WORKLOAD_H

#include <linux/types.h>

struct workload {
	u32 n;
	double rate;		/* arrivals in a unit of time */
	struct arrival {
		double at;
		double work;
	} *arrivals;
};

/**
 * workload_new - Poisson arrivals with lognormal work
 * @n: how many
 * @rate: arrivals in a unit of time
 * @seed: the same gives the same
 *
 * The work has the mean 1, and its logarithm the standard deviation 1.
 *
 * Return: the workload, for workload_free(), or NULL without memory.
 */
struct workload *workload_new(u32 n, double rate, u64 seed);
void workload_free(struct workload *workload);

#endif
