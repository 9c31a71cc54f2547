/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Probes of a server that does everything that servers do. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "health/probe.h"
#include "responder.h"
#include "util.h"

/* No test needs more; it is there so that a broken one ends. */
#define PATIENCE_NS (20 * NSEC_PER_SEC)

/* As if there were no memory to watch one more, but by this one; -1: there is. */
static int only_watcher = -1;

int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
	if (operation == EPOLL_CTL_ADD && only_watcher >= 0 &&
	    epoll != only_watcher) {
		errno = ENOMEM;
		return -1;
	}
	return (int)syscall(SYS_epoll_ctl, epoll, operation, fd, event);
}

/* As if there were no sockets for that reason; 0: there are. */
static int no_socket;

int socket(int domain, int type, int protocol)
{
	if (no_socket && domain == AF_INET) {
		errno = no_socket;
		return -1;
	}
	return (int)syscall(SYS_socket, domain, type, protocol);
}

struct fixture {
	sd_event *event;
	struct probes *probes;
	struct responder responder;
	struct health_config config;
	struct vml_destination_key key;
	unsigned int ended;
	bool made;
	struct health_result result;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_true(sd_event_new(&f->event) >= 0);
	assert_int_equal(probes_new(f->event, &f->probes), 0);
	responder_open(&f->responder, f->event);
	f->key.family = AF_INET;
	f->key.address.ipv4.s_addr = htonl(INADDR_LOOPBACK);
	f->key.port = f->responder.port;
	f->config = (struct health_config){
		.type = HEALTH_HTTP,
		.connect_timeout_ns = PATIENCE_NS,
		.path = (char *)"/up?x=1",
		.codes = { { 200, 299 } },
		.n_codes = 1,
	};
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	probes_free(f->probes);
	responder_close(&f->responder);
	sd_event_unref(f->event);
	free(f);
	return 0;
}

static void on_done(const struct health_result *result, void *userdata)
{
	struct fixture *f = userdata;

	f->ended++;
	f->made = result;
	if (result)
		f->result = *result;
}

static struct probe *begin(struct fixture *f)
{
	struct probe *probe;

	assert_int_equal(probe_new(f->probes, &f->config, &f->key, on_done, f,
				   &probe), 0);
	return probe;
}

#define run_until(f, condition)						\
	do {								\
		uint64_t _deadline = now_ns() + PATIENCE_NS;		\
									\
		while (!(condition)) {					\
			assert_true(now_ns() < _deadline);		\
			assert_true(sd_event_run((f)->event, 1000000) >= 0); \
		}							\
	} while (0)

static struct health_result probe(struct fixture *f)
{
	unsigned int before = f->ended;

	begin(f);
	/* Never before it is waited for. */
	assert_int_equal(f->ended, before);
	run_until(f, f->ended > before);
	assert_true(f->made);
	assert_int_equal(probes_n_running(f->probes), 0);
	return f->result;
}

static void a_server_that_answers_passes(void **state)
{
	struct fixture *f = *state;
	char host[32];

	assert_int_equal(probe(f).outcome, HEALTH_PASSED);
	assert_non_null(strstr(f->responder.request, "GET /up?x=1 HTTP/1.1\r\n"));
	snprintf(host, sizeof(host), "\r\nHost: 127.0.0.1:%u\r\n",
		 f->responder.port);
	assert_non_null(strstr(f->responder.request, host));
	assert_non_null(strstr(f->responder.request, "\r\nUser-Agent: vmld/"));
}

static void a_virtual_host_is_named(void **state)
{
	struct fixture *f = *state;

	f->config.virtualhost = (char *)"www.example.org";
	assert_int_equal(probe(f).outcome, HEALTH_PASSED);
	assert_non_null(strstr(f->responder.request,
			       "\r\nHost: www.example.org\r\n"));
}

static void a_status_is_judged(void **state)
{
	struct fixture *f = *state;
	struct health_result result;

	f->responder.answer = RESPONDER_STATUS("503 Service Unavailable");
	result = probe(f);
	assert_int_equal(result.outcome, HEALTH_STATUS);
	assert_int_equal(result.status, 503);
	f->config.codes[0] = (struct health_codes){ 503, 503 };
	assert_int_equal(probe(f).outcome, HEALTH_PASSED);
	/* Where it points to is not looked at. */
	f->responder.answer = "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n"
			      "Content-Length: 0\r\n\r\n";
	result = probe(f);
	assert_int_equal(result.status, 302);
	assert_int_equal(f->responder.connections, 3);
}

