/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "daemon_fixture.h"
#include "replay/replay.h"

void fixture_open(struct daemon_fixture *f)
{
	*f = (struct daemon_fixture){
		.directory = "/tmp/vmld-test-XXXXXX",
		/* Below all levels. */
		.log.level = -1,
	};
	assert_non_null(mkdtemp(f->directory));
	assert_true(sd_event_new(&f->event) >= 0);
}

void fixture_close(struct daemon_fixture *f)
{
	char command[64];

	fixture_stop(f);
	f->event = sd_event_unref(f->event);
	free(f->trace);
	snprintf(command, sizeof(command), "rm -r %s", f->directory);
	assert_int_equal(system(command), 0);
}

char *fixture_path(const struct daemon_fixture *f, const char *name)
{
	char *path;

	assert_true(asprintf(&path, "%s/%s", f->directory, name) > 0);
	return path;
}

void fixture_write(const struct daemon_fixture *f, const char *name,
		   const char *format, ...)
{
	_cleanup_free_ char *path = fixture_path(f, name);
	FILE *file = fopen(path, "w");
	va_list arguments;

	assert_non_null(file);
	va_start(arguments, format);
	vfprintf(file, format, arguments);
	va_end(arguments);
	fclose(file);
}

struct config *fixture_config(const struct daemon_fixture *f)
{
	_cleanup_(config_errors_clear) struct config_errors errors = {};
	_cleanup_free_ char *path = fixture_path(f, "conf");
	struct config *config = NULL;

	assert_int_equal(config_load(path, &config, &errors), 0);
	return config;
}

void fixture_start(struct daemon_fixture *f)
{
	assert_int_equal(daemon_new(fixture_config(f), f->event, &f->log,
				    &f->options, &f->daemon), 0);
	assert_int_equal(daemon_start(f->daemon), 0);
}

void fixture_stop(struct daemon_fixture *f)
{
	f->daemon = daemon_free(f->daemon);
	f->tracer = trace_free(f->tracer);
	if (f->stream)
		fclose(f->stream);
	f->stream = NULL;
}

void fixture_trace(struct daemon_fixture *f)
{
	free(f->trace);
	f->stream = open_memstream(&f->trace, &f->trace_size);
	assert_non_null(f->stream);
	assert_int_equal(trace_new(f->stream, false, &f->tracer), 0);
}

char *fixture_replay(const struct daemon_fixture *f, const char *recording,
		     char **ret_error)
{
	FILE *stream;
	char *trace;
	size_t size;
	int r;

	stream = open_memstream(&trace, &size);
	r = replay_run(recording, fixture_config(f), &f->log, stream,
		       ret_error);
	fclose(stream);
	assert_int_equal(r < 0, *ret_error != NULL);
	return trace;
}

void fixture_strip_times(char *trace)
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

void fixture_run_once(struct daemon_fixture *f)
{
	assert_true(sd_event_run(f->event, 10000) >= 0);
	if (f->tracer)
		assert_int_equal(trace_service(f->tracer,
					       daemon_service(f->daemon, 0),
					       daemon_drains(f->daemon), 0), 0);
}
