/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "daemon.h"
#include "output.h"
#include "render.h"
#include "unite.h"

#define COLUMNS				\
	{ "DESTINATION", false },	\
	{ "VM", false },		\
	{ "STATE", false },		\
	{ "WEIGHT", true },		\
	{ "SCALE", true },		\
	{ "EFFECTIVE", true },		\
	{ "ACTIVE", true },		\
	{ "INACTIVE", true }

static const struct column columns[] = {
	COLUMNS,
	{ "WHY", false },
};

static const struct column shadow_columns[] = {
	COLUMNS,
	{ "SHADOW", true },
	{ "WHY", false },
};

static const struct column hypervisor_columns[] = {
	{ "HYPERVISOR", false },
	{ "STATE", false },
	{ "DOMAINS", true },
	{ "URI", false },
	{ "ERROR", false },
};

static void add_text(struct table *table, const json_t *object,
		     const char *name)
{
	const char *text = member_string(object, name);

	table_add(table, "%s", *text ? text : "-");
}

/* All reasons in one cell; a drain is told even if no reason names it. */
static int add_reasons(struct table *table, const json_t *destination)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_fclose_ FILE *stream = NULL;
	const char *separator = "";
	json_t *reason;
	size_t i, size;

	stream = open_memstream(&text, &size);
	if (!stream)
		return -ENOMEM;
	json_array_foreach(json_object_get(destination, "reasons"), i,
			   reason) {
		fprintf(stream, "%s%s", separator,
			json_string_value(reason) ?: "");
		separator = "; ";
	}
	if (!*separator && json_is_true(json_object_get(destination,
							"drained")))
		fputs("drained", stream);
	if (fflush(stream) < 0)
		return -ENOMEM;
	table_add(table, "%s", *text ? text : "-");
	return 0;
}

static void add_shadow(struct table *table, const json_t *destination)
{
	const json_t *scale = json_object_get(destination, "shadow_scale");

	if (scale)
		table_add(table, "%.3f", fixed_point(scale));
	else
		table_add(table, "-");
}

static int print_service(const json_t *service, bool shadow)
{
	_cleanup_(table_freep) struct table *table = NULL;
	json_t *destination;
	size_t i;
	int r;

	if (shadow)
		r = table_new(shadow_columns, ARRAY_SIZE(shadow_columns),
			      &table);
	else
		r = table_new(columns, ARRAY_SIZE(columns), &table);
	if (r < 0)
		return r;
	render_service_line(service, stdout);
	json_array_foreach(json_object_get(service, "destinations"), i,
			   destination) {
		add_text(table, destination, "destination");
		add_text(table, destination, "domain");
		add_text(table, destination, "vm_state");
		render_weights(table, destination);
		if (shadow)
			add_shadow(table, destination);
		r = add_reasons(table, destination);
		if (r < 0)
			return r;
	}
	return table_print(table, "  ", stdout);
}

static int print_hypervisors(const json_t *hypervisors)
{
	_cleanup_(table_freep) struct table *table = NULL;
	json_t *hypervisor;
	size_t i;
	int r;

	if (!json_array_size(hypervisors))
		return 0;
	r = table_new(hypervisor_columns, ARRAY_SIZE(hypervisor_columns),
		      &table);
	if (r < 0)
		return r;
	json_array_foreach(hypervisors, i, hypervisor) {
		add_text(table, hypervisor, "name");
		add_text(table, hypervisor, "state");
		table_add(table, "%lld", member_integer(hypervisor, "domains"));
		add_text(table, hypervisor, "uri");
		add_text(table, hypervisor, "error");
	}
	return table_print(table, "", stdout);
}

static enum exit_code print_status(const json_t *status)
{
	const json_t *daemon, *hypervisors, *service;
	const char *record;
	bool shadow;
	size_t i;
	int r;

