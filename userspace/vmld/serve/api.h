/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The requests that vmld answers, whatever brings them. */
#ifndef VMLD_SERVE_API_H
#define VMLD_SERVE_API_H

#include <jansson.h>

#include "loop.h"

/*
 * Answer a request. path: with its percent escapes decoded; text: what came with
 * it, or "". Returns the HTTP status, and the body, {"error": "..."} if it was refused; NULL: no memory.
 * *ret_allow: of a 405, the methods that there are, or else NULL.
 */
unsigned int api_answer(struct daemon *daemon, const char *method,
			const char *path, const char *text, json_t **ret_body,
			const char **ret_allow);

#endif
