/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "source/script_words.h"

#define LONGEST_TIME 1e9

static const char *const key_names[_SCRIPT_KEY_MAX] = {
	[SCRIPT_UUID] = "uuid",
	[SCRIPT_NAME] = "name",
	[SCRIPT_ADDRESS] = "address",
	[SCRIPT_MAC] = "mac",
	[SCRIPT_VCPUS] = "vcpus",
	[SCRIPT_STATE] = "state",
	[SCRIPT_PAUSE] = "pause",
	[SCRIPT_HOST] = "host",
	[SCRIPT_BOOT] = "boot",
	[SCRIPT_RUN] = "run",
	[SCRIPT_DELAY] = "delay",
	[SCRIPT_STALL] = "stall",
	[SCRIPT_CLOSED] = "closed",
	[SCRIPT_ACTIVE] = "active",
	[SCRIPT_INACTIVE] = "inactive",
	[SCRIPT_IO] = "io",
	[SCRIPT_LATENCY] = "latency",
	[SCRIPT_SWAP] = "swap",
	[SCRIPT_STARTED] = "started",
	[SCRIPT_RUN_NS] = "run-ns",
	[SCRIPT_DELAY_NS] = "delay-ns",
	[SCRIPT_STALL_NS] = "stall-ns",
	[SCRIPT_BLOCK_REQUESTS] = "block-requests",
	[SCRIPT_BLOCK_NS] = "block-ns",
	[SCRIPT_MEMORY_TIME] = "memory-time",
	[SCRIPT_SWAPPED_IN] = "swapped-in",
};

static const char *const pause_names[_VM_PAUSE_MAX] = {
	[VM_PAUSE_OTHER] = "other",
	[VM_PAUSE_MIGRATION] = "migration",
	[VM_PAUSE_IO_ERROR] = "io-error",
	[VM_PAUSE_WATCHDOG] = "watchdog",
	[VM_PAUSE_POSTCOPY] = "postcopy",
	[VM_PAUSE_POSTCOPY_FAILED] = "postcopy-failed",
};

const char *script_key_name(enum script_key key)
{
	return key_names[key];
}

const char *script_pause_name(enum vm_pause pause)
{
	return pause_names[pause];
}

void *script_append(void *array, size_t *n, size_t size)
{
	void **items = array;
	char *grown;

	/* The room doubles whenever their number reaches a power of two. */
	if ((*n & (*n - 1)) == 0) {
		grown = reallocarray(*items, *n ? 2 * *n : 1, size);
		if (!grown)
			return NULL;
		*items = grown;
	}
	grown = (char *)*items + (*n)++ * size;
	memset(grown, 0, size);
	return grown;
}

int script_fail(struct parser *parser, const char *format, ...)
{
	_cleanup_free_ char *reason = NULL;
	va_list arguments;
	int r;

	va_start(arguments, format);
	r = vasprintf(&reason, format, arguments);
	va_end(arguments);
	if (r < 0)
		return -ENOMEM;
	if (asprintf(&parser->error, "%s:%u: %s", parser->path, parser->line,
		     reason) < 0) {
		parser->error = NULL;
		return -ENOMEM;
	}
	return -EINVAL;
}

/* Take a word in quotes, from behind the first of them, out of the line. */
static char *unquote(char *from)
{
	char *to = from;

	while (*from && *from != '"') {
		if (*from == '\\' && from[1])
			from++;
		*to++ = *from++;
	}
	if (!*from)
		return NULL;
	*to = 0;
	return from + 1;
}

int script_split(struct parser *parser, char *line, char **words, size_t most)
{
	static const char blanks[] = " \t\r\n";

	parser->words = words;
	parser->n = 0;
	for (;;) {
		char *word;

		line += strspn(line, blanks);
		if (!*line || *line == '#')
			return 0;
		if (parser->n == most)
			return script_fail(parser, "too many words");
		word = line;
		if (*word == '"') {
			word++;
			line = unquote(word);
			if (!line)
				return script_fail(parser,
						   "a quote is not closed");
		} else {
			line += strcspn(line, " \t\r\n#");
			if (*line == '#')
				*line = 0;
			else if (*line)
				*line++ = 0;
		}
		words[parser->n++] = word;
	}
}

const char *script_next(struct parser *parser)
{
	if (!parser->n)
		return NULL;
	parser->n--;
	return *parser->words++;
}

int script_need(struct parser *parser, const char *what, const char **ret_word)
{
	const char *word = script_next(parser);

	if (!word)
		return script_fail(parser, "%s is missing", what);
	*ret_word = word;
	return 0;
}

static int parse_number(struct parser *parser, const char *word, double least,
			double most, double *ret_number)
{
	double number;
	char *end;

	number = strtod(word, &end);
	if (end == word || *end || !isfinite(number))
		return script_fail(parser, "\"%s\" is not a number", word);
	if (number < least || number > most)
		return script_fail(parser, "%s is not between %g and %g", word, least,
			    most);
	*ret_number = number;
	return 0;
}

