/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages as the kernel sends them, for tests of what reads them. */
#ifndef TEST_ANSWER_H
#define TEST_ANSWER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/genetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include "libvml.h"
#include "util.h"

#define TEST_FAMILY_ID 0x21
#define TEST_SEQUENCE 77

/* Begin a message of the type, with a generic netlink header if it has one. */
struct nl_msg *answer_new(uint16_t type, int flags, int command);

void answer_put_service(struct nl_msg *message, const char *key);
void answer_put_destination(struct nl_msg *message, const char *key,
			    const uint32_t *scale);

/* A complete answer to service-get and to destination-get. */
struct nl_msg *answer_service(const char *key);
struct nl_msg *answer_destination(const char *key);

/*
 * An acknowledgement (NLMSG_ERROR) or the end of a dump (NLMSG_DONE). text
 * and offset (if not 0) go into the extended acknowledgement.
 */
struct nl_msg *answer_ack(uint16_t type, int error, const char *text,
			  uint32_t offset);

/* The controller's description of a family with one multicast group. */
struct nl_msg *answer_family(const char *name, uint16_t id, const char *group,
			     uint32_t group_id);

struct vml_service_key service_key(const char *text);
struct vml_destination_key destination_key(const char *text);

#endif
