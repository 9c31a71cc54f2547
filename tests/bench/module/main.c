// SPDX-License-Identifier: GPL-2.0
/*
 * What one scheduling decision costs: schedule() in a loop, for every scheduler
 * that is registered. Loading the module measures, and prints objects of JSON,
 * durations in picoseconds. Loading ends in an error, since nothing is left
 * that could be unloaded.
 *
 *	cpus=N		on N CPUs at once
 *	steady=MS	vml alone, for so long; others may publish meanwhile
 *
 * Other programs run on the same machine. So the schedulers take turns, round
 * after round, for as long as there is time; of warm caches, the least of all
 * rounds is printed, each of which has the lowest decile of many batches; of
 * cold ones, the median of all rounds.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/random.h>
#include <linux/sched.h>

#include "measure.h"

#define BENCH_SCHEDULERS_MAX	16
#define BENCH_WARM_ROUNDS	15
#define BENCH_COLD_ROUNDS	45
#define BENCH_TURNS_MS		5000

static const unsigned int bench_sizes[] = { 2, 16, 128, 1024, 8192 };
static const unsigned int bench_steady_sizes[] = { 1024, 8192 };

static unsigned int cpus = 1;
module_param(cpus, uint, 0);
static unsigned int steady;
module_param(steady, uint, 0);

/* Our own entry of the list of schedulers, by which the others are found. */
static struct ip_vs_scheduler bench_scheduler = {
	.name	= "vml_bench",
	.refcnt	= ATOMIC_INIT(0),
	.module	= THIS_MODULE,
	.n_list	= LIST_HEAD_INIT(bench_scheduler.n_list),
};

static struct ip_vs_scheduler *bench_schedulers[BENCH_SCHEDULERS_MAX];
static unsigned int bench_num_schedulers;

static struct bench_service bench_services[BENCH_SCHEDULERS_MAX];

static void bench_find_schedulers(void)
{
	struct list_head *head, *node;

	/* The newest scheduler is the list's first. */
	head = bench_scheduler.n_list.prev;
	for (node = bench_scheduler.n_list.next; node != head;
	     node = node->next) {
		struct ip_vs_scheduler *scheduler =
			list_entry(node, struct ip_vs_scheduler, n_list);

		if (steady && strcmp(scheduler->name, "vml"))
			continue;
		if (WARN_ON(bench_num_schedulers == BENCH_SCHEDULERS_MAX))
			break;
		bench_schedulers[bench_num_schedulers++] = scheduler;
	}
}

static void bench_print(const struct bench_service *bench, const char *caches,
			u64 ticks)
{
	pr_info("{\"scheduler\": \"%s\", \"destinations\": %u, \"cpus\": %u, \"caches\": \"%s\", \"ps\": %llu}\n",
		bench->scheduler->name, bench->n, cpus, caches,
		bench_picoseconds(ticks));
}

static void bench_print_primitive(const char *name, u64 ticks)
{
	pr_info("{\"primitive\": \"%s\", \"ps\": %llu}\n", name,
		bench_picoseconds(ticks));
}

/*
 * Call @measure_one for all, @rounds times at most; each time another is the
 * first. Returns how many times.
 */
static unsigned int bench_take_turns(unsigned int rounds, void (*before)(void),
				     u64 (*measure_one)(struct bench_service *),
				     u64 (*results)[BENCH_COLD_ROUNDS])
{
	ktime_t end = ktime_add_ms(ktime_get(), cpus * BENCH_TURNS_MS);
	unsigned int i, round;

	for (round = 0; round < rounds; round++) {
		if (round && ktime_after(ktime_get(), end))
			break;
		if (before)
			before();
		for (i = 0; i < bench_num_schedulers; i++) {
			unsigned int turn = (round + i) % bench_num_schedulers;

			if (bench_services[turn].svc)
				results[turn][round] =
					measure_one(&bench_services[turn]);
		}
		cond_resched();
	}
	return round;
}

static void bench_compare_all(void)
{
	static u64 results[BENCH_SCHEDULERS_MAX][BENCH_COLD_ROUNDS];
	unsigned int i, rounds;

	rounds = bench_take_turns(BENCH_WARM_ROUNDS, NULL, bench_warm, results);
	for (i = 0; i < bench_num_schedulers; i++) {
		bench_sort(results[i], rounds);
		if (bench_services[i].svc && results[i][0] != U64_MAX)
			bench_print(&bench_services[i], "warm", results[i][0]);
	}
	if (num_online_cpus() > 1)
		return;

	rounds = bench_take_turns(BENCH_COLD_ROUNDS, bench_evict_caches,
				  bench_cold, results);
	for (i = 0; i < bench_num_schedulers; i++) {
		bench_sort(results[i], rounds);
		if (bench_services[i].svc)
			bench_print(&bench_services[i], "cold",
				    results[i][rounds / 2]);
	}
}

static int bench_go_steady(void)
{
	struct bench_steady result;
	int err = bench_steady(&bench_services[0], steady, &result);

	if (err)
		return err;
	pr_info("{\"destinations\": %u, \"median_ps\": %llu, \"mean_ps\": %llu, \"batches\": %u, \"interrupted\": %u}\n",
		bench_services[0].n, bench_picoseconds(result.median),
		bench_picoseconds(result.mean), result.batches,
		result.interrupted);
	return 0;
}

static int bench_size(unsigned int n)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < bench_num_schedulers; i++)
		err = bench_service_init(&bench_services[i],
					 bench_schedulers[i], n);
	if (!err && steady)
		err = bench_num_schedulers ? bench_go_steady() : -ENOENT;
	else if (!err)
		bench_compare_all();
	for (i = 0; i < bench_num_schedulers; i++)
		bench_service_exit(&bench_services[i]);
	return err;
}

static int bench_all_sizes(void)
{
	const unsigned int *sizes = steady ? bench_steady_sizes : bench_sizes;
	unsigned int i, n;
	int err = 0;

	n = steady ? ARRAY_SIZE(bench_steady_sizes) : ARRAY_SIZE(bench_sizes);
	if (!steady && cpus == 1)
		bench_primitives(bench_print_primitive);
	for (i = 0; !err && i < n; i++)
		err = bench_size(sizes[i]);
	return err;
}

static int __init bench_init(void)
{
	int err;

	/* Some schedulers draw random numbers, which are slow before. */
	err = wait_for_random_bytes();
	if (err)
		return err;
	err = register_ip_vs_scheduler(&bench_scheduler);
	if (err)
		return err;
	bench_find_schedulers();
	err = bench_measure_init(cpus);
	if (!err)
		err = bench_all_sizes();
	bench_measure_exit();
	unregister_ip_vs_scheduler(&bench_scheduler);
	return err ?: -ECANCELED;
}
module_init(bench_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Cost of an IPVS scheduling decision");
