/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A daemon for tests, in a directory of its own and an event loop that runs while
 * a test waits for something.
 */
#ifndef TESTS_DAEMON_FIXTURE_H
#define TESTS_DAEMON_FIXTURE_H

#include "loop.h"
#include "replay/trace.h"

/* No test needs more; it is there so that a broken one ends. */
#define FIXTURE_PATIENCE_NS (40 * NSEC_PER_SEC)

struct daemon_fixture {
	char directory[32];
	sd_event *event;
	struct log log;		/* says nothing */
	struct daemon_options options;
	struct daemon *daemon;	/* NULL: none runs */

	/* What the first service does, once fixture_trace() has been called. */
	struct trace *tracer;
	FILE *stream;
	char *trace;		/* valid when the daemon has stopped */
	size_t trace_size;
};

void fixture_open(struct daemon_fixture *f);
/* Whatever runs is stopped, and the directory is removed. */
void fixture_close(struct daemon_fixture *f);

/* Of a file in the directory; for the caller to free. */
char *fixture_path(const struct daemon_fixture *f, const char *name);
_printf_(3, 4)
void fixture_write(const struct daemon_fixture *f, const char *name,
		   const char *format, ...);

/* The file "conf", which has to be good. */
struct config *fixture_config(const struct daemon_fixture *f);
void fixture_start(struct daemon_fixture *f);
/* As a kill: nothing is undone. */
void fixture_stop(struct daemon_fixture *f);

/* Trace the next daemon. */
void fixture_trace(struct daemon_fixture *f);
/* The trace that a recording leads to; for the caller to free. */
char *fixture_replay(const struct daemon_fixture *f, const char *recording,
		     char **ret_error);
/* A running daemon's trace has none, since its tracer doesn't know them. */
void fixture_strip_times(char *trace);

/* Let the daemon run until something has happened, or for a moment. */
void fixture_run_once(struct daemon_fixture *f);

/* Let the daemon run until the condition holds. */
#define wait_for(f, condition)						\
	do {								\
		uint64_t _deadline = now_ns() + FIXTURE_PATIENCE_NS;	\
									\
		while (!(condition)) {					\
			assert_true(now_ns() < _deadline);		\
			fixture_run_once(f);				\
		}							\
	} while (0)

#endif
