/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <microhttpd.h>
#include <stdarg.h>
#include <string.h>

#include "serve/api.h"
#include "serve/explain.h"
#include "serve/operations.h"
#include "serve/status.h"
#include "utf8.h"

#define DRAINS "/v1/drains/"
#define EXPLAIN "/v1/explain/"
#define OPERATIONS "/v1/operations"

/* A body, and the status for what is nobody's fault but ours. */
_printf_(2, 3)
static unsigned int refuse(json_t **ret_body, const char *format, ...)
{
	_cleanup_free_ char *error = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&error, format, arguments) < 0)
		error = NULL;
	va_end(arguments);
	*ret_body = error ? json_pack("{s:o}", "error", utf8_to_json(error)) :
			    NULL;
	return MHD_HTTP_INTERNAL_SERVER_ERROR;
}

static unsigned int answer_status(struct daemon *daemon, json_t **ret_body)
{
	*ret_body = status_to_json(daemon);
	return MHD_HTTP_OK;
}

static unsigned int answer_drain(struct daemon *daemon, const char *domain,
				 bool drained, json_t **ret_body)
{
	size_t members;
	int r;

	r = daemon_drain(daemon, domain, drained, &members);
	if (r == -ENOENT && drained)
		refuse(ret_body, "no member is backed by a domain named \"%s\"",
		       domain);
	else if (r == -ENOENT)
		refuse(ret_body, "domain \"%s\" is not drained", domain);
	if (r == -ENOENT)
		return MHD_HTTP_NOT_FOUND;
	if (r == -EROFS) {
		refuse(ret_body, "this vmld is a shadow, and changes nothing");
		return MHD_HTTP_CONFLICT;
	}
	if (r < 0)
		return refuse(ret_body, "can't keep it: %s", strerror(-r));
	*ret_body = json_pack("{s:s, s:b, s:I}", "domain", domain, "drained",
			      drained, "members", (json_int_t)members);
	return MHD_HTTP_OK;
}

static unsigned int answer_explain(struct daemon *daemon, const char *name,
				   json_t **ret_body)
{
	int r = explain_to_json(daemon, name, ret_body);

	if (r == -ENOENT) {
		refuse(ret_body,
		       "\"%s\" is no destination, and no domain behind one",
		       name);
		return MHD_HTTP_NOT_FOUND;
	}
	return r < 0 ? refuse(ret_body, "out of memory") : MHD_HTTP_OK;
}

static unsigned int answer_reload(struct daemon *daemon, json_t **ret_body)
{
	_cleanup_free_ char *errors = NULL;
	int r;

	r = daemon_reload(daemon, &errors);
	if (r == -EINVAL) {
		refuse(ret_body, "%s", errors);
		return MHD_HTTP_UNPROCESSABLE_CONTENT;
	}
	if (r < 0)
		return refuse(ret_body, "can't reload: %s", strerror(-r));
	*ret_body = json_pack("{s:o}", "config",
			      utf8_to_json(daemon_config(daemon)->path));
	return MHD_HTTP_OK;
}

static unsigned int refuse_method(const char *method, const char *allow,
				  json_t **ret_body, const char **ret_allow)
{
	refuse(ret_body, "%s can't be done here, but %s can", method, allow);
	*ret_allow = allow;
	return MHD_HTTP_METHOD_NOT_ALLOWED;
}

unsigned int api_answer(struct daemon *daemon, const char *method,
			const char *path, const char *text, json_t **ret_body,
			const char **ret_allow)
{
	*ret_allow = NULL;
	if (!utf8_is_valid(path, strlen(path))) {
		refuse(ret_body, "the path is not UTF-8");
		return MHD_HTTP_BAD_REQUEST;
	}
	if (!strcmp(path, "/v1/status")) {
		if (strcmp(method, "GET"))
			return refuse_method(method, "GET", ret_body,
					     ret_allow);
		return answer_status(daemon, ret_body);
	}
	if (!strcmp(path, "/v1/reload")) {
		if (strcmp(method, "POST"))
			return refuse_method(method, "POST", ret_body,
					     ret_allow);
		return answer_reload(daemon, ret_body);
	}
	if (!strncmp(path, EXPLAIN, strlen(EXPLAIN)) && path[strlen(EXPLAIN)]) {
		if (strcmp(method, "GET"))
			return refuse_method(method, "GET", ret_body,
					     ret_allow);
		return answer_explain(daemon, path + strlen(EXPLAIN), ret_body);
	}
	if (!strncmp(path, DRAINS, strlen(DRAINS)) && path[strlen(DRAINS)]) {
		bool drained = !strcmp(method, "PUT");

		if (!drained && strcmp(method, "DELETE"))
			return refuse_method(method, "PUT, DELETE", ret_body,
					     ret_allow);
		return answer_drain(daemon, path + strlen(DRAINS), drained,
				    ret_body);
	}
	if (!strcmp(path, OPERATIONS)) {
		if (!strcmp(method, "GET"))
			return api_operations(daemon, ret_body);
		if (!strcmp(method, "POST"))
			return api_start_operation(daemon, text, ret_body);
		return refuse_method(method, "GET, POST", ret_body, ret_allow);
	}
	if (!strncmp(path, OPERATIONS "/", strlen(OPERATIONS) + 1)) {
		const char *id = path + strlen(OPERATIONS) + 1;

		if (!strcmp(method, "GET"))
			return api_ask_operation(daemon, id, ret_body);
		if (!strcmp(method, "DELETE"))
			return api_cancel_operation(daemon, id, ret_body);
		return refuse_method(method, "GET, DELETE", ret_body,
				     ret_allow);
	}
	refuse(ret_body, "there is nothing at %s", path);
	return MHD_HTTP_NOT_FOUND;
}
