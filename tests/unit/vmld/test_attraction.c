/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cap on what a member attracts, in a closed loop: connections are balanced as
 * the module does it, and the policy sees what a kernel counts.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "policy/policy.h"
#include "util.h"

#define MOST 40
#define MOST_CONNECTIONS 4096
#define DRAWS 4

struct server {
	uint32_t weight;
	double mean;		/* seconds that a connection takes */
	uint64_t picks;
	unsigned int active;
	double scale;
};

struct loop {
	struct policy *policy;
	struct policy_params params;
	struct policy_member members[MOST];
	struct server servers[MOST];
	size_t n;
	double rate;		/* connections a second */
	uint64_t seed;
	double now;
	struct connection {
		double until;
		size_t server;
	} open[MOST_CONNECTIONS];
	size_t n_open;

	/* Since start_counting(), for the test to look at. */
	uint64_t before[MOST];
	double least;		/* of the factors that were seen */
	size_t capped;		/* evaluations with a cap */
	size_t turns;		/* of the first one's scale, up and down */
};

/* 0..1, by SplitMix64. */
static double uniform(struct loop *loop)
{
	uint64_t z = loop->seed += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static double exponential(struct loop *loop, double mean)
{
	return -mean * log(1 - uniform(loop));
}

static void loop_init(struct loop *loop, size_t n, double rate, double mean,
		      uint64_t seed)
{
	*loop = (struct loop){
		.params = policy_default_params,
		.n = n,
		.rate = rate,
		.seed = seed,
		.least = 1,
	};
	for (size_t i = 0; i < n; i++) {
		char key[32];

		snprintf(key, sizeof(key), "10.0.0.%zu:80", i + 1);
		assert_int_equal(vml_destination_key_parse(
					 key, &loop->members[i].key), 0);
		loop->servers[i] = (struct server){
			.weight = 100, .mean = mean, .scale = 1,
		};
	}
}

static void loop_begin(struct loop *loop)
{
	assert_int_equal(policy_new(&loop->params, &loop->policy), 0);
	for (size_t i = 0; i < loop->n; i++)
		loop->members[i].weight = loop->servers[i].weight;
	assert_int_equal(policy_set_members(loop->policy, loop->members,
					    loop->n), 0);
}

/* The server at a place, 0..1. */
static size_t draw(const struct loop *loop, double place)
{
	double sum = 0, at;

	for (size_t i = 0; i < loop->n; i++)
		sum += loop->servers[i].weight * loop->servers[i].scale;
	at = place * sum;
	for (size_t i = 0; i < loop->n; i++) {
		at -= loop->servers[i].weight * loop->servers[i].scale;
		if (at < 0)
			return i;
	}
	return loop->n - 1;
}

static double cost(const struct server *server)
{
	return (2.0 * server->active + 1) / (server->weight * server->scale);
}

static void close_until(struct loop *loop, double until)
{
	for (size_t i = 0; i < loop->n_open;) {
		if (loop->open[i].until > until) {
			i++;
			continue;
		}
		loop->servers[loop->open[i].server].active--;
		loop->open[i] = loop->open[--loop->n_open];
	}
}

static void connect_one(struct loop *loop, double at)
{
	double place = uniform(loop);
	double stride = 3 / 16. + uniform(loop) / 8;
	size_t best = draw(loop, place);

	close_until(loop, at);
	for (int i = 1; i < DRAWS; i++) {
		size_t other = draw(loop, fmod(place + i * stride, 1));

		if (cost(&loop->servers[other]) < cost(&loop->servers[best]))
			best = other;
	}
	assert_true(loop->n_open < MOST_CONNECTIONS);
	loop->servers[best].picks++;
	loop->servers[best].active++;
	loop->open[loop->n_open++] = (struct connection){
		.until = at + exponential(loop, loop->servers[best].mean),
		.server = best,
	};
}

static void evaluate(struct loop *loop)
{
	struct policy_connections connections[MOST];
	const struct policy_verdict *verdicts;
	size_t n;

	for (size_t i = 0; i < loop->n; i++)
		connections[i] = (struct policy_connections){
			.key = loop->members[i].key,
			.picks = loop->servers[i].picks,
			.active_connections = loop->servers[i].active,
		};
	policy_connections(loop->policy, connections, loop->n);
	verdicts = policy_evaluate(loop->policy,
				   (uint64_t)((1000 + loop->now) * 1e9), &n);
	for (size_t i = 0; i < n; i++) {
		double scale = (double)verdicts[i].scale / VML_SCALE_ONE;

		for (size_t j = 0; j < verdicts[i].n_reasons; j++)
			loop->capped += verdicts[i].reasons[j].type ==
					POLICY_REASON_ATTRACTS;
		loop->least = fmin(loop->least, scale);
		assert_true(verdicts[i].scale > 0);
		loop->servers[i].scale = scale;
	}
}

static void run(struct loop *loop, unsigned int seconds)
{
	double next = loop->now + exponential(loop, 1 / loop->rate);

	for (unsigned int i = 0; i < seconds; i++) {
		while (next < loop->now + 1) {
			connect_one(loop, next);
			next += exponential(loop, 1 / loop->rate);
		}
		loop->now++;
		close_until(loop, loop->now);
		evaluate(loop);
	}
}

static void start_counting(struct loop *loop)
{
	for (size_t i = 0; i < loop->n; i++)
		loop->before[i] = loop->servers[i].picks;
	loop->least = 1;
	loop->capped = 0;
}

/* Of the connections since then. */
static double share(const struct loop *loop, size_t i)
{
	uint64_t all = 0;

	for (size_t j = 0; j < loop->n; j++)
		all += loop->servers[j].picks - loop->before[j];
	return (double)(loop->servers[i].picks - loop->before[i]) / (double)all;
}

static void loop_end(struct loop *loop)
{
	policy_free(loop->policy);
}

/*
 * What goes on in fleets that are well: nobody is ever capped, be the load light or
 * heavy, the members alike or not, connections short or long.
 */
static void ordinary_fleets_are_left_alone(void **state)
{
	static const size_t sizes[] = { 2, 3, 4, 8, 24 };
	static const double means[] = { 0.005, 0.1, 2, 30 };
	/* Active ones a member. */
	static const double loads[] = { 0.01, 0.05, 0.5, 2, 8 };
	static struct loop loop;
	uint64_t seed = 1;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
	for (size_t j = 0; j < ARRAY_SIZE(means); j++)
	for (size_t k = 0; k < ARRAY_SIZE(loads); k++)
	for (int kind = 0; kind < 4; kind++) {
		size_t n = sizes[i];
		double rate = loads[k] * (double)n / means[j];

		/* As many as can be played in a moment. */
		if (rate > 2000)
			continue;
		loop_init(&loop, n, rate, means[j], seed++);
		for (size_t m = 0; m < n; m++) {
			struct server *server = &loop.servers[m];

			/* Of two sizes; a little different; of two speeds. */
			if (kind == 1 && m % 3 == 0)
				server->weight = 400;
			if (kind == 2)
				server->weight = 100 + (uint32_t)m;
			if (kind == 3 && m % 2)
				server->mean *= 1.5;
		}
		loop_begin(&loop);
		run(&loop, 120);
		if (loop.capped)
			fail_msg("%zu members, %g s, load %g, kind %d: x%g",
				 n, means[j], loads[k], kind, loop.least);
		loop_end(&loop);
	}
}

/* Members that hang get next to nothing: those that don't are not to blame. */
static void who_does_the_work_of_those_that_hang_is_left_alone(void **state)
{
	static struct loop loop;

	(void)state;
	/* Of two, four and four. */
	for (size_t hang = 0; hang <= 2; hang++) {
		size_t n = hang ? 4 : 2, hung = hang ? hang : 1;

		loop_init(&loop, n, 40, 0.1, 7);
		for (size_t i = 0; i < hung; i++)
			loop.servers[i].mean = 1000;
		loop_begin(&loop);
		run(&loop, 120);
		assert_int_equal(loop.capped, 0);
		/* They did it. */
		assert_true(share(&loop, n - 1) > 0.9 / (double)(n - hung));
		loop_end(&loop);
	}
}

/* A member that fails at once, among n that take their time. */
static void sink_hole(struct loop *loop, size_t n, double limit)
{
	loop_init(loop, n, 40.0 * (double)n, 0.1, n);
	loop->params.attraction_limit = limit;
	loop->servers[0].mean = 0.0005;
	loop_begin(loop);
	run(loop, 60);
	start_counting(loop);
	run(loop, 120);
}

static void what_fails_fast_is_capped(void **state)
{
	static const size_t sizes[] = { 3, 4, 8, 24, 40 };
	static struct loop loop;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		double n = (double)sizes[i], without, with, odds;

		sink_hole(&loop, sizes[i], 0);
		without = share(&loop, 0);
		assert_int_equal(loop.capped, 0);
		loop_end(&loop);
		sink_hole(&loop, sizes[i], 2);
		with = share(&loop, 0);
		/* As many as two others get, and a little for chance. */
		odds = with / ((1 - with) / (n - 1));
		assert_true(odds > 1.8 && odds < 2.5);
		/* That was needed: it would have been 3 times and more. */
		assert_true(without / ((1 - without) / (n - 1)) > 3);
		loop_end(&loop);
	}
}

