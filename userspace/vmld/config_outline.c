/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <string.h>

#include "config_outline.h"
#include "util.h"

/* Deep enough for every section that exists, shallow enough for the stack. */
#define MAX_DEPTH 8

enum token {
	TOKEN_END,
	TOKEN_TEXT,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_EQUALS,
	TOKEN_APPEND,
	TOKEN_COMMA,
	TOKEN_BAD,
};

struct scanner {
	const char *text;
	size_t position;
	unsigned int line;
	struct outline *outline;
	size_t capacity;

	/* The token that was read last. */
	enum token token;
	unsigned int token_line;
	size_t token_start;
	const char *value;	/* of TOKEN_TEXT, without its quotes */
	size_t value_length;
	bool substitutes;	/* holds an escape sequence or a ${variable} */
};

_printf_(3, 4) static int fail(struct scanner *s, unsigned int line,
				const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(s->outline->error, sizeof(s->outline->error), format,
		  arguments);
	va_end(arguments);
	s->outline->error_line = line;
	s->token = TOKEN_BAD;
	return -EBADMSG;
}

static char advance(struct scanner *s)
{
	char c = s->text[s->position++];

	if (c == '\n')
		s->line++;
	return c;
}

/* Skip what is left up to and including the next end, if there is one. */
static bool skip_past(struct scanner *s, const char *end)
{
	const char *found = strstr(s->text + s->position, end);

	if (!found)
		return false;
	while (s->text + s->position < found + strlen(end))
		advance(s);
	return true;
}

static void blank_out(struct scanner *s, size_t start)
{
	for (; start < s->position; start++)
		if (s->text[start] != '\n')
			s->outline->text[start] = ' ';
}

static int skip_blanks(struct scanner *s)
{
	for (;;) {
		const char *p = s->text + s->position;
		size_t start = s->position;
		unsigned int line = s->line;

		if (*p && strchr(" \t\r\n", *p)) {
			advance(s);
		} else if (*p == '#' || !strncmp(p, "//", 2)) {
			s->position += strcspn(p, "\n");
			blank_out(s, start);
		} else if (!strncmp(p, "/*", 2)) {
			s->position += 2;
			if (!skip_past(s, "*/"))
				return fail(s, line,
					    "a comment is not closed");
			blank_out(s, start);
		} else {
			return 0;
		}
	}
}

static int scan_quoted(struct scanner *s, char quote)
{
	advance(s);
	s->value = s->text + s->position;
	while (s->text[s->position] != quote) {
		const char *p = s->text + s->position;

		if (!*p || (*p == '\\' && !p[1]))
			return fail(s, s->token_line,
				    "a quoted text is not closed");
		if (*p == '\\') {
			s->substitutes = true;
			if (quote == '"' && p[1] >= '0' && p[1] <= '9')
				return fail(s, s->line,
					    "octal escape sequences are not understood");
			advance(s);
		} else if (quote == '"' && !strncmp(p, "${", 2) &&
			   strchr(p, '}')) {
			s->substitutes = true;
			skip_past(s, "}");
			continue;
		}
		advance(s);
	}
	s->value_length = (size_t)(s->text + s->position - s->value);
	advance(s);
	s->token = TOKEN_TEXT;
	return 0;
}

static int scan_bare(struct scanner *s)
{
	size_t length;

	s->value = s->text + s->position;
	if (!strncmp(s->value, "${", 2)) {
		if (!skip_past(s, "}"))
			return fail(s, s->line, "a ${variable} is not closed");
		s->substitutes = true;
		s->value_length =
			(size_t)(s->text + s->position - s->value);
		s->token = TOKEN_TEXT;
		return 0;
	}
	length = strcspn(s->value, " #\"'\t\n\r={}()+,*");
	/* libConfuse drops what it can't read; here it is a mistake. */
	if (s->value[length] && strchr("*+()", s->value[length]) &&
	    strncmp(s->value + length, "+=", 2))
		return fail(s, s->line,
			    "unexpected '%c': put a text that contains it in quotes",
			    s->value[length]);
	s->position += length;
	s->value_length = length;
	s->token = TOKEN_TEXT;
	return 0;
}

static int next(struct scanner *s)
{
	static const struct {
		const char *text;
		enum token token;
	} symbols[] = {
		{ "{", TOKEN_OPEN },	{ "}", TOKEN_CLOSE },
		{ "=", TOKEN_EQUALS },	{ "+=", TOKEN_APPEND },
		{ ",", TOKEN_COMMA },
	};
	const char *p;
	int r;

	r = skip_blanks(s);
	if (r < 0)
		return r;

	p = s->text + s->position;
	s->token_line = s->line;
	s->token_start = s->position;
	s->substitutes = false;
	s->value = p;
	if (!*p) {
		s->token = TOKEN_END;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++) {
		s->value_length = strlen(symbols[i].text);
		if (strncmp(p, symbols[i].text, s->value_length))
			continue;
		s->position += s->value_length;
		s->token = symbols[i].token;
		return 0;
	}
	if (*p == '"' || *p == '\'')
		return scan_quoted(s, *p);
	return scan_bare(s);
}

