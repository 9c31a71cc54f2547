// SPDX-License-Identifier: GPL-2.0-or-later
/* Allocations that fail on demand. */
#include <linux/percpu.h>
#include <linux/sched.h>

#include "fixture.h"
#include "percpu_faults.h"

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
	bool failed = !current->fail_nth;

	current->fail_nth = 0;
	return failed;
}

/**
 * fixture_alloc_percpu - allocate memory per CPU, or fail
 * @size: its size
 * @align: its alignment
 * @gfp: how to allocate
 *
 * What the allocator needs for itself does not count.
 *
 * Return: the memory, or NULL.
 */
void __percpu *fixture_alloc_percpu(size_t size, size_t align, gfp_t gfp)
{
	unsigned int nth = current->fail_nth;
	void __percpu *memory;

	if (nth == 1) {
		current->fail_nth = 0;
		return NULL;
	}
	current->fail_nth = 0;
	memory = __alloc_percpu_gfp(size, align, gfp);
	current->fail_nth = nth ? nth - 1 : 0;
	return memory;
}
