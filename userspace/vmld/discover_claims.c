/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "discover_claims.h"
#include "util.h"

int claims_add(struct claims *claims, const struct discover_member *member,
	       enum claim_rank rank, bool remembered)
{
	if (claims->n == claims->room) {
		size_t room = claims->room ? 2 * claims->room : 16;
		struct claim *grown;

		grown = reallocarray(claims->claims, room, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		claims->claims = grown;
		claims->room = room;
	}
	claims->claims[claims->n++] = (struct claim){
		.member = *member,
		.rank = rank,
		.remembered = remembered,
	};
	return 0;
}

void claims_done(struct claims *claims)
{
	free(claims->claims);
	*claims = (struct claims){};
}

enum claim_rank claim_rank_of(enum vm_state state)
{
	switch (state) {
	case VM_STATE_RUNNING:
	case VM_STATE_MIGRATING:
		return CLAIM_RUNNING;
	case VM_STATE_PAUSED:
		return CLAIM_PAUSED;
	default:
		return CLAIM_DOWN;
	}
}

static int compare_claims(const void *first, const void *second)
{
	const struct claim *a = first, *b = second;
	int order;

	order = vml_destination_key_compare(&a->member.key, &b->member.key);
	if (!order)
		order = COMPARE((int)b->member.rule->has_address,
				(int)a->member.rule->has_address);
	if (!order)
		order = COMPARE((int)a->rank, (int)b->rank);
	if (!order)
		order = COMPARE((int)b->remembered, (int)a->remembered);
	if (!order)
		order = COMPARE(a->member.rule, b->member.rule);
	if (!order)
		order = memcmp(a->member.uuid, b->member.uuid, VM_UUID_SIZE);
	return order;
}

void claims_sort(struct claims *claims)
{
	if (claims->n)
		qsort(claims->claims, claims->n, sizeof(*claims->claims),
		      compare_claims);
}

size_t claims_group(const struct claims *claims, size_t first)
{
	const struct vml_destination_key *key;
	size_t n = 1;

	key = &claims->claims[first].member.key;
	while (first + n < claims->n &&
	       vml_destination_key_compare(key,
			&claims->claims[first + n].member.key) == 0)
		n++;
	return n;
}

bool claims_contain(const struct claims *claims, size_t n,
		    const struct discover_member *member)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (vml_destination_key_compare(
				&claims->claims[middle].member.key,
				&member->key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (size_t i = low; i < n &&
	     vml_destination_key_compare(&claims->claims[i].member.key,
					 &member->key) == 0; i++)
		if (memcmp(claims->claims[i].member.uuid, member->uuid,
			   VM_UUID_SIZE) == 0)
			return true;
	return false;
}

bool claim_is_same_machine(const struct claim *a, const struct claim *b)
{
	return memcmp(a->member.uuid, b->member.uuid, VM_UUID_SIZE) == 0;
}

bool claim_is_rival(const struct claim *best, const struct claim *other)
{
	return other->rank == best->rank && best->rank <= CLAIM_DOWN &&
	       other->member.rule->has_address ==
			best->member.rule->has_address &&
	       !claim_is_same_machine(best, other);
}
