/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ifaddrs.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <string.h>

#include "source/neighbour.h"
#include "util.h"

DEFINE_TRIVIAL_CLEANUP_FUNC(struct nl_sock *, nl_socket_free);
DEFINE_TRIVIAL_CLEANUP_FUNC(struct nl_msg *, nlmsg_free);
DEFINE_TRIVIAL_CLEANUP_FUNC(struct ifaddrs *, freeifaddrs);

static size_t bytes_of(const struct sockaddr *address, const uint8_t **ret)
{
	switch (address->sa_family) {
	case AF_INET:
		*ret = (const uint8_t *)
			&((const struct sockaddr_in *)address)->sin_addr;
		return sizeof(struct in_addr);
	case AF_INET6:
		*ret = (const uint8_t *)
			&((const struct sockaddr_in6 *)address)->sin6_addr;
		return sizeof(struct in6_addr);
	default:
		return 0;
	}
}

/* Whether address is in the network of an interface's own, other address. */
static bool is_on_link(const struct ifaddrs *interface,
		       const struct vm_address *address)
{
	const uint8_t *wanted = (const uint8_t *)&address->address;
	const uint8_t *own = NULL, *mask = NULL;
	bool same = true;
	size_t size;

	if (!interface->ifa_addr || !interface->ifa_netmask ||
	    interface->ifa_flags & (IFF_LOOPBACK | IFF_NOARP) ||
	    !(interface->ifa_flags & IFF_UP) ||
	    interface->ifa_addr->sa_family != address->family)
		return false;
	size = bytes_of(interface->ifa_addr, &own);
	if (bytes_of(interface->ifa_netmask, &mask) != size)
		return false;
	for (size_t i = 0; i < size; i++) {
		if ((own[i] ^ wanted[i]) & mask[i])
			return false;
		same = same && own[i] == wanted[i];
	}
	return !same;
}

/* NTF_USE: as if a packet for it were there, but there is none. */
static int solicit(struct nl_sock *socket, unsigned int interface,
		   const struct vm_address *address)
{
	_cleanup_(nlmsg_freep) struct nl_msg *message = NULL;
	struct ndmsg data = {
		.ndm_family = (uint8_t)address->family,
		.ndm_ifindex = (int)interface,
		.ndm_flags = NTF_USE,
	};
	int size = address->family == AF_INET ?
		   (int)sizeof(address->address.ipv4) :
		   (int)sizeof(address->address.ipv6);

	message = nlmsg_alloc_simple(RTM_NEWNEIGH, NLM_F_CREATE);
	if (!message || nlmsg_append(message, &data, sizeof(data), 0) < 0 ||
	    nla_put(message, NDA_DST, size, &address->address) < 0)
		return -ENOMEM;
	return nl_send_auto(socket, message) < 0 ? -EIO : 0;
}

int neighbours_solicit(const struct vm_address *addresses, size_t n)
{
	_cleanup_(nl_socket_freep) struct nl_sock *socket = nl_socket_alloc();
	_cleanup_(freeifaddrsp) struct ifaddrs *interfaces = NULL;
	int r = 0;

	if (!socket)
		return -ENOMEM;
	/* Nobody waits for answers: a host that is down has none either. */
	nl_socket_disable_auto_ack(socket);
	if (nl_connect(socket, NETLINK_ROUTE) < 0)
		return -EIO;
	if (getifaddrs(&interfaces) < 0)
		return -errno;
	for (size_t i = 0; i < n && r == 0; i++) {
		const struct ifaddrs *interface = interfaces;

		while (interface && !is_on_link(interface, &addresses[i]))
			interface = interface->ifa_next;
		if (interface)
			r = solicit(socket,
				    if_nametoindex(interface->ifa_name),
				    &addresses[i]);
	}
	return r;
}
