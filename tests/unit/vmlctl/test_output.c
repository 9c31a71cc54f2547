/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is printed: tables, service lines, events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "event_text.h"
#include "render.h"
#include "util.h"
#include "verb.h"

static const struct column columns[] = {
	{ "NAME", false },
	{ "N", true },
	{ "WHY", false },
};

struct capture {
	FILE *file;
	char *text;
	size_t size;
};

static struct capture capture;

static int set_up(_unused_ void **state)
{
	capture.file = open_memstream(&capture.text, &capture.size);
	return capture.file ? 0 : -1;
}

static int tear_down(_unused_ void **state)
{
	fclose(capture.file);
	free(capture.text);
	return 0;
}

/* Forget what has been printed. */
static void restart(void)
{
	tear_down(NULL);
	assert_int_equal(set_up(NULL), 0);
}

static void assert_printed(const char *text)
{
	fflush(capture.file);
	assert_string_equal(capture.text, text);
}

static void columns_are_aligned(_unused_ void **state)
{
	_cleanup_(table_freep) struct table *table = NULL;

	assert_int_equal(table_new(columns, ARRAY_SIZE(columns), &table), 0);
	table_add(table, "a");
	table_add(table, "%d", 1000);
	table_add(table, "long reason");
	/* Two bytes, one column. */
	table_add(table, "\xc3\xa4-long-name");
	table_add(table, "%d", 7);
	table_add(table, "-");
	assert_int_equal(table_print(table, "  ", capture.file), 0);
	assert_printed("  NAME            N  WHY\n"
		       "  a            1000  long reason\n"
		       "  \xc3\xa4-long-name     7  -\n");
}

static void a_name_cannot_command_the_terminal(_unused_ void **state)
{
	_cleanup_(table_freep) struct table *table = NULL;

	assert_int_equal(table_new(columns, ARRAY_SIZE(columns), &table), 0);
	table_add(table, "vm\033[2J\n\177");
	table_add(table, "1");
	table_add(table, "x");
	assert_int_equal(table_print(table, "", capture.file), 0);
	assert_printed("NAME      N  WHY\nvm?[2J??  1  x\n");
}

/* What hypervisors and guests have said may be part of one. */
static void a_complaint_cannot_either(_unused_ void **state)
{
	_cleanup_fclose_ FILE *errors = tmpfile();
	const int old = dup(STDERR_FILENO);
	char said[64];

	assert_non_null(errors);
	assert_true(dup2(fileno(errors), STDERR_FILENO) >= 0);
	complain("%s: %s", "web-1", "agent\033[2J\n\177");
	assert_true(dup2(old, STDERR_FILENO) >= 0);
	close(old);
	rewind(errors);
	said[fread(said, 1, sizeof(said) - 1, errors)] = '\0';
	assert_string_equal(said, "vmlctl: web-1: agent?[2J??\n");
}

static void a_table_without_rows_has_its_titles(_unused_ void **state)
{
	_cleanup_(table_freep) struct table *table = NULL;

	assert_int_equal(table_new(columns, ARRAY_SIZE(columns), &table), 0);
	assert_int_equal(table_print(table, "", capture.file), 0);
	assert_printed("NAME  N  WHY\n");
}

