// SPDX-License-Identifier: GPL-2.0
#include <linux/bottom_half.h>
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/sched.h>
#include <linux/skbuff.h>
#include <linux/sort.h>
#include <linux/vmalloc.h>

#include "measure.h"

#define BENCH_MAX_CPUS		2
#define BENCH_BATCHES		20
#define BENCH_BATCHES_FEWEST	4
#define BENCH_BATCHES_TRIED	100
#define BENCH_BATCH_NS		(50 * NSEC_PER_USEC)
/* Of a batch; after each, a CPU lets the others know that it is at work. */
#define BENCH_PIECES		8
#define BENCH_INTERRUPTED_NS	NSEC_PER_MSEC
/* Long enough for every destination of the largest service to be touched. */
#define BENCH_WARM_UP_NS	(2 * NSEC_PER_MSEC)
#define BENCH_EVICT_BYTES	(48UL << 20)

/* One CPU's part in measuring. */
struct bench_worker {
	unsigned int pieces ____cacheline_aligned_in_smp;

	struct task_struct *task ____cacheline_aligned_in_smp;
	struct completion start;
	unsigned int seed;
	unsigned int n;
	u64 batches[BENCH_BATCHES];
};

static struct {
	unsigned int cpus;
	struct bench_worker workers[BENCH_MAX_CPUS];
	struct bench_service *bench;
	atomic_t arrived;
	atomic_t measured;
	struct completion done;

	struct sk_buff *skb;
	u8 *evict;
	u64 tick0;
	u64 ns0;
	u64 overhead;
} measure;

/**
 * bench_now - read the time stamp counter
 *
 * Nothing before it is still under way, and nothing after it has begun.
 *
 * Return: ticks.
 */
u64 bench_now(void)
{
	u32 low, high;

	asm volatile("lfence; rdtsc; lfence" : "=a" (low), "=d" (high) :
		     : "memory");
	return (u64)high << 32 | low;
}

static u64 bench_kilohertz(void)
{
	return div64_u64((bench_now() - measure.tick0) * 1000000,
			 ktime_get_ns() - measure.ns0);
}

/**
 * bench_picoseconds - convert a duration
 * @ticks: the duration
 *
 * Return: the same in picoseconds.
 */
u64 bench_picoseconds(u64 ticks)
{
	return div64_u64(ticks * 1000000000, bench_kilohertz()) >>
	       BENCH_TICK_BITS;
}

static u64 bench_ticks(u64 ns)
{
	return div64_u64(ns * bench_kilohertz(), 1000000);
}

