// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"
#include "step.h"

const char *const ipvs_verb_names[IPVS_VERBS] = {
	[IPVS_ADD_SERVICE] = "add-service",
	[IPVS_EDIT_SERVICE] = "edit-service",
	[IPVS_DELETE_SERVICE] = "delete-service",
	[IPVS_ADD_DESTINATION] = "add-destination",
	[IPVS_EDIT_DESTINATION] = "edit-destination",
	[IPVS_DELETE_DESTINATION] = "delete-destination",
	[IPVS_FLUSH] = "flush",
};

const char *const scheduler_names[SCHEDULERS] = {
	[SCHEDULER_VML] = "vml",
	[SCHEDULER_RR] = "rr",
	[SCHEDULER_WLC] = "wlc",
	[SCHEDULER_NONE] = "none",
};

/* Of each kind: the word, and what follows the namespace. */
static const struct {
	const char *word;
	bool service;
	bool number;
	bool bytes;
} forms[] = {
	[STEP_VML] = { .word = "vml", .bytes = true },
	[STEP_IPVS] = { .word = "ipvs" },
	[STEP_SEND] = { .word = "send" },
	[STEP_FAIL] = { .word = "fail", .number = true },
	[STEP_DUMP] = { .word = "dump", .number = true, .bytes = true },
	[STEP_READ] = { .word = "read", .number = true },
	[STEP_CLOSE] = { .word = "close", .number = true },
	[STEP_PACKETS] = { .word = "packets", .service = true, .number = true },
	[STEP_AUDIT] = { .word = "audit", .service = true },
	[STEP_EXPIRE] = { .word = "expire", .service = true },
	[STEP_EVENTS] = { .word = "events" },
	[STEP_RENEW] = { .word = "renew" },
};

#define FORMS (sizeof(forms) / sizeof(forms[0]))

static void print_ipvs(const struct step *step, FILE *file)
{
	fprintf(file, " %s", ipvs_verb_names[step->verb]);
	if (step->verb == IPVS_FLUSH)
		return;
	fprintf(file, " %" PRIu32, step->service);
	switch (step->verb) {
	case IPVS_ADD_SERVICE:
	case IPVS_EDIT_SERVICE:
		fprintf(file, " %s", scheduler_names[step->scheduler]);
		break;
	case IPVS_ADD_DESTINATION:
	case IPVS_EDIT_DESTINATION:
		fprintf(file, " %" PRIu32 " %" PRIu32 " %" PRIu32 " %s",
			step->destination, step->weight, step->upper_threshold,
			step->tunnel ? "tunnel" : "masquerade");
		break;
	case IPVS_DELETE_DESTINATION:
		fprintf(file, " %" PRIu32, step->destination);
		break;
	default:
		break;
	}
}

void step_print(const struct step *step, FILE *file)
{
	fprintf(file, "%s %" PRIu32, forms[step->kind].word, step->ns);
	if (step->kind == STEP_IPVS)
		print_ipvs(step, file);
	if (forms[step->kind].service)
		fprintf(file, " %" PRIu32, step->service);
	if (forms[step->kind].number)
		fprintf(file, " %" PRIu32, step->number);
	if (forms[step->kind].bytes) {
		fputc(' ', file);
		for (uint32_t i = 0; i < step->size; i++)
			fprintf(file, "%02x", step->bytes[i]);
	}
	fputc('\n', file);
}

static bool take_number(char **rest, uint32_t below, uint32_t *ret_number)
{
	char *word = strsep(rest, " "), *end;
	unsigned long number;

	if (!word || !isdigit((unsigned char)*word))
		return false;
	number = strtoul(word, &end, 10);
	if (*end || number >= below)
		return false;
	*ret_number = (uint32_t)number;
	return true;
}

static bool take_name(char **rest, const char *const *names, uint32_t n,
		      uint32_t *ret_index)
{
	const char *word = strsep(rest, " ");

	for (uint32_t i = 0; word && i < n; i++)
		if (!strcmp(word, names[i])) {
			*ret_index = i;
			return true;
		}
	return false;
}

static bool take_bytes(char **rest, struct step *step)
{
	const char *word = strsep(rest, " ");
	unsigned int byte;

	for (; word && word[0] && word[1]; word += 2) {
		if (step->size == MESSAGE_MAX ||
		    !isxdigit((unsigned char)word[0]) ||
		    !isxdigit((unsigned char)word[1]) ||
		    sscanf(word, "%2x", &byte) != 1)
			return false;
		step->bytes[step->size++] = (uint8_t)byte;
	}
	return step->size && !*word;
}

static bool take_ipvs(char **rest, struct step *step)
{
	static const char *const methods[] = { "masquerade", "tunnel" };
	uint32_t index, method;

	if (!take_name(rest, ipvs_verb_names, IPVS_VERBS, &index))
		return false;
	step->verb = index;
	if (step->verb == IPVS_FLUSH)
		return true;
	if (!take_number(rest, POOL_SERVICES, &step->service))
		return false;
	switch (step->verb) {
	case IPVS_ADD_SERVICE:
	case IPVS_EDIT_SERVICE:
		if (!take_name(rest, scheduler_names, SCHEDULERS, &index))
			return false;
		step->scheduler = index;
		return true;
	case IPVS_ADD_DESTINATION:
	case IPVS_EDIT_DESTINATION:
		if (!take_number(rest, POOL_DESTINATIONS,
				 &step->destination) ||
		    !take_number(rest, UINT32_MAX, &step->weight) ||
		    !take_number(rest, UINT32_MAX, &step->upper_threshold) ||
		    !take_name(rest, methods, 2, &method))
			return false;
		step->tunnel = method;
		return true;
	case IPVS_DELETE_DESTINATION:
		return take_number(rest, POOL_DESTINATIONS,
				   &step->destination);
	default:
		return true;
	}
}

static const char *parse(char *rest, struct step *step)
{
	const char *word = strsep(&rest, " ");
	size_t kind;

	for (kind = 0; kind < FORMS; kind++)
		if (!strcmp(word, forms[kind].word))
			break;
	if (kind == FORMS)
		return "an unknown kind of step";
	step->kind = (enum step_kind)kind;
	if (!take_number(&rest, NAMESPACES, &step->ns))
		return "no such namespace";
	if (step->kind == STEP_IPVS && !take_ipvs(&rest, step))
		return "not an operation of IPVS";
	if (forms[kind].service &&
	    !take_number(&rest, POOL_SERVICES, &step->service))
		return "no such service";
	if (forms[kind].number &&
	    !take_number(&rest, forms[kind].bytes || kind == STEP_READ ||
			 kind == STEP_CLOSE ? DUMP_SOCKETS : 10000,
			 &step->number))
		return "the number is missing, or out of range";
	if (forms[kind].bytes && !take_bytes(&rest, step))
		return "the bytes are missing, too many, or not hexadecimal";
	return rest ? "more than belongs there" : NULL;
}

int step_read(FILE *file, unsigned int *line, struct step *ret_step,
	      const char **ret_why)
{
	static char text[2 * MESSAGE_MAX + 100];

	while (fgets(text, sizeof(text), file)) {
		++*line;
		text[strcspn(text, "\n")] = '\0';
		if (!*text || *text == '#')
			continue;
		memset(ret_step, 0, offsetof(struct step, bytes));
		*ret_why = parse(text, ret_step);
		return *ret_why ? -1 : 1;
	}
	return 0;
}
