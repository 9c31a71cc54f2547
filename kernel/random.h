/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VML_RANDOM_H
#define _VML_RANDOM_H

#include <linux/percpu.h>
#include <linux/types.h>

DECLARE_PER_CPU(u64, vml_random_state);

void vml_random_init(void);

/**
 * vml_random_u64 - make a random number, fast and not for secrets
 *
 * SplitMix64: a Weyl sequence a CPU, mixed by David Stafford's variant 13 of
 * MurmurHash3's finalizer. See Steele, Lea and Flood, "Fast splittable
 * pseudorandom number generators", OOPSLA 2014. The sequence is advanced by
 * one per-CPU addition, so that it may be used in any context, and preempted,
 * with no protection.
 *
 * Return: a number uniform in 0 .. 2^64 - 1.
 */
static inline u64 vml_random_u64(void)
{
	u64 z = this_cpu_add_return(vml_random_state, 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

#endif /* _VML_RANDOM_H */
