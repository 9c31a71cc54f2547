// SPDX-License-Identifier: GPL-2.0
/*
 * What schedulers are made of. Kernels differ in what these cost: a user-mode
 * kernel can't stop interrupts by one instruction, and finds its CPU's own data
 * by a detour.
 */
#include <linux/bottom_half.h>
#include <linux/percpu.h>
#include <linux/random.h>
#include <linux/spinlock.h>

#include "measure.h"

#define BENCH_ROUNDS	50
#define BENCH_REPEATS	1000

static DEFINE_PER_CPU(unsigned long, bench_counter);
static DEFINE_SPINLOCK(bench_lock);
static atomic_t bench_atomic;

static void bench_nothing(void)
{
}

static void bench_this_cpu_inc(void)
{
	this_cpu_inc(bench_counter);
}

static void bench_raw_cpu_add_return(void)
{
	raw_cpu_add_return(bench_counter, 2);
}

static void bench_spin_lock_bh(void)
{
	spin_lock_bh(&bench_lock);
	spin_unlock_bh(&bench_lock);
}

static void bench_atomic_inc(void)
{
	atomic_inc(&bench_atomic);
}

static void bench_get_random_u32(void)
{
	u32 random = get_random_u32();

	/* asked for, so not left out */
	OPTIMIZER_HIDE_VAR(random);
}

static const struct {
	const char *name;
	void (*call)(void);
} bench_list[] = {
	{ "nothing", bench_nothing },
	{ "this_cpu_inc", bench_this_cpu_inc },
	{ "raw_cpu_add_return", bench_raw_cpu_add_return },
	{ "spin_lock_bh", bench_spin_lock_bh },
	{ "atomic_inc", bench_atomic_inc },
	{ "get_random_u32", bench_get_random_u32 },
};

/**
 * bench_primitives - measure them
 * @print: is told what each takes, the least of many times, called indirectly
 */
void bench_primitives(void (*print)(const char *name, u64 ticks))
{
	unsigned int i, j, round;

	for (i = 0; i < ARRAY_SIZE(bench_list); i++) {
		u64 least = U64_MAX;

		for (round = 0; round < BENCH_ROUNDS; round++) {
			u64 start;

			local_bh_disable();
			start = bench_now();
			for (j = 0; j < BENCH_REPEATS; j++)
				bench_list[i].call();
			least = min(least, bench_now() - start);
			local_bh_enable();
		}
		print(bench_list[i].name,
		      (least << BENCH_TICK_BITS) / BENCH_REPEATS);
	}
}
