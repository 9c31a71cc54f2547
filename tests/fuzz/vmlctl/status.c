/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any document as the daemon's answer, beside what the kernel says. */
#include <assert.h>
#include <string.h>

#include "kernel.h"
#include "render.h"
#include "unite.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static json_t *kernel_part(void)
{
	struct vml_service service = { .destinations = 2 };
	struct vml_destination destinations[2] = {
		{ .weight = 100, .scale = VML_SCALE_ONE },
		{ .weight = UINT32_MAX, .scale = UINT32_MAX },
	};
	json_t *services = json_array();

	assert(!vml_service_key_parse("tcp 10.77.0.100:80", &service.key));
	assert(!vml_destination_key_parse("10.77.0.21:80",
					  &destinations[0].key));
	assert(!vml_destination_key_parse("10.77.0.22:80",
					  &destinations[1].key));
	json_array_append_new(services,
			      kernel_service_json(&service, destinations, 2));
	return services;
}

/* As vmlctl prints it. */
static void print(const json_t *status)
{
	static const struct column columns[] = {
		{ "WEIGHT", true }, { "SCALE", true }, { "EFFECTIVE", true },
		{ "ACTIVE", true }, { "INACTIVE", true },
	};
	_cleanup_fclose_ FILE *file = fopen("/dev/null", "we");
	const json_t *service, *destination;
	size_t i, j;

	json_array_foreach(json_object_get(status, "services"), i, service) {
		_cleanup_(table_freep) struct table *table = NULL;

		assert(!table_new(columns, ARRAY_SIZE(columns), &table));
		render_service_line(service, file);
		json_array_foreach(json_object_get(service, "destinations"), j,
				   destination)
			render_weights(table, destination);
		assert(!table_print(table, "  ", file));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(json_decrefp) json_t *kernel = kernel_part();
	_cleanup_(json_decrefp) json_t *alone = NULL;
	_cleanup_(json_decrefp) json_t *both = NULL;
	_cleanup_(json_decrefp) json_t *daemon =
		json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES,
			   NULL);
	const json_t *services;

	if (!json_is_object(daemon))
		return 0;
	alone = status_unite(NULL, daemon, NULL);
	both = status_unite(kernel, daemon, "tcp 10.77.0.100:80");
	assert(alone && both);
	/* The kernel's services stay, whatever the daemon says. */
	services = json_object_get(both, "services");
	assert(json_array_size(services) == 1);
	assert(json_array_size(json_object_get(json_array_get(services, 0),
					       "destinations")) >= 2);
	print(alone);
	print(both);
	return 0;
}
