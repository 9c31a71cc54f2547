/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a machine that leaves its host is to go. */
#ifndef VMLD_OPERATION_PLACEMENT_H
#define VMLD_OPERATION_PLACEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct placement_host {
	bool possible;		/* up, and not the host that it leaves */
	uint32_t cpus;		/* 0: unknown */
	uint32_t vcpus;		/* of the machines that it runs */
};

/*
 * The host with the fewest vCPUs for each of its CPUs once the machine's are
 * there, or with the fewest if the CPUs of one are not known; the first of
 * equals. -1: none is possible.
 */
int placement_choose(const struct placement_host *hosts, size_t n,
		     uint32_t vcpus);

#endif
