/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "record/write.h"
#include "replay/trace.h"
#include "source/script.h"
#include "util.h"

/* A destination, and what the last line about it said. */
struct shown {
	const struct service *service;
	struct vml_destination_key key;
	bool seen;		/* is there at this step */
	bool valid;		/* a line was said of it */
	uint32_t scale;
	enum vm_state state;
	uint64_t reasons;	/* bits of their types */
};

struct trace {
	FILE *file;
	bool with_service;
	struct shown *shown;
	size_t n_shown;
	size_t last;		/* found; the next one is likely behind it */
};

int trace_new(FILE *file, bool with_service, struct trace **ret_trace)
{
	struct trace *trace = calloc(1, sizeof(*trace));

	if (!trace)
		return -ENOMEM;
	trace->file = file;
	trace->with_service = with_service;
	*ret_trace = trace;
	return 0;
}

struct trace *trace_free(struct trace *trace)
{
	if (!trace)
		return NULL;
	free(trace->shown);
	free(trace);
	return NULL;
}

static struct shown *find(struct trace *trace, const struct service *service,
			  const struct vml_destination_key *key)
{
	struct shown *shown;

	for (size_t i = 0; i < trace->n_shown; i++) {
		size_t at = (trace->last + 1 + i) % trace->n_shown;

		shown = &trace->shown[at];
		if (shown->service != service ||
		    vml_destination_key_compare(&shown->key, key))
			continue;
		trace->last = at;
		return shown;
	}
	shown = script_append(&trace->shown, &trace->n_shown, sizeof(*shown));
	if (!shown)
		return NULL;
	shown->service = service;
	shown->key = *key;
	return shown;
}

static bool is_ambiguous(const struct service *service,
			 const struct drains *drains, size_t at,
			 const char *domain)
{
	for (size_t i = 0; i < service_n_members(service); i++) {
		struct service_member member =
			service_member(service, i, drains);

		if (i != at && member.domain &&
		    strcmp(member.domain, domain) == 0)
			return true;
	}
	return false;
}

static void write_line(struct trace *trace, const struct service *service,
		       const struct drains *drains, size_t i,
		       const struct service_member *member, uint64_t time_ns)
{
	const struct policy_verdict *verdict = member->verdict;
	char key[VML_KEY_STRING_MAX], text[POLICY_REASON_STRING_MAX];
	uint64_t ms = (time_ns + NSEC_PER_MSEC / 2) / NSEC_PER_MSEC;
	const char *name = member->domain;

	if (!name || is_ambiguous(service, drains, i, name))
		name = vml_destination_key_format(&verdict->key, key);
	fprintf(trace->file, "%llu.%0*llu ", (unsigned long long)(ms / 1000),
		ms % 100 == 0 ? 1 : ms % 10 == 0 ? 2 : 3,
		(unsigned long long)(ms % 100 == 0 ? ms % 1000 / 100 :
				     ms % 10 == 0  ? ms % 1000 / 10 :
						     ms % 1000));
	if (trace->with_service)
		fprintf(trace->file, "%s/", service_config(service)->name);
	fprintf(trace->file, "%s %.2f %s", name,
		(double)verdict->scale / VML_SCALE_ONE,
		vm_state_name(verdict->state));
	for (size_t j = 0; j < verdict->n_reasons; j++)
		fprintf(trace->file, "%s %s", j ? ";" : "",
			policy_reason_format(&verdict->reasons[j], text,
					     sizeof(text)));
	fputc('\n', trace->file);
}

static int show(struct trace *trace, const struct service *service,
		const struct drains *drains, size_t i, uint64_t time_ns)
{
	struct service_member member = service_member(service, i, drains);
	const struct policy_verdict *verdict = member.verdict;
	uint64_t reasons = 0;
	struct shown *shown;

	for (size_t j = 0; j < verdict->n_reasons; j++)
		reasons |= UINT64_C(1) << verdict->reasons[j].type;
	shown = find(trace, service, &verdict->key);
	if (!shown)
		return -ENOMEM;
	shown->seen = true;
	if (shown->valid && shown->state == verdict->state &&
	    shown->reasons == reasons &&
	    !policy_scale_differs(&policy_default_params, shown->scale,
				  verdict->scale))
		return 0;
	shown->valid = true;
	shown->scale = verdict->scale;
	shown->state = verdict->state;
	shown->reasons = reasons;
	write_line(trace, service, drains, i, &member, time_ns);
	return 0;
}

int trace_service(struct trace *trace, const struct service *service,
		  const struct drains *drains, uint64_t time_ns)
{
	int r = 0;

	for (size_t i = 0; i < trace->n_shown; i++)
		if (trace->shown[i].service == service)
			trace->shown[i].seen = false;
	for (size_t i = 0; i < service_n_members(service) && r == 0; i++)
		r = show(trace, service, drains, i, time_ns);
	/* One that comes again is told of again. */
	for (size_t i = 0; i < trace->n_shown; i++)
		if (trace->shown[i].service == service)
			trace->shown[i].valid &= trace->shown[i].seen;
	return r;
}
