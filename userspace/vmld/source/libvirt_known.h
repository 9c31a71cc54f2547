/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a worker keeps of its domains from one poll to the next: since when they
 * run, and their addresses, which cost calls of their own and so are asked for
 * seldom, a few domains a poll.
 */
#ifndef VMLD_SOURCE_LIBVIRT_KNOWN_H
#define VMLD_SOURCE_LIBVIRT_KNOWN_H

#include <libvirt/libvirt.h>

#include "source/libvirt_address.h"
#include "source/neighbour.h"
#include "source/source.h"

struct libvirt_known_domain {
	uint8_t uuid[VM_UUID_SIZE];
	int64_t boot_id;
	uint64_t started_ns;
	bool seen;		/* in this poll */
	unsigned int pause;	/* polls until the addresses are asked for */
	unsigned int longer;	/* the next such pause */
	struct libvirt_addresses addresses;
};

struct libvirt_known {
	struct libvirt_known_domain *domains;
	size_t n_sorted;	/* by UUID; those behind are new */
	size_t n;
	size_t room;
	bool complete;		/* a whole poll has been seen */
	uint64_t deadline_ns;	/* no more asking in this poll after it */
	/* In the last poll, and in this one: no time for one never asked. */
	bool was_short;
	bool is_short;
	struct libvirt_address_sources sources;
	struct neighbours neighbours;
};

void libvirt_known_begin(struct libvirt_known *known);

/*
 * Fill in the rest of a sample that has identity, state and boot id. arrived:
 * it runs here since a migration, and was not started. -ENOMEM.
 */
int libvirt_known_update(struct libvirt_known *known, virDomainPtr domain,
			 bool arrived, struct vm_sample *sample);

/* The poll is complete: forget the domains that it did not have. */
void libvirt_known_end(struct libvirt_known *known);
void libvirt_known_done(struct libvirt_known *known);

#endif
