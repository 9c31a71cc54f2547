// SPDX-License-Identifier: GPL-2.0
#include <linux/random.h>

#include "random.h"

DEFINE_PER_CPU(u64, vml_random_state);

/**
 * vml_random_init - start every CPU's sequence at a place of its own
 */
void vml_random_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		per_cpu(vml_random_state, cpu) = get_random_u64();
}
