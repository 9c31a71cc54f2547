/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text in aligned columns. */
#ifndef VMLCTL_TABLE_H
#define VMLCTL_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "util.h"

struct column {
	const char *title;
	bool right;	/* numbers: aligned to the right */
};

struct table;

/* A character as it may be printed: '?' for one that a terminal would obey. */
static inline char tame(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f ? '?' : c;
}

/* The columns are the caller's, and live as long as the table. */
int table_new(const struct column *columns, size_t n, struct table **ret_table);
struct table *table_free(struct table *table);
DEFINE_TRIVIAL_CLEANUP_FUNC(struct table *, table_free);

/*
 * Add the next cell, row by row. Characters that a terminal would obey are
 * replaced. Lack of memory shows when the table is printed.
 */
void table_add(struct table *table, const char *format, ...) _printf_(2, 3);

/* Print the titles and all rows, each line indented. -ENOMEM. */
int table_print(const struct table *table, const char *indent, FILE *file);

#endif
