/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests to vmld over its UNIX socket. */
#ifndef VMLCTL_DAEMON_H
#define VMLCTL_DAEMON_H

#include "kernel.h"

struct daemon_answer {
	long status;		/* of HTTP */
	json_t *body;		/* an object */
};

void daemon_answer_clear(struct daemon_answer *answer);

/*
 * Ask the daemon; method is GET, PUT, POST or DELETE, and request what goes with
 * it, or NULL. -ENOENT, -ECONNREFUSED: it is
 * not running; -EACCES; -ETIMEDOUT; -EBADMSG: what answers is not vmld. An
 * HTTP error is an answer. error tells the reason in a sentence.
 */
int daemon_request(const char *socket_path, const char *method,
		   const char *path, const json_t *request,
		   struct daemon_answer *ret_answer, char **ret_error);

/* Ask, and print the answer's error, if it is one, or why there is none. */
enum exit_code daemon_ask(const char *socket_path, const char *method,
			  const char *path, const json_t *request,
			  json_t **ret_body);

/*
 * Add a text to a request, if there is one. False, after a complaint: it can't
 * stand in JSON, which is UTF-8.
 */
bool daemon_add_text(json_t *request, const char *name, const char *text);

/*
 * Have the daemon run an operation, print what happens as it does, and cancel it
 * at an interrupt.
 */
enum exit_code daemon_operate(const struct arguments *arguments,
			      const json_t *request);

/* Put a domain's drain into force, or end it, and say so. */
enum exit_code daemon_drain(const struct arguments *arguments,
			    const char *method);

#endif
