/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What surrounds the family's messages: datagrams, acknowledgements, and the
 * generic netlink controller's descriptions of families. Read from memory, as
 * in parse.h, and refused with -EBADMSG in the same way.
 */
#ifndef VML_CONTROL_H
#define VML_CONTROL_H

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VML_ACK_TEXT_MAX 256

/* How a request ended. Offsets count from the header of the request. */
struct vml_ack {
	int error;			/* 0 or a negative errno */
	bool has_offset;
	uint32_t offset;		/* of the attribute complained of */
	bool has_missing;
	uint32_t missing_type;		/* of an attribute not there */
	uint32_t missing_nest;		/* of the nest it is not in; 0: top */
	char text[VML_ACK_TEXT_MAX];	/* the kernel's, or empty */
};

struct vml_family {
	uint16_t id;
	uint32_t events_group;		/* 0: the family has no such group */
};

/* Part of a received datagram that is still to be read. */
struct vml_datagram {
	const void *next;
	size_t left;
};

/* 1: a message, 0: no more, -EBADMSG: what is left is not a message. */
int vml_datagram_next(struct vml_datagram *datagram,
		      const struct nlmsghdr **ret_message);

/* Of an NLMSG_ERROR or, at the end of a dump, an NLMSG_DONE. */
int vml_parse_ack(const struct nlmsghdr *message, struct vml_ack *ret_ack);

/* The command of a generic netlink message. */
int vml_parse_command(const struct nlmsghdr *message, uint8_t *ret_command);

/*
 * From the generic netlink controller: 1 if the message describes the family
 * of that name, 0 if it is about another one. group names the multicast group
 * looked for.
 */
int vml_parse_family(const struct nlmsghdr *message, const char *name,
		     const char *group, struct vml_family *ret_family);

#endif
