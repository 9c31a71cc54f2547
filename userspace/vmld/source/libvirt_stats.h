/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One poll of a libvirt connection: states, CPU time, waiting time. */
#ifndef VMLD_SOURCE_LIBVIRT_STATS_H
#define VMLD_SOURCE_LIBVIRT_STATS_H

#include <libvirt/libvirt.h>

#include "source/libvirt_known.h"
#include "source/source.h"

struct libvirt_stats {
	bool is_qemu;
	bool no_bulk;		/* one call a domain, and less in it */
	bool fake_time;		/* the test driver's CPU time is a clock */
	uint32_t cpus;		/* of the host; 0: it does not tell */
	unsigned int capabilities; /* STATS and STEAL, once seen */
};

void libvirt_stats_init(struct libvirt_stats *stats, virConnectPtr connection);

/*
 * One call for all domains, where the driver has it. 0 or a negative errno;
 * libvirt's last error then says why.
 */
int libvirt_stats_poll(struct libvirt_stats *stats, virConnectPtr connection,
		       const char *hypervisor, struct libvirt_known *known,
		       struct vm_inventory **ret_inventory);

/* In our words; ret_pause is set if the state is VM_STATE_PAUSED. */
enum vm_state libvirt_stats_state(int state, int reason,
				  enum vm_pause *ret_pause);

/*
 * CPU time, waiting time and number of a QEMU domain's running vCPUs, as far
 * as they are there: under NOWAIT a busy domain answers in part.
 */
void libvirt_stats_vcpus(virTypedParameterPtr parameters, int n,
			 struct vm_sample *sample);

/* Requests of its disks, and the time that they took, likewise. */
void libvirt_stats_blocks(virTypedParameterPtr parameters, int n,
			  struct vm_sample *sample);

/* What the guest told of its memory, if its balloon has a stats period. */
void libvirt_stats_memory(virTypedParameterPtr parameters, int n,
			  struct vm_sample *sample);

#endif
