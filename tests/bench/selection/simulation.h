/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One rule in one scenario: a discrete-event simulation.
 */
#ifndef SELECTION_SIMULATION_H
#define SELECTION_SIMULATION_H

#include "rules.h"
#include "workload.h"

/**
 * struct scenario
 * @name: for people
 * @n: number of servers
 * @load: work that comes, as a part of what they can do while none fails
 * @make: makes the i-th server, from 0, another than of speed and weight 1
 * @fails: number of the server, from 1, that fails at once, or 0
 */
struct scenario {
	const char *name;
	u32 n;
	double load;
	void (*make)(struct server *server, u32 i);
	u32 fails;
};

/**
 * struct outcome
 * @mean: latency, in units of time
 * @p99: its 99th percentile
 * @p999: its 99.9th percentile
 * @attracts: the share of connections that the server gets which fails, as a
 *	multiple of 1/n
 */
struct outcome {
	double mean;
	double p99;
	double p999;
	double attracts;
};

/**
 * scenario_workload - what comes in a scenario
 * @scenario: the scenario
 * @seed: the same gives the same
 * @workload: what comes, for workload_free()
 *
 * Return: 0, or -ENOMEM.
 */
int scenario_workload(const struct scenario *scenario, u64 seed,
		      struct workload **workload);

/**
 * simulate - see what comes of a rule
 * @scenario: the scenario
 * @rule: the rule
 * @workload: of the scenario
 * @seed: for decisions
 * @outcome: what came of it, of connections after a time to settle
 *
 * Return: 0, or -ENOMEM, or -ERANGE if the rule gives a server more than it can
 * do, whatever its load, so that latencies would grow without end.
 */
int simulate(const struct scenario *scenario, const struct rule *rule,
	     const struct workload *workload, u64 seed,
	     struct outcome *outcome);

#endif
