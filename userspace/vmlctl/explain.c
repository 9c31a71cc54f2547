/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <curl/curl.h>
#include <string.h>

#include "daemon.h"
#include "explanation.h"
#include "output.h"
#include "table.h"

static const struct column fact_columns[] = {
	{ "DECIDES", false },
	{ "WHAT", false },
	{ "FACTOR", true },
	{ "BECAUSE", false },
};

static const struct column event_columns[] = {
	{ "AGE", true },
	{ "EVENT", false },
	{ "TIMES", true },
	{ "HYPERVISOR", false },
};

static void print_text(FILE *file, const char *text)
{
	for (; *text; text++)
		fputc(tame(*text), file);
}

/* The first fact of the layer that decides is marked. */
static int print_facts(const json_t *member, FILE *file)
{
	_cleanup_(table_freep) struct table *table = NULL;
	const char *decided = member_string(member, "decided_by");
	const json_t *fact, *factor;
	bool marked = false;
	size_t i;
	int r;

	r = table_new(fact_columns, ARRAY_SIZE(fact_columns), &table);
	if (r < 0)
		return r;
	json_array_foreach(json_object_get(member, "facts"), i, fact) {
		const char *layer = member_string(fact, "layer");
		bool decides = !marked && !strcmp(layer, decided);

		marked |= decides;
		table_add(table, "%s%s", decides ? "> " : "  ", layer);
		table_add(table, "%s", member_string(fact, "name"));
		factor = json_object_get(fact, "factor");
		if (json_is_number(factor))
			table_add(table, "x%.2f", json_number_value(factor));
		else
			table_add(table, "-");
		table_add(table, "%s", member_string(fact, "text"));
	}
	return table_print(table, "  ", file);
}

static int print_events(const json_t *member, FILE *file)
{
	_cleanup_(table_freep) struct table *table = NULL;
	const json_t *events = json_object_get(member, "events"), *event;
	size_t i;
	int r;

	if (!json_array_size(events))
		return 0;
	r = table_new(event_columns, ARRAY_SIZE(event_columns), &table);
	if (r < 0)
		return r;
	json_array_foreach(events, i, event) {
		table_add(table, "%.1f s",
			  json_number_value(json_object_get(event, "age")));
		table_add(table, "%s", member_string(event, "type"));
		table_add(table, "%lld", member_integer(event, "times"));
		table_add(table, "%s", member_string(event, "hypervisor"));
	}
	fputc('\n', file);
	return table_print(table, "  ", file);
}

static void print_advice(const json_t *member, FILE *file)
{
	const json_t *reason;
	size_t i;

	json_array_foreach(json_object_get(member, "reasons"), i, reason) {
		const char *advice = member_string(reason, "advice");

		fputs(i ? "  " : "\n  ", file);
		print_text(file, member_string(reason, "text"));
		fputs(*advice ? "\n      " : "", file);
		print_text(file, advice);
		fputc('\n', file);
	}
}

static int print_member(const json_t *member, bool shadow, FILE *file)
{
	const char *domain = member_string(member, "domain");
	const json_t *scale = json_object_get(member, "scale");
	const json_t *wanted = json_object_get(member, "wanted_scale");
	int r;

	print_text(file, domain);
	fputs(*domain ? " behind " : "", file);
	print_text(file, member_string(member, "destination"));
	fputs(", ", file);
	print_text(file, member_string(member, "service"));
	fputs(" (", file);
	print_text(file, member_string(member, "key"));
	fprintf(file, "): weight %lld, scale %.3f",
		member_integer(member, "weight"), fixed_point(scale));
	/* Not worth a push, or not yet. */
	if (!json_equal(scale, wanted))
		fprintf(file, " in force, %.3f wanted", fixed_point(wanted));
	fprintf(file, "%s\n", shadow ? ", if it were not a shadow" : "");
	r = print_facts(member, file);
	print_advice(member, file);
	return r < 0 ? r : print_events(member, file);
}

int explain_print(const json_t *answer, FILE *file)
{
	bool shadow = json_is_true(json_object_get(answer, "shadow"));
	const json_t *member;
	size_t i;
	int r = 0;

	json_array_foreach(json_object_get(answer, "members"), i, member) {
		if (i)
			fputc('\n', file);
		if (r == 0)
			r = print_member(member, shadow, file);
	}
	return r;
}

static enum exit_code run(const struct arguments *arguments)
{
	_cleanup_(json_decrefp) json_t *body = NULL;
	_cleanup_free_ char *path = NULL;
	enum exit_code code;
	char *escaped;
	int r;

	if (arguments->n_operands != 1 || !*arguments->operands[0]) {
		complain("name one domain, as its hypervisor does, or one destination: ADDRESS:PORT");
		return EXIT_CODE_USAGE;
	}
	escaped = curl_easy_escape(NULL, arguments->operands[0], 0);
	r = escaped ? asprintf(&path, "/v1/explain/%s", escaped) : -1;
	curl_free(escaped);
	if (r < 0) {
		path = NULL;
		complain("out of memory");
		return EXIT_CODE_FAILED;
	}
	code = daemon_ask(arguments->socket, "GET", path, NULL, &body);
	if (code != EXIT_CODE_OK)
		return code;
	if (arguments->json)
		return output_json(body);
	if (explain_print(body, stdout) < 0) {
		complain("out of memory");
		return EXIT_CODE_FAILED;
	}
	return output_end();
}

const struct verb verb_explain = {
	.name = "explain",
	.synopsis = "DOMAIN|DESTINATION [--json] [--socket PATH]",
	.summary = "show all that is behind a scale",
	.help =
"Every input, limit and event behind the scale of a virtual machine's\n"
"destinations, in the order of precedence: administrator, drain, health, state,\n"
"metrics. The first that says something decides, and is marked. What is below it\n"
"in the table makes up the scale. The reasons follow, with what can be done about\n"
"them, and what happened to the machine.\n",
	.options = OPTION_JSON | OPTION_SOCKET,
	.run = run,
};
