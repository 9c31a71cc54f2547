/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "source/script_words.h"

#define MAX_WORDS (2 * SCRIPT_MAX_SETTINGS + 8)

static const char *const verb_names[_SCRIPT_VERB_MAX] = {
	[SCRIPT_SET] = "set",
	[SCRIPT_EVENT] = "event",
	[SCRIPT_LOST] = "lost",
	[SCRIPT_CONNECTED] = "connected",
	[SCRIPT_SILENT] = "silent",
	[SCRIPT_ANSWERS] = "answers",
	[SCRIPT_DRAIN] = "drain",
	[SCRIPT_UNDRAIN] = "undrain",
	[SCRIPT_WEIGHT] = "weight",
	[SCRIPT_JOIN] = "join",
	[SCRIPT_LEAVE] = "leave",
};

static const struct {
	const char *word;
	enum source_capability capability;
} lacks[] = {
	{ "no-stats", SOURCE_HAS_STATS },
	{ "no-steal", SOURCE_HAS_STEAL },
	{ "no-events", SOURCE_HAS_EVENTS },
	{ "no-migration", SOURCE_HAS_MIGRATION },
};

/* A zeroed item at the end of an array. */
static void *append(void *array, size_t *n, size_t size)
{
	void **items = array;
	char *grown = reallocarray(*items, *n + 1, size);

	if (!grown)
		return NULL;
	*items = grown;
	memset(grown + *n * size, 0, size);
	return grown + (*n)++ * size;
}

static int parse_host(struct parser *parser)
{
	struct script *script = parser->script;
	struct script_host *host;
	const char *name = NULL;
	int r;

	r = script_need(parser, "a name", &name);
	if (r < 0)
		return r;
	host = append(&script->hosts, &script->n_hosts, sizeof(*host));
	if (!host)
		return -ENOMEM;
	host->name = strdup(name);
	if (!host->name)
		return -ENOMEM;
	host->capabilities = (1 << SOURCE_N_CAPABILITIES) - 1;
	while (parser->n) {
		const char *word = script_next(parser);
		size_t i = 0;

		while (i < ARRAY_SIZE(lacks) && strcmp(lacks[i].word, word))
			i++;
		if (i == ARRAY_SIZE(lacks))
			return script_fail(parser, "\"%s\" is not a limit", word);
		host->capabilities &= ~(unsigned int)lacks[i].capability;
	}
	return 0;
}

static int parse_vm(struct parser *parser)
{
	struct script *script = parser->script;
	struct script_vm *vm;
	const char *name = NULL;
	int r;

	r = script_need(parser, "a name", &name);
	if (r < 0)
		return r;
	vm = append(&script->vms, &script->n_vms, sizeof(*vm));
	if (!vm)
		return -ENOMEM;
	vm->name = strdup(name);
	if (!vm->name)
		return -ENOMEM;
	r = script_need_host(parser, &vm->host);
	if (r < 0)
		return r;
	return script_need_settings(parser, vm->settings, &vm->n_settings);
}

static int parse_weight(struct parser *parser, uint32_t *ret_weight)
{
	double number = 0;
	int r;

	r = script_need_number(parser, "a weight", 0, 65535, &number);
	if (r == 0)
		*ret_weight = (uint32_t)number;
	return r;
}

static int parse_member(struct parser *parser)
{
	struct script *script = parser->script;
	struct script_member *member;
	const char *word = NULL;
	int r = 0;

	member = append(&script->members, &script->n_members, sizeof(*member));
	if (!member)
		return -ENOMEM;
	member->vm = SCRIPT_NO_VM;
	member->weight = 100;
	if (parser->n && strcmp(parser->words[0], "-") == 0)
		script_next(parser);
	else
		r = script_need_vm(parser, &member->vm);
	if (r == 0)
		r = script_need(parser, "a destination", &word);
	if (r < 0)
		return r;
	if (vml_destination_key_parse(word, &member->key) < 0)
		return script_fail(parser, "\"%s\" is not a destination", word);
	return parser->n ? parse_weight(parser, &member->weight) : 0;
}

static int join_words(struct parser *parser, char **ret_text)
{
	_cleanup_free_ char *text = strdup("");

	while (text && parser->n) {
		char *longer;

		if (asprintf(&longer, "%s%s%s", text, *text ? " " : "",
			     script_next(parser)) < 0)
			return -ENOMEM;
		free(text);
		text = longer;
	}
	if (!text)
		return -ENOMEM;
	*ret_text = TAKE_PTR(text);
	return 0;
}

static int parse_event_step(struct parser *parser, struct script_step *step)
{
	int r;

	r = script_need_vm(parser, &step->vm);
	if (r == 0)
		r = script_need_event(parser, &step->event);
	if (r < 0)
		return r;
	step->host = SIZE_MAX;
	return parser->n ? script_need_host(parser, &step->host) : 0;
}

