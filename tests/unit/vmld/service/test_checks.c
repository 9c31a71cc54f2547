/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The daemon and its checks of a server that fails while its machine runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "fake_kernel.h"
#include "loop.h"
#include "replay/replay.h"
#include "replay/trace.h"
#include "responder.h"

#define CONFIG								\
	"poll-interval = 0.1\nsocket = \"%1$s/sock\"\n"			\
	"state-directory = \"%1$s/state\"\n"				\
	"hypervisor hv1 { uri = \"script://%1$s/script\" }\n"		\
	"service web { address = 10.0.0.100 port = %2$u\n"		\
	" member 127.0.0.1 { domain = web-1 }\n"			\
	" member 127.0.0.2 { domain = web-2 }\n%3$s }\n"

/* Nobody listens at 127.0.0.2, so that the first one alone is up or not. */
#define HEALTH								\
	"health http { delay-loop = 0.1 delay-before-retry = 0.1"	\
	" warmup = 0.1 retry = 1 hysteresis = 2 %s }"

#define SCRIPT								\
	"host hv1\nvm web-1 hv1 run 0.3\nvm web-2 hv1 run 0.3\n"

/* No test needs more; it is there so that a broken one ends. */
#define PATIENCE_NS (20 * NSEC_PER_SEC)

struct fixture {
	sd_event *event;
	struct log log;
	struct daemon_options options;
	char directory[32];
	char recording[64];
	struct daemon *daemon;
	struct responder responder;
	char keys[2][32];
	/* The trace of what it does. */
	char *trace;
	size_t size;
	FILE *stream;
	struct trace *tracer;
};

static struct fake_kernel kernel;

static void write_file(const struct fixture *f, const char *name,
		       const char *text)
{
	_cleanup_free_ char *path = NULL;
	FILE *file;

	assert_true(asprintf(&path, "%s/%s", f->directory, name) > 0);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* health: what its section has besides the times, or all of it; NULL: none. */
static void write_config(const struct fixture *f, const char *health)
{
	_cleanup_free_ char *text = NULL, *section = NULL;

	bool whole = health && !strncmp(health, "health", 6);

	assert_true(asprintf(&section, HEALTH, health ? health : "") > 0);
	assert_true(asprintf(&text, CONFIG, f->directory, f->responder.port,
			     !health ? "" : whole ? health : section) > 0);
	write_file(f, "conf", text);
}

static struct config *read_config(const struct fixture *f)
{
	_cleanup_(config_errors_clear) struct config_errors errors = {};
	_cleanup_free_ char *path = NULL;
	struct config *config = NULL;

	assert_true(asprintf(&path, "%s/conf", f->directory) > 0);
	assert_int_equal(config_load(path, &config, &errors), 0);
	return config;
}

static void start(struct fixture *f)
{
	f->stream = open_memstream(&f->trace, &f->size);
	assert_int_equal(trace_new(f->stream, false, &f->tracer), 0);
	assert_int_equal(daemon_new(read_config(f), f->event, &f->log,
				    &f->options, &f->daemon), 0);
	assert_int_equal(daemon_start(f->daemon), 0);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->directory, "/tmp/vmld-checks-XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	snprintf(f->recording, sizeof(f->recording), "%s/recording",
		 f->directory);
	f->log.level = -1;
	assert_true(sd_event_new(&f->event) >= 0);
	responder_open(&f->responder, f->event);
	fake_kernel_init(&kernel);
	for (int i = 0; i < 2; i++) {
		snprintf(f->keys[i], sizeof(f->keys[i]), "127.0.0.%d:%u",
			 i + 1, f->responder.port);
		fake_kernel_add(&kernel, f->keys[i], 10);
	}
	write_file(f, "script", SCRIPT);
	write_config(f, "");
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	char command[64];

	daemon_free(f->daemon);
	trace_free(f->tracer);
	if (f->stream)
		fclose(f->stream);
	responder_close(&f->responder);
	sd_event_unref(f->event);
	snprintf(command, sizeof(command), "rm -r %s", f->directory);
	assert_int_equal(system(command), 0);
	free(f->trace);
	free(f);
	return 0;
}