static void each_failure_has_its_name(void **state)
{
	struct fixture *f = *state;

	f->responder.answer = "";
	assert_int_equal(probe(f).outcome, HEALTH_CLOSED);
	f->responder.answer = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi";
	assert_int_equal(probe(f).outcome, HEALTH_CLOSED);
	f->responder.answer = "220 mail.example.org ESMTP\r\n";
	assert_int_equal(probe(f).outcome, HEALTH_MALFORMED);
	f->responder.answer = NULL;
	f->config.connect_timeout_ns = 100 * NSEC_PER_MSEC;
	assert_int_equal(probe(f).outcome, HEALTH_TIMED_OUT);
	responder_close(&f->responder);
	assert_int_equal(probe(f).outcome, HEALTH_REFUSED);
	/* No host has it. */
	f->key.address.ipv4.s_addr = htonl(INADDR_BROADCAST);
	assert_int_equal(probe(f).outcome, HEALTH_UNREACHABLE);
}

/* The port of the check is another one than the destination's. */
static void a_port_of_its_own_is_taken(void **state)
{
	struct fixture *f = *state;

	f->config.port = f->key.port;
	f->key.port = 1;
	assert_int_equal(probe(f).outcome, HEALTH_PASSED);
}

static void an_answer_without_end_is_not_listened_to(void **state)
{
	struct fixture *f = *state;
	char *answer = malloc(1024 * 1024 + 1);
	int head = sprintf(answer, "HTTP/1.1 200 OK\r\n\r\n");

	memset(answer + head, 'x', 1024 * 1024 - (size_t)head);
	answer[1024 * 1024] = '\0';
	f->responder.answer = answer;
	assert_int_equal(probe(f).outcome, HEALTH_PASSED);
	free(answer);
}

static void a_connection_is_all_that_tcp_needs(void **state)
{
	struct fixture *f = *state;

	f->config.type = HEALTH_TCP;
	f->config.path = NULL;
	f->responder.answer = NULL;
	assert_int_equal(probe(f).outcome, HEALTH_PASSED);
	run_until(f, f->responder.connections == 1);
	assert_int_equal(f->responder.requests, 0);
	responder_close(&f->responder);
	assert_int_equal(probe(f).outcome, HEALTH_REFUSED);
}

static void one_that_cannot_be_watched_is_none_and_harms_no_other(void **state)
{
	struct fixture *f = *state;

	f->config.connect_timeout_ns = 50 * NSEC_PER_MSEC;
	only_watcher = sd_event_get_fd(f->event);
	begin(f);
	run_until(f, f->ended == 1);
	only_watcher = -1;
	assert_false(f->made);
	f->config.connect_timeout_ns = PATIENCE_NS;
	assert_int_equal(probe(f).outcome, HEALTH_PASSED);
}

/* That is no fault of the server's. */
static void one_without_a_socket_is_none(void **state)
{
	static const int reasons[] = { EMFILE, ENFILE, ENOBUFS, ENOMEM };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		f->ended = 0;
		f->made = true;
		no_socket = reasons[i];
		begin(f);
		run_until(f, f->ended == 1);
		no_socket = 0;
		assert_false(f->made);
	}
	assert_int_equal(probe(f).outcome, HEALTH_PASSED);
}

static void no_more_than_some_have_a_socket(void **state)
{
	struct fixture *f = *state;
	struct probe *probes[PROBES_AT_ONCE + 100];
	size_t n = ARRAY_SIZE(probes);

	f->responder.answer = NULL;
	for (size_t i = 0; i < n; i++)
		probes[i] = begin(f);
	assert_int_equal(probes_n_running(f->probes), PROBES_AT_ONCE);
	assert_int_equal(probes_n_waiting(f->probes), 100);
	run_until(f, f->responder.requests == PROBES_AT_ONCE);
	assert_int_equal(f->ended, 0);
	/* One that waits, the last one, and one that runs, in whose place one comes. */
	probe_cancel(probes[n - 50]);
	probe_cancel(probes[n - 1]);
	assert_int_equal(probes_n_waiting(f->probes), 98);
	probe_cancel(probes[0]);
	assert_int_equal(probes_n_waiting(f->probes), 97);
	assert_int_equal(probes_n_running(f->probes), PROBES_AT_ONCE);
	/* As those that run end, all that wait get their turn. */
	f->responder.answer = RESPONDER_STATUS("200 OK");
	responder_close(&f->responder);
	responder_reopen(&f->responder);
	run_until(f, f->ended == n - 3);
	assert_int_equal(probes_n_running(f->probes), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(a_server_that_answers_passes),
		TEST(a_virtual_host_is_named),
		TEST(a_status_is_judged),
		TEST(each_failure_has_its_name),
		TEST(a_port_of_its_own_is_taken),
		TEST(an_answer_without_end_is_not_listened_to),
		TEST(a_connection_is_all_that_tcp_needs),
		TEST(one_that_cannot_be_watched_is_none_and_harms_no_other),
		TEST(one_without_a_socket_is_none),
		TEST(no_more_than_some_have_a_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
