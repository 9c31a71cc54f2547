/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>
#include <stdlib.h>

#include "random.h"
#include "workload.h"

#define SIGMA 1.0

static double exponential(u64 *random)
{
	return -log(random_uniform(random));
}

/* By Box and Muller. */
static double normal(u64 *random)
{
	double radius = sqrt(2 * exponential(random));

	return radius * cos(2 * M_PI * random_uniform(random));
}

struct workload *workload_new(u32 n, double rate, u64 seed)
{
	struct workload *workload = malloc(sizeof(*workload));
	double now = 0;

	if (!workload)
		return NULL;
	workload->n = n;
	workload->rate = rate;
	workload->arrivals = calloc(n, sizeof(*workload->arrivals));
	if (!workload->arrivals) {
		free(workload);
		return NULL;
	}
	for (u32 i = 0; i < n; i++) {
		struct arrival *arrival = &workload->arrivals[i];

		now += exponential(&seed) / rate;
		arrival->at = now;
		arrival->work = exp(SIGMA * normal(&seed) - SIGMA * SIGMA / 2);
	}
	return workload;
}

void workload_free(struct workload *workload)
{
	free(workload->arrivals);
	free(workload);
}
