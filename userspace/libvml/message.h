/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests of the family, built in memory. Their type (the family's id) and
 * their sequence number are filled in when they are sent.
 */
#ifndef VML_MESSAGE_H
#define VML_MESSAGE_H

#include <netlink/msg.h>

#include "libvml.h"
#include "util.h"

DEFINE_TRIVIAL_CLEANUP_FUNC(struct nl_msg *, nlmsg_free);

/*
 * flags: NLM_F_ACK or NLM_F_DUMP. service and destination may be NULL.
 * -EINVAL: a key that no service or destination can have; -ENOMEM.
 */
int vml_message_get(uint8_t command, int flags,
		    const struct vml_service_key *service,
		    const struct vml_destination_key *destination,
		    struct nl_msg **ret_message);

/* -EMSGSIZE: more destinations than one message can hold. */
int vml_message_scale_set(const struct vml_service_key *service,
			  const struct vml_scale *scales, size_t n,
			  const struct vml_commit *commit,
			  struct nl_msg **ret_message);

/*
 * A request to the generic netlink controller: one family by its name, which
 * loads its module, or, if name is NULL, all of them, which loads none.
 */
int vml_message_get_family(const char *name, struct nl_msg **ret_message);

#endif
