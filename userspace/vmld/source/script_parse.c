/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "source/script_words.h"

#define MAX_WORDS (2 * SCRIPT_MAX_SETTINGS + 8)
#define MOST_CPUS 65536

/* What a recording is of, of its language, and when it began. */
#define RECORDING_VERSION 1
#define RECORDING_DATE "%Y-%m-%dT%H:%M:%SZ"

struct script_reader {
	struct script script;
	struct parser parser;
	FILE *file;
	char *line;
	size_t size;
	uint64_t last_ns;	/* of the last step */
	time_t first_date;	/* of the first recording in the file */
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

static int need_copy(struct parser *parser, const char *what, char **ret_copy)
{
	const char *word = NULL;
	int r = script_need(parser, what, &word);

	if (r < 0)
		return r;
	*ret_copy = strdup(word);
	return *ret_copy ? 0 : -ENOMEM;
}

static int parse_host(struct parser *parser)
{
	struct script *script = parser->script;
	struct script_host *host;
	int r;

	host = script_append(&script->hosts, &script->n_hosts, sizeof(*host));
	if (!host)
		return -ENOMEM;
	host->capabilities = (1 << SOURCE_N_CAPABILITIES) - 1;
	r = need_copy(parser, "a name", &host->name);
	while (r == 0 && parser->n) {
		const char *word = script_next(parser);
		uint64_t cpus = 0;
		size_t i = 0;

		if (strcmp(word, "cpus") == 0) {
			r = script_need_count(parser, "a number of CPUs",
					      MOST_CPUS, &cpus);
			host->cpus = (uint32_t)cpus;
			continue;
		}
		while (i < ARRAY_SIZE(lacks) && strcmp(lacks[i].word, word))
			i++;
		if (i == ARRAY_SIZE(lacks))
			return script_fail(parser, "\"%s\" is not a limit",
					   word);
		host->capabilities &= ~(unsigned int)lacks[i].capability;
	}
	return r;
}

static int parse_vm(struct parser *parser)
{
	struct script *script = parser->script;
	struct script_vm *vm;
	int r;

	vm = script_append(&script->vms, &script->n_vms, sizeof(*vm));
	if (!vm)
		return -ENOMEM;
	r = need_copy(parser, "a name", &vm->name);
	if (r == 0)
		r = script_need_host(parser, &vm->host);
	return r < 0 ? r : script_need_settings(parser, &vm->settings,
						&vm->n_settings);
}

static int need_key(struct parser *parser, struct vml_destination_key *ret_key)
{
	const char *word = NULL;
	int r;

	r = script_need(parser, "a destination", &word);
	if (r < 0)
		return r;
	if (vml_destination_key_parse(word, ret_key) < 0)
		return script_fail(parser, "\"%s\" is not a destination", word);
	return 0;
}

static int parse_member(struct parser *parser)
{
	struct script *script = parser->script;
	struct script_member *member;
	uint64_t weight = 100;
	int r = 0;

	member = script_append(&script->members, &script->n_members,
			       sizeof(*member));
	if (!member)
		return -ENOMEM;
	member->vm = SCRIPT_NO_VM;
	if (parser->n && strcmp(parser->words[0], "-") == 0)
		script_next(parser);
	else
		r = script_need_vm(parser, &member->vm);
	if (r == 0)
		r = need_key(parser, &member->key);
	if (r == 0 && parser->n)
		r = script_need_count(parser, "a weight", 65535, &weight);
	member->weight = (uint32_t)weight;
	return r;
}

static int parse_destination(struct parser *parser)
{
	struct script *script = parser->script;
	struct script_destination *destination;
	int r;

	destination = script_append(&script->destinations,
				    &script->n_destinations,
				    sizeof(*destination));
	if (!destination)
		return -ENOMEM;
	r = need_copy(parser, "a name", &destination->name);
	if (r == 0)
		r = script_need_service(parser, &destination->service);
	return r < 0 ? r : need_key(parser, &destination->key);
}

static void clear_declarations(struct script *script)
{
	for (size_t i = 0; i < script->n_hosts; i++)
		free(script->hosts[i].name);
	for (size_t i = 0; i < script->n_vms; i++) {
		free(script->vms[i].name);
		script_settings_free(script->vms[i].settings,
				     script->vms[i].n_settings);
	}
	for (size_t i = 0; i < script->n_destinations; i++)
		free(script->destinations[i].name);
	free(script->hosts);
	free(script->vms);
	free(script->members);
	free(script->destinations);
	script->hosts = NULL;
	script->vms = NULL;
	script->members = NULL;
	script->destinations = NULL;
	script->n_hosts = script->n_vms = 0;
	script->n_members = script->n_destinations = 0;
}

static void clear_steps(struct script *script)
{
	for (size_t i = 0; i < script->n_steps; i++)
		script_step_clear(&script->steps[i]);
	free(script->steps);
	script->steps = NULL;
	script->n_steps = 0;
}

/* Another daemon: its clock is another one, and its names are. */
static int parse_recording(struct script_reader *reader)
{
	struct parser *parser = &reader->parser;
	struct script *script = parser->script;
	struct script_step *step;
	const char *word = NULL;
	uint64_t version = 0;
	struct tm tm = {};
	const char *end;
	time_t date;
	int r;

	r = script_need_count(parser, "the version of the recording",
			      UINT32_MAX, &version);
	if (r < 0)
		return r;
	if (version != RECORDING_VERSION)
		return script_fail(parser,
				   "a recording of version %llu: only %d is understood",
				   (unsigned long long)version,
				   RECORDING_VERSION);
	r = script_need(parser, "a date and time", &word);
	if (r < 0)
		return r;
	end = strptime(word, RECORDING_DATE, &tm);
	if (!end || *end)
		return script_fail(parser, "\"%s\" is not a date and time",
				   word);
	date = timegm(&tm);
	if (!script->is_recording)
		reader->first_date = date;
	if (date > reader->first_date)
		parser->base_ns = (uint64_t)(date - reader->first_date) *
				  NSEC_PER_SEC;
	/* The date is set anew now and then, and the order of lines is not. */
	parser->base_ns = MAX(parser->base_ns, reader->last_ns);
	parser->now_ns = parser->base_ns;
	parser->last_vm = parser->last_destination = 0;
	clear_declarations(script);
	script->is_recording = true;
	step = script_append(&script->steps, &script->n_steps, sizeof(*step));
	if (!step)
		return -ENOMEM;
	step->verb = SCRIPT_RECORDING;
	step->time_ns = parser->now_ns;
	step->line = parser->line;
	return 0;
}

static int parse_at(struct parser *parser)
{
	int r = script_need_time(parser, &parser->now_ns);

	return r < 0 || !parser->n ?
	       r : script_parse_step(parser, script_next(parser));
}

static int parse_statement(struct script_reader *reader)
{
	struct parser *parser = &reader->parser;
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
		return parse_at(parser);
	if (strcmp(word, "until") == 0)
		return script_need_time(parser, &parser->script->until_ns);
	if (strcmp(word, "recording") == 0)
		return parse_recording(reader);
	if (strcmp(word, "destination") == 0)
		return parse_destination(parser);
	return script_parse_step(parser, word);
}

static int parse_line(struct script_reader *reader)
{
	struct parser *parser = &reader->parser;
	char *words[MAX_WORDS];
	int r;

	parser->line++;
	r = script_split(parser, reader->line, words, MAX_WORDS);
	if (r == 0)
		r = parse_statement(reader);
	if (r == 0 && parser->n)
		r = script_fail(parser, "\"%s\" is too much",
				parser->words[0]);
	return r;
}

/* 1: a line was read and understood; 0: there is none. */
static int read_line(struct script_reader *reader)
{
	ssize_t length;
	int r;

	errno = 0;
	length = getline(&reader->line, &reader->size, reader->file);
	if (length < 0)
		return ferror(reader->file) ? -EIO : errno ? -errno : 0;
	/* Whoever recorded it was killed. */
	if (reader->script.is_recording && reader->line[length - 1] != '\n')
		return 0;
	r = parse_line(reader);
	return r < 0 ? r : 1;
}

/* What was the matter, as FILE:LINE: reason. */
static int give_error(struct script_reader *reader, int r, char **ret_error)
{
	struct parser *parser = &reader->parser;

	if (!parser->error && asprintf(&parser->error, "%s: %s", parser->path,
				       strerror(-r)) < 0)
		parser->error = NULL;
	*ret_error = TAKE_PTR(parser->error);
	return r;
}

int script_reader_new(const char *path, struct script_reader **ret_reader,
		      char **ret_error)
{
	_cleanup_(script_reader_freep) struct script_reader *reader = NULL;

	*ret_error = NULL;
	reader = calloc(1, sizeof(*reader));
	if (!reader)
		return -ENOMEM;
	reader->script.until_ns = 60 * NSEC_PER_SEC;
	reader->parser.script = &reader->script;
	reader->parser.path = strdup(path);
	if (!reader->parser.path)
		return -ENOMEM;
	reader->file = fopen(path, "re");
	if (!reader->file)
		return give_error(reader, -errno, ret_error);
	*ret_reader = TAKE_PTR(reader);
	return 0;
}

struct script_reader *script_reader_free(struct script_reader *reader)
{
	if (!reader)
		return NULL;
	clear_declarations(&reader->script);
	clear_steps(&reader->script);
	if (reader->file)
		fclose(reader->file);
	free(reader->line);
	free((char *)reader->parser.path);
	free(reader->parser.error);
	free(reader);
	return NULL;
}

void script_reader_freep(struct script_reader **reader)
{
	script_reader_free(*reader);
}

int script_reader_next(struct script_reader *reader,
		       const struct script_step **ret_step, char **ret_error)
{
	struct parser *parser = &reader->parser;
	int r;

	clear_steps(&reader->script);
	do {
		r = read_line(reader);
		if (r < 0)
			return give_error(reader, r, ret_error);
	} while (r > 0 && !reader->script.n_steps);
	if (!r)
		return 0;
	*ret_step = &reader->script.steps[0];
	if ((*ret_step)->time_ns < reader->last_ns) {
		r = script_fail(parser,
				"%g s is before what happened last, at %g s",
				(double)(*ret_step)->time_ns / 1e9,
				(double)reader->last_ns / 1e9);
		return give_error(reader, r, ret_error);
	}
	reader->last_ns = (*ret_step)->time_ns;
	return 1;
}

const struct script *script_reader_script(const struct script_reader *reader)
{
	return &reader->script;
}

static int compare_steps(const void *first, const void *second)
{
	const struct script_step *a = first, *b = second;
	int order = COMPARE(a->time_ns, b->time_ns);

	return order ? order : COMPARE(a->line, b->line);
}

int script_load(const char *path, struct script **ret_script, char **ret_error)
{
	_cleanup_(script_reader_freep) struct script_reader *reader = NULL;
	struct script *script;
	int r;

	r = script_reader_new(path, &reader, ret_error);
	if (r < 0)
		return r;
	do {
		r = read_line(reader);
		if (r > 0 && reader->script.is_recording)
			r = script_fail(&reader->parser,
					"a recording can only be replayed");
	} while (r > 0);
	script = r < 0 ? NULL : malloc(sizeof(*script));
	if (!script)
		return give_error(reader, r < 0 ? r : -ENOMEM, ret_error);
	*script = reader->script;
	reader->script = (struct script){};
	if (script->n_steps)
		qsort(script->steps, script->n_steps, sizeof(*script->steps),
		      compare_steps);
	*ret_script = script;
	return 0;
}

struct script *script_free(struct script *script)
{
	if (!script)
		return NULL;
	clear_declarations(script);
	clear_steps(script);
	free(script);
	return NULL;
}

void script_freep(struct script **script)
{
	script_free(*script);
}
