/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <microhttpd.h>
#include <stdarg.h>
#include <string.h>

#include "loop.h"
#include "serve/operations.h"
#include "util.h"

#define DEADLINE_MAX_S 86400

_printf_(2, 3)
static int complain(char **ret_error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(ret_error, format, arguments) < 0)
		*ret_error = NULL;
	va_end(arguments);
	return -EINVAL;
}

static int take_text(const char *name, json_t *value, const char **ret_text,
		     char **ret_error)
{
	if (!json_is_string(value) || !json_string_length(value))
		return complain(ret_error, "\"%s\" is no text", name);
	*ret_text = json_string_value(value);
	return 0;
}

static int take_kind(json_t *value, enum operation_kind *kind,
		     char **ret_error)
{
	const char *text = json_string_value(value) ?: "";

	if (!strcmp(text, "snapshot"))
		*kind = OPERATION_SNAPSHOT;
	else if (!strcmp(text, "evacuation"))
		*kind = OPERATION_EVACUATION;
	else
		return complain(ret_error,
				"\"kind\" is neither snapshot nor evacuation");
	return 0;
}

static int take_snapshot(json_t *value, enum vm_snapshot *snapshot,
			 char **ret_error)
{
	const char *text = json_string_value(value) ?: "";

	if (!strcmp(text, "disk"))
		*snapshot = VM_SNAPSHOT_DISK;
	else if (!strcmp(text, "internal"))
		*snapshot = VM_SNAPSHOT_INTERNAL;
	else
		return complain(ret_error,
				"\"snapshot\" is neither disk nor internal");
	return 0;
}

static int take_deadline(json_t *value, struct operation_request *request,
			 char **ret_error)
{
	double seconds = json_number_value(value);

	if (!json_is_number(value) || !(seconds >= 0) ||
	    seconds > DEADLINE_MAX_S)
		return complain(ret_error,
				"\"deadline\" is no number of seconds, from 0 to %d",
				DEADLINE_MAX_S);
	request->has_deadline = true;
	request->deadline_ns = (uint64_t)(seconds * (double)NSEC_PER_SEC);
	return 0;
}

static int take_member(const char *name, json_t *value,
		       struct operation_request *request, char **ret_error)
{
	struct {
		const char *name;
		const char **text;
	} texts[] = {
		{ "domain", &request->domain }, { "service", &request->service },
		{ "host", &request->host },	{ "to", &request->to },
		{ "name", &request->name },
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (!strcmp(texts[i].name, name))
			return take_text(name, value, texts[i].text,
					 ret_error);
	if (!strcmp(name, "kind"))
		return take_kind(value, &request->kind, ret_error);
	if (!strcmp(name, "snapshot"))
		return take_snapshot(value, &request->snapshot, ret_error);
	if (!strcmp(name, "deadline"))
		return take_deadline(value, request, ret_error);
	if (!strcmp(name, "force") && json_is_boolean(value)) {
		request->force = json_is_true(value);
		return 0;
	}
	return complain(ret_error, "\"%s\" is not known, or no such value",
			name);
}

int operation_request_parse(json_t *json, struct operation_request *ret_request,
			    char **ret_error)
{
	struct operation_request request = {};
	const char *name;
	json_t *value;

	*ret_error = NULL;
	if (!json_object_get(json, "kind"))
		return complain(ret_error, "\"kind\" is missing");
	json_object_foreach(json, name, value) {
		int r = take_member(name, value, &request, ret_error);

		if (r < 0)
			return r;
	}
	if (request.kind == OPERATION_EVACUATION) {
		if (!request.host)
			return complain(ret_error, "\"host\" is missing");
		if (request.domain || request.service || request.name)
			return complain(ret_error,
					"an evacuation takes no domain, service or name");
	} else {
		if (!request.domain == !request.service)
			return complain(ret_error,
					"a snapshot takes either a domain or a service");
		if (request.host || request.to)
			return complain(ret_error,
					"a snapshot takes no host");
	}
	*ret_request = request;
	return 0;
}

static void refuse(json_t **ret_body, const char *error)
{
	*ret_body = json_pack("{s:s}", "error", error ?: "out of memory");
}

static unsigned int status_of(int r)
{
	switch (r) {
	case -ENOENT:
		return MHD_HTTP_NOT_FOUND;
	case -EINVAL:
		return MHD_HTTP_BAD_REQUEST;
	case -EBUSY:
	case -EROFS:
		return MHD_HTTP_CONFLICT;
	case -EAGAIN:
	case -ESHUTDOWN:
		return MHD_HTTP_SERVICE_UNAVAILABLE;
	default:
		return MHD_HTTP_INTERNAL_SERVER_ERROR;
	}
}

unsigned int api_operations(struct daemon *daemon, json_t **ret_body)
{
	*ret_body = operations_to_json(daemon_operations(daemon));
	return MHD_HTTP_OK;
}

unsigned int api_start_operation(struct daemon *daemon, const char *text,
				 json_t **ret_body)
{
	_cleanup_(json_decrefp) json_t *json = json_loads(text, 0, NULL);
	struct operations *operations = daemon_operations(daemon);
	struct operation_request request;
	_cleanup_free_ char *error = NULL;
	unsigned int id;
	int r;

	if (!json_is_object(json)) {
		refuse(ret_body, "what came with the request is no JSON object");
		return MHD_HTTP_BAD_REQUEST;
	}
	r = operation_request_parse(json, &request, &error);
	if (r == 0)
		r = operations_start(operations, &request, &id, &error);
	if (r == 0)
		r = operations_ask(operations, id, ret_body);
	if (r == 0)
		return MHD_HTTP_CREATED;
	refuse(ret_body, error);
	return status_of(r);
}

/* 0, which no operation has, if it is none. */
static unsigned int parse_id(const char *text)
{
	unsigned long id;
	char *end;

	if (*text < '0' || *text > '9')
		return 0;
	errno = 0;
	id = strtoul(text, &end, 10);
	return errno || *end || id > UINT32_MAX ? 0 : (unsigned int)id;
}

unsigned int api_ask_operation(struct daemon *daemon, const char *id,
			       json_t **ret_body)
{
	int r = operations_ask(daemon_operations(daemon), parse_id(id),
			       ret_body);

	if (r == 0)
		return MHD_HTTP_OK;
	refuse(ret_body, r == -ENOENT ? "there is no such operation" : NULL);
	return status_of(r);
}

unsigned int api_cancel_operation(struct daemon *daemon, const char *id,
				  json_t **ret_body)
{
	struct operations *operations = daemon_operations(daemon);
	int r = operations_cancel(operations, parse_id(id), "was cancelled");

	if (r == 0)
		r = operations_ask(operations, parse_id(id), ret_body);
	if (r == 0)
		return MHD_HTTP_OK;
	refuse(ret_body, r == -ENOENT ? "there is no such operation" : NULL);
	return status_of(r);
}
