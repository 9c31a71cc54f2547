/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts as UTF-8, which all JSON is. */
#ifndef VMLD_UTF8_H
#define VMLD_UTF8_H

#include <jansson.h>
#include <stdbool.h>

bool utf8_is_valid(const char *text, size_t size);

/*
 * A text of others, or one that was cut short: U+FFFD stands for each byte that is
 * no UTF-8. NULL becomes null. Returns NULL: no memory.
 */
json_t *utf8_to_json(const char *text);

#endif
