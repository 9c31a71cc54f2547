/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The outline of a configuration file: which options and sections stand on
 * which lines. libConfuse reads the values, but stops at the first option that
 * it doesn't know and forgets where the others stood; the outline is what lets
 * every mistake of a file be reported at once, each with its own line.
 */
#ifndef VMLD_CONFIG_OUTLINE_H
#define VMLD_CONFIG_OUTLINE_H

#include <stdbool.h>
#include <stddef.h>

enum outline_kind {
	OUTLINE_VALUE,		/* name = value */
	OUTLINE_LIST,		/* name = { value, value } */
	OUTLINE_SECTION,	/* name { ... } */
	OUTLINE_TITLED_SECTION,	/* name "title" { ... } */
};

#define OUTLINE_TOP ((size_t)-1)

struct outline_statement {
	enum outline_kind kind;
	bool append;		/* "+=" in place of "=" */
	unsigned int line;	/* of the name, from 1 */
	size_t parent;		/* index of the section it is in, or OUTLINE_TOP */
	size_t start, end;	/* bytes of the text, end exclusive */
	char *name;
	char *title;		/* of OUTLINE_TITLED_SECTION */
};

struct outline {
	struct outline_statement *statements;	/* in the file's order */
	size_t n;
	/*
	 * The text, with blanks in place of its comments: libConfuse has them
	 * only between statements.
	 */
	char *text;
	unsigned int lines;		/* of the text */
	unsigned int error_line;	/* 0: the text is well formed */
	char error[160];		/* why it isn't */
};

/*
 * Outline a text. A text that is not well formed is not an error here: it gives
 * the statements before the mistake, and outline.error. -ENOMEM.
 */
int outline_parse(const char *text, struct outline *ret_outline);
void outline_clear(struct outline *outline);

/*
 * The first statement of that name in the section parent, with that title if
 * title is not NULL; or NULL.
 */
const struct outline_statement *
outline_find(const struct outline *outline, size_t parent, const char *name,
	     const char *title);

#endif
