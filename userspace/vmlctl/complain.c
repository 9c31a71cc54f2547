/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>

#include "table.h"
#include "verb.h"

void complain(const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	for (char *c = text; c && *c; c++)
		*c = tame(*c);
	fprintf(stderr, "vmlctl: %s\n", text ?: "out of memory");
}
