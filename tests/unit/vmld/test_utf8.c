/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "utf8.h"
#include "util.h"

static void what_is_no_utf8_is_replaced(void **state)
{
	static const struct {
		const char *text, *json;
	} cases[] = {
		{ "", "" },
		{ "plain \"text\"\n", "plain \"text\"\n" },
		{ "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7",
		  "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7" },
		{ "caf\xe9", "caf\xef\xbf\xbd" },
		{ "\xff\xc3\xa9\xff", "\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd" },
		/* Cut short. */
		{ "\xf0\x9f\x90", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		/* Longer than need be, and half of a pair. */
		{ "\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		json_t *json = utf8_to_json(cases[i].text);

		assert_string_equal(json_string_value(json), cases[i].json);
		assert_int_equal(utf8_is_valid(cases[i].text,
					       strlen(cases[i].text)),
				 !strcmp(cases[i].text, cases[i].json));
		json_decref(json);
	}
	assert_true(json_is_null(utf8_to_json(NULL)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_utf8_is_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
