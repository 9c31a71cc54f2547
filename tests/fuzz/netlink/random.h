/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers that follow from a seed alone. */
#ifndef FUZZ_RANDOM_H
#define FUZZ_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct random {
	uint64_t state;
};

/* Steele, Lea, Flood: Fast splittable pseudorandom number generators (2014) */
static inline uint64_t random_next(struct random *random)
{
	uint64_t z = random->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* From 0 to n - 1. */
static inline uint32_t random_below(struct random *random, uint32_t n)
{
	return (uint32_t)((random_next(random) >> 32) * n >> 32);
}

/* True in one case of n. */
static inline bool random_one_in(struct random *random, uint32_t n)
{
	return !random_below(random, n);
}

#endif
