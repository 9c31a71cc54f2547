/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any requests to the daemon, one a line as METHOD PATH TEXT, and what happens
 * between them:
 *
 *	wait SECONDS
 *	connections N		of the first machine, from now on
 *	fails CALL		of a hypervisor, from now on; nonsense: none
 *	hangs CALL		likewise, without an answer
 *	floor PERCENT		in the configuration, for the next reload
 *	restart			after a kill
 *	restart shadow		likewise, as one that changes nothing
 *	stop			operations come to their end, and vmld would
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fake_operator.h"
#include "fixture.h"
#include "operation/operation.h"
#include "serve/api.h"

#define MAX_LINES 64
#define MAX_WAIT_S 100

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fixture f;
static unsigned int calls, waited_s;
static bool stopping, stopped;

static json_t *operations(void)
{
	json_t *all = operations_to_json(daemon_operations(f.daemon)), *list;

	list = json_incref(json_object_get(all, "operations"));
	json_decref(all);
	return list;
}

static bool has_drain(const char *domain, const char *by)
{
	_cleanup_(json_decrefp) json_t *file = fixture_kept(&f, "drains.json");
	json_t *name;
	size_t i;

	if (by)
		return texts_equal(json_string_value(json_object_get(
			json_object_get(file, "operations"), domain)), by);
	json_array_foreach(json_object_get(file, "drains"), i, name) {
		if (!strcmp(json_string_value(name), domain))
			return true;
	}
	return false;
}

/* All that a request could change at once. */
static json_t *everything(void)
{
	return json_pack("{s:o, s:o, s:o, s:f, s:I, s:I}",
			 "drains", fixture_kept(&f, "drains.json"),
			 "frozen", fixture_kept(&f, "frozen.json"),
			 "operations", operations(),
			 "floor", service_config(daemon_service(f.daemon, 0))
				->capacity_floor,
			 "pushes", (json_int_t)f.kernel.pushes,
			 "calls", (json_int_t)calls);
}

static size_t count_busy(void)
{
	_cleanup_(json_decrefp) json_t *list = operations();
	json_t *operation;
	size_t i, busy = 0;

	json_array_foreach(list, i, operation) {
		const char *kind, *state;
		json_t *members, *events;
		bool ended;

		assert(!json_unpack(operation, "{s:s, s:s, s:o, s:o}", "kind",
				    &kind, "state", &state, "members",
				    &members, "events", &events));
		ended = strcmp(state, "running") && strcmp(state, "undoing");
		busy += !ended;
		/* A host may have none to leave it. */
		assert(json_array_size(members) || !strcmp(kind, "evacuation"));
		/* It begins, and it ends. */
		assert(json_array_size(events) >= (ended ? 2 : 1));
	}
	return busy;
}

/* Whatever is done to a machine, it takes no new connections meanwhile. */
static void on_call(const struct vm_call *call)
{
	size_t vm = call->uuid[VM_UUID_SIZE - 1] - 1u;
	char domain[] = "web-1";

	calls++;
	/* It has room for tests that ask for less. */
	*fake_operators.did = '\0';
	assert(vm < FIXTURE_VMS);
	domain[strlen(domain) - 1] += (char)vm;
	if (call->type == VM_CALL_MIGRATE)
		assert(has_drain(domain, "evacuation"));
	if (call->type == VM_CALL_FREEZE || call->type == VM_CALL_SNAPSHOT)
		assert(has_drain(domain, "snapshot"));
	if (call->type == VM_CALL_MIGRATE || call->type == VM_CALL_FREEZE)
		assert(fixture_destination(&f, vm)->scale == 0);
	if (call->type == VM_CALL_FREEZE) {
		_cleanup_(json_decrefp) json_t *file =
			fixture_kept(&f, "frozen.json");

		assert(json_array_size(json_object_get(file, "frozen")));
	}
}

static void check_refused(unsigned int status, const char *allow,
			  const json_t *body)
{
	const char *error = json_string_value(json_object_get(body, "error"));

	assert(error && *error);
	assert(json_object_size(body) == 1);
	assert((status == 405) == !!allow);
	/* Nothing is wrong with us. */
	assert(status < 500 || (status == 503 && stopping));
}

static void check_done(const char *method, const char *path,
		       unsigned int status, json_t *body)
{
	static const char drains[] = "/v1/drains/";
	_cleanup_(json_decrefp) json_t *list = operations();

	assert(status == 200 || status == 201);
	if (!strncmp(path, drains, strlen(drains)))
		assert(has_drain(path + strlen(drains), NULL) ==
		       !strcmp(method, "PUT"));
	if (status == 201)
		assert(json_equal(json_array_get(list, 0), body));
	/* All are of the same service. */
	assert(count_busy() <= 1);
	assert(service_n_members(daemon_service(f.daemon, 0)) == FIXTURE_VMS);
}

