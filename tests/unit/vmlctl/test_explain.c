/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What explain prints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "explanation.h"
#include "util.h"

static char *printed(const char *answer)
{
	json_t *json = json_loads(answer, 0, NULL);
	char *text;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(json);
	assert_int_equal(explain_print(json, file), 0);
	fclose(file);
	json_decref(json);
	return text;
}

static void what_decides_is_marked(void **state)
{
	_cleanup_free_ char *text = printed(
		"{\"shadow\":false,\"members\":[{\"service\":\"web\","
		"\"key\":\"tcp 10.0.0.100:80\",\"domain\":\"web-1\","
		"\"destination\":\"10.0.0.1:80\",\"weight\":100,"
		"\"scale\":32768,\"wanted_scale\":32768,"
		"\"decided_by\":\"metrics\",\"facts\":["
		"{\"layer\":\"drain\",\"name\":\"drain\",\"factor\":null,"
		"\"text\":\"not drained\"},"
		"{\"layer\":\"metrics\",\"name\":\"cpu\",\"factor\":null,"
		"\"text\":\"busy\"},"
		"{\"layer\":\"metrics\",\"name\":\"steal\",\"factor\":0.5,"
		"\"text\":\"starved\"}],"
		"\"reasons\":[{\"name\":\"steal\",\"text\":\"steal 50 %: x0.50\","
		"\"advice\":\"move it\"}],"
		"\"events\":[{\"age\":12.25,\"type\":\"resumed\","
		"\"hypervisor\":\"hv1\",\"times\":2}]}]}");

	(void)state;
	assert_string_equal(text,
		"web-1 behind 10.0.0.1:80, web (tcp 10.0.0.100:80): weight 100, scale 0.500\n"
		"  DECIDES    WHAT   FACTOR  BECAUSE\n"
		"    drain    drain       -  not drained\n"
		"  > metrics  cpu         -  busy\n"
		"    metrics  steal   x0.50  starved\n"
		"\n"
		"  steal 50 %: x0.50\n"
		"      move it\n"
		"\n"
		"     AGE  EVENT    TIMES  HYPERVISOR\n"
		"  12.2 s  resumed      2  hv1\n");
}

static void odd_answers_do_no_harm(void **state)
{
	static const char *const answers[] = {
		"{}", "{\"members\":{}}", "{\"members\":[1,null,{}]}",
		"{\"members\":[{\"facts\":[1,{}],\"reasons\":[[]],"
		"\"events\":[true]}]}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++)
		free(printed(answers[i]));
}

static void a_terminal_obeys_no_name(void **state)
{
	_cleanup_free_ char *text = printed(
		"{\"members\":[{\"domain\":\"a\\u001b[2Jb\","
		"\"reasons\":[{\"text\":\"\\u0007\"}]}]}");

	(void)state;
	assert_null(strpbrk(text, "\033\007"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_decides_is_marked),
		cmocka_unit_test(odd_answers_do_no_harm),
		cmocka_unit_test(a_terminal_obeys_no_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
