/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of the generic netlink family "IPVS": writing and reading them. */
#ifndef VMLD_SINK_IPVS_MESSAGE_H
#define VMLD_SINK_IPVS_MESSAGE_H

#include <netlink/netlink.h>

#include "sink/ipvs_control.h"

/* The nest of a service; service is NULL: only its key. */
int ipvs_put_service(struct nl_msg *message, const struct vml_service_key *key,
		     const struct ipvs_service *service);
/* The nest of a destination; whole: not only its key. */
int ipvs_put_destination(struct nl_msg *message,
			 const struct ipvs_destination *destination,
			 bool whole);

/* Read an answer; -EBADMSG: something is missing in it. */
int ipvs_parse_service(struct nlmsghdr *header,
		       struct ipvs_service *ret_service);
/* family: of a kernel's destination that doesn't say its own. */
int ipvs_parse_destination(struct nlmsghdr *header, uint16_t family,
			   struct ipvs_destination *ret_destination);

#endif
