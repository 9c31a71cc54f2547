/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "operation/placement.h"

int placement_choose(const struct placement_host *hosts, size_t n,
		     uint32_t vcpus)
{
	bool cpus_known = true;
	double least = 0;
	int chosen = -1;

	for (size_t i = 0; i < n; i++)
		if (hosts[i].possible && !hosts[i].cpus)
			cpus_known = false;
	for (size_t i = 0; i < n; i++) {
		double load = (double)hosts[i].vcpus + (double)vcpus;

		if (!hosts[i].possible)
			continue;
		if (cpus_known)
			load /= (double)hosts[i].cpus;
		if (chosen >= 0 && load >= least)
			continue;
		chosen = (int)i;
		least = load;
	}
	return chosen;
}
