/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "simulation.h"

/* Connections count after a time in which all settles. */
#define SETTLE (1.25 * TIME_WAIT)
#define COUNTED 200000

/* How much sooner the connections end of a server that fails. */
#define FAILS_SOONER 200

struct simulation {
	const struct scenario *scenario;
	const struct workload *workload;
	const struct rule *rule;
	struct fleet fleet;
	struct director director;
	double *latencies;	/* of those that count */
	u32 attracted;		/* how many of them */
};

static int scenario_fleet(const struct scenario *scenario, u32 connections,
			  struct fleet *fleet)
{
	int ret = fleet_init(fleet, scenario->n, connections);

	if (ret)
		return ret;
	for (u32 i = 0; scenario->make && i < fleet->n; i++)
		scenario->make(&fleet->servers[i], i);
	return 0;
}

static double fleet_speed(const struct fleet *fleet)
{
	double speed = 0;

	for (u32 i = 0; i < fleet->n; i++)
		speed += fleet->servers[i].speed;
	return speed;
}

int scenario_workload(const struct scenario *scenario, u64 seed,
		      struct workload **workload)
{
	struct fleet fleet;
	double rate;
	int ret;

	ret = scenario_fleet(scenario, 1, &fleet);
	if (ret)
		return ret;
	rate = scenario->load * fleet_speed(&fleet);
	fleet_free(&fleet);

	*workload = workload_new((u32)(rate * SETTLE) + COUNTED, rate, seed);
	return *workload ? 0 : -ENOMEM;
}

/* Where a connection is among those that count, or negative. */
static s64 counted_number(const struct simulation *simulation, u32 number)
{
	return (s64)number - (simulation->workload->n - COUNTED);
}

static void close_before(struct simulation *simulation, double time)
{
	while (fleet_next_end(&simulation->fleet) < time) {
		double now = fleet_next_end(&simulation->fleet);
		u32 number = fleet_close(&simulation->fleet);
		s64 counted = counted_number(simulation, number);

		if (counted >= 0)
			simulation->latencies[counted] =
			       now - simulation->workload->arrivals[number].at;
	}
}

static bool does_fail(const struct simulation *simulation,
		      const struct server *server)
{
	return server - simulation->fleet.servers + 1 ==
	       simulation->scenario->fails;
}

static int connect_one(struct simulation *simulation, u32 number)
{
	const struct arrival *arrival =
		&simulation->workload->arrivals[number];
	struct server *server;

	close_before(simulation, arrival->at);
	fleet_forget(&simulation->fleet, arrival->at);
	server = simulation->rule->select(&simulation->director);
	if (does_fail(simulation, server) &&
	    counted_number(simulation, number) >= 0)
		simulation->attracted++;
	return fleet_open(&simulation->fleet, server, arrival->at,
			  arrival->work, number);
}

static bool is_overloaded(const struct simulation *simulation)
{
	const struct fleet *fleet = &simulation->fleet;
	const struct rule *rule = simulation->rule;
	double rate = simulation->workload->rate;

	for (u32 i = 0; rule->share && i < fleet->n; i++) {
		const struct server *server = &fleet->servers[i];

		if (rate * rule->share(fleet, server) >= server->speed)
			return true;
	}
	return false;
}

/*
 * What would be at a place if values were sorted. Reorders them: Hoare,
 * "Algorithm 65: Find", Communications of the ACM 4(7), 1961.
 */
static double find(double *values, size_t n, size_t place)
{
	size_t low = 0, high = n - 1;

	while (low < high) {
		double pivot = values[low + (high - low) / 2];
		size_t i = low, j = high;

		for (;; i++, j--) {
			double value;

			while (values[i] < pivot)
				i++;
			while (values[j] > pivot)
				j--;
			if (i >= j)
				break;
			value = values[i];
			values[i] = values[j];
			values[j] = value;
		}
		if (place <= j)
			high = j;
		else
			low = j + 1;
	}
	return values[place];
}

static struct outcome outcome_of(struct simulation *simulation)
{
	struct outcome outcome = {
		.p99 = find(simulation->latencies, COUNTED, 0.99 * COUNTED),
		.p999 = find(simulation->latencies, COUNTED, 0.999 * COUNTED),
		.attracts = (double)simulation->attracted / COUNTED *
			    simulation->fleet.n,
	};

	for (size_t i = 0; i < COUNTED; i++)
		outcome.mean += simulation->latencies[i] / COUNTED;
	return outcome;
}

static int simulation_run(struct simulation *simulation, u64 seed,
			  struct outcome *outcome)
{
	int ret;

	if (is_overloaded(simulation))
		return -ERANGE;
	ret = director_init(&simulation->director, &simulation->fleet, seed);
	if (ret)
		return ret;
	for (u32 i = 0; !ret && i < simulation->workload->n; i++)
		ret = connect_one(simulation, i);
	if (!ret) {
		close_before(simulation, INFINITY);
		*outcome = outcome_of(simulation);
	}
	director_free(&simulation->director);
	return ret;
}

int simulate(const struct scenario *scenario, const struct rule *rule,
	     const struct workload *workload, u64 seed,
	     struct outcome *outcome)
{
	struct simulation simulation = {
		.scenario = scenario,
		.workload = workload,
		.rule = rule,
	};
	u32 fails = scenario->fails;
	int ret;

	simulation.latencies = calloc(COUNTED, sizeof(double));
	if (!simulation.latencies)
		return -ENOMEM;
	ret = scenario_fleet(scenario, workload->n, &simulation.fleet);
	if (!ret) {
		if (fails)
			simulation.fleet.servers[fails - 1].speed =
				FAILS_SOONER;
		ret = simulation_run(&simulation, seed, outcome);
		fleet_free(&simulation.fleet);
	}
	free(simulation.latencies);
	return ret;
}
