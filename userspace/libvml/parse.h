/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages from the kernel, read from memory: no socket, no state.
 *
 * Each function returns 0, or -EBADMSG if the message is not of the form that
 * the family's specification gives it; what is returned is untouched then.
 * Messages lie at addresses aligned to four bytes.
 */
#ifndef VML_PARSE_H
#define VML_PARSE_H

#include <linux/genetlink.h>
#include <linux/netlink.h>

#include "libvml.h"

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

int vml_parse_service(const struct nlmsghdr *message,
		      struct vml_service *ret_service);
int vml_parse_destination(const struct nlmsghdr *message,
			  struct vml_destination *ret_destination);
int vml_parse_generation(const struct nlmsghdr *message,
			 uint32_t *ret_generation);

/* Keys from the contents of a service or destination attribute. */
int vml_parse_service_key(const struct nlattr *nest,
			  struct vml_service_key *ret_key);
int vml_parse_destination_key(const struct nlattr *nest,
			      struct vml_destination_key *ret_key);

/* 1: an event, 0: a command that this library does not know. */
int vml_parse_event(const struct nlmsghdr *message,
		    struct vml_event *ret_event);

/*
 * From the generic netlink controller: 1 if the message describes the family
 * of that name, 0 if it is about another one. group names the multicast group
 * looked for.
 */
int vml_parse_family(const struct nlmsghdr *message, const char *name,
		     const char *group, struct vml_family *ret_family);

#endif
