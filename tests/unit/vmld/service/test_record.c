/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recordings: what the daemon did is what a replay of its recording does. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "daemon_fixture.h"
#include "fake_kernel.h"

#define CONFIG								\
	"poll-interval = 0.1\nstate-directory = \"%1$s/state\"\n"	\
	"hypervisor hv1 { uri = \"script://%1$s/script\" }\n"		\
	"hypervisor hv2 { uri = \"script://%1$s/script\" }\n"		\
	"service web { address = 10.0.0.100 port = 80\n"		\
	" members \"web *\" { } members \"web-*\" { } }\n"

/* With a name that needs quotes, and one that is on two hosts. */
#define SCRIPT								\
	"host hv1 cpus 8\nhost hv2\n"					\
	"vm web-1 hv1 address 10.0.0.1 run 0.3 delay 0.2 io 40 latency 0.01 swap 9\n" \
	"vm \"web #\\\\\\\"2\" hv1 address 10.0.0.2 run 0.3\n"		\
	"vm web-3 hv2 address 10.0.0.3 uuid 00000000-0000-0000-0000-0000000000aa run 0.4\n" \
	"vm there hv1 name web-3 uuid 00000000-0000-0000-0000-0000000000aa state shutoff\n" \
	"at 0.15 event web-1 postcopy\n"				\
	"at 0.35 event web-1 suspended\nat 0.36 event web-1 resumed\n"	\
	"at 0.45 event web-3 migrating-out hv2 0.44 -1 0.55\n"		\
	"at 0.55 event \"web #\\\\\\\"2\" stopped\n"			\
	"at 0.62 lost hv2 \"no way\"\nat 0.75 event web-1 rebooted\n"	\
	"at 0.85 event web-3 undefined\nat 0.9 connected hv2\n"

static struct fake_kernel kernel;
static char *recording;

static void write_file(const char *path, const char *text, size_t size)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	fclose(file);
}

static bool has_reason(const struct daemon_fixture *f, const char *domain,
		       enum policy_reason_type type)
{
	const struct service *service = daemon_service(f->daemon, 0);

	for (size_t i = 0; i < service_n_members(service); i++) {
		struct service_member member = service_member(
			service, i, daemon_drains(f->daemon));

		if (!member.domain || strcmp(member.domain, domain) != 0)
			continue;
		for (size_t j = 0; j < member.verdict->n_reasons; j++)
			if (member.verdict->reasons[j].type == type)
				return true;
	}
	return false;
}

static int set_up(void **state)
{
	struct daemon_fixture *f = calloc(1, sizeof(*f));

	fixture_open(f);
	fixture_write(f, "conf", CONFIG, f->directory);
	fixture_write(f, "script", SCRIPT);
	recording = fixture_path(f, "recording");
	f->options.record = recording;
	fake_kernel_init(&kernel);
	for (int i = 1; i <= 4; i++) {
		char key[32];

		snprintf(key, sizeof(key), "10.0.0.%d:80", i);
		fake_kernel_add(&kernel, key, 10);
	}
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct daemon_fixture *f = *state;

	fixture_close(f);
	free(recording);
	free(f);
	return 0;
}

static char *contents_of(const char *path, size_t *ret_size)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t room = 0;
	ssize_t n;

	assert_non_null(file);
	n = getdelim(&text, &room, 0, file);
	assert_true(n > 0);
	fclose(file);
	*ret_size = (size_t)n;
	return text;
}

static void record_a_while(struct daemon_fixture *f)
{
	struct sink_destination *third;
	size_t members;

	if (!fake_kernel_find(&kernel, "10.0.0.4:80"))
		fake_kernel_add(&kernel, "10.0.0.4:80", 10);
	third = fake_kernel_find(&kernel, "10.0.0.3:80");
	third->weight = 10;
	fixture_trace(f);
	fixture_start(f);
	assert_string_equal(daemon_record(f->daemon), recording);
	wait_for(f, has_reason(f, "web-1", POLICY_REASON_STEAL));
	fake_kernel_find(&kernel, "10.0.0.1:80")->picks += 7;
	third->active_connections = 3;
	third->weight = 0;
	wait_for(f, has_reason(f, "web-3", POLICY_REASON_WEIGHT_ZERO));
	fake_kernel_remove(&kernel, "10.0.0.4:80");
	assert_int_equal(daemon_drain(f->daemon, "web-1", true, &members), 0);
	wait_for(f, has_reason(f, "web-1", POLICY_REASON_DRAINED));
	assert_int_equal(daemon_drain(f->daemon, "web-1", false, &members), 0);
	/* The last that happens in the script. */
	wait_for(f, has_reason(f, "web-3", POLICY_REASON_STATE) &&
		     has_reason(f, "web #\\\"2", POLICY_REASON_STATE));
	fixture_stop(f);
}

static void a_replay_does_what_the_daemon_did(void **state)
{
	struct daemon_fixture *f = *state;
	char *trace, *again, *error = NULL;

	record_a_while(f);
	trace = fixture_replay(f, recording, &error);
	again = fixture_replay(f, recording, &error);
	assert_string_equal(trace, again);
	fixture_strip_times(trace);
	fixture_strip_times(f->trace);
	assert_string_equal(trace, f->trace);
	/* And that was something. */
	assert_non_null(strstr(trace, " web #\\\"2 0.00 shutoff"));
	assert_non_null(strstr(trace, "drained"));
	assert_non_null(strstr(trace, "steal"));
	assert_non_null(strstr(trace, "weight 0"));
	free(trace);
	free(again);
}

