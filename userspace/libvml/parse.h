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

#include <linux/netlink.h>

#include "libvml.h"

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

#endif
