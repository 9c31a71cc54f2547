/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#include "event_text.h"
#include "kernel.h"
#include "output.h"

/* 1: go on, 0: nobody reads any more, or a negative errno. */
static int print_events(struct vml_listener *listener, bool json)
{
	struct vml_event event;
	struct timespec now;
	int r;

	while ((r = vml_listener_next(listener, &event)) > 0) {
		clock_gettime(CLOCK_REALTIME, &now);
		r = json ? event_print_json(&event, &now, stdout) :
			   event_print(&event, &now, stdout);
		if (r < 0)
			return r;
		if (fflush(stdout) == EOF)
			return errno == EPIPE ? 0 : -errno;
	}
	return r < 0 ? r : 1;
}

static int watch(struct vml_listener *listener, int signals, bool json)
{
	struct pollfd polled[] = {
		{ .fd = vml_listener_fd(listener), .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
		/* For the error that tells that a pipe's reader has gone. */
		{ .fd = STDOUT_FILENO, .events = 0 },
	};
	int r;

	for (;;) {
		if (poll(polled, ARRAY_SIZE(polled), -1) < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		if (polled[1].revents || polled[2].revents & POLLERR)
			return 0;
		if (!polled[0].revents)
			continue;
		r = print_events(listener, json);
		if (r == -EBADMSG) {
			complain("an event of the kernel is malformed: do module and program belong together?");
			continue;
		}
		if (r <= 0)
			return r;
	}
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static enum exit_code run(const struct arguments *arguments)
{
	_cleanup_(vml_listener_freep) struct vml_listener *listener = NULL;
	_cleanup_close_ int signals = -1;
	int r;

	if (arguments->n_operands) {
		complain("watch takes no arguments but options");
		return EXIT_CODE_USAGE;
	}
	r = vml_listener_open(&listener);
	if (r == -ENODEV) {
		complain("%s", kernel_absent_text(r));
		return EXIT_CODE_ABSENT;
	}
	signals = open_signals();
	if (r >= 0)
		r = signals < 0 ? -errno : watch(listener, signals,
						 arguments->json);
	if (r < 0) {
		complain("cannot watch: %s", strerrordesc_np(-r));
		return EXIT_CODE_FAILED;
	}
	return EXIT_CODE_OK;
}

const struct verb verb_watch = {
	.name = "watch",
	.synopsis = "[--json]",
	.summary = "print the kernel's events as they come",
	.help =
"One event a line, up to the end of the reader or an interrupt: services bound\n"
"to the scheduler and unbound, destinations added and removed, scales\n"
"committed, leases expired. The event \"lost\" says that some could not be\n"
"delivered, or that the module was unloaded or is back: read the state anew.\n"
"With --json each line is an object.\n",
	.options = OPTION_JSON,
	.run = run,
};
