/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SHIM_LINUX_SLAB_H
#define SHIM_LINUX_SLAB_H

#include <limits.h>
#include <stdlib.h>

#include <linux/overflow.h>
#include <linux/types.h>

/* After how many allocations one fails, or negative: none does. */
extern int shim_allocations_left;

/* Aligned as a cache line, which kmalloc() is for all but two small sizes. */
static inline void *kvmalloc(size_t size, gfp_t gfp)
{
	void *memory;

	(void)gfp;
	if (shim_allocations_left == 0 || size > INT_MAX)
		return NULL;
	if (shim_allocations_left > 0)
		shim_allocations_left--;
	return posix_memalign(&memory, 64, size) == 0 ? memory : NULL;
}

static inline void *kvmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	return kvmalloc(size_mul(n, size), gfp);
}

static inline void kvfree(const void *memory)
{
	free((void *)memory);
}

#endif