static int parse_step(struct parser *parser)
{
	struct script *script = parser->script;
	struct script_step *step;
	const char *word = NULL;
	uint64_t time_ns;
	int r;

	r = script_need_time(parser, &time_ns);
	if (r == 0)
		r = script_need(parser, "what happens", &word);
	if (r < 0)
		return r;
	step = append(&script->steps, &script->n_steps, sizeof(*step));
	if (!step)
		return -ENOMEM;
	step->time_ns = time_ns;
	step->line = parser->line;
	r = script_lookup(verb_names, ARRAY_SIZE(verb_names), word);
	if (r < 0)
		return script_fail(parser, "\"%s\" cannot happen", word);
	step->verb = r;
	switch (step->verb) {
	case SCRIPT_SET:
		r = script_need_vm(parser, &step->vm);
		return r < 0 ? r : script_need_settings(parser, step->settings,
						  &step->n_settings);
	case SCRIPT_EVENT:
		return parse_event_step(parser, step);
	case SCRIPT_LOST:
		r = script_need_host(parser, &step->host);
		return r < 0 ? r : join_words(parser, &step->text);
	case SCRIPT_CONNECTED:
	case SCRIPT_SILENT:
	case SCRIPT_ANSWERS:
		return script_need_host(parser, &step->host);
	case SCRIPT_WEIGHT:
		r = script_need_vm(parser, &step->vm);
		return r < 0 ? r : parse_weight(parser, &step->weight);
	case SCRIPT_DRAIN:
	case SCRIPT_UNDRAIN:
	case SCRIPT_JOIN:
	case SCRIPT_LEAVE:
		return script_need_vm(parser, &step->vm);
	case _SCRIPT_VERB_MAX:
		break;
	}
	return -EINVAL;
}

static int parse_statement(struct parser *parser)
{
	const char *word = script_next(parser);

	if (!word)
		return 0;
	if (strcmp(word, "host") == 0)
		return parse_host(parser);
	if (strcmp(word, "vm") == 0)
		return parse_vm(parser);
	if (strcmp(word, "member") == 0)
		return parse_member(parser);
	if (strcmp(word, "at") == 0)
		return parse_step(parser);
	if (strcmp(word, "poll") == 0)
		return script_need_time(parser, &parser->script->poll_ns);
	if (strcmp(word, "until") == 0)
		return script_need_time(parser, &parser->script->until_ns);
	return script_fail(parser, "\"%s\" is not a statement", word);
}

static int parse_line(struct parser *parser, char *line)
{
	char *words[MAX_WORDS], *save = NULL, *word;
	int r;

	line[strcspn(line, "#\n")] = 0;
	parser->words = words;
	parser->n = 0;
	for (word = strtok_r(line, " \t\r", &save); word;
	     word = strtok_r(NULL, " \t\r", &save)) {
		if (parser->n == MAX_WORDS)
			return script_fail(parser, "too many words");
		words[parser->n++] = word;
	}
	r = parse_statement(parser);
	if (r == 0 && parser->n)
		return script_fail(parser, "\"%s\" is too much", parser->words[0]);
	return r;
}

static int compare_steps(const void *first, const void *second)
{
	const struct script_step *a = first, *b = second;
	int order = COMPARE(a->time_ns, b->time_ns);

	return order ? order : COMPARE(a->line, b->line);
}

static int parse_file(struct parser *parser, FILE *file)
{
	_cleanup_free_ char *line = NULL;
	struct script *script = parser->script;
	size_t size = 0;

	while (getline(&line, &size, file) >= 0) {
		int r;

		parser->line++;
		r = parse_line(parser, line);
		if (r < 0)
			return r;
	}
	if (ferror(file))
		return -EIO;
	if (!script->poll_ns)
		return script_fail(parser, "a poll takes more than 0 s");
	if (script->n_steps)
		qsort(script->steps, script->n_steps, sizeof(*script->steps),
		      compare_steps);
	return 0;
}

int script_load(const char *path, struct script **ret_script, char **ret_error)
{
	_cleanup_(script_freep) struct script *script = NULL;
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	struct parser parser = { .path = path };
	int r = file ? 0 : -errno;

	*ret_error = NULL;
	if (r == 0) {
		script = calloc(1, sizeof(*script));
		if (!script)
			return -ENOMEM;
		script->poll_ns = NSEC_PER_SEC;
		script->until_ns = 60 * NSEC_PER_SEC;
		parser.script = script;
		r = parse_file(&parser, file);
	}
	if (r < 0) {
		if (!parser.error &&
		    asprintf(&parser.error, "%s: %s", path, strerror(-r)) < 0)
			parser.error = NULL;
		*ret_error = parser.error;
		return r;
	}
	*ret_script = TAKE_PTR(script);
	return 0;
}

struct script *script_free(struct script *script)
{
	if (!script)
		return NULL;
	for (size_t i = 0; i < script->n_hosts; i++)
		free(script->hosts[i].name);
	for (size_t i = 0; i < script->n_vms; i++)
		free(script->vms[i].name);
	for (size_t i = 0; i < script->n_steps; i++)
		free(script->steps[i].text);
	free(script->hosts);
	free(script->vms);
	free(script->members);
	free(script->steps);
	free(script);
	return NULL;
}

void script_freep(struct script **script)
{
	script_free(*script);
}
