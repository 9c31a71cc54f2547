/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output.h"
#include "render.h"

void render_service_line(const json_t *service, FILE *file)
{
	static const char *const words[] = { "key", "name", "mode", "state" };
	const json_t *lease = json_object_get(service, "lease_ms");
	const json_t *generation = json_object_get(service, "generation");

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const char *word = member_string(service, words[i]);

		if (*word)
			fprintf(file, "%s%s", i ? "  " : "", word);
	}
	if (generation)
		fprintf(file, "  generation %lld",
			(long long)json_integer_value(generation));
	if (json_is_integer(lease))
		fprintf(file, "  lease %.1f s",
			(double)json_integer_value(lease) / 1000);
	fputc('\n', file);
}

static void add_integer(struct table *table, const json_t *destination,
			const char *name)
{
	const json_t *number = json_object_get(destination, name);

	if (json_is_integer(number))
		table_add(table, "%lld", (long long)json_integer_value(number));
	else
		table_add(table, "-");
}

static void add_fixed_point(struct table *table, const json_t *destination,
			    const char *name, int decimals)
{
	const json_t *number = json_object_get(destination, name);

	if (json_is_integer(number))
		table_add(table, "%.*f", decimals, fixed_point(number));
	else
		table_add(table, "-");
}

void render_weights(struct table *table, const json_t *destination)
{
	add_integer(table, destination, "weight");
	add_fixed_point(table, destination, "scale", 3);
	add_fixed_point(table, destination, "effective_weight", 2);
	add_integer(table, destination, "active_connections");
	add_integer(table, destination, "inactive_connections");
}