int script_need_number(struct parser *parser, const char *what, double least,
		       double most, double *ret_number)
{
	const char *word = NULL;
	int r;

	r = script_need(parser, what, &word);
	return r < 0 ? r : parse_number(parser, word, least, most, ret_number);
}

static int parse_time(struct parser *parser, const char *word,
		      uint64_t *ret_ns)
{
	double seconds = 0;
	int r;

	r = parse_number(parser, word, 0, LONGEST_TIME, &seconds);
	if (r == 0)
		*ret_ns = (uint64_t)llround(seconds * (double)NSEC_PER_SEC) +
			  parser->base_ns;
	return r;
}

int script_need_time(struct parser *parser, uint64_t *ret_ns)
{
	const char *word = NULL;
	int r;

	r = script_need(parser, "a time in seconds", &word);
	return r < 0 ? r : parse_time(parser, word, ret_ns);
}

int script_lookup(const char *const *names, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], word) == 0)
			return (int)i;
	return -ENOENT;
}

static int find_host(struct parser *parser, const char *name, size_t *ret_host)
{
	const struct script *script = parser->script;

	for (size_t i = 0; i < script->n_hosts; i++) {
		if (strcmp(script->hosts[i].name, name) == 0) {
			*ret_host = i;
			return 0;
		}
	}
	return script_fail(parser, "no host is named \"%s\"", name);
}

int script_need_host(struct parser *parser, size_t *ret_host)
{
	const char *name = NULL;
	int r;

	r = script_need(parser, "a host", &name);
	return r < 0 ? r : find_host(parser, name, ret_host);
}

int script_need_vm(struct parser *parser, size_t *ret_vm)
{
	const struct script *script = parser->script;
	const char *name = NULL;
	int r;

	r = script_need(parser, "a vm", &name);
	if (r < 0)
		return r;
	/* Recordings tell of machines in the order in which they named them. */
	for (size_t i = 0; i < script->n_vms; i++) {
		size_t at = (parser->last_vm + 1 + i) % script->n_vms;

		if (strcmp(script->vms[at].name, name) == 0) {
			*ret_vm = parser->last_vm = at;
			return 0;
		}
	}
	return script_fail(parser, "no vm is named \"%s\"", name);
}

int script_need_destination(struct parser *parser, size_t *ret_destination)
{
	const struct script *script = parser->script;
	size_t n = script->n_destinations;
	const char *name = NULL;
	int r;

	r = script_need(parser, "a destination", &name);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		size_t at = (parser->last_destination + 1 + i) % n;

		if (strcmp(script->destinations[at].name, name) == 0) {
			*ret_destination = parser->last_destination = at;
			return 0;
		}
	}
	return script_fail(parser, "no destination is named \"%s\"", name);
}

int script_need_service(struct parser *parser,
			struct vml_service_key *ret_service)
{
	const char *word = NULL;
	int r;

	r = script_need(parser, "a service", &word);
	if (r < 0)
		return r;
	if (vml_service_key_parse(word, ret_service) < 0)
		return script_fail(parser, "\"%s\" is not a service", word);
	return 0;
}

static int parse_count(struct parser *parser, const char *word, uint64_t most,
		       uint64_t *ret_count)
{
	unsigned long long count;
	char *end;

	errno = 0;
	count = strtoull(word, &end, 10);
	if (*word < '0' || *word > '9' || *end || errno || count > most)
		return script_fail(parser, "\"%s\" is not a count", word);
	*ret_count = count;
	return 0;
}

int script_need_count(struct parser *parser, const char *what, uint64_t most,
		      uint64_t *ret_count)
{
	const char *word = NULL;
	int r;

	r = script_need(parser, what, &word);
	return r < 0 ? r : parse_count(parser, word, most, ret_count);
}

static int parse_state(struct parser *parser, const char *word,
		       enum vm_state *ret_state)
{
	for (int state = 0; state < _VM_STATE_MAX; state++) {
		if (strcmp(vm_state_name(state), word) == 0) {
			*ret_state = state;
			return 0;
		}
	}
	return script_fail(parser, "\"%s\" is not a state", word);
}

int script_need_event(struct parser *parser, enum vm_event_type *ret_type)
{
	const char *word = NULL;
	int r;

	r = script_need(parser, "an event", &word);
	if (r < 0)
		return r;
	for (int type = 0; type < _VM_EVENT_MAX; type++) {
		if (strcmp(vm_event_type_name(type), word) == 0) {
			*ret_type = type;
			return 0;
		}
	}
	return script_fail(parser, "\"%s\" is not an event", word);
}

