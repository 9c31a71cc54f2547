/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of a line of a script, taken one by one. */
#ifndef VMLD_SOURCE_SCRIPT_WORDS_H
#define VMLD_SOURCE_SCRIPT_WORDS_H

#include "source/script.h"
#include "util.h"

struct parser {
	const char *path;
	unsigned int line;
	struct script *script;
	char **words;		/* of the line, what is left of them */
	size_t n;
	char *error;
};

/* Sets the parser's error; returns -EINVAL, or -ENOMEM. */
_printf_(2, 3) int script_fail(struct parser *parser, const char *format, ...);

/* The next word of the line, or NULL. */
const char *script_next(struct parser *parser);

/* The place of word among names, or -ENOENT. */
int script_lookup(const char *const *names, size_t n, const char *word);

/*
 * A word, or what it stands for, that must be there: 0, or the error is set.
 * what names it in the error.
 */
int script_need(struct parser *parser, const char *what,
		const char **ret_word);
int script_need_number(struct parser *parser, const char *what, double least,
		       double most, double *ret_number);
int script_need_time(struct parser *parser, uint64_t *ret_ns);
int script_need_host(struct parser *parser, size_t *ret_host);
int script_need_vm(struct parser *parser, size_t *ret_vm);
int script_need_event(struct parser *parser, enum vm_event_type *ret_type);

/* All the rest of the line. */
int script_need_settings(struct parser *parser,
			 struct script_setting *settings, size_t *ret_n);

#endif
