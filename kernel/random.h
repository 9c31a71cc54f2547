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
 * pseudorandom number generators", OOPSLA 2014.
 *
 * Nothing protects the step: where it is more than one instruction, somebody
 * who comes between may get the same number, which does no harm.
 *
 * Return: uniform in 0 .. 2^64 - 1.
 */
static inline u64 vml_random_u64(void)
{
	u64 z = raw_cpu_add_return(vml_random_state, 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static inline u32 vml_random_u32(void)
{
	return vml_random_u64() >> 32;
}

#endif /* _VML_RANDOM_H */
