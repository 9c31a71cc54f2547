// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Allocations that fail on demand. The kernel's own injection finds every one
 * of a task, also of its checkers, and of the allocators for themselves, whose
 * number varies. Where failures are counted, only those count that the module
 * asks for, each of which is known by its place in the source.
 */
#include <linux/sched.h>

#define VML_FAULTS_UNCOUNTED
#include "faults.h"
#include "fixture.h"

/* Whose allocation is to fail, and which one from now on. */
static struct task_struct *own_task;
static unsigned int own_nth;

/**
 * fixture_fail_nth - have an allocation of the current task fail
 * @n: which one from now on, 1 for the next
 *
 * tests/kunit/in-kernel has made those fail too that may wait.
 */
void fixture_fail_nth(unsigned int n)
{
	current->fail_nth = n;
}

/**
 * fixture_fail_own - have an allocation of the module's in this task fail
 * @n: which one from now on, 1 for the next
 */
void fixture_fail_own(unsigned int n)
{
	own_task = current;
	own_nth = n;
}

/**
 * fixture_allocations_left - tell how many allocations are left until then
 *
 * Return: their number.
 */
u32 fixture_allocations_left(void)
{
	return current->fail_nth;
}

/**
 * fixture_has_failed - end that
 *
 * Return: true if the allocation was reached, and has failed.
 */
bool fixture_has_failed(void)
{
	bool failed = !current->fail_nth && !own_nth;

	current->fail_nth = 0;
	own_task = NULL;
	own_nth = 0;
	return failed;
}

/* Begin an allocation, unless it has to fail; nth is for its end. */
static bool fixture_may_allocate(unsigned int *nth)
{
	if (current == own_task && own_nth && !--own_nth)
		return false;
	*nth = current->fail_nth;
	current->fail_nth = 0;
	return *nth != 1;
}

/* What the allocator needed for itself does not count. */
static void fixture_has_allocated(unsigned int nth)
{
	current->fail_nth = nth ? nth - 1 : 0;
}

/**
 * fixture_kzalloc - kzalloc(), or fail
 * @size: as for kzalloc()
 * @gfp: as for kzalloc()
 *
 * Return: the memory, or NULL.
 */
void *fixture_kzalloc(size_t size, gfp_t gfp)
{
	unsigned int nth;
	void *memory;

	if (!fixture_may_allocate(&nth))
		return NULL;
	memory = kzalloc(size, gfp);
	fixture_has_allocated(nth);
	return memory;
}

/**
 * fixture_kvmalloc - kvmalloc(), or fail
 * @size: as for kvmalloc()
 * @gfp: as for kvmalloc()
 *
 * Return: the memory, or NULL.
 */
void *fixture_kvmalloc(size_t size, gfp_t gfp)
{
	unsigned int nth;
	void *memory;

	if (!fixture_may_allocate(&nth))
		return NULL;
	memory = kvmalloc(size, gfp);
	fixture_has_allocated(nth);
	return memory;
}

/**
 * fixture_alloc_percpu - __alloc_percpu_gfp(), or fail
 * @size: as for __alloc_percpu_gfp()
 * @align: as for __alloc_percpu_gfp()
 * @gfp: as for __alloc_percpu_gfp()
 *
 * The kernel can't make these fail by itself.
 *
 * Return: the memory, or NULL.
 */
void __percpu *fixture_alloc_percpu(size_t size, size_t align, gfp_t gfp)
{
	void __percpu *memory;
	unsigned int nth;

	if (!fixture_may_allocate(&nth))
		return NULL;
	memory = __alloc_percpu_gfp(size, align, gfp);
	fixture_has_allocated(nth);
	return memory;
}