static int unexpected(struct scanner *s, const char *wanted)
{
	if (s->token == TOKEN_END)
		return fail(s, s->token_line,
			    "the file ends where %s was expected", wanted);
	return fail(s, s->token_line, "unexpected \"%.*s\" where %s was expected",
		    (int)MIN(s->value_length, (size_t)40), s->value, wanted);
}

static int scan_list(struct scanner *s)
{
	int r = next(s);

	while (r == 0 && s->token != TOKEN_CLOSE) {
		if (s->token != TOKEN_TEXT)
			return unexpected(s, "a value of a list");
		r = next(s);
		if (r < 0 || s->token == TOKEN_CLOSE)
			break;
		if (s->token != TOKEN_COMMA)
			return unexpected(s, "',' or '}'");
		r = next(s);
	}
	return r;
}

static int add_statement(struct scanner *s, size_t parent, size_t *ret_index)
{
	struct outline *o = s->outline;
	char *name;

	if (o->n == s->capacity) {
		size_t capacity = s->capacity ? 2 * s->capacity : 32;
		struct outline_statement *grown;

		grown = reallocarray(o->statements, capacity,
				     sizeof(*o->statements));
		if (!grown)
			return -ENOMEM;
		o->statements = grown;
		s->capacity = capacity;
	}
	name = strndup(s->value, s->value_length);
	if (!name)
		return -ENOMEM;
	*ret_index = o->n;
	o->statements[o->n++] = (struct outline_statement){
		.line = s->token_line,
		.parent = parent,
		.start = s->token_start,
		.name = name,
	};
	return 0;
}

static int scan_statements(struct scanner *s, size_t parent, int depth);

static int scan_section(struct scanner *s, size_t index, int depth)
{
	int r;

	if (s->token == TOKEN_TEXT) {
		char *title;

		if (s->substitutes)
			return fail(s, s->token_line,
				    "a title can't hold escape sequences or variables");
		title = strndup(s->value, s->value_length);
		if (!title)
			return -ENOMEM;
		s->outline->statements[index].title = title;
		s->outline->statements[index].kind = OUTLINE_TITLED_SECTION;
		r = next(s);
		if (r < 0)
			return r;
	} else {
		s->outline->statements[index].kind = OUTLINE_SECTION;
	}
	if (s->token != TOKEN_OPEN)
		return unexpected(s, "'=' or '{'");
	if (depth == MAX_DEPTH)
		return fail(s, s->token_line, "sections are nested too deeply");
	return scan_statements(s, index, depth + 1);
}

/* Up to the closing brace of the section, or to the end of the text. */
static int scan_statements(struct scanner *s, size_t parent, int depth)
{
	for (;;) {
		size_t index;
		int r;

		r = next(s);
		if (r < 0)
			return r;
		if (s->token == (depth ? TOKEN_CLOSE : TOKEN_END))
			return 0;
		if (s->token == TOKEN_END)
			return fail(s, s->token_line,
				    "the section \"%.40s\" of line %u is not closed",
				    s->outline->statements[parent].name,
				    s->outline->statements[parent].line);
		if (s->token != TOKEN_TEXT)
			return unexpected(s, "the name of an option");
		r = add_statement(s, parent, &index);
		if (r < 0)
			return r;
		r = next(s);
		if (r < 0)
			return r;
		if (s->token == TOKEN_EQUALS || s->token == TOKEN_APPEND) {
			s->outline->statements[index].kind = OUTLINE_VALUE;
			s->outline->statements[index].append =
				s->token == TOKEN_APPEND;
			r = next(s);
			if (r < 0)
				return r;
			if (s->token == TOKEN_OPEN) {
				s->outline->statements[index].kind =
					OUTLINE_LIST;
				r = scan_list(s);
			} else if (s->token != TOKEN_TEXT) {
				r = unexpected(s, "a value");
			}
		} else {
			r = scan_section(s, index, depth);
		}
		if (r < 0)
			return r;
		s->outline->statements[index].end = s->position;
	}
}

int outline_parse(const char *text, struct outline *ret_outline)
{
	struct outline outline = { .text = strdup(text) };
	struct scanner s = { .text = text, .line = 1, .outline = &outline };
	int r;

	if (!outline.text)
		return -ENOMEM;
	r = scan_statements(&s, OUTLINE_TOP, 0);
	if (r < 0 && r != -EBADMSG) {
		outline_clear(&outline);
		return r;
	}
	outline.lines = s.line;
	*ret_outline = outline;
	return 0;
}

void outline_clear(struct outline *outline)
{
	for (size_t i = 0; i < outline->n; i++) {
		free(outline->statements[i].name);
		free(outline->statements[i].title);
	}
	free(outline->statements);
	free(outline->text);
	*outline = (struct outline){};
}

const struct outline_statement *
outline_find(const struct outline *outline, size_t parent, const char *name,
	     const char *title)
{
	for (size_t i = 0; i < outline->n; i++) {
		const struct outline_statement *s = &outline->statements[i];

		if (s->parent != parent || strcmp(s->name, name))
			continue;
		if (!title || (s->title && !strcmp(s->title, title)))
			return s;
	}
	return NULL;
}
