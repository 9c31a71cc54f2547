/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The destinations of a service that vmld manages, in the modes destinations
 * and service, and the weights that it gave them: a weight that it didn't give
 * is the administrator's wish, and stays.
 *
 * Pure: no I/O. Saved before the kernel is changed, so that after any crash
 * the kernel has one of the two weights that are kept.
 */
#ifndef VMLD_MANAGED_H
#define VMLD_MANAGED_H

#include <jansson.h>
#include <stdbool.h>

#include "libvml.h"

struct managed_destination {
	struct vml_destination_key key;
	uint32_t weight;	/* that we gave it last */
	uint32_t previous;	/* and before that */
	uint64_t idle_since;	/* ns, since when nothing needs it; 0: needed */
	bool seen;		/* in the kernel, at the last look */
};

struct managed {
	struct managed_destination *destinations;	/* sorted by key */
	size_t n;
	bool changed;		/* what is to be saved is no longer so */
};

void managed_clear(struct managed *managed);
struct managed_destination *managed_find(const struct managed *managed,
					 const struct vml_destination_key *key);
/* The one there is, or a new one; NULL: no memory. */
struct managed_destination *managed_add(struct managed *managed,
					const struct vml_destination_key *key,
					uint32_t weight);
void managed_remove(struct managed *managed,
		    const struct vml_destination_key *key);
void managed_set_weight(struct managed *managed,
			struct managed_destination *destination,
			uint32_t weight);

/* The kernel has it: the one before would be somebody else's from now on. */
void managed_settle(struct managed *managed,
		    struct managed_destination *destination);

/* {"10.0.0.1:80": [200, 0], ...}: weight, previous. NULL: no memory. */
json_t *managed_to_json(const struct managed *managed);
/* What isn't understood is skipped. -ENOMEM. */
int managed_from_json(const json_t *object, struct managed *ret_managed);

#endif