static void service_lines_tell_what_is_known(_unused_ void **state)
{
	static const struct {
		const char *json, *line;
	} cases[] = {
		{ "{\"key\":\"tcp 192.0.2.1:80\",\"generation\":7,"
		  "\"lease_ms\":null}", "tcp 192.0.2.1:80  generation 7\n" },
		{ "{\"key\":\"fwmark 7\",\"name\":\"web\",\"mode\":\"weights\","
		  "\"state\":\"panic\",\"generation\":0,\"lease_ms\":9240}",
		  "fwmark 7  web  weights  panic  generation 0  lease 9.2 s\n" },
		{ "{\"key\":\"fwmark 7\",\"state\":\"absent\"}",
		  "fwmark 7  absent\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(json_decrefp) json_t *service =
			json_loads(cases[i].json, 0, NULL);

		restart();
		render_service_line(service, capture.file);
		assert_printed(cases[i].line);
	}
}

static void weights_are_factors_and_dashes(_unused_ void **state)
{
	static const struct column numbers[] = {
		{ "W", true }, { "S", true }, { "E", true },
		{ "A", true }, { "I", true },
	};
	_cleanup_(json_decrefp) json_t *destination = json_pack(
		"{s:i, s:i, s:i}", "weight", 100, "scale", 34734,
		"effective_weight", 3473400);
	_cleanup_(table_freep) struct table *table = NULL;

	assert_int_equal(table_new(numbers, ARRAY_SIZE(numbers), &table), 0);
	render_weights(table, destination);
	assert_int_equal(table_print(table, "", capture.file), 0);
	assert_printed("  W      S      E  A  I\n100  0.530  53.00  -  -\n");
}

static struct vml_event event_of(enum vml_event_type type)
{
	struct vml_event event = { .type = type, .generation = 5,
				   .lease_ms = 1500 };

	assert_int_equal(vml_service_key_parse("tcp 192.0.2.1:80",
					       &event.service), 0);
	assert_int_equal(vml_destination_key_parse("192.0.2.9:80",
						   &event.destination), 0);
	return event;
}

static const struct timespec moment = { 1700000000, 123456789 };

static void events_are_lines(_unused_ void **state)
{
	static const struct {
		enum vml_event_type type;
		const char *line;
	} cases[] = {
		{ VML_EVENT_SERVICE_BOUND,
		  "2023-11-14 22:13:20.123 service-bound tcp 192.0.2.1:80\n" },
		{ VML_EVENT_DESTINATION_REMOVED,
		  "2023-11-14 22:13:20.123 destination-removed tcp 192.0.2.1:80 destination 192.0.2.9:80\n" },
		{ VML_EVENT_SCALES_COMMITTED,
		  "2023-11-14 22:13:20.123 scales-committed tcp 192.0.2.1:80 generation 5 lease 1.5 s\n" },
		{ VML_EVENT_LEASE_EXPIRED,
		  "2023-11-14 22:13:20.123 lease-expired tcp 192.0.2.1:80 generation 5\n" },
		{ VML_EVENT_LOST, "2023-11-14 22:13:20.123 lost\n" },
	};

	setenv("TZ", "UTC", 1);
	tzset();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vml_event event = event_of(cases[i].type);

		restart();
		assert_int_equal(event_print(&event, &moment, capture.file), 0);
		assert_printed(cases[i].line);
	}
}

static void events_are_json_lines(_unused_ void **state)
{
	static const struct {
		enum vml_event_type type;
		const char *names;
	} cases[] = {
		{ VML_EVENT_SERVICE_UNBOUND, "time event service" },
		{ VML_EVENT_DESTINATION_ADDED,
		  "time event service destination" },
		{ VML_EVENT_SCALES_COMMITTED,
		  "time event service generation lease_ms" },
		{ VML_EVENT_LEASE_EXPIRED, "time event service generation" },
		{ VML_EVENT_LOST, "time event" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vml_event event = event_of(cases[i].type);
		_cleanup_(json_decrefp) json_t *object = NULL;
		char names[128] = "";
		const char *name;
		json_t *value;

		restart();
		assert_int_equal(event_print_json(&event, &moment,
						  capture.file), 0);
		fflush(capture.file);
		assert_ptr_equal(strchr(capture.text, '\n'),
				 capture.text + capture.size - 1);
		object = json_loads(capture.text, 0, NULL);
		json_object_foreach(object, name, value) {
			if (*names)
				strcat(names, " ");
			strcat(names, name);
		}
		assert_string_equal(names, cases[i].names);
	}
}

#define PRINTING(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PRINTING(columns_are_aligned),
		PRINTING(a_name_cannot_command_the_terminal),
		PRINTING(a_complaint_cannot_either),
		PRINTING(a_table_without_rows_has_its_titles),
		PRINTING(service_lines_tell_what_is_known),
		PRINTING(weights_are_factors_and_dashes),
		PRINTING(events_are_lines),
		PRINTING(events_are_json_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
