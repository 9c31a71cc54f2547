/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SELECTION_RANDOM_H
#define SELECTION_RANDOM_H

#include <linux/types.h>

/* The next of a sequence, by SplitMix64, as the module has it. */
static inline u64 random_u64(u64 *state)
{
	u64 z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/* Above 0, up to 1. */
static inline double random_uniform(u64 *state)
{
	return (double)((random_u64(state) >> 11) + 1) * 0x1p-53;
}

#endif
