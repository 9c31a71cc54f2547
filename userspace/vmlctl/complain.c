/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>

#include "verb.h"

void complain(const char *format, ...)
{
	va_list arguments;

	fputs("vmlctl: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}
