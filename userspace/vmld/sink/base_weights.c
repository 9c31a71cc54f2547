/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "sink/base_weights.h"
#include "util.h"

#define STEPS 100
/* Room above the administrator's weight: scales go up to 2. */
#define HEADROOM 2

void base_weights_clear(struct base_weights *weights)
{
	free(weights->weights);
	*weights = (struct base_weights){};
}

static int compare(const void *a, const void *b)
{
	const struct base_weight *x = a, *y = b;

	return vml_destination_key_compare(&x->key, &y->key);
}

struct base_weight *base_weights_find(struct base_weights *weights,
				      const struct vml_destination_key *key)
{
	const struct base_weight wanted = { .key = *key };

	if (!weights->n)
		return NULL;
	return bsearch(&wanted, weights->weights, weights->n, sizeof(wanted),
		       compare);
}

/* Keeps the order; the usual place of a new one is the end. */
static struct base_weight *insert(struct base_weights *weights,
				  const struct vml_destination_key *key)
{
	const struct base_weight new = { .key = *key };
	struct base_weight *grown;
	size_t at = weights->n;

	grown = reallocarray(weights->weights, weights->n + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	weights->weights = grown;
	while (at > 0 && compare(&grown[at - 1], &new) > 0)
		at--;
	memmove(&grown[at + 1], &grown[at], (weights->n - at) * sizeof(new));
	grown[at] = new;
	weights->n++;
	return &grown[at];
}

int base_weights_learn(struct base_weights *weights,
		       const struct vml_destination_key *key, uint32_t actual)
{
	struct base_weight *weight = base_weights_find(weights, key);

	bool newest = weight && actual == weight->written[0];
	bool ours = newest || (weight && actual == weight->written[1]);

	if (!weight)
		weight = insert(weights, key);
	if (!weight)
		return -ENOMEM;
	if (!ours)
		weight->base = actual;
	if (!newest)
		weight->scale = BASE_WEIGHT_SCALE_UNKNOWN;
	weight->written[0] = actual;
	weight->written[1] = actual;
	weight->seen = true;
	return 0;
}

void base_weights_forget(struct base_weights *weights)
{
	size_t kept = 0;

	for (size_t i = 0; i < weights->n; i++) {
		if (!weights->weights[i].seen)
			continue;
		weights->weights[kept] = weights->weights[i];
		weights->weights[kept++].seen = false;
	}
	weights->n = kept;
}

uint32_t base_weights_multiplier(const struct base_weights *weights)
{
	uint32_t smallest = UINT32_MAX, largest = 0;

	for (size_t i = 0; i < weights->n; i++) {
		uint32_t base = weights->weights[i].base;

		if (base)
			smallest = MIN(smallest, base);
		largest = MAX(largest, base);
	}
	if (!largest || smallest >= STEPS)
		return 1;
	return CLAMP(BASE_WEIGHT_MAX / HEADROOM / largest, 1u,
		     (STEPS + smallest - 1) / smallest);
}

uint32_t base_weight_scaled(uint32_t base, uint32_t multiplier, uint32_t scale)
{
	uint64_t full = (uint64_t)base * multiplier;
	uint64_t scaled = (full * scale + VML_SCALE_ONE / 2) / VML_SCALE_ONE;

	if (!base || !scale)
		return 0;
	/* An administrator's own weight may be beyond what ipvsadm takes. */
	return (uint32_t)CLAMP(scaled, UINT64_C(1),
			       MAX(full, (uint64_t)BASE_WEIGHT_MAX));
}

uint32_t base_weight_scale(const struct base_weight *weight,
			   uint32_t multiplier, uint32_t actual)
{
	uint64_t full = (uint64_t)weight->base * multiplier;

	if (actual == weight->written[0] &&
	    weight->scale != BASE_WEIGHT_SCALE_UNKNOWN)
		return weight->scale;
	if (!full)
		return VML_SCALE_ONE;
	return (uint32_t)MIN(((uint64_t)actual * VML_SCALE_ONE + full / 2) /
				     full,
			     (uint64_t)BASE_WEIGHT_SCALE_UNKNOWN - 1);
}

void base_weight_write(struct base_weight *weight, uint32_t multiplier,
		       uint32_t scale)
{
	/* The other is what the kernel has until then: see learn(). */
	weight->written[0] =
		base_weight_scaled(weight->base, multiplier, scale);
	weight->scale = scale;
}

json_t *base_weights_to_json(const struct base_weights *weights)
{
	_cleanup_(json_decrefp) json_t *destinations = json_object();
	char key[VML_KEY_STRING_MAX];

	for (size_t i = 0; i < weights->n; i++) {
		const struct base_weight *w = &weights->weights[i];
		json_t *value;

		value = json_pack("{s:I, s:[I, I]}", "base", (json_int_t)w->base,
				  "written", (json_int_t)w->written[0],
				  (json_int_t)w->written[1]);
		vml_destination_key_format(&w->key, key);
		if (json_object_set_new(destinations, key, value))
			return NULL;
	}
	return json_pack("{s:I, s:O}", "multiplier",
			 (json_int_t)weights->multiplier, "destinations",
			 destinations);
}

static bool in_range(json_int_t number, json_int_t minimum)
{
	return number >= minimum && number <= INT32_MAX;
}

static int add_from_json(struct base_weights *weights, const char *name,
			 json_t *value)
{
	struct vml_destination_key key;
	json_int_t base, written[2];
	struct base_weight *weight;

	if (vml_destination_key_parse(name, &key) < 0 ||
	    json_unpack(value, "{s:I, s:[I, I]}", "base", &base, "written",
			&written[0], &written[1]) ||
	    !in_range(base, 0) || !in_range(written[0], 0) ||
	    !in_range(written[1], 0))
		return 0;
	/* Names may differ and mean the same: the last counts, as in JSON. */
	weight = base_weights_find(weights, &key);
	if (!weight)
		weight = insert(weights, &key);
	if (!weight)
		return -ENOMEM;
	weight->base = (uint32_t)base;
	weight->written[0] = (uint32_t)written[0];
	weight->written[1] = (uint32_t)written[1];
	weight->scale = BASE_WEIGHT_SCALE_UNKNOWN;
	return 0;
}

int base_weights_from_json(const char *key, json_t *object,
			   struct base_weights *ret_weights)
{
	struct base_weights weights = {};
	json_int_t multiplier;
	json_t *destinations, *value;
	const char *name;

	if (vml_service_key_parse(key, &weights.key) < 0 ||
	    json_unpack(object, "{s:I, s:o}", "multiplier", &multiplier,
			"destinations", &destinations) ||
	    !in_range(multiplier, 1))
		return -EBADMSG;
	weights.multiplier = (uint32_t)multiplier;
	json_object_foreach(destinations, name, value) {
		int r = add_from_json(&weights, name, value);

		if (r < 0) {
			base_weights_clear(&weights);
			return r;
		}
	}
	*ret_weights = weights;
	return 0;
}
