/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A server at a port of 127.0.0.1, in the event loop, that answers as told. */
#ifndef TESTS_RESPONDER_H
#define TESTS_RESPONDER_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#define RESPONDER_MAX 512

struct responder {
	sd_event *event;
	sd_event_source *listener;
	uint16_t port;
	/* What it says to a request: "" is nothing, and then it hangs up;
	 * NULL: nothing, and it waits.
	 */
	const char *answer;

	/* What happened, for the test to look at. */
	unsigned int connections;
	unsigned int requests;
	char request[1024];	/* the last one */

	struct responder_peer {
		struct responder *responder;
		sd_event_source *source;
		int fd;
	} peers[RESPONDER_MAX];
};

/* At a port that the kernel chooses. */
void responder_open(struct responder *responder, sd_event *event);
/* Connections are refused from now on. */
void responder_close(struct responder *responder);
/* And accepted again, at the same port. */
void responder_reopen(struct responder *responder);

/* A server's whole answer with that status. */
#define RESPONDER_STATUS(status)					\
	"HTTP/1.1 " status "\r\nContent-Length: 3\r\n"			\
	"Connection: close\r\n\r\nhi\n"

#endif