static void run_once(struct fixture *f)
{
	assert_true(sd_event_run(f->event, 1000000) >= 0);
	assert_int_equal(trace_service(f->tracer, daemon_service(f->daemon, 0),
				       daemon_drains(f->daemon), 0), 0);
}

#define run_until(f, condition)						\
	do {								\
		uint64_t _deadline = now_ns() + PATIENCE_NS;		\
									\
		while (!(condition)) {					\
			assert_true(now_ns() < _deadline);		\
			run_once(f);					\
		}							\
	} while (0)

/* Of a destination, by its place, if the reason is there; else NULL. */
static const struct policy_reason *reason_of(const struct fixture *f, size_t i,
					     enum policy_reason_type type)
{
	const struct service *service = daemon_service(f->daemon, 0);
	struct service_member member;

	if (i >= service_n_members(service))
		return NULL;
	member = service_member(service, i, daemon_drains(f->daemon));
	for (size_t j = 0; j < member.verdict->n_reasons; j++)
		if (member.verdict->reasons[j].type == type)
			return &member.verdict->reasons[j];
	return NULL;
}

static bool is_unhealthy(const struct fixture *f, size_t i,
			 enum health_outcome outcome)
{
	const struct policy_reason *reason =
		reason_of(f, i, POLICY_REASON_UNHEALTHY);

	return reason && reason->result.outcome == outcome;
}

static uint32_t scale_of(const struct fixture *f, size_t i)
{
	return fake_kernel_find(&kernel, f->keys[i])->scale;
}

static bool is_up(const struct fixture *f, size_t i)
{
	return service_n_members(daemon_service(f->daemon, 0)) == 2 &&
	       !reason_of(f, i, POLICY_REASON_UNHEALTHY) &&
	       scale_of(f, i) == VML_SCALE_ONE;
}

/* As long as it takes for some checks more. */
static void wait_checks(struct fixture *f, unsigned int n)
{
	unsigned int before = f->responder.requests;

	run_until(f, f->responder.requests >= before + n);
}

/* Until the one that nobody answers for is out, and the other one is not. */
static void start_with_one(struct fixture *f)
{
	start(f);
	run_until(f, is_unhealthy(f, 1, HEALTH_REFUSED) && !scale_of(f, 1));
	assert_true(is_up(f, 0));
}

static void a_member_is_out_while_its_checks_fail(void **state)
{
	struct fixture *f = *state;

	start_with_one(f);
	/* Without the other one it would be panic. */
	f->responder.answer = RESPONDER_STATUS("500 Oops");
	run_until(f, is_unhealthy(f, 0, HEALTH_STATUS));
	assert_int_equal(service_state(daemon_service(f->daemon, 0)),
			 SERVICE_PANIC);
	f->responder.answer = RESPONDER_STATUS("200 OK");
	run_until(f, is_up(f, 0));
	assert_int_equal(scale_of(f, 1), 0);
	responder_close(&f->responder);
	run_until(f, is_unhealthy(f, 0, HEALTH_REFUSED));
	responder_reopen(&f->responder);
	run_until(f, is_up(f, 0));
}

static void a_shadow_makes_no_checks(void **state)
{
	struct fixture *f = *state;

	f->options.shadow = true;
	start(f);
	/* As many polls as other tests need for a result. */
	for (uint64_t end = now_ns() + NSEC_PER_SEC; now_ns() < end;)
		run_once(f);
	assert_true(is_up(f, 0) && is_up(f, 1));
	assert_int_equal(f->responder.connections, 0);
}

static void reload(struct fixture *f, const char *health)
{
	char *errors;

	write_config(f, health);
	assert_int_equal(daemon_reload(f->daemon, &errors), 0);
}

static void a_reload_keeps_what_is_known_of_the_same_check(void **state)
{
	struct fixture *f = *state;
	bool was_up = false;

	start_with_one(f);
	/* Others are the times, and then what is not of the check. */
	reload(f, "connect-timeout = 1");
	assert_true(is_unhealthy(f, 1, HEALTH_REFUSED));
	for (int i = 0; i < 5; i++) {
		wait_checks(f, 1);
		was_up |= is_up(f, 1);
	}
	assert_false(was_up);
	assert_non_null(reason_of(f, 1, POLICY_REASON_UNHEALTHY));
}

