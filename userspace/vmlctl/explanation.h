/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMLCTL_EXPLANATION_H
#define VMLCTL_EXPLANATION_H

#include <jansson.h>
#include <stdio.h>

/* The answer to GET /v1/explain/NAME, for a person. -ENOMEM. */
int explain_print(const json_t *answer, FILE *file);

#endif
