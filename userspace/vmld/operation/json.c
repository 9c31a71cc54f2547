/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "operation/private.h"
#include "utf8.h"
#include "util.h"

static const char *const results[] = {
	[OPERATION_WAITING] = "waiting",
	[OPERATION_RUNNING] = "running",
	[OPERATION_DONE] = "done",
	[OPERATION_FAILED] = "failed",
	[OPERATION_LEFT_OUT] = "left-out",
};

static json_t *members_to_json(const struct operation *operation)
{
	json_t *list = json_array();

	for (size_t i = 0; i < operation->n_members; i++) {
		const struct operation_member *member = &operation->members[i];

		json_array_append_new(list, json_pack(
			"{s:s, s:s, s:o}", "domain", member->domain, "result",
			results[member->result], "error",
			utf8_to_json(member->error)));
	}
	return list;
}

static json_t *events_to_json(const struct operation *operation)
{
	json_t *list = json_array();

	for (size_t i = 0; i < operation->n_events; i++) {
		const struct operation_event *event = &operation->events[i];
		uint64_t since = event->time_ns > operation->started_ns ?
				 event->time_ns - operation->started_ns : 0;

		json_array_append_new(list, json_pack(
			"{s:f, s:s?, s:o}", "seconds",
			(double)since / (double)NSEC_PER_SEC, "domain",
			event->domain, "text", utf8_to_json(event->text)));
	}
	return list;
}

static const char *state_of(const struct operation *operation)
{
	if (!operation->ended_ns)
		return operation->cancelled ? "undoing" : "running";
	if (operation->cancelled)
		return "cancelled";
	for (size_t i = 0; i < operation->n_members; i++)
		if (operation->members[i].result != OPERATION_DONE)
			return "failed";
	return "done";
}

json_t *operation_to_json(const struct operation *operation)
{
	return json_pack("{s:I, s:s, s:s, s:s?, s:s?, s:o, s:o}", "id",
			 (json_int_t)operation->id, "kind",
			 operation_kind_name(operation->kind), "state",
			 state_of(operation), "name", operation->name, "host",
			 operation->host, "members",
			 members_to_json(operation), "events",
			 events_to_json(operation));
}

json_t *operations_to_json(const struct operations *operations)
{
	json_t *list = json_array();

	for (struct operation *o = operations->first; o; o = o->next)
		json_array_append_new(list, operation_to_json(o));
	return json_pack("{s:o}", "operations", list);
}