static int bench_compare(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/**
 * bench_sort - put values into order
 * @values: the values
 * @n: their number
 */
void bench_sort(u64 *values, unsigned int n)
{
	sort(values, n, sizeof(*values), bench_compare, NULL);
}

/* Clients come from all over a network, always to the same service. */
static struct ip_vs_iphdr bench_header(union nf_inet_addr *source,
				       union nf_inet_addr *destination,
				       unsigned int i)
{
	source->ip = htonl(0xc6120000 + i * 2654435761u % 131072);
	return (struct ip_vs_iphdr){
		.protocol = IPPROTO_TCP,
		.saddr = *source,
		.daddr = *destination,
	};
}

/*
 * As IPVS decides: in a soft interrupt, within a reader's section, and then
 * with a connection more on the destination.
 */
static void bench_decide(struct bench_service *bench, unsigned int *seed,
			 unsigned int decisions)
{
	union nf_inet_addr source = {}, destination = bench->svc->addr;
	struct ip_vs_scheduler *scheduler = bench->scheduler;
	unsigned int i;

	for (i = 0; i < decisions; i++) {
		struct ip_vs_iphdr iph = bench_header(&source, &destination,
						      ++*seed);
		struct ip_vs_dest *dest;

		rcu_read_lock();
		dest = scheduler->schedule(bench->svc, measure.skb, &iph);
		if (dest)
			atomic_inc(&dest->activeconns);
		rcu_read_unlock();
		if (dest)
			atomic_dec(&dest->activeconns);
	}
}

/* In ticks. */
static u64 bench_run(struct bench_service *bench, struct bench_worker *worker,
		     unsigned int pieces, unsigned int decisions)
{
	unsigned int i;
	u64 start;

	local_bh_disable();
	start = bench_now();
	for (i = 0; i < pieces; i++) {
		bench_decide(bench, &worker->seed, decisions);
		WRITE_ONCE(worker->pieces, worker->pieces + 1);
	}
	start = bench_now() - start;
	local_bh_enable();
	return start - min(start, measure.overhead);
}

/* One batch, and how long a decision has taken. */
static u64 bench_batch(struct bench_service *bench,
		       struct bench_worker *worker)
{
	unsigned int decisions = READ_ONCE(bench->decisions);
	u64 ticks = bench_run(bench, worker, BENCH_PIECES, decisions);

	cond_resched();
	return div_u64(ticks << BENCH_TICK_BITS, BENCH_PIECES * decisions);
}

static unsigned int bench_pieces_of_others(const struct bench_worker *worker)
{
	unsigned int i, pieces = 0;

	for (i = 0; i < measure.cpus; i++)
		if (worker != &measure.workers[i])
			pieces += READ_ONCE(measure.workers[i].pieces);
	return pieces;
}

/*
 * Collect batches. What stands for a CPU may itself not be running, and then
 * the other decides undisturbed: a batch counts only if meanwhile the others
 * have done half as much at least, and twice as much at most.
 */
static void bench_collect(struct bench_service *bench,
			  struct bench_worker *worker)
{
	unsigned int fewest = (measure.cpus - 1) * BENCH_PIECES / 2;
	unsigned int most = (measure.cpus - 1) * BENCH_PIECES * 2, i;

	worker->n = 0;
	for (i = 0; i < BENCH_BATCHES_TRIED && worker->n < BENCH_BATCHES; i++) {
		unsigned int others = bench_pieces_of_others(worker);
		u64 ticks = bench_batch(bench, worker);

		others = bench_pieces_of_others(worker) - others;
		if (others >= fewest && others <= most)
			worker->batches[worker->n++] = ticks;
	}
}

/*
 * Bring everything into the caches, and batches to their length. One that was
 * interrupted counts for no more than twice that.
 */
static void bench_warm_up(struct bench_service *bench,
			  struct bench_worker *worker)
{
	bool leads = worker == measure.workers;
	u64 long_enough = bench_ticks(BENCH_BATCH_NS);
	u64 end = bench_ticks(BENCH_WARM_UP_NS), spent = 0;

	while (spent < end) {
		unsigned int decisions = READ_ONCE(bench->decisions);
		u64 ticks = bench_run(bench, worker, BENCH_PIECES, decisions);

		if (ticks < long_enough && leads)
			WRITE_ONCE(bench->decisions, 2 * decisions);
		spent += min(ticks, 2 * long_enough);
		cond_resched();
	}
}

/* All begin together, and none ends before the others have measured. */
static int bench_work(void *data)
{
	struct bench_worker *worker = data;

	for (;;) {
		wait_for_completion(&worker->start);
		if (kthread_should_stop())
			return 0;

		atomic_inc(&measure.arrived);
		while (atomic_read(&measure.arrived) < measure.cpus)
			cond_resched();
		bench_warm_up(measure.bench, worker);
		bench_collect(measure.bench, worker);
		atomic_inc(&measure.measured);
		while (atomic_read(&measure.measured) < measure.cpus)
			bench_batch(measure.bench, worker);
		complete(&measure.done);
	}
}

/**
 * bench_warm - decide with everything in the caches, on all CPUs at once
 * @bench: the service
 *
 * Return: how long a decision takes on each CPU, as the lowest decile of
 * batches, or U64_MAX if the CPUs have hardly ever decided at once.
 */
u64 bench_warm(struct bench_service *bench)
{
	u64 batches[BENCH_MAX_CPUS * BENCH_BATCHES];
	unsigned int i, n = 0;

	measure.bench = bench;
	atomic_set(&measure.arrived, 0);
	atomic_set(&measure.measured, 0);
	for (i = 0; i < measure.cpus; i++)
		complete(&measure.workers[i].start);
	for (i = 0; i < measure.cpus; i++)
		wait_for_completion(&measure.done);
	for (i = 0; i < measure.cpus; i++) {
		struct bench_worker *worker = &measure.workers[i];

		memcpy(batches + n, worker->batches,
		       worker->n * sizeof(*batches));
		n += worker->n;
	}
	if (n < BENCH_BATCHES_FEWEST)
		return U64_MAX;
	bench_sort(batches, n);
	return batches[n / 10];
}

/**
 * bench_evict_caches - put everything else out of the caches
 */
void bench_evict_caches(void)
{
	unsigned long i;

	for (i = 0; i < BENCH_EVICT_BYTES; i += 64)
		WRITE_ONCE(measure.evict[i], measure.evict[i] + 1);
}

/**
 * bench_cold - decide once
 * @bench: a service that is not in the caches
 *
 * Return: how long the decision takes.
 */
u64 bench_cold(struct bench_service *bench)
{
	return bench_run(bench, &measure.workers[0], 1, 1) << BENCH_TICK_BITS;
}

/**
 * bench_steady - decide for a while, on one CPU
 * @bench: the service
 * @ms: for how long
 * @result: what it has taken
 *
 * Return: 0, or -ENOMEM.
 */
int bench_steady(struct bench_service *bench, unsigned int ms,
		 struct bench_steady *result)
{
	unsigned int n = 0, kept = 0, most = ms * 100;
	u64 interrupted, end, sum = 0, *batches;
	struct bench_worker *worker = measure.workers;

	batches = vmalloc(array_size(most, sizeof(*batches)));
	if (!batches)
		return -ENOMEM;
	bench_warm_up(bench, worker);
	interrupted = bench_ticks(BENCH_INTERRUPTED_NS) << BENCH_TICK_BITS;
	end = bench_now() + bench_ticks(ms * NSEC_PER_MSEC);
	while (n < most && bench_now() < end) {
		u64 ticks = bench_batch(bench, worker);

		batches[n++] = ticks;
		if (ticks * bench->decisions * BENCH_PIECES < interrupted) {
			sum += ticks;
			kept++;
		}
	}
	result->batches = n;
	result->interrupted = n - kept;
	result->mean = div64_u64(sum, max(kept, 1U));
	bench_sort(batches, n);
	result->median = batches[n / 2];
	vfree(batches);
	return 0;
}

/* What measuring takes by itself. */
static u64 bench_overhead(void)
{
	u64 least = U64_MAX;
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		u64 start = bench_now();

		least = min(least, bench_now() - start);
	}
	return least;
}

