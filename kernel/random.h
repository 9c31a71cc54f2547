/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VML_RANDOM_H
#define _VML_RANDOM_H

#include <linux/percpu.h>
#include <linux/types.h>

DECLARE_PER_CPU(u64, vml_random_state);

void vml_random_init(void);

#define VML_RANDOM_STEP	0x9e3779b97f4a7c15ULL

static inline u64 vml_random_mix(u64 z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/**
 * vml_random_u64s - make random numbers, fast and not for secrets
 * @numbers: where they go, uniform in 0 .. 2^64 - 1
 * @n: how many
 *
 * SplitMix64: a Weyl sequence a CPU, mixed by David Stafford's variant 13 of
 * MurmurHash3's finalizer. See Steele, Lea and Flood, "Fast splittable
 * pseudorandom number generators", OOPSLA 2014.
 *
 * Nothing protects the step: where it is more than one instruction, somebody
 * who comes between may get the same numbers, which does no harm.
 */
static inline void vml_random_u64s(u64 *numbers, unsigned int n)
{
	u64 state = raw_cpu_add_return(vml_random_state, n * VML_RANDOM_STEP);
	unsigned int i;

	for (i = 0; i < n; i++)
		numbers[i] = vml_random_mix(state - i * VML_RANDOM_STEP);
}

static inline u32 vml_random_u32(void)
{
	u64 number;

	vml_random_u64s(&number, 1);
	return number >> 32;
}

#endif /* _VML_RANDOM_H */
