/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kbuild includes this before sources of the module: what they allocate goes
 * through the fixture, which can make it fail, and counts nothing else.
 */
#ifndef _VML_FAULTS_H
#define _VML_FAULTS_H

#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/slab.h>

void *fixture_kzalloc(size_t size, gfp_t gfp);
void *fixture_kvmalloc(size_t size, gfp_t gfp);
void __percpu *fixture_alloc_percpu(size_t size, size_t align, gfp_t gfp);

#ifndef VML_FAULTS_UNCOUNTED

#undef kzalloc
#define kzalloc(size, gfp)	fixture_kzalloc(size, gfp)

#undef kvmalloc
#define kvmalloc(size, gfp)	fixture_kvmalloc(size, gfp)

#undef kvmalloc_array
#define kvmalloc_array(n, size, gfp)					\
	fixture_kvmalloc(array_size(n, size), gfp)

#undef alloc_percpu_gfp
#define alloc_percpu_gfp(type, gfp)					\
	((typeof(type) __percpu *)fixture_alloc_percpu(sizeof(type),	\
						       __alignof__(type), gfp))

#undef alloc_percpu
#define alloc_percpu(type)	alloc_percpu_gfp(type, GFP_KERNEL)

#endif /* VML_FAULTS_UNCOUNTED */

#endif /* _VML_FAULTS_H */
