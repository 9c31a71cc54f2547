/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How healthy the members of a service are. Pure, as state.h is. */
#ifndef VMLD_HEALTH_MEMBERS_H
#define VMLD_HEALTH_MEMBERS_H

#include "health/state.h"
#include "libvml.h"

struct health_members {
	struct health_member {
		struct vml_destination_key key;
		struct health_state state;
	} *members;			/* in the order of their keys */
	size_t n;
};

void health_members_clear(struct health_members *health);

/*
 * A check of a member has ended. As health_state_check(), and -ENOMEM: it is
 * as if it had not been made.
 */
int health_members_check(struct health_members *health,
			 const struct health_config *config,
			 const struct vml_destination_key *key,
			 const struct health_result *result, uint64_t time_ns);

/* Forget those that are not among the keys, which are in their order. */
void health_members_keep(struct health_members *health,
			 const struct vml_destination_key *keys, size_t n);

/* NULL: no check of it has ended. */
const struct health_state *
health_members_find(const struct health_members *health,
		    const struct vml_destination_key *key);

#endif
