/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The statements of a script that have a time. */
#include <string.h>

#include "source/script_words.h"

#define MOST_CPUS 65536

static const char *const verb_names[_SCRIPT_VERB_MAX] = {
	[SCRIPT_SET] = "set",
	[SCRIPT_EVENT] = "event",
	[SCRIPT_LOST] = "lost",
	[SCRIPT_CONNECTED] = "connected",
	[SCRIPT_SILENT] = "silent",
	[SCRIPT_ANSWERS] = "answers",
	[SCRIPT_DRAIN] = "drain",
	[SCRIPT_UNDRAIN] = "undrain",
	[SCRIPT_CHECK] = "check",
	[SCRIPT_WEIGHT] = "weight",
	[SCRIPT_JOIN] = "join",
	[SCRIPT_LEAVE] = "leave",
	[SCRIPT_CPUS] = "cpus",
	[SCRIPT_GONE] = "gone",
	[SCRIPT_INVENTORY] = "inventory",
	[SCRIPT_COUNT] = "count",
	[SCRIPT_REMOVE] = "remove",
	[SCRIPT_LOOK] = "look",
	[SCRIPT_RECORDING] = "recording",
};

static const char *const count_names[_SCRIPT_COUNT_MAX] = {
	[SCRIPT_COUNT_WEIGHT] = "weight",
	[SCRIPT_COUNT_PICKS] = "picks",
	[SCRIPT_COUNT_ACTIVE] = "active",
	[SCRIPT_COUNT_INACTIVE] = "inactive",
};

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

static int parse_event(struct parser *parser, struct script_step *step)
{
	double boot_id = 0;
	int r;

	step->host = SIZE_MAX;
	step->told_ns = step->time_ns;
	r = script_need_vm(parser, &step->vm);
	if (r == 0)
		r = script_need_event(parser, &step->event);
	if (r == 0 && parser->n)
		r = script_need_host(parser, &step->host);
	if (r == 0 && parser->n)
		r = script_need_time(parser, &step->told_ns);
	if (r < 0 || !parser->n)
		return r;
	r = script_need_number(parser, "a boot", VM_BOOT_ID_NONE, INT32_MAX,
			       &boot_id);
	step->has_boot = true;
	step->boot_id = (int64_t)boot_id;
	if (r == 0 && parser->n)
		r = script_need_number(parser, "how much it is throttled", 0, 1,
				       &step->throttled);
	return r;
}

static int parse_counts(struct parser *parser, struct script_step *step)
{
	while (parser->n) {
		const char *word = script_next(parser);
		int which, r;

		which = script_lookup(count_names, ARRAY_SIZE(count_names),
				      word);
		if (which < 0)
			return script_fail(parser, "\"%s\" is not counted",
					   word);
		r = script_need_count(parser, "a count",
				      which == SCRIPT_COUNT_PICKS ? UINT64_MAX :
								    UINT32_MAX,
				      &step->counts[which]);
		if (r < 0)
			return r;
		step->has_counts[which] = true;
	}
	return 0;
}

static int parse_check(struct parser *parser, struct script_step *step)
{
	uint64_t status = 0;
	int r;

	if (parser->script->is_recording)
		r = script_need_destination(parser, &step->destination);
	else
		r = script_need_vm(parser, &step->vm);
	if (r == 0)
		r = script_need_outcome(parser, &step->result.outcome);
	if (r < 0 || step->result.outcome != HEALTH_STATUS)
		return r;
	r = script_need_count(parser, "a status", 999, &status);
	step->result.status = (unsigned int)status;
	return r;
}

static int parse_number(struct parser *parser, const char *what, uint64_t most,
			struct script_step *step)
{
	uint64_t number = 0;
	int r = script_need_count(parser, what, most, &number);

	step->number = (uint32_t)number;
	return r;
}

static int parse_arguments(struct parser *parser, struct script_step *step)
{
	const char *word = NULL;
	int r;

	switch (step->verb) {
	case SCRIPT_SET:
		r = script_need_vm(parser, &step->vm);
		return r < 0 ? r : script_need_settings(parser,
							&step->settings,
							&step->n_settings);
	case SCRIPT_EVENT:
		return parse_event(parser, step);
	case SCRIPT_LOST:
		r = script_need_host(parser, &step->host);
		return r < 0 ? r : join_words(parser, &step->text);
	case SCRIPT_CONNECTED:
	case SCRIPT_SILENT:
	case SCRIPT_ANSWERS:
		return script_need_host(parser, &step->host);
	case SCRIPT_CPUS:
		r = script_need_host(parser, &step->host);
		return r < 0 ? r : parse_number(parser, "a number of CPUs",
						MOST_CPUS, step);
	case SCRIPT_INVENTORY:
		r = script_need_host(parser, &step->host);
		return r < 0 ? r : script_need_time(parser, &step->told_ns);
	case SCRIPT_WEIGHT:
		r = script_need_vm(parser, &step->vm);
		return r < 0 ? r : parse_number(parser, "a weight", 65535,
						step);
	case SCRIPT_DRAIN:
	case SCRIPT_UNDRAIN:
		r = script_need(parser, "a domain", &word);
		if (r < 0)
			return r;
		step->text = strdup(word);
		return step->text ? 0 : -ENOMEM;
	case SCRIPT_CHECK:
		return parse_check(parser, step);
	case SCRIPT_JOIN:
	case SCRIPT_LEAVE:
	case SCRIPT_GONE:
		return script_need_vm(parser, &step->vm);
	case SCRIPT_COUNT:
		r = script_need_destination(parser, &step->destination);
		return r < 0 ? r : parse_counts(parser, step);
	case SCRIPT_REMOVE:
		return script_need_destination(parser, &step->destination);
	case SCRIPT_LOOK:
		return script_need_service(parser, &step->service);
	case SCRIPT_RECORDING:
	case _SCRIPT_VERB_MAX:
		break;
	}
	return -EINVAL;
}

int script_parse_step(struct parser *parser, const char *word)
{
	struct script *script = parser->script;
	int verb = script_lookup(verb_names, ARRAY_SIZE(verb_names), word);
	struct script_step *step;

	if (verb < 0 || verb == SCRIPT_RECORDING)
		return script_fail(parser, "\"%s\" is not a statement", word);
	if (verb > SCRIPT_LEAVE && verb != SCRIPT_CPUS && !script->is_recording)
		return script_fail(parser, "\"%s\" is only in recordings",
				   word);
	step = script_append(&script->steps, &script->n_steps, sizeof(*step));
	if (!step)
		return -ENOMEM;
	step->time_ns = parser->now_ns;
	step->line = parser->line;
	step->verb = verb;
	return parse_arguments(parser, step);
}

void script_step_clear(struct script_step *step)
{
	script_settings_free(step->settings, step->n_settings);
	free(step->text);
}
