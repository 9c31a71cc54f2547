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
	uint64_t now_ns;	/* of the last "at" */
	uint64_t base_ns;	/* of the recording that the times belong to */
	size_t last_vm;		/* named; the next one is looked for from there */
	size_t last_destination;
	char *error;
};

/* The words of a line, which is cut up. -EINVAL, and the error is set. */
int script_split(struct parser *parser, char *line, char **words, size_t most);

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
int script_need_destination(struct parser *parser, size_t *ret_destination);
int script_need_service(struct parser *parser,
			struct vml_service_key *ret_service);
/* A number that may be too long for a double. */
int script_need_count(struct parser *parser, const char *what, uint64_t most,
		      uint64_t *ret_count);
int script_need_outcome(struct parser *parser, enum health_outcome *ret_outcome);
int script_need_event(struct parser *parser, enum vm_event_type *ret_type);

/* All the rest of the line. */
int script_need_settings(struct parser *parser,
			 struct script_setting **ret_settings, size_t *ret_n);
void script_settings_free(struct script_setting *settings, size_t n);

/* A timed statement that begins with word, at the parser's time. */
int script_parse_step(struct parser *parser, const char *word);
void script_step_clear(struct script_step *step);

#endif
