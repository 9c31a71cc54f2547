/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "source/script_words.h"

#define LONGEST_TIME 1e9

static const char *const key_names[_SCRIPT_KEY_MAX] = {
	[SCRIPT_UUID] = "uuid",
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
};

static const char *const pause_names[] = {
	[VM_PAUSE_OTHER] = "other",
	[VM_PAUSE_MIGRATION] = "migration",
	[VM_PAUSE_IO_ERROR] = "io-error",
	[VM_PAUSE_WATCHDOG] = "watchdog",
};

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

int script_need_time(struct parser *parser, uint64_t *ret_ns)
{
	double seconds = 0;
	int r;

	r = script_need_number(parser, "a time in seconds", 0, LONGEST_TIME,
			       &seconds);
	if (r == 0)
		*ret_ns = (uint64_t)llround(seconds * (double)NSEC_PER_SEC);
	return r;
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
	for (size_t i = 0; i < script->n_vms; i++) {
		if (strcmp(script->vms[i].name, name) == 0) {
			*ret_vm = i;
			return 0;
		}
	}
	return script_fail(parser, "no vm is named \"%s\"", name);
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

static int parse_value(struct parser *parser, const char *word,
		       struct script_setting *setting)
{
	int pause;

	switch (setting->key) {
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
	case SCRIPT_VCPUS:
	case SCRIPT_BOOT:
	case SCRIPT_CLOSED:
	case SCRIPT_ACTIVE:
		return parse_number(parser, word, 0, 1e6, &setting->number);
	case SCRIPT_RUN:
	case SCRIPT_DELAY:
	case SCRIPT_STALL:
		return parse_number(parser, word, 0, 1, &setting->number);
	case _SCRIPT_KEY_MAX:
		break;
	}
	return -EINVAL;
}

int script_need_settings(struct parser *parser,
			  struct script_setting *settings, size_t *ret_n)
{
	size_t n = 0;

	while (parser->n) {
		const char *key = script_next(parser), *word = NULL;
		int r;

		if (n == SCRIPT_MAX_SETTINGS)
			return script_fail(parser, "more than %d settings",
				    SCRIPT_MAX_SETTINGS);
		r = script_lookup(key_names, ARRAY_SIZE(key_names), key);
		if (r < 0)
			return script_fail(parser, "\"%s\" is not a key", key);
		settings[n].key = r;
		r = script_need(parser, "a value", &word);
		if (r == 0)
			r = parse_value(parser, word, &settings[n]);
		if (r < 0)
			return r;
		n++;
	}
	*ret_n = n;
	return 0;
}