int script_need_outcome(struct parser *parser, enum health_outcome *ret_outcome)
{
	const char *word = NULL;
	int r;

	r = script_need(parser, "what was found", &word);
	if (r < 0)
		return r;
	for (int outcome = 0; outcome < _HEALTH_OUTCOME_MAX; outcome++) {
		if (strcmp(health_outcome_name(outcome), word) == 0) {
			*ret_outcome = outcome;
			return 0;
		}
	}
	return script_fail(parser, "\"%s\" is not what a check finds", word);
}

static int parse_value(struct parser *parser, const char *word,
		       struct script_setting *setting)
{
	int pause;

	switch (setting->key) {
	case SCRIPT_NAME:
		setting->text = strdup(word);
		return setting->text ? 0 : -ENOMEM;
	case SCRIPT_UUID:
		if (vm_uuid_parse(word, setting->uuid) < 0)
			return script_fail(parser, "\"%s\" is not a uuid", word);
		return 0;
	case SCRIPT_ADDRESS:
		if (vm_address_parse(word, &setting->address) < 0)
			return script_fail(parser, "\"%s\" is not an address", word);
		return 0;
	case SCRIPT_MAC:
		if (vm_mac_parse(word, setting->mac) < 0)
			return script_fail(parser, "\"%s\" is not a MAC", word);
		return 0;
	case SCRIPT_STATE:
		return parse_state(parser, word, &setting->state);
	case SCRIPT_PAUSE:
		pause = script_lookup(pause_names, ARRAY_SIZE(pause_names), word);
		if (pause < 0)
			return script_fail(parser, "\"%s\" is not a pause", word);
		setting->pause = pause;
		return 0;
	case SCRIPT_HOST:
		return find_host(parser, word, &setting->host);
	case SCRIPT_BOOT:
		return parse_number(parser, word, VM_BOOT_ID_NONE, INT32_MAX,
				    &setting->number);
	case SCRIPT_VCPUS:
	case SCRIPT_CLOSED:
	case SCRIPT_ACTIVE:
	case SCRIPT_INACTIVE:
	case SCRIPT_IO:
	case SCRIPT_LATENCY:
	case SCRIPT_SWAP:
		return parse_number(parser, word, 0, 1e6, &setting->number);
	case SCRIPT_STARTED:
		return parse_time(parser, word, &setting->time_ns);
	case SCRIPT_RUN_NS:
	case SCRIPT_DELAY_NS:
	case SCRIPT_STALL_NS:
	case SCRIPT_BLOCK_REQUESTS:
	case SCRIPT_BLOCK_NS:
	case SCRIPT_MEMORY_TIME:
	case SCRIPT_SWAPPED_IN:
		return parse_count(parser, word, UINT64_MAX, &setting->count);
	case SCRIPT_RUN:
	case SCRIPT_DELAY:
	case SCRIPT_STALL:
		return parse_number(parser, word, 0, 1, &setting->number);
	case _SCRIPT_KEY_MAX:
		break;
	}
	return -EINVAL;
}

/* "-" stands for none where there may be none. */
static bool may_be_none(enum script_key key)
{
	return key == SCRIPT_ADDRESS || key == SCRIPT_MAC ||
	       key >= SCRIPT_STARTED;
}

static int parse_setting(struct parser *parser, struct script_setting *setting)
{
	const char *key = script_next(parser), *word = NULL;
	int r;

	r = script_lookup(key_names, ARRAY_SIZE(key_names), key);
	if (r < 0)
		return script_fail(parser, "\"%s\" is not a key", key);
	setting->key = r;
	r = script_need(parser, "a value", &word);
	if (r < 0)
		return r;
	if (strcmp(word, "-") == 0 && may_be_none(setting->key)) {
		setting->none = true;
		return 0;
	}
	return parse_value(parser, word, setting);
}

int script_need_settings(struct parser *parser,
			 struct script_setting **ret_settings, size_t *ret_n)
{
	struct script_setting settings[SCRIPT_MAX_SETTINGS] = {};
	size_t n = 0;
	int r = 0;

	while (parser->n && r == 0) {
		if (n == SCRIPT_MAX_SETTINGS)
			r = script_fail(parser, "more than %d settings",
					SCRIPT_MAX_SETTINGS);
		else
			r = parse_setting(parser, &settings[n++]);
	}
	if (r == 0 && n) {
		*ret_settings = calloc(n, sizeof(**ret_settings));
		if (*ret_settings) {
			memcpy(*ret_settings, settings,
			       n * sizeof(**ret_settings));
			*ret_n = n;
			return 0;
		}
		r = -ENOMEM;
	}
	for (size_t i = 0; i < n; i++)
		if (settings[i].key == SCRIPT_NAME)
			free(settings[i].text);
	return r;
}

void script_settings_free(struct script_setting *settings, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (settings[i].key == SCRIPT_NAME)
			free(settings[i].text);
	free(settings);
}
