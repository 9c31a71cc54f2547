/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IPVS for a keepalived that is measured where there is none: preloaded, it
 * acknowledges what keepalived sends through libnl, and does nothing. For OUTS,
 * see outs.h.
 */
#include <linux/ip_vs.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "outs.h"

#define FAMILY 0x7fff

static struct {
	nl_recvmsg_msg_cb_t callback;
	void *argument;
} ack;

int genl_ctrl_resolve(struct nl_sock *sock, const char *name)
{
	(void)sock;
	(void)name;
	return FAMILY;
}

int nl_send_auto(struct nl_sock *sock, struct nl_msg *message)
{
	struct nlmsghdr *header = nlmsg_hdr(message);
	struct nlattr *command[IPVS_CMD_ATTR_MAX + 1];
	struct nlattr *destination[IPVS_DEST_ATTR_MAX + 1];
	struct genlmsghdr *genl = nlmsg_data(header);
	struct in_addr address;

	(void)sock;
	if (genl->cmd != IPVS_CMD_DEL_DEST ||
	    genlmsg_parse(header, 0, command, IPVS_CMD_ATTR_MAX, NULL) < 0 ||
	    !command[IPVS_CMD_ATTR_DEST] ||
	    nla_parse_nested(destination, IPVS_DEST_ATTR_MAX,
			     command[IPVS_CMD_ATTR_DEST], NULL) < 0 ||
	    !destination[IPVS_DEST_ATTR_ADDR])
		return 0;
	nla_memcpy(&address, destination[IPVS_DEST_ATTR_ADDR],
		   sizeof(address));
	outs_add(address);
	return 0;
}

int nl_socket_modify_cb(struct nl_sock *sock, enum nl_cb_type type,
			enum nl_cb_kind kind, nl_recvmsg_msg_cb_t callback,
			void *argument)
{
	(void)sock;
	(void)kind;
	if (type == NL_CB_ACK) {
		ack.callback = callback;
		ack.argument = argument;
	}
	return 0;
}

int nl_recvmsgs_default(struct nl_sock *sock)
{
	(void)sock;
	if (ack.callback)
		ack.callback(NULL, ack.argument);
	return 0;
}
