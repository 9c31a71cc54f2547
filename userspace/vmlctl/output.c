/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "output.h"

enum exit_code output_end(void)
{
	if (fflush(stdout) != EOF && !ferror(stdout))
		return EXIT_CODE_OK;
	/* The reader has seen enough: that is its good right. */
	if (errno == EPIPE)
		return EXIT_CODE_OK;
	complain("cannot write the output: %s", strerrordesc_np(errno));
	return EXIT_CODE_FAILED;
}

enum exit_code output_json(const json_t *document)
{
	if (json_dumpf(document, stdout, JSON_INDENT(2)) == 0)
		putchar('\n');
	return output_end();
}

enum exit_code output_generation(const struct arguments *arguments,
				 uint32_t generation)
{
	if (arguments->json)
		printf("{\"generation\": %u}\n", generation);
	else
		printf("generation %u\n", generation);
	return output_end();
}

double fixed_point(const json_t *number)
{
	return (double)json_integer_value(number) / VML_SCALE_ONE;
}

long long member_integer(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

const char *member_string(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name)) ?: "";
}
