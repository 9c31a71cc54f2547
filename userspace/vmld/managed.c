/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "managed.h"
#include "util.h"

void managed_clear(struct managed *managed)
{
	free(managed->destinations);
	*managed = (struct managed){};
}

static int compare(const void *a, const void *b)
{
	const struct managed_destination *x = a, *y = b;

	return vml_destination_key_compare(&x->key, &y->key);
}

struct managed_destination *managed_find(const struct managed *managed,
					 const struct vml_destination_key *key)
{
	const struct managed_destination wanted = { .key = *key };

	if (!managed->n)
		return NULL;
	return bsearch(&wanted, managed->destinations, managed->n,
		       sizeof(wanted), compare);
}

struct managed_destination *managed_add(struct managed *managed,
					const struct vml_destination_key *key,
					uint32_t weight)
{
	const struct managed_destination new = {
		.key = *key,
		.weight = weight,
		.previous = weight,
	};
	struct managed_destination *found = managed_find(managed, key), *grown;
	size_t at = managed->n;

	if (found)
		return found;
	grown = reallocarray(managed->destinations, managed->n + 1,
			     sizeof(*grown));
	if (!grown)
		return NULL;
	managed->destinations = grown;
	while (at > 0 && compare(&grown[at - 1], &new) > 0)
		at--;
	memmove(&grown[at + 1], &grown[at], (managed->n - at) * sizeof(new));
	grown[at] = new;
	managed->n++;
	managed->changed = true;
	return &grown[at];
}

void managed_remove(struct managed *managed,
		    const struct vml_destination_key *key)
{
	struct managed_destination *found = managed_find(managed, key);

	if (!found)
		return;
	managed->n--;
	memmove(found, found + 1,
		(size_t)(managed->destinations + managed->n - found) *
			sizeof(*found));
	managed->changed = true;
}

void managed_set_weight(struct managed *managed,
			struct managed_destination *destination,
			uint32_t weight)
{
	destination->previous = destination->weight;
	destination->weight = weight;
	managed->changed = true;
}

void managed_settle(struct managed *managed,
		    struct managed_destination *destination)
{
	managed->changed |= destination->previous != destination->weight;
	destination->previous = destination->weight;
}

json_t *managed_to_json(const struct managed *managed)
{
	_cleanup_(json_decrefp) json_t *object = json_object();
	char key[VML_KEY_STRING_MAX];

	for (size_t i = 0; i < managed->n; i++) {
		const struct managed_destination *d = &managed->destinations[i];

		vml_destination_key_format(&d->key, key);
		if (json_object_set_new(object, key,
					json_pack("[I, I]",
						  (json_int_t)d->weight,
						  (json_int_t)d->previous)))
			return NULL;
	}
	return TAKE_PTR(object);
}

static bool is_weight(json_int_t number)
{
	return number >= 0 && number <= INT32_MAX;
}

int managed_from_json(const json_t *object, struct managed *ret_managed)
{
	struct managed managed = {};
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)object, name, value) {
		struct managed_destination *added;
		struct vml_destination_key key;
		json_int_t weight, previous;

		if (vml_destination_key_parse(name, &key) < 0 ||
		    json_unpack(value, "[I, I]", &weight, &previous) ||
		    !is_weight(weight) || !is_weight(previous))
			continue;
		added = managed_add(&managed, &key, (uint32_t)weight);
		if (!added) {
			managed_clear(&managed);
			return -ENOMEM;
		}
		added->previous = (uint32_t)previous;
	}
	managed.changed = false;
	*ret_managed = managed;
	return 0;
}
