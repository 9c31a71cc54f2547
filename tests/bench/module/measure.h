/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How long decisions take. Durations are in ticks of the time stamp counter,
 * times 2^BENCH_TICK_BITS: a user-mode kernel's own clock has a resolution of
 * 256 ns only.
 */
#ifndef _BENCH_MEASURE_H
#define _BENCH_MEASURE_H

#include "service.h"

#define BENCH_TICK_BITS	10

/**
 * struct bench_steady - decisions over a longer time
 * @median: of the batches
 * @mean: of the batches, without those @interrupted
 * @batches: their number
 * @interrupted: how many were far too long, so that not the decisions can be
 *	why, but that something else was run in between
 */
struct bench_steady {
	u64 median;
	u64 mean;
	unsigned int batches;
	unsigned int interrupted;
};

int bench_measure_init(unsigned int cpus);
void bench_measure_exit(void);

u64 bench_warm(struct bench_service *bench);
void bench_evict_caches(void);
u64 bench_cold(struct bench_service *bench);
int bench_steady(struct bench_service *bench, unsigned int ms,
		 struct bench_steady *result);

void bench_primitives(void (*print)(const char *name, u64 ticks));

u64 bench_now(void);
void bench_sort(u64 *values, unsigned int n);
u64 bench_picoseconds(u64 ticks);

#endif /* _BENCH_MEASURE_H */
