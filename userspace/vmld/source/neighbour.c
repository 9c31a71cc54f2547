/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <string.h>

#include "source/neighbour.h"
#include "util.h"

/* What the kernel found to be there, lately or for certain. */
#define KNOWN_STATES (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | \
		      NUD_PERMANENT)

DEFINE_TRIVIAL_CLEANUP_FUNC(struct nl_sock *, nl_socket_free);

void neighbours_done(struct neighbours *neighbours)
{
	free(neighbours->neighbours);
	*neighbours = (struct neighbours){};
}

static int add(struct neighbours *neighbours, const struct neighbour *neighbour)
{
	struct neighbour *grown;

	grown = reallocarray(neighbours->neighbours, neighbours->n + 1,
			     sizeof(*grown));
	if (!grown)
		return NL_STOP;
	grown[neighbours->n++] = *neighbour;
	neighbours->neighbours = grown;
	return NL_OK;
}

static size_t address_size(uint16_t family)
{
	switch (family) {
	case AF_INET:
		return sizeof(struct in_addr);
	case AF_INET6:
		return sizeof(struct in6_addr);
	default:
		return 0;
	}
}

static int on_neighbour(struct nl_msg *message, void *userdata)
{
	struct nlmsghdr *header = nlmsg_hdr(message);
	struct neighbour neighbour = {};
	struct nlattr *address, *mac;
	struct ndmsg *data;
	size_t size;

	if (header->nlmsg_type != RTM_NEWNEIGH ||
	    !nlmsg_valid_hdr(header, sizeof(*data)))
		return NL_SKIP;
	data = nlmsg_data(header);
	size = address_size(data->ndm_family);
	address = nlmsg_find_attr(header, sizeof(*data), NDA_DST);
	mac = nlmsg_find_attr(header, sizeof(*data), NDA_LLADDR);
	if (!(data->ndm_state & KNOWN_STATES) || !size || !address || !mac ||
	    (size_t)nla_len(address) != size || nla_len(mac) != VM_MAC_SIZE)
		return NL_SKIP;
	neighbour.address.family = data->ndm_family;
	memcpy(&neighbour.address.address, nla_data(address), size);
	memcpy(neighbour.mac, nla_data(mac), VM_MAC_SIZE);
	return add(userdata, &neighbour);
}

int neighbours_read(struct neighbours *neighbours)
{
	_cleanup_(nl_socket_freep) struct nl_sock *socket = nl_socket_alloc();
	struct ndmsg request = { .ndm_family = AF_UNSPEC };

	neighbours_done(neighbours);
	neighbours->is_read = true;
	if (!socket)
		return -ENOMEM;
	nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, on_neighbour,
			    neighbours);
	if (nl_connect(socket, NETLINK_ROUTE) < 0 ||
	    nl_send_simple(socket, RTM_GETNEIGH, NLM_F_DUMP, &request,
			   sizeof(request)) < 0 ||
	    nl_recvmsgs_default(socket) < 0) {
		free(TAKE_PTR(neighbours->neighbours));
		neighbours->n = 0;
		return -EIO;
	}
	return 0;
}
