/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "utf8.h"
#include "util.h"

#define LONGEST_CHARACTER 4
#define REPLACEMENT "\xef\xbf\xbd"

bool utf8_is_valid(const char *text, size_t size)
{
	json_t *json = json_stringn(text, size);

	json_decref(json);
	return json;
}

/* Of the first character; 0: it is none. */
static size_t character_size(const char *text)
{
	for (size_t size = 1; size <= strnlen(text, LONGEST_CHARACTER); size++)
		if (utf8_is_valid(text, size))
			return size;
	return 0;
}

static char *replace(const char *text)
{
	_cleanup_free_ char *replaced = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&replaced, &size);

	if (!file)
		return NULL;
	while (*text) {
		size_t character = character_size(text);

		if (character)
			fwrite(text, 1, character, file);
		else
			fputs(REPLACEMENT, file);
		text += MAX(character, 1u);
	}
	return fclose(file) ? NULL : TAKE_PTR(replaced);
}

json_t *utf8_to_json(const char *text)
{
	_cleanup_free_ char *replaced = NULL;
	json_t *json;

	if (!text)
		return json_null();
	json = json_string(text);
	if (json)
		return json;
	replaced = replace(text);
	return replaced ? json_string(replaced) : NULL;
}
