/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel.h"
#include "output.h"
#include "render.h"

static const struct column columns[] = {
	{ "DESTINATION", false },
	{ "WEIGHT", true },
	{ "SCALE", true },
	{ "EFFECTIVE", true },
	{ "ACTIVE", true },
	{ "INACTIVE", true },
	{ "PERSISTENT", true },
	{ "PICKS", true },
};

static int print_service(const json_t *service)
{
	_cleanup_(table_freep) struct table *table = NULL;
	json_t *destination;
	size_t i;
	int r;

	r = table_new(columns, ARRAY_SIZE(columns), &table);
	if (r < 0)
		return r;
	render_service_line(service, stdout);
	printf("  picks %lld, overloaded and skipped %lld, scans %lld, no destination %lld\n",
	       member_integer(service, "picks"),
	       member_integer(service, "overload_skips"),
	       member_integer(service, "scans"),
	       member_integer(service, "no_destination"));
	json_array_foreach(json_object_get(service, "destinations"), i,
			   destination) {
		table_add(table, "%s", member_string(destination,
						     "destination"));
		render_weights(table, destination);
		table_add(table, "%lld",
			  member_integer(destination,
					 "persistent_connections"));
		table_add(table, "%lld", member_integer(destination, "picks"));
	}
	return table_print(table, "  ", stdout);
}

static enum exit_code run(const struct arguments *arguments)
{
	_cleanup_(vml_client_freep) struct vml_client *client = NULL;
	_cleanup_(json_decrefp) json_t *services = NULL;
	const struct vml_service_key *only;
	enum exit_code code;
	json_t *service;
	size_t i;
	int r;

	code = kernel_open_for(arguments, &client, &only);
	if (code != EXIT_CODE_OK)
		return code;
	r = kernel_read(client, only, &services);
	if (r < 0)
		return kernel_complain(client, r, only);
	if (arguments->json)
		return output_json(services);
	if (!json_array_size(services))
		kernel_complain_empty();
	json_array_foreach(services, i, service) {
		if (i)
			putchar('\n');
		if (print_service(service) < 0) {
			complain("out of memory");
			return EXIT_CODE_FAILED;
		}
	}
	return output_end();
}

const struct verb verb_show = {
	.name = "show",
	.synopsis = "[SERVICE] [--json]",
	.summary = "show services and destinations as the kernel has them",
	.help =
"Asks only the kernel, and needs CAP_NET_ADMIN. With --json, \"scale\" and\n"
"\"effective_weight\" are the kernel's integers: 65536 stands for 1.0.\n",
	.options = OPTION_JSON | OPTION_SERVICE,
	.run = run,
};
