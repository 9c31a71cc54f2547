/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>

#include "config.h"

void config_error(struct config_errors *errors, unsigned int line,
		  const char *format, ...)
{
	struct config_error *grown;
	char *reason = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&reason, format, arguments) < 0)
		reason = NULL;
	va_end(arguments);
	grown = reallocarray(errors->errors, errors->n + 1, sizeof(*grown));
	if (grown)
		errors->errors = grown;
	if (!reason || !grown) {
		free(reason);
		errors->incomplete = true;
		return;
	}
	errors->errors[errors->n++] =
		(struct config_error){ .line = line, .reason = reason };
}

/* Stable, so that the mistakes of one line stay in the order of its words. */
void config_errors_sort(struct config_errors *errors)
{
	for (size_t i = 1; i < errors->n; i++) {
		struct config_error moved = errors->errors[i];
		size_t j = i;

		for (; j > 0 && errors->errors[j - 1].line > moved.line; j--)
			errors->errors[j] = errors->errors[j - 1];
		errors->errors[j] = moved;
	}
}

void config_errors_clear(struct config_errors *errors)
{
	for (size_t i = 0; i < errors->n; i++)
		free(errors->errors[i].reason);
	free(errors->errors);
	*errors = (struct config_errors){};
}

char *config_errors_format(const struct config_errors *errors,
			   const char *path)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return NULL;
	for (size_t i = 0; i < errors->n; i++)
		fprintf(stream, "%s:%u: %s\n", path, errors->errors[i].line,
			errors->errors[i].reason);
	if (errors->incomplete)
		fprintf(stream, "%s: out of memory\n", path);
	if (fclose(stream)) {
		free(text);
		return NULL;
	}
	return text;
}
