/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <string.h>

#include "table.h"

#define GAP 2

struct table {
	const struct column *columns;
	size_t n_columns;
	char **cells;
	size_t n_cells, room;
	bool failed;
};

int table_new(const struct column *columns, size_t n, struct table **ret_table)
{
	struct table *table = calloc(1, sizeof(*table));

	if (!table)
		return -ENOMEM;
	table->columns = columns;
	table->n_columns = n;
	*ret_table = table;
	return 0;
}

struct table *table_free(struct table *table)
{
	if (!table)
		return NULL;
	for (size_t i = 0; i < table->n_cells; i++)
		free(table->cells[i]);
	free(table->cells);
	free(table);
	return NULL;
}

static bool make_room(struct table *table)
{
	size_t room = MAX(2 * table->room, (size_t)64);
	char **cells;

	if (table->n_cells < table->room)
		return true;
	cells = reallocarray(table->cells, room, sizeof(*cells));
	if (!cells)
		return false;
	table->cells = cells;
	table->room = room;
	return true;
}

void table_add(struct table *table, const char *format, ...)
{
	va_list arguments;
	char *text;
	int r;

	if (!make_room(table)) {
		table->failed = true;
		return;
	}
	va_start(arguments, format);
	r = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (r < 0) {
		table->failed = true;
		return;
	}
	for (char *c = text; *c; c++)
		*c = tame(*c);
	table->cells[table->n_cells++] = text;
}

/* Of UTF-8 text, in characters: what a terminal makes of most of it. */
static size_t width_of(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		if (((unsigned char)*text & 0xc0) != 0x80)
			width++;
	return width;
}

static size_t column_width(const struct table *table, size_t column)
{
	size_t width = width_of(table->columns[column].title);

	for (size_t i = column; i < table->n_cells; i += table->n_columns)
		width = MAX(width, width_of(table->cells[i]));
	return width;
}

static void print_cell(const struct table *table, size_t column,
		       const char *text, size_t width, FILE *file)
{
	const bool last = column + 1 == table->n_columns;
	const int padding = (int)(width - width_of(text));

	if (table->columns[column].right)
		fprintf(file, "%*s%s", padding, "", text);
	else
		fprintf(file, "%s%*s", text, last ? 0 : padding, "");
	fprintf(file, "%*s", last ? 0 : GAP, "");
	if (last)
		fputc('\n', file);
}

int table_print(const struct table *table, const char *indent, FILE *file)
{
	_cleanup_free_ size_t *widths = NULL;

	widths = calloc(table->n_columns, sizeof(*widths));
	if (!widths || table->failed)
		return -ENOMEM;
	for (size_t c = 0; c < table->n_columns; c++)
		widths[c] = column_width(table, c);
	fputs(indent, file);
	for (size_t c = 0; c < table->n_columns; c++)
		print_cell(table, c, table->columns[c].title, widths[c], file);
	for (size_t i = 0; i < table->n_cells; i++) {
		size_t c = i % table->n_columns;

		if (c == 0)
			fputs(indent, file);
		print_cell(table, c, table->cells[i], widths[c], file);
	}
	return 0;
}
