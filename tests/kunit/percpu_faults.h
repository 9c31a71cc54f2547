/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kbuild includes this before registry.c: the kernel can't make per-CPU
 * allocations fail, so that they go through the fixture, which can.
 */
#ifndef _VML_PERCPU_FAULTS_H
#define _VML_PERCPU_FAULTS_H

#include <linux/percpu.h>
#include <linux/slab.h>

void __percpu *fixture_alloc_percpu(size_t size, size_t align, gfp_t gfp);

#undef alloc_percpu_gfp
#define alloc_percpu_gfp(type, gfp)					\
	((typeof(type) __percpu *)fixture_alloc_percpu(sizeof(type),	\
						       __alignof__(type), gfp))

#undef alloc_percpu
#define alloc_percpu(type)	alloc_percpu_gfp(type, GFP_KERNEL)

#endif /* _VML_PERCPU_FAULTS_H */
