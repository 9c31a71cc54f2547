/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests to the daemon, with a thread that answers in its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "daemon.h"

struct server {
	char directory[32];
	char path[64];
	int fd;
	const char *answer;	/* to send before the connection is closed */
	char request[1024];	/* its head, as it came */
	pthread_t thread;
};

static struct server server;

static int set_up(_unused_ void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	server = (struct server){ .directory = "/tmp/vmlctl-XXXXXX" };
	if (!mkdtemp(server.directory))
		return -1;
	snprintf(server.path, sizeof(server.path), "%s/socket",
		 server.directory);
	strcpy(address.sun_path, server.path);
	server.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return bind(server.fd, (struct sockaddr *)&address, sizeof(address));
}

static int tear_down(_unused_ void **state)
{
	close(server.fd);
	unlink(server.path);
	return rmdir(server.directory);
}

static void *serve(_unused_ void *unused)
{
	_cleanup_close_ int fd = accept4(server.fd, NULL, NULL, SOCK_CLOEXEC);
	size_t n = 0;
	ssize_t r;

	while (!strstr(server.request, "\r\n\r\n")) {
		r = read(fd, server.request + n, sizeof(server.request) - n - 1);
		if (r <= 0)
			return NULL;
		n += (size_t)r;
	}
	for (n = 0; server.answer[n]; n += (size_t)r) {
		r = write(fd, server.answer + n, strlen(server.answer + n));
		if (r < 0)
			return NULL;
	}
	return NULL;
}

static void start(const char *answer)
{
	server.answer = answer;
	assert_int_equal(listen(server.fd, 1), 0);
	assert_int_equal(pthread_create(&server.thread, NULL, serve, NULL), 0);
}

static void finish(void)
{
	assert_int_equal(pthread_join(server.thread, NULL), 0);
}

/* Ask, and check the result; the error begins with this text. */
static void expect_failure(int result, const char *text)
{
	struct daemon_answer answer = { 0 };
	_cleanup_free_ char *error = NULL;

	assert_int_equal(daemon_request(server.path, "GET", "/v1/status", NULL,
					&answer, &error), result);
	assert_non_null(error);
	assert_int_equal(strncmp(error, text, strlen(text)), 0);
	assert_non_null(strstr(error, server.path));
	assert_null(answer.body);
}

static void an_answer_is_read(_unused_ void **state)
{
	_cleanup_(daemon_answer_clear) struct daemon_answer answer = { 0 };
	_cleanup_free_ char *error = NULL;

	start("HTTP/1.1 200 OK\r\nContent-Length: 15\r\n"
	      "Connection: close\r\n\r\n{\"members\": 2 }");
	assert_int_equal(daemon_request(server.path, "PUT",
					"/v1/drains/web%201", NULL, &answer,
					&error), 0);
	finish();
	assert_int_equal(answer.status, 200);
	assert_int_equal(json_integer_value(json_object_get(answer.body,
							    "members")), 2);
	assert_int_equal(strncmp(server.request,
				 "PUT /v1/drains/web%201 HTTP/1.1\r\n",
				 strlen("PUT /v1/drains/web%201 HTTP/1.1\r\n")),
			 0);
}

static void a_refusal_is_an_answer(_unused_ void **state)
{
	_cleanup_(daemon_answer_clear) struct daemon_answer answer = { 0 };
	_cleanup_free_ char *error = NULL;

	start("HTTP/1.1 404 Not Found\r\nContent-Length: 16\r\n"
	      "Connection: close\r\n\r\n{\"error\":\"none\"}");
	assert_int_equal(daemon_request(server.path, "DELETE", "/v1/drains/x",
					NULL, &answer, &error), 0);
	finish();
	assert_int_equal(answer.status, 404);
	assert_string_equal(json_string_value(json_object_get(answer.body,
							      "error")),
			    "none");
}

static void no_daemon_is_told_with_its_socket(_unused_ void **state)
{
	/* The socket is there, and nobody behind it. */
	expect_failure(-ECONNREFUSED, "vmld is not running");
	unlink(server.path);
	expect_failure(-ENOENT, "vmld is not running");
	/* For the tear-down. */
	fclose(fopen(server.path, "w"));
}

static void an_answer_that_is_cut_off_is_told(_unused_ void **state)
{
	start("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":");
	expect_failure(-EBADMSG, "vmld's answer on ");
	finish();
}

static void silence_is_told(_unused_ void **state)
{
	start("");
	expect_failure(-EBADMSG, "vmld's answer on ");
	finish();
}

static void what_is_not_vmld_is_told(_unused_ void **state)
{
	static const char *const answers[] = {
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
		"Connection: close\r\n\r\nhello",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
		"Connection: close\r\n\r\n[]",
		"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"
		"Connection: close\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n"
		"Connection: close\r\n\r\n{\"a\":1,\"a\":2}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		memset(server.request, 0, sizeof(server.request));
		start(answers[i]);
		expect_failure(-EBADMSG, "what answers on ");
		finish();
	}
}

static void a_path_that_no_socket_can_have_is_told(_unused_ void **state)
{
	struct daemon_answer answer;
	_cleanup_free_ char *error = NULL;
	char path[300];

	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_true(daemon_request(path, "GET", "/v1/status", NULL, &answer,
				   &error) < 0);
	assert_non_null(error);
}

static void the_environments_proxy_is_not_asked(_unused_ void **state)
{
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	an_answer_is_read(NULL);
	unsetenv("http_proxy");
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SERVED(an_answer_is_read),
		SERVED(a_refusal_is_an_answer),
		SERVED(no_daemon_is_told_with_its_socket),
		SERVED(an_answer_that_is_cut_off_is_told),
		SERVED(silence_is_told),
		SERVED(what_is_not_vmld_is_told),
		SERVED(a_path_that_no_socket_can_have_is_told),
		SERVED(the_environments_proxy_is_not_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