/**
 * bench_measure_init - get ready
 * @cpus: how many CPUs are to decide at once: the last ones that there are
 *
 * Return: 0, or a negative errno, after which bench_measure_exit() is due too.
 */
int bench_measure_init(unsigned int cpus)
{
	unsigned int i;

	if (!cpus || cpus > BENCH_MAX_CPUS || cpus > num_online_cpus())
		return -EINVAL;
	measure.tick0 = bench_now();
	measure.ns0 = ktime_get_ns();
	measure.overhead = bench_overhead();
	init_completion(&measure.done);

	/* sh and mh look for the source port in the packet. */
	measure.skb = alloc_skb(128, GFP_KERNEL);
	measure.evict = vzalloc(BENCH_EVICT_BYTES);
	if (!measure.skb || !measure.evict)
		return -ENOMEM;
	skb_put_zero(measure.skb, 128);

	for (i = 0; i < cpus; i++) {
		struct bench_worker *worker = &measure.workers[i];
		struct task_struct *task;

		init_completion(&worker->start);
		worker->seed = i << 16;
		task = kthread_create(bench_work, worker, "vml_bench/%u", i);
		if (IS_ERR(task))
			return PTR_ERR(task);
		kthread_bind(task, num_online_cpus() - 1 - i);
		wake_up_process(task);
		worker->task = task;
		measure.cpus++;
	}
	return 0;
}

/**
 * bench_measure_exit - clean up
 */
void bench_measure_exit(void)
{
	unsigned int i;

	for (i = 0; i < measure.cpus; i++) {
		complete(&measure.workers[i].start);
		kthread_stop(measure.workers[i].task);
	}
	vfree(measure.evict);
	kfree_skb(measure.skb);
}
