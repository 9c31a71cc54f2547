/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "health/members.h"

void health_members_clear(struct health_members *health)
{
	free(health->members);
	*health = (struct health_members){};
}

/* Where it is, or would be. */
static size_t place_of(const struct health_members *health,
		       const struct vml_destination_key *key)
{
	size_t low = 0, high = health->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (vml_destination_key_compare(&health->members[middle].key,
						key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_at(const struct health_members *health, size_t at,
		  const struct vml_destination_key *key)
{
	return at < health->n &&
	       !vml_destination_key_compare(&health->members[at].key, key);
}

int health_members_check(struct health_members *health,
			 const struct health_config *config,
			 const struct vml_destination_key *key,
			 const struct health_result *result, uint64_t time_ns)
{
	size_t at = place_of(health, key);
	struct health_member *members;

	if (!is_at(health, at, key)) {
		members = reallocarray(health->members, health->n + 1,
				       sizeof(*members));
		if (!members)
			return -ENOMEM;
		memmove(&members[at + 1], &members[at],
			(health->n - at) * sizeof(*members));
		members[at] = (struct health_member){ .key = *key };
		health->members = members;
		health->n++;
	}
	return health_state_check(&health->members[at].state, config, result,
				  time_ns);
}

void health_members_keep(struct health_members *health,
			 const struct vml_destination_key *keys, size_t n)
{
	size_t kept = 0, j = 0;

	for (size_t i = 0; i < health->n; i++) {
		const struct vml_destination_key *key =
			&health->members[i].key;

		while (j < n && vml_destination_key_compare(&keys[j], key) < 0)
			j++;
		if (j < n && !vml_destination_key_compare(&keys[j], key))
			health->members[kept++] = health->members[i];
	}
	health->n = kept;
}

const struct health_state *
health_members_find(const struct health_members *health,
		    const struct vml_destination_key *key)
{
	size_t at = place_of(health, key);

	return is_at(health, at, key) ? &health->members[at].state : NULL;
}