	daemon = json_object_get(status, "daemon");
	shadow = json_is_true(json_object_get(daemon, "shadow"));
	record = member_string(daemon, "record");
	if (shadow)
		puts("vmld is a shadow: it changes nothing. SHADOW is the scale that it would give.");
	if (*record)
		printf("vmld records into %s.\n", record);
	if (shadow || *record)
		putchar('\n');
	hypervisors = json_object_get(daemon, "hypervisors");
	r = print_hypervisors(hypervisors);
	json_array_foreach(json_object_get(status, "services"), i, service) {
		if (i || json_array_size(hypervisors))
			putchar('\n');
		if (r >= 0)
			r = print_service(service, shadow);
	}
	if (r < 0) {
		complain("out of memory");
		return EXIT_CODE_FAILED;
	}
	return output_end();
}

/*
 * The daemon's status, or NULL and the reason why there is none, which the
 * caller frees.
 */
static json_t *ask_daemon(const char *socket_path, char **ret_error)
{
	_cleanup_(daemon_answer_clear) struct daemon_answer answer = { 0 };

	if (daemon_request(socket_path, "GET", "/v1/status", NULL, &answer,
			   ret_error) < 0)
		return NULL;
	if (answer.status != 200) {
		const char *error = member_string(answer.body, "error");

		if (asprintf(ret_error, "vmld: HTTP status %ld%s%s",
			     answer.status, *error ? ": " : "", error) < 0)
			*ret_error = NULL;
		return NULL;
	}
	return TAKE_PTR(answer.body);
}

static bool daemon_knows(const json_t *daemon, const char *key)
{
	json_t *service;
	size_t i;

	json_array_foreach(json_object_get(daemon, "services"), i, service)
		if (!strcmp(member_string(service, "key"), key))
			return true;
	return false;
}

static enum exit_code run(const struct arguments *arguments)
{
	_cleanup_(vml_client_freep) struct vml_client *client = NULL;
	_cleanup_(json_decrefp) json_t *kernel = NULL;
	_cleanup_(json_decrefp) json_t *daemon = NULL;
	_cleanup_(json_decrefp) json_t *status = NULL;
	_cleanup_free_ char *error = NULL;
	const struct vml_service_key *only;
	char key[VML_KEY_STRING_MAX];
	enum exit_code code;
	bool known;
	int r;

	code = kernel_open_for(arguments, &client, &only);
	if (code != EXIT_CODE_OK)
		return code;
	r = kernel_read(client, only, &kernel);
	daemon = ask_daemon(arguments->socket, &error);
	if (!daemon)
		complain("%s; what only it knows is not shown",
			 error ?: "out of memory");
	if (only)
		vml_service_key_format(only, key);
	known = daemon && (!only || daemon_knows(daemon, key));
	/* The daemon may wait for a service that is not there yet. */
	if (r < 0 && !(r == -ENOENT && known)) {
		code = kernel_complain(client, r, only);
		/* On a director without the module there is still the daemon. */
		if (r != -ENODEV || !known)
			return code;
	}
	status = status_unite(kernel, daemon, only ? key : NULL);
	if (!status) {
		complain("out of memory");
		return EXIT_CODE_FAILED;
	}
	if (arguments->json)
		return output_json(status);
	if (!json_array_size(json_object_get(status, "services")))
		kernel_complain_empty();
	return print_status(status);
}

const struct verb verb_status = {
	.name = "status",
	.synopsis = "[SERVICE] [--json] [--socket PATH]",
	.summary = "show services, destinations, weights, and why they are so",
	.help =
"Numbers come from the kernel, virtual machines and reasons from the daemon.\n"
"Without the daemon the kernel's part is shown, and a note on the standard\n"
"error. SCALE is the factor on WEIGHT, and EFFECTIVE their product. With\n"
"--json, \"scale\" and \"effective_weight\" are the kernel's integers: 65536\n"
"stands for 1.0.\n",
	.options = OPTION_JSON | OPTION_SERVICE | OPTION_SOCKET,
	.run = run,
};