static void another_check_begins_anew(void **state)
{
	struct fixture *f = *state;

	start_with_one(f);
	reload(f, "path = \"/other\"");
	run_until(f, is_up(f, 1));
	run_until(f, is_unhealthy(f, 1, HEALTH_REFUSED));
	wait_checks(f, 1);
	assert_non_null(strstr(f->responder.request, "GET /other "));
}

static void without_a_section_checks_end(void **state)
{
	struct fixture *f = *state;
	unsigned int connections;

	start_with_one(f);
	reload(f, NULL);
	run_until(f, is_up(f, 1));
	connections = f->responder.connections;
	for (uint64_t end = now_ns() + NSEC_PER_SEC / 2; now_ns() < end;)
		run_once(f);
	/* One may have been on its way. */
	assert_true(f->responder.connections <= connections + 1);
}

static void a_sign_of_trouble_is_looked_into_at_once(void **state)
{
	struct fixture *f = *state;

	write_config(f, "health http { delay-loop = 3600 retry = 0 warmup = 0 }");
	write_file(f, "script", SCRIPT "at 1 event web-1 agent-lost\n");
	start(f);
	run_until(f, f->responder.requests == 1);
	f->responder.answer = RESPONDER_STATUS("500 Oops");
	run_until(f, is_unhealthy(f, 0, HEALTH_STATUS));
	assert_int_equal(f->responder.requests, 2);
}

static void members_that_go_are_not_checked(void **state)
{
	struct fixture *f = *state;
	unsigned int connections;

	start_with_one(f);
	fake_kernel_remove(&kernel, f->keys[0]);
	run_until(f, service_n_members(daemon_service(f->daemon, 0)) == 1);
	connections = f->responder.connections;
	for (uint64_t end = now_ns() + NSEC_PER_SEC / 2; now_ns() < end;)
		run_once(f);
	assert_true(f->responder.connections <= connections + 1);
	/* The one that comes again is not what it was. */
	fake_kernel_remove(&kernel, f->keys[1]);
	run_until(f, service_n_members(daemon_service(f->daemon, 0)) == 0);
	fake_kernel_add(&kernel, f->keys[0], 10);
	fake_kernel_add(&kernel, f->keys[1], 10);
	run_until(f, is_up(f, 0) && is_up(f, 1));
	run_until(f, is_unhealthy(f, 1, HEALTH_REFUSED));
}

/* Without the times, which the tracer of the running daemon doesn't know. */
static void strip_times(char *trace)
{
	char *to = trace;

	while (*trace) {
		size_t length = strcspn(trace, "\n") + 1;
		size_t skip = strcspn(trace, " ");

		memmove(to, trace + skip, length - skip);
		to += length - skip;
		trace += length;
	}
	*to = '\0';
}

static void a_replay_does_what_the_daemon_did(void **state)
{
	struct fixture *f = *state;
	char *trace, *error = NULL;
	FILE *stream;
	size_t size;

	f->options.record = f->recording;
	start_with_one(f);
	f->responder.answer = RESPONDER_STATUS("404 No");
	run_until(f, is_unhealthy(f, 0, HEALTH_STATUS));
	f->responder.answer = RESPONDER_STATUS("200 OK");
	run_until(f, is_up(f, 0));
	f->daemon = daemon_free(f->daemon);
	f->tracer = trace_free(f->tracer);
	fflush(f->stream);

	stream = open_memstream(&trace, &size);
	assert_int_equal(replay_run(f->recording, read_config(f), &f->log,
				    stream, &error), 0);
	fclose(stream);
	strip_times(trace);
	strip_times(f->trace);
	assert_string_equal(trace, f->trace);
	assert_non_null(strstr(trace, "(connection refused)"));
	assert_non_null(strstr(trace, "(status 404)"));
	free(trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(a_member_is_out_while_its_checks_fail),
		TEST(a_shadow_makes_no_checks),
		TEST(a_reload_keeps_what_is_known_of_the_same_check),
		TEST(another_check_begins_anew),
		TEST(without_a_section_checks_end),
		TEST(a_sign_of_trouble_is_looked_into_at_once),
		TEST(members_that_go_are_not_checked),
		TEST(a_replay_does_what_the_daemon_did),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
