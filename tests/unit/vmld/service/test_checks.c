/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The daemon and its checks of a server that fails while its machine runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "daemon_fixture.h"
#include "fake_kernel.h"
#include "responder.h"

#define CONFIG								\
	"poll-interval = 0.1\nstate-directory = \"%1$s/state\"\n"	\
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

static struct fake_kernel kernel;
static struct responder responder;
static char keys[2][32];	/* of the destinations */

/* health: what its section has besides the times, or all of it; NULL: none. */
static void write_config(const struct daemon_fixture *f, const char *health)
{
	bool whole = health && !strncmp(health, "health", 6);
	_cleanup_free_ char *section = NULL;

	assert_true(asprintf(&section, HEALTH, health ? health : "") > 0);
	fixture_write(f, "conf", CONFIG, f->directory, responder.port,
		      !health ? "" : whole ? health : section);
}

static void start(struct daemon_fixture *f)
{
	fixture_trace(f);
	fixture_start(f);
}

static int set_up(void **state)
{
	struct daemon_fixture *f = calloc(1, sizeof(*f));

	fixture_open(f);
	responder_open(&responder, f->event);
	fake_kernel_init(&kernel);
	for (int i = 0; i < 2; i++) {
		snprintf(keys[i], sizeof(keys[i]), "127.0.0.%d:%u", i + 1,
			 responder.port);
		fake_kernel_add(&kernel, keys[i], 10);
	}
	fixture_write(f, "script", SCRIPT);
	write_config(f, "");
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct daemon_fixture *f = *state;

	fixture_stop(f);
	responder_close(&responder);
	fixture_close(f);
	free(f);
	return 0;
}

/* Of a destination, by its place, if the reason is there; else NULL. */
static const struct policy_reason *reason_of(const struct daemon_fixture *f,
					     size_t i,
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

static bool is_unhealthy(const struct daemon_fixture *f, size_t i,
			 enum health_outcome outcome)
{
	const struct policy_reason *reason =
		reason_of(f, i, POLICY_REASON_UNHEALTHY);

	return reason && reason->result.outcome == outcome;
}

static uint32_t scale_of(size_t i)
{
	return fake_kernel_find(&kernel, keys[i])->scale;
}

static bool is_up(const struct daemon_fixture *f, size_t i)
{
	return service_n_members(daemon_service(f->daemon, 0)) == 2 &&
	       !reason_of(f, i, POLICY_REASON_UNHEALTHY) &&
	       scale_of(i) == VML_SCALE_ONE;
}

/* As long as it takes for some checks more. */
static void wait_checks(struct daemon_fixture *f, unsigned int n)
{
	unsigned int before = responder.requests;

	wait_for(f, responder.requests >= before + n);
}

/* Until the one that nobody answers for is out, and the other one is not. */
static void start_with_one(struct daemon_fixture *f)
{
	start(f);
	wait_for(f, is_unhealthy(f, 1, HEALTH_REFUSED) && !scale_of(1));
	assert_true(is_up(f, 0));
}

static void a_member_is_out_while_its_checks_fail(void **state)
{
	struct daemon_fixture *f = *state;

	start_with_one(f);
	/* Without the other one it would be panic. */
	responder.answer = RESPONDER_STATUS("500 Oops");
	wait_for(f, is_unhealthy(f, 0, HEALTH_STATUS));
	assert_int_equal(service_state(daemon_service(f->daemon, 0)),
			 SERVICE_PANIC);
	responder.answer = RESPONDER_STATUS("200 OK");
	wait_for(f, is_up(f, 0));
	assert_int_equal(scale_of(1), 0);
	responder_close(&responder);
	wait_for(f, is_unhealthy(f, 0, HEALTH_REFUSED));
	responder_reopen(&responder);
	wait_for(f, is_up(f, 0));
}

static void a_shadow_makes_no_checks(void **state)
{
	struct daemon_fixture *f = *state;

	f->options.shadow = true;
	start(f);
	/* As many polls as other tests need for a result. */
	for (uint64_t end = now_ns() + NSEC_PER_SEC; now_ns() < end;)
		fixture_run_once(f);
	assert_true(is_up(f, 0) && is_up(f, 1));
	assert_int_equal(responder.connections, 0);
}

static void reload(struct daemon_fixture *f, const char *health)
{
	char *errors;

	write_config(f, health);
	assert_int_equal(daemon_reload(f->daemon, &errors), 0);
}

static void a_reload_keeps_what_is_known_of_the_same_check(void **state)
{
	struct daemon_fixture *f = *state;
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
	struct daemon_fixture *f = *state;

	start_with_one(f);
	reload(f, "path = \"/other\"");
	wait_for(f, is_up(f, 1));
	wait_for(f, is_unhealthy(f, 1, HEALTH_REFUSED));
	wait_checks(f, 1);
	assert_non_null(strstr(responder.request, "GET /other "));
}

static void without_a_section_checks_end(void **state)
{
	struct daemon_fixture *f = *state;
	unsigned int connections;

	start_with_one(f);
	reload(f, NULL);
	wait_for(f, is_up(f, 1));
	connections = responder.connections;
	for (uint64_t end = now_ns() + NSEC_PER_SEC / 2; now_ns() < end;)
		fixture_run_once(f);
	/* One may have been on its way. */
	assert_true(responder.connections <= connections + 1);
}

static void a_sign_of_trouble_is_looked_into_at_once(void **state)
{
	struct daemon_fixture *f = *state;

	write_config(f, "health http { delay-loop = 3600 retry = 0 warmup = 0 }");
	fixture_write(f, "script", SCRIPT "at 1 event web-1 agent-lost\n");
	start(f);
	wait_for(f, responder.requests == 1);
	responder.answer = RESPONDER_STATUS("500 Oops");
	wait_for(f, is_unhealthy(f, 0, HEALTH_STATUS));
	assert_int_equal(responder.requests, 2);
}

static void members_that_go_are_not_checked(void **state)
{
	struct daemon_fixture *f = *state;
	unsigned int connections;

	start_with_one(f);
	fake_kernel_remove(&kernel, keys[0]);
	wait_for(f, service_n_members(daemon_service(f->daemon, 0)) == 1);
	connections = responder.connections;
	for (uint64_t end = now_ns() + NSEC_PER_SEC / 2; now_ns() < end;)
		fixture_run_once(f);
	assert_true(responder.connections <= connections + 1);
	/* The one that comes again is not what it was. */
	fake_kernel_remove(&kernel, keys[1]);
	wait_for(f, service_n_members(daemon_service(f->daemon, 0)) == 0);
	fake_kernel_add(&kernel, keys[0], 10);
	fake_kernel_add(&kernel, keys[1], 10);
	wait_for(f, is_up(f, 0) && is_up(f, 1));
	wait_for(f, is_unhealthy(f, 1, HEALTH_REFUSED));
}

static void a_replay_does_what_the_daemon_did(void **state)
{
	struct daemon_fixture *f = *state;
	_cleanup_free_ char *recording = fixture_path(f, "recording");
	char *trace, *error = NULL;

	f->options.record = recording;
	start_with_one(f);
	responder.answer = RESPONDER_STATUS("404 No");
	wait_for(f, is_unhealthy(f, 0, HEALTH_STATUS));
	responder.answer = RESPONDER_STATUS("200 OK");
	wait_for(f, is_up(f, 0));
	fixture_stop(f);

	trace = fixture_replay(f, recording, &error);
	fixture_strip_times(trace);
	fixture_strip_times(f->trace);
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
