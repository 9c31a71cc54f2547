/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMLCTL_ARGUMENTS_H
#define VMLCTL_ARGUMENTS_H

#include "verb.h"

#define ARGUMENTS_ERROR_MAX 256

/*
 * Read the arguments of a verb, argv[0] being its name. 0, or -EINVAL with
 * the reason in error. Operands point into argv, which is permuted.
 */
int arguments_parse(const struct verb *verb, int argc, char **argv,
		    struct arguments *ret_arguments,
		    char error[static ARGUMENTS_ERROR_MAX]);

/* A factor like "0.5" as a scale. -EINVAL, -ERANGE. */
int scale_parse(const char *text, uint32_t *ret_scale);

/* "ADDRESS:PORT=FACTOR". -EINVAL with the reason in error. */
int assignment_parse(const char *text, struct vml_scale *ret_scale,
		     char error[static ARGUMENTS_ERROR_MAX]);

#endif