static void request(char *line)
{
	_cleanup_(json_decrefp) json_t *before = everything(), *after = NULL;
	_cleanup_(json_decrefp) json_t *body = NULL;
	const char *method = strsep(&line, " ");
	const char *path = strsep(&line, " ") ?: "";
	_cleanup_free_ char *text = NULL;
	const char *allow;
	unsigned int status;

	status = api_answer(f.daemon, method, path, line ?: "", &body, &allow);
	text = json_dumps(body, JSON_COMPACT);
	assert(text && json_is_object(body));
	after = everything();
	if (status >= 400)
		check_refused(status, allow, body);
	else
		check_done(method, path, status, body);
	if (status >= 400 || !strcmp(method, "GET"))
		assert(json_equal(before, after));
}

static void pass(const char *argument)
{
	unsigned long seconds = strtoul(argument, NULL, 10);

	for (; seconds && waited_s < MAX_WAIT_S; seconds--, waited_s++)
		for (int i = 0; i < 4; i++)
			fixture_pass(&f, NSEC_PER_SEC / 4);
}

static void set_connections(const char *argument)
{
	fixture_destination(&f, 0)->active_connections =
		(uint32_t)strtoul(argument, NULL, 10);
}

static bool parse_call(const char *text, enum vm_call_type *ret_type)
{
	static const char *const names[] = {
		[VM_CALL_FREEZE] = "freeze",	 [VM_CALL_THAW] = "thaw",
		[VM_CALL_SNAPSHOT] = "snapshot", [VM_CALL_MIGRATE] = "migrate",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(names[i], text) != 0)
			continue;
		*ret_type = (enum vm_call_type)i;
		return true;
	}
	return false;
}

static void set_failing(const char *argument)
{
	fake_operators.result =
		parse_call(argument, &fake_operators.fails) ? -EIO : 0;
}

static void set_hanging(const char *argument)
{
	fake_operators.hangs = parse_call(argument, &fake_operators.hanging);
}

static void set_floor(const char *argument)
{
	char text[64];

	snprintf(text, sizeof(text), "capacity-floor = %.2f",
		 (double)strtoul(argument, NULL, 10) / 100);
	fixture_write_config(&f, text);
}

static void restart(const char *argument)
{
	f.options.shadow = !strcmp(argument, " shadow");
	stopping = stopped = false;
	/* The one that there is may be bad. */
	fixture_write_config(&f, "");
	fixture_restart(&f);
}

static void note_stop(void *userdata)
{
	*(bool *)userdata = true;
}

static void stop(const char *argument)
{
	(void)argument;
	stopping = true;
	stopped = false;
	operations_end(daemon_operations(f.daemon), note_stop, &stopped);
}

static void act(char *line)
{
	static const struct {
		const char *verb;
		void (*act)(const char *argument);
	} acts[] = {
		{ "wait ", pass },
		{ "connections ", set_connections },
		{ "fails ", set_failing },
		{ "hangs ", set_hanging },
		{ "floor ", set_floor },
		{ "restart", restart },
		{ "stop", stop },
	};

	for (size_t i = 0; i < ARRAY_SIZE(acts); i++) {
		size_t length = strlen(acts[i].verb);

		if (!strncmp(line, acts[i].verb, length)) {
			acts[i].act(line + length);
			return;
		}
	}
	request(line);
}

static bool is_at_rest(void)
{
	_cleanup_(json_decrefp) json_t *file = fixture_kept(&f, "frozen.json");

	return !count_busy() &&
	       !json_array_size(json_object_get(file, "frozen"));
}

/* Nobody asks any more: all that operations have done is undone. */
static void end_silently(void)
{
	_cleanup_(json_decrefp) json_t *file = NULL;

	fake_operators.result = 0;
	fake_operators.hangs = false;
	/* What others have left is none of a shadow's business. */
	if (f.options.shadow)
		restart("");
	for (uint64_t pause = NSEC_PER_SEC; !is_at_rest(); pause += pause / 8) {
		assert(pause < 3600 * NSEC_PER_SEC);
		fixture_pass(&f, pause);
	}
	file = fixture_kept(&f, "drains.json");
	assert(!json_object_size(json_object_get(file, "operations")));
	for (int i = 0; i < 2; i++)
		fixture_pass(&f, NSEC_PER_SEC);
	assert(stopped == stopping);
	for (size_t i = 0; i < FIXTURE_VMS; i++) {
		char domain[] = "web-1";

		domain[strlen(domain) - 1] += (char)i;
		assert(!fixture_destination(&f, i)->scale ==
		       has_drain(domain, NULL));
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fixture_init(&f);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size);
	char *rest = text, *line;

	waited_s = 0;
	stopping = stopped = false;
	fixture_begin(&f);
	fake_operators.on_call = on_call;
	calls = 0;
	for (int i = 0; i < MAX_LINES && (line = strsep(&rest, "\n")); i++)
		if (*line)
			act(line);
	end_silently();
	fixture_end(&f);
	return 0;
}
