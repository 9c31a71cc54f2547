/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#include "daemon.h"
#include "output.h"
#include "table.h"

/* Also what keeps the operation going: see vmld's OPERATION_LEASE_NS. */
#define POLL_MS 250

/* A daemon that does not answer has as many chances. */
#define MAX_SILENT 3

struct watcher {
	const struct arguments *arguments;
	char path[64];		/* of the operation */
	size_t n_printed;	/* of its events */
	enum exit_code code;	/* of their output */
	bool mute;		/* it failed, or nobody reads it any more */
	bool cancelled;
	bool told;		/* the daemon, that it is */
};

static void print_tame(const char *text)
{
	for (; *text; text++)
		putchar(tame(*text));
}

static void print_event(const json_t *event)
{
	const char *domain = member_string(event, "domain");

	printf("%7.1f s  ", json_number_value(json_object_get(event,
							      "seconds")));
	print_tame(domain);
	if (*domain)
		fputs(": ", stdout);
	print_tame(member_string(event, "text"));
	putchar('\n');
}

/* Those that are new, each a line. If that fails, it is said once. */
static void print_events(struct watcher *watcher, const json_t *operation)
{
	const json_t *events = json_object_get(operation, "events");

	if (watcher->mute)
		return;
	for (; watcher->n_printed < json_array_size(events);
	     watcher->n_printed++) {
		const json_t *event = json_array_get(events,
						     watcher->n_printed);

		if (!watcher->arguments->json)
			print_event(event);
		else if (json_dumpf(event, stdout, JSON_COMPACT) == 0)
			putchar('\n');
	}
	watcher->code = output_end();
	watcher->mute = ferror(stdout);
}

static bool is_under_way(const json_t *operation)
{
	const char *state = member_string(operation, "state");

	return !strcmp(state, "running") || !strcmp(state, "undoing");
}

/* As a line of JSON, or why it did not do all that it was to. */
static enum exit_code print_end(struct watcher *watcher, json_t *operation)
{
	bool good = !strcmp(member_string(operation, "state"), "done");
	const json_t *member;
	size_t i;

	json_object_del(operation, "events");
	if (watcher->arguments->json && !watcher->mute) {
		if (json_dumpf(operation, stdout, JSON_COMPACT) == 0)
			putchar('\n');
		watcher->code = output_end();
	} else if (!watcher->arguments->json) {
		json_array_foreach(json_object_get(operation, "members"), i,
				   member) {
			const char *error = member_string(member, "error");

			if (*error)
				complain("%s: %s",
					 member_string(member, "domain"),
					 error);
		}
	}
	return good ? watcher->code : EXIT_CODE_FAILED;
}

/* Wait for a moment, or for an interrupt, which is to cancel: 1; or neither: 0. */
static int wait_for_signal(int signals)
{
	struct pollfd polled = { .fd = signals, .events = POLLIN };
	struct signalfd_siginfo info;

	if (poll(&polled, 1, POLL_MS) <= 0)
		return 0;
	return read(signals, &info, sizeof(info)) == sizeof(info);
}

/*
 * One that is ignored would not be if it were blocked. That is how nohup(1) means
 * SIGHUP; but SIGINT is ignored of whatever a script starts in the background,
 * which may be told to stop all the same.
 */
static int open_signals(void)
{
	struct sigaction action;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (sigaction(SIGHUP, NULL, &action) == 0 &&
	    action.sa_handler != SIG_IGN)
		sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* Follow it to its end; *operation is how it fares at first, and at last. */
static enum exit_code follow(struct watcher *watcher, int signals,
			     json_t **operation)
{
	unsigned int silent = 0;

	for (;;) {
		_cleanup_(daemon_answer_clear) struct daemon_answer answer = {};
		_cleanup_free_ char *error = NULL;
		bool cancels;
		int r;

		/* Also if nobody reads: it goes on. */
		print_events(watcher, *operation);
		if (!is_under_way(*operation))
			return print_end(watcher, *operation);
		if (wait_for_signal(signals)) {
			/* It undoes all by itself for who can't wait. */
			if (watcher->cancelled)
				return EXIT_CODE_FAILED;
			watcher->cancelled = true;
		}
		cancels = watcher->cancelled && !watcher->told;
		r = daemon_request(watcher->arguments->socket,
				   cancels ? "DELETE" : "GET", watcher->path,
				   NULL, &answer, &error);
		if (r == 0 && answer.status / 100 != 2) {
			complain("vmld: %s", member_string(answer.body,
							   "error"));
			return EXIT_CODE_FAILED;
		}
		if (r < 0 && ++silent == MAX_SILENT) {
			complain("%s", error ?: strerrordesc_np(-r));
			return EXIT_CODE_FAILED;
		}
		if (r < 0)
			continue;
		watcher->told = watcher->cancelled;
		silent = 0;
		json_decref(*operation);
		*operation = TAKE_PTR(answer.body);
	}
}

bool daemon_add_text(json_t *request, const char *name, const char *text)
{
	/* "s?" would make a null of what is not given, which is not the same. */
	if (!text || json_object_set_new(request, name, json_string(text)) == 0)
		return true;
	complain("\"%s\" is not UTF-8", text);
	return false;
}

enum exit_code daemon_operate(const struct arguments *arguments,
			      const json_t *request)
{
	struct watcher watcher = { .arguments = arguments };
	_cleanup_(json_decrefp) json_t *operation = NULL;
	_cleanup_close_ int signals = open_signals();
	enum exit_code code;

	if (signals < 0) {
		complain("cannot wait for signals: %s", strerrordesc_np(errno));
		return EXIT_CODE_FAILED;
	}
	code = daemon_ask(arguments->socket, "POST", "/v1/operations", request,
			  &operation);
	if (code != EXIT_CODE_OK)
		return code;
	snprintf(watcher.path, sizeof(watcher.path), "/v1/operations/%lld",
		 member_integer(operation, "id"));
	return follow(&watcher, signals, &operation);
}
