/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules by which servers are selected, beside each other in scenarios. Prints
 * JSON objects, one a line. Nothing is timed: each run prints the same.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "simulation.h"

#define SEEDS 4

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static void make_size(struct server *server, u32 size)
{
	server->speed = size;
	server->weight = size;
}

static void make_of_two_sizes(struct server *server, u32 i)
{
	make_size(server, 2 - i % 2);
}

static void make_of_five_sizes(struct server *server, u32 i)
{
	make_size(server, 1 + i * 7 % 5);
}

static void make_one_large(struct server *server, u32 i)
{
	make_size(server, i ? 1 : 4);
}

/* Neither the first nor the last, which is not the same to IPVS's walks. */
static void make_some_slow(struct server *server, u32 i)
{
	if (i % 4 == 2)
		server->speed = 0.5;
}

static const struct scenario latency_scenarios[] = {
	{ .name = "2, load 0.7", .n = 2, .load = 0.7 },
	{ .name = "2, load 0.9", .n = 2, .load = 0.9 },
	{ .name = "2, sizes 2 and 1", .n = 2, .load = 0.8,
	  .make = make_of_two_sizes },
	{ .name = "3", .n = 3, .load = 0.8 },
	{ .name = "4", .n = 4, .load = 0.8 },
	{ .name = "4, sizes 2 and 1", .n = 4, .load = 0.8,
	  .make = make_of_two_sizes },
	{ .name = "8, sizes 1 to 5", .n = 8, .load = 0.8,
	  .make = make_of_five_sizes },
	{ .name = "8, two slow", .n = 8, .load = 0.8,
	  .make = make_some_slow },
	{ .name = "16, one of size 4", .n = 16, .load = 0.8,
	  .make = make_one_large },
	{ .name = "32, load 0.9", .n = 32, .load = 0.9 },
	{ .name = "128, sizes 2 and 1", .n = 128, .load = 0.8,
	  .make = make_of_two_sizes },
};

static const struct {
	u32 servers[4];
	double loads[2];
} failing = { { 2, 4, 8, 32 }, { 0.5, 0.9 } };

static void print_latencies(const struct scenario *scenario,
			    const struct rule *rule, unsigned int seed,
			    const struct outcome *outcome)
{
	printf("{\"what\": \"latency\", \"scenario\": \"%s\", ",
	       scenario->name);
	printf("\"rule\": \"%s\", \"seed\": %u, ", rule->name, seed);
	printf("\"mean\": %.4f, \"p99\": %.4f, \"p999\": %.4f}\n",
	       outcome->mean, outcome->p99, outcome->p999);
}

static void print_attraction(const struct scenario *scenario,
			     const struct rule *rule, unsigned int seed,
			     const struct outcome *outcome)
{
	printf("{\"what\": \"attraction\", \"servers\": %u, \"load\": %.1f, ",
	       scenario->n, scenario->load);
	printf("\"fails\": \"%s\", ", scenario->name);
	printf("\"rule\": \"%s\", \"seed\": %u, ", rule->name, seed);
	printf("\"attracts\": %.4f}\n", outcome->attracts);
}

/* All rules have the same connections to select servers for. */
static int compare(const struct scenario *scenario, unsigned int seed)
{
	struct workload *workload;
	int ret = scenario_workload(scenario, seed, &workload);

	if (ret)
		return ret;
	for (const struct rule *rule = rules; !ret && rule->name; rule++) {
		struct outcome outcome;

		/* Not the workload's stream of random numbers. */
		ret = simulate(scenario, rule, workload, ~(u64)seed, &outcome);
		if (!ret)
			(scenario->fails ? print_attraction : print_latencies)
				(scenario, rule, seed, &outcome);
		else if (ret == -ERANGE)
			ret = 0;
	}
	workload_free(workload);
	return ret;
}

static int compare_with_seeds(const struct scenario *scenario)
{
	int ret = 0;

	for (unsigned int seed = 1; !ret && seed <= SEEDS; seed++)
		ret = compare(scenario, seed);
	return ret;
}

static int compare_latencies(void)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < ARRAY_SIZE(latency_scenarios); i++)
		ret = compare_with_seeds(&latency_scenarios[i]);
	return ret;
}

/* IPVS's walks take the first of equal ones, so it matters which one fails. */
static int compare_attraction_of(u32 n, double load)
{
	int ret = compare_with_seeds(&(struct scenario){
		.name = "first", .n = n, .load = load, .fails = 1,
	});

	return ret ?: compare_with_seeds(&(struct scenario){
		.name = "last", .n = n, .load = load, .fails = n,
	});
}

static int compare_attraction(void)
{
	int ret = 0;

	for (size_t i = 0; i < ARRAY_SIZE(failing.loads); i++)
		for (size_t j = 0; !ret && j < ARRAY_SIZE(failing.servers); j++)
			ret = compare_attraction_of(failing.servers[j],
						    failing.loads[i]);
	return ret;
}

int main(void)
{
	int ret = compare_latencies();

	if (!ret)
		ret = compare_attraction();
	if (ret)
		fprintf(stderr, "selection: %s\n", strerror(-ret));
	return ret != 0;
}