static void another_limit_is_another_share(void **state)
{
	static struct loop loop;
	double odds;

	(void)state;
	sink_hole(&loop, 10, 1.3);
	odds = share(&loop, 0) / ((1 - share(&loop, 0)) / 9);
	assert_true(odds > 1.2 && odds < 1.7);
	loop_end(&loop);
}

/* Once it is found, its scale stays about where it is. */
static void the_cap_does_not_oscillate(void **state)
{
	static struct loop loop;
	double low = 1, high = 0;

	(void)state;
	sink_hole(&loop, 8, 2);
	for (int i = 0; i < 120; i++) {
		run(&loop, 1);
		low = fmin(low, loop.servers[0].scale);
		high = fmax(high, loop.servers[0].scale);
	}
	assert_true(low > 0.3 && high < 0.9);
	assert_true(high / low < 1.35);
	/* And nobody else has anything to do with it. */
	for (size_t i = 1; i < loop.n; i++)
		assert_true(loop.servers[i].scale == 1);
	loop_end(&loop);
}

static void one_that_is_well_again_has_all(void **state)
{
	static struct loop loop;

	(void)state;
	sink_hole(&loop, 8, 2);
	loop.servers[0].mean = 0.1;
	run(&loop, 90);
	start_counting(&loop);
	run(&loop, 120);
	assert_int_equal(loop.capped, 0);
	assert_true(fabs(share(&loop, 0) - 1.0 / 8) < 0.02);
	loop_end(&loop);
}

/* Too few connections to tell it from chance, or none active to compare with. */
static void without_evidence_nobody_is_capped(void **state)
{
	static struct loop loop;

	(void)state;
	loop_init(&loop, 8, 0.5, 0.1, 3);
	loop.servers[0].mean = 0.0005;
	loop_begin(&loop);
	run(&loop, 300);
	assert_int_equal(loop.capped, 0);
	loop_end(&loop);

	loop_init(&loop, 8, 300, 0.0001, 3);
	loop.servers[0].mean = 0.00001;
	loop_begin(&loop);
	run(&loop, 120);
	assert_int_equal(loop.capped, 0);
	loop_end(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinary_fleets_are_left_alone),
		cmocka_unit_test(who_does_the_work_of_those_that_hang_is_left_alone),
		cmocka_unit_test(what_fails_fast_is_capped),
		cmocka_unit_test(another_limit_is_another_share),
		cmocka_unit_test(the_cap_does_not_oscillate),
		cmocka_unit_test(one_that_is_well_again_has_all),
		cmocka_unit_test(without_evidence_nobody_is_capped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
