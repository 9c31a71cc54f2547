/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values of the configuration, from their text. Each function returns NULL,
 * and sets the result, or a reason why the text is no such value, which ends
 * the sentence "OPTION TEXT ...".
 */
#ifndef VMLD_CONFIG_VALUE_H
#define VMLD_CONFIG_VALUE_H

#include "config.h"

/* Seconds from minimum to maximum, with decimals; NaN and the like are not. */
const char *value_seconds(const char *text, double minimum, double maximum,
			  double *ret_seconds);
/* The same of something that is no time. */
const char *value_number(const char *text, double minimum, double maximum,
			 double *ret_number);
/* From 0 to 1. */
const char *value_share(const char *text, double *ret_share);
const char *value_unsigned(const char *text, uint32_t minimum,
			   uint32_t maximum, uint32_t *ret_number);
const char *value_boolean(const char *text, bool *ret_boolean);

/* The index of text in names, which NULL ends. */
const char *value_choice(const char *text, const char *const *names,
			 unsigned int *ret_index);

/* The address of one host. */
const char *value_address(const char *text, uint16_t *ret_family,
			  union vml_address *ret_address);
/* ADDRESS/PREFIX, with no bits set beyond the prefix. */
const char *value_subnet(const char *text, struct vm_address *ret_subnet,
			 unsigned int *ret_prefix);
const char *value_absolute_path(const char *text);

#endif
