/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any file as what was kept of the administrator's weights. */
#include <assert.h>
#include <string.h>

#include "sink/base_weights.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(struct base_weights *weights)
{
	uint32_t multiplier = base_weights_multiplier(weights);

	assert(multiplier);
	for (size_t i = 0; i < weights->n; i++) {
		struct base_weight *weight = &weights->weights[i];
		uint32_t base = weight->base;

		assert(base_weights_find(weights, &weight->key) == weight);
		base_weight_scale(weight, multiplier, base);
		base_weight_write(weight, multiplier, VML_SCALE_ONE / 2);
		assert(weight->base == base);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(json_decrefp) json_t *object =
		json_loadb((const char *)data, size, 0, NULL);
	_cleanup_(json_decrefp) json_t *written = NULL;
	_cleanup_(json_decrefp) json_t *again = NULL;
	_cleanup_(base_weights_clear) struct base_weights weights = {};
	_cleanup_(base_weights_clear) struct base_weights copy = {};

	if (!json_is_object(object) ||
	    base_weights_from_json("tcp 192.0.2.1:80", object, &weights) < 0)
		return 0;
	/* What is understood is kept. */
	written = base_weights_to_json(&weights);
	assert(!base_weights_from_json("tcp 192.0.2.1:80", written, &copy));
	again = base_weights_to_json(&copy);
	assert(json_equal(written, again));
	use(&weights);
	return 0;
}
