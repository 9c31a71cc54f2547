/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The neighbours that this machine's kernel knows. A director on the link of
 * its virtual machines knows their addresses by their MACs, even where the
 * hypervisor does not.
 */
#ifndef VMLD_SOURCE_NEIGHBOUR_H
#define VMLD_SOURCE_NEIGHBOUR_H

#include "source/source.h"

struct neighbours {
	bool is_read;		/* or tried to */
	struct neighbour {
		uint8_t mac[VM_MAC_SIZE];
		struct vm_address address;
	} *neighbours;
	size_t n;
};

/* 0, -ENOMEM, or another negative errno of netlink's. */
int neighbours_read(struct neighbours *neighbours);
void neighbours_done(struct neighbours *neighbours);

#endif
