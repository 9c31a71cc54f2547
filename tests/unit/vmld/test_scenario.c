/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replays each scenario of tests/scenario, and compares what the daemon would
 * push, and why, with what is expected. A scenario is a folder with
 *
 *	vmld.conf	the configuration
 *	script		what happens (source/script.h), or a recording
 *	expected	the trace (replay/trace.h)
 *
 * VML_SCENARIO_WRITE=1 in the environment writes the traces anew instead; then
 * look at what git says about them.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "replay/replay.h"

#define FOLDER "tests/scenario"
#define MAX_SCENARIOS 100

static struct config *config_of(const char *path)
{
	_cleanup_(config_errors_clear) struct config_errors errors = {};
	_cleanup_free_ char *text = NULL;
	struct config *config;

	if (config_load(path, &config, &errors) == 0)
		return config;
	text = config_errors_format(&errors, path);
	fail_msg("%s", text);
	return NULL;
}

/* The caller frees it. */
static char *trace_of(const char *name)
{
	_cleanup_free_ char *script = NULL, *config = NULL, *error = NULL;
	struct log log = { .level = -1 };
	char *trace = NULL;
	FILE *stream;
	size_t size;

	assert_true(asprintf(&script, FOLDER "/%s/script", name) > 0);
	assert_true(asprintf(&config, FOLDER "/%s/vmld.conf", name) > 0);
	stream = open_memstream(&trace, &size);
	assert_non_null(stream);
	if (replay_run(script, config_of(config), &log, stream, &error) < 0)
		fail_msg("%s", error);
	fclose(stream);
	return trace;
}

static char *contents_of(const char *path)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	char *contents = NULL;
	size_t size = 0;

	if (!file || getdelim(&contents, &size, 0, file) < 0) {
		free(contents);
		return strdup("");
	}
	return contents;
}

static void compare(const char *path, const char *wanted, const char *got)
{
	unsigned int line = 1;

	while (*wanted || *got) {
		size_t w = strcspn(wanted, "\n"), g = strcspn(got, "\n");

		if (w != g || memcmp(wanted, got, w) != 0)
			fail_msg("%s:%u: expected \"%.*s\", got \"%.*s\"",
				 path, line, (int)w, wanted, (int)g, got);
		wanted += w + !!wanted[w];
		got += g + !!got[g];
		line++;
	}
}

static void test_scenario(void **state)
{
	_cleanup_free_ char *expected = NULL, *wanted = NULL, *trace = NULL;
	const char *name = *state;

	assert_true(asprintf(&expected, FOLDER "/%s/expected", name) > 0);
	trace = trace_of(name);
	if (getenv("VML_SCENARIO_WRITE")) {
		_cleanup_fclose_ FILE *file = fopen(expected, "we");

		assert_non_null(file);
		fputs(trace, file);
		return;
	}
	wanted = contents_of(expected);
	compare(expected, wanted, trace);
}

static int is_scenario(const struct dirent *entry)
{
	return entry->d_type == DT_DIR && entry->d_name[0] != '.';
}

int main(void)
{
	struct CMUnitTest tests[MAX_SCENARIOS] = {};
	struct dirent **entries;
	int n = scandir(FOLDER, &entries, is_scenario, alphasort);
	int failed;

	if (n <= 0 || n > MAX_SCENARIOS) {
		fprintf(stderr, "%s: no scenarios, or too many\n", FOLDER);
		return 1;
	}
	for (int i = 0; i < n; i++)
		tests[i] = (struct CMUnitTest){
			.name = entries[i]->d_name,
			.test_func = test_scenario,
			.initial_state = entries[i]->d_name,
		};
	failed = _cmocka_run_group_tests("scenario", tests, (size_t)n, NULL,
					 NULL);
	for (int i = 0; i < n; i++)
		free(entries[i]);
	free(entries);
	return failed;
}
