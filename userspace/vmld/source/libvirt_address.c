/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libvirt/virterror.h>
#include <string.h>

#include "source/libvirt_address.h"
#include "source/libvirt_xml.h"
#include "util.h"

/* A guest says what it likes: nobody needs more than that. */
#define MAX_ADDRESSES 64

void libvirt_addresses_done(struct libvirt_addresses *addresses)
{
	free(addresses->addresses);
	free(addresses->macs);
	*addresses = (struct libvirt_addresses){};
}

static void add(struct libvirt_addresses *addresses,
		const struct vm_address *address)
{
	size_t n = addresses->n_addresses;
	struct vm_address *grown;

	/* Else a machine that is known by such a one would be a found one. */
	if (vm_address_is_local(address))
		return;
	for (size_t i = 0; i < n; i++)
		if (vm_address_equal(&addresses->addresses[i], address))
			return;
	if (n == MAX_ADDRESSES)
		return;
	grown = reallocarray(addresses->addresses, n + 1, sizeof(*grown));
	if (!grown)
		return;
	grown[n] = *address;
	addresses->addresses = grown;
	addresses->n_addresses = n + 1;
}

/* A driver that says so once is not asked again. */
static bool is_unsupported(void)
{
	int code = virGetLastErrorCode();

	return code == VIR_ERR_NO_SUPPORT || code == VIR_ERR_OPERATION_DENIED;
}

static void ask_driver(struct libvirt_addresses *found, virDomainPtr domain,
		       unsigned int source, bool *no_source)
{
	virDomainInterfacePtr *interfaces = NULL;
	int n;

	if (found->n_addresses || *no_source)
		return;
	n = virDomainInterfaceAddresses(domain, &interfaces, source, 0);
	if (n < 0)
		*no_source = is_unsupported();
	for (int i = 0; i < n; i++) {
		for (unsigned int j = 0; j < interfaces[i]->naddrs; j++) {
			struct vm_address address;

			if (vm_address_parse(interfaces[i]->addrs[j].addr,
					     &address) == 0)
				add(found, &address);
		}
		virDomainInterfaceFree(interfaces[i]);
	}
	free(interfaces);
}

/* Of no address of that family. */
static bool lack(const struct libvirt_addresses *addresses, uint16_t family)
{
	return !vm_addresses_have(addresses->addresses,
				  addresses->n_addresses, family);
}

void libvirt_addresses_ask_neighbours(struct libvirt_addresses *found,
				      struct neighbours *neighbours)
{
	bool ipv4 = lack(found, AF_INET), ipv6 = lack(found, AF_INET6);

	if ((!ipv4 && !ipv6) || !found->n_macs)
		return;
	if (!neighbours->is_read && neighbours_read(neighbours) < 0)
		return;
	for (size_t i = 0; i < neighbours->n; i++) {
		const struct neighbour *neighbour = &neighbours->neighbours[i];

		if (neighbour->address.family == AF_INET ? !ipv4 : !ipv6)
			continue;
		for (size_t j = 0; j < found->n_macs; j++)
			if (memcmp(neighbour->mac, found->macs[j],
				   VM_MAC_SIZE) == 0)
				add(found, &neighbour->address);
	}
}

/* What nobody knows now may be known again: it stays, if nothing replaces it. */
static void replace_addresses(struct libvirt_addresses *addresses,
			      struct libvirt_addresses *found)
{
	bool ipv4 = lack(found, AF_INET), ipv6 = lack(found, AF_INET6);

	for (size_t i = 0; i < addresses->n_addresses; i++)
		if (addresses->addresses[i].family == AF_INET ? ipv4 : ipv6)
			add(found, &addresses->addresses[i]);
	if (!found->n_addresses)
		return;
	free(addresses->addresses);
	addresses->addresses = TAKE_PTR(found->addresses);
	addresses->n_addresses = found->n_addresses;
	found->n_addresses = 0;
}

static void replace_macs(struct libvirt_addresses *addresses,
			 struct libvirt_addresses *found)
{
	if (!found->n_macs)
		return;
	free(addresses->macs);
	addresses->macs = TAKE_PTR(found->macs);
	addresses->n_macs = found->n_macs;
	found->n_macs = 0;
}

/* A guest may let libvirt wait for as long as that has patience. */
static void ask_agent(struct libvirt_addresses *found, virDomainPtr domain,
		      struct libvirt_address_sources *sources)
{
	if (found->n_addresses || sources->no_agent ||
	    !libvirt_agents_begin(sources->agents, domain, now_ns()))
		return;
	ask_driver(found, domain, VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT,
		   &sources->no_agent);
	libvirt_agents_end(sources->agents, domain, now_ns());
}

void libvirt_addresses_ask(struct libvirt_addresses *addresses,
			   struct libvirt_address_sources *sources,
			   struct neighbours *neighbours, virDomainPtr domain)
{
	_cleanup_(libvirt_addresses_done) struct libvirt_addresses found = {};
	_cleanup_free_ char *xml = virDomainGetXMLDesc(domain, 0);

	if (xml)
		libvirt_xml_macs(xml, &found.macs, &found.n_macs);
	ask_driver(&found, domain, VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE,
		   &sources->no_lease);
	ask_driver(&found, domain, VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP,
		   &sources->no_arp);
	libvirt_addresses_ask_neighbours(&found, neighbours);
	/* Without an agent at the other end libvirt would wait for it. */
	if (xml && libvirt_xml_has_agent(xml))
		ask_agent(&found, domain, sources);
	replace_addresses(addresses, &found);
	replace_macs(addresses, &found);
}