/* Drains are another vmld's then, and those of its operations count, too. */
static void a_shadow_records_the_drains_that_it_follows(void **state)
{
	struct daemon_fixture *f = *state;
	_cleanup_free_ char *folder = fixture_path(f, "state");
	char *text, *trace, *error = NULL;
	size_t size;

	assert_int_equal(mkdir(folder, 0700), 0);
	fixture_write(f, "state/drains.json",
		      "{\"drains\": [], \"operations\": {\"web-3\": \"snapshot\"}}");
	f->options.shadow = true;
	fixture_trace(f);
	fixture_start(f);
	wait_for(f, has_reason(f, "web-3", POLICY_REASON_SNAPSHOT));
	fixture_write(f, "state/drains.json",
		      "{\"drains\": [\"web-1\"], \"operations\": {\"web-1\": \"snapshot\"}}");
	wait_for(f, has_reason(f, "web-1", POLICY_REASON_DRAINED));
	fixture_stop(f);
	text = contents_of(recording, &size);
	assert_non_null(strstr(text, "\ndrain web-3\n"));
	assert_non_null(strstr(text, "\nundrain web-3\n"));
	free(text);
	trace = fixture_replay(f, recording, &error);
	assert_non_null(strstr(trace, " web-3 0.00 running drained"));
	assert_non_null(strstr(trace, " web-1 0.00 running drained"));
	free(trace);
}

static void another_start_is_appended(void **state)
{
	struct daemon_fixture *f = *state;
	size_t before, after;
	char *text, *trace, *error = NULL;
	char path[64];

	record_a_while(f);
	/* The one before was killed while it wrote. */
	text = contents_of(recording, &before);
	assert_int_equal(text[before - 1], '\n');
	write_file(recording, text, before - 3);
	free(text);
	record_a_while(f);
	text = contents_of(recording, &after);
	assert_true(after > before);
	trace = fixture_replay(f, recording, &error);
	fixture_strip_times(trace);
	fixture_strip_times(f->trace);
	assert_true(strlen(trace) > strlen(f->trace));
	assert_string_equal(trace + strlen(trace) - strlen(f->trace),
			    f->trace);
	free(trace);
	free(text);

	/* What is something else is left alone. */
	snprintf(path, sizeof(path), "%s/script", f->directory);
	assert_int_equal(daemon_new(fixture_config(f), f->event, &f->log,
				    &(struct daemon_options){ .record = path },
				    &f->daemon), -EEXIST);
	text = contents_of(path, &after);
	assert_string_equal(text, SCRIPT);
	free(text);
}

static void whatever_interrupts_it_the_rest_is_good(void **state)
{
	struct daemon_fixture *f = *state;
	char *text, path[64];
	size_t size;

	record_a_while(f);
	text = contents_of(recording, &size);
	snprintf(path, sizeof(path), "%s/cut", f->directory);
	for (size_t cut = strlen("recording 1 2026-01-01T00:00:00Z\n");
	     cut < size; cut += 1 + size / 300) {
		char *error = NULL;

		write_file(path, text, cut);
		free(fixture_replay(f, path, &error));
	}
	free(text);
}

static void mistakes_are_told_with_their_line(void **state)
{
	static const struct {
		const char *text;
		const char *error;
	} cases[] = {
		{ "recording 2 2026-11-25T00:00:00Z\n",
		  ":1: a recording of version 2: only 1 is understood" },
		{ "recording 1 yesterday\n",
		  ":1: \"yesterday\" is not a date and time" },
		{ "recording 1 2026-11-25T00:00:00Z\nhost hv1\n"
		  "at 2 connected hv1\nat 1 connected hv1\n",
		  ":4: 1 s is before what happened last, at 2 s" },
		{ "recording 1 2026-11-25T00:00:00Z\n"
		  "at 1 look 10.0.0.100:80\n",
		  ":2: \"10.0.0.100:80\" is not a service" },
		{ "recording 1 2026-11-25T00:00:00Z\nat 1 count d1\n",
		  ":2: no destination is named \"d1\"" },
		{ "recording 1 2026-11-25T00:00:00Z\nhost hv1\n"
		  "vm web-1 hv1\nat 1\nset web-1 run-ns -5\n",
		  ":5: \"-5\" is not a count" },
		{ "recording 1 2026-11-25T00:00:00Z\nhost \"hv1\n",
		  ":2: a quote is not closed" },
		{ "host hv1\ngone web-1\n",
		  ":2: \"gone\" is only in recordings" },
	};
	struct daemon_fixture *f = *state;
	char path[64];

	snprintf(path, sizeof(path), "%s/bad", f->directory);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *error = NULL;

		write_file(path, cases[i].text, strlen(cases[i].text));
		free(fixture_replay(f, path, &error));
		assert_non_null(error);
		assert_int_equal(strncmp(error, path, strlen(path)), 0);
		assert_string_equal(error + strlen(path), cases[i].error);
		free(error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(a_replay_does_what_the_daemon_did),
		TEST(a_shadow_records_the_drains_that_it_follows),
		TEST(another_start_is_appended),
		TEST(whatever_interrupts_it_the_rest_is_good),
		TEST(mistakes_are_told_with_their_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
