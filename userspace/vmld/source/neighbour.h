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

/*
 * Have the kernel find out who has these addresses, those of them that are on
 * a link of ours; what it finds is among the neighbours a moment later. Needs
 * CAP_NET_ADMIN. 0, or a negative errno.
 */
int neighbours_solicit(const struct vm_address *addresses, size_t n);

/* 0, -ENOMEM, or another negative errno of netlink's. */
int neighbours_read(struct neighbours *neighbours);
void neighbours_done(struct neighbours *neighbours);

#endif
