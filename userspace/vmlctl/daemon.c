/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <curl/curl.h>
#include <string.h>

#include "daemon.h"

#define TIMEOUT_MS 5000L
#define BODY_MAX (64 * 1024 * 1024)

struct body {
	char *data;
	size_t size;
};

static void body_clear(struct body *body)
{
	free(body->data);
}

DEFINE_TRIVIAL_CLEANUP_FUNC(CURL *, curl_easy_cleanup);

void daemon_answer_clear(struct daemon_answer *answer)
{
	json_decref(answer->body);
	answer->body = NULL;
}

static size_t take_body(char *data, size_t size, size_t n, void *userdata)
{
	struct body *body = userdata;
	size_t added = size * n;
	char *grown;

	if (body->size + added > BODY_MAX)
		return 0;
	grown = realloc(body->data, body->size + added);
	if (!grown)
		return 0;
	memcpy(grown + body->size, data, added);
	body->data = grown;
	body->size += added;
	return added;
}

/* What went wrong, and a sentence about it that the caller frees. */
static int explain(CURL *curl, CURLcode code, const char *socket_path,
		   char **ret_error)
{
	long os_error = 0;
	int r;

	curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &os_error);
	if (code == CURLE_OPERATION_TIMEDOUT) {
		r = asprintf(ret_error, "vmld does not answer on %s",
			     socket_path);
		return r < 0 ? -ENOMEM : -ETIMEDOUT;
	}
	if (code == CURLE_COULDNT_CONNECT && os_error == EACCES) {
		r = asprintf(ret_error,
			     "no permission to use vmld's socket %s: try it as root",
			     socket_path);
		return r < 0 ? -ENOMEM : -EACCES;
	}
	if (code == CURLE_COULDNT_CONNECT) {
		r = asprintf(ret_error,
			     "vmld is not running, or listens elsewhere: nothing answers on %s (start it with \"systemctl start vmld\", or name its socket with --socket)",
			     socket_path);
		return r < 0 ? -ENOMEM : os_error ? -(int)os_error : -ENOENT;
	}
	r = asprintf(ret_error, "vmld's answer on %s is cut off: %s",
		     socket_path, curl_easy_strerror(code));
	return r < 0 ? -ENOMEM : -EBADMSG;
}

int daemon_request(const char *socket_path, const char *method,
		   const char *path, const json_t *request,
		   struct daemon_answer *ret_answer, char **ret_error)
{
	_cleanup_free_ char *upload =
		request ? json_dumps(request, JSON_COMPACT) : NULL;
	_cleanup_(curl_easy_cleanupp) CURL *curl = curl_easy_init();
	_cleanup_(body_clear) struct body body = { 0 };
	_cleanup_free_ char *url = NULL;
	struct daemon_answer answer;
	CURLcode code;

	if (!curl || (request && !upload) || asprintf(&url, "http://localhost%s", path) < 0)
		return -ENOMEM;
	/* Signals stay the caller's; a proxy of the environment isn't asked. */
	code = curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket_path);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_URL, url);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
	if (code != CURLE_OK) {
		if (asprintf(ret_error, "\"%s\" is not a socket's path",
			     socket_path) < 0)
			return -ENOMEM;
		return -EINVAL;
	}
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, TIMEOUT_MS);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
	if (upload)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, upload);
	code = curl_easy_perform(curl);
	if (code != CURLE_OK)
		return explain(curl, code, socket_path, ret_error);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
	answer.body = json_loadb(body.data ?: "", body.size,
				 JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(answer.body)) {
		json_decref(answer.body);
		if (asprintf(ret_error,
			     "what answers on %s is not vmld: no JSON object",
			     socket_path) < 0)
			return -ENOMEM;
		return -EBADMSG;
	}
	*ret_answer = answer;
	return 0;
}

enum exit_code daemon_ask(const char *socket_path, const char *method,
			  const char *path, const json_t *request,
			  json_t **ret_body)
{
	_cleanup_(daemon_answer_clear) struct daemon_answer answer = { 0 };
	_cleanup_free_ char *error = NULL;
	const char *reason;
	int r;

	r = daemon_request(socket_path, method, path, request, &answer, &error);
	if (r < 0) {
		complain("%s", error ?: strerrordesc_np(-r));
		return r == -ENOMEM || r == -EACCES ? EXIT_CODE_FAILED :
						      EXIT_CODE_ABSENT;
	}
	if (answer.status / 100 != 2) {
		reason = json_string_value(json_object_get(answer.body,
							   "error"));
		if (reason)
			complain("vmld: %s", reason);
		else
			complain("vmld answers with HTTP status %ld",
				 answer.status);
		return EXIT_CODE_FAILED;
	}
	*ret_body = TAKE_PTR(answer.body);
	return EXIT_CODE_OK;
}
