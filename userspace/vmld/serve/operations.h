/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The requests about operations; each as api_answer(). */
#ifndef VMLD_SERVE_OPERATIONS_H
#define VMLD_SERVE_OPERATIONS_H

#include <jansson.h>

#include "operation/operation.h"

unsigned int api_operations(struct daemon *daemon, json_t **ret_body);
unsigned int api_start_operation(struct daemon *daemon, const char *text,
				 json_t **ret_body);
unsigned int api_ask_operation(struct daemon *daemon, const char *id,
			       json_t **ret_body);
unsigned int api_cancel_operation(struct daemon *daemon, const char *id,
				  json_t **ret_body);

/*
 * A request out of JSON, whose texts are those of json. -EINVAL: *ret_error, for
 * the caller to free, tells what is wrong with it.
 */
int operation_request_parse(json_t *json, struct operation_request *ret_request,
			    char **ret_error);

#endif
