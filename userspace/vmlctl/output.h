/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What vmlctl prints on its standard output. */
#ifndef VMLCTL_OUTPUT_H
#define VMLCTL_OUTPUT_H

#include <jansson.h>

#include "verb.h"

/* Print a document, and end the output. */
enum exit_code output_json(const json_t *document);

/* Flush the output. Complain if it could not be written. */
enum exit_code output_end(void);

/* Print the generation that a set of scales has made. */
enum exit_code output_generation(const struct arguments *arguments,
				 uint32_t generation);

/* A fixed-point number of the kernel as a factor or a weight. */
double fixed_point(const json_t *number);

/* Members of an object: 0 or "" if there are none of the type. */
long long member_integer(const json_t *object, const char *name);
const char *member_string(const json_t *object, const char *name);

#endif
