/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The addresses of a domain, from whoever knows them. */
#ifndef VMLD_SOURCE_LIBVIRT_ADDRESS_H
#define VMLD_SOURCE_LIBVIRT_ADDRESS_H

#include <libvirt/libvirt.h>

#include "source/libvirt_agents.h"
#include "source/neighbour.h"
#include "source/source.h"

struct libvirt_addresses {
	struct vm_address *addresses;
	size_t n_addresses;
	uint8_t (*macs)[VM_MAC_SIZE];
	size_t n_macs;
};

struct libvirt_address_sources {
	/* Ways to ask that the driver turned out not to have. */
	bool no_lease;
	bool no_arp;
	bool no_agent;
	struct libvirt_agents *agents;	/* borrowed; NULL: each is asked */
};

/*
 * Ask the hypervisor's DHCP server, its neighbour table, our own one, and the
 * guest's agent, until one of them knows. The hypervisor may know one family
 * alone (libvirt's neighbours are of IPv4): the other is looked for in our own
 * table. Of a family that nobody knows, what was known stays. neighbours is read
 * when first needed.
 */
void libvirt_addresses_ask(struct libvirt_addresses *addresses,
			   struct libvirt_address_sources *sources,
			   struct neighbours *neighbours, virDomainPtr domain);
/* Our own neighbour table alone, for families of which no address is known. */
void libvirt_addresses_ask_neighbours(struct libvirt_addresses *addresses,
				      struct neighbours *neighbours);
void libvirt_addresses_done(struct libvirt_addresses *addresses);

#endif
