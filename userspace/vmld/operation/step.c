/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an operation does: the turns of its machines, one after the other. */
#include <string.h>

#include "operation/private.h"
#include "util.h"

static const char *domain_of(const struct operation *operation)
{
	return operation->members[operation->at].domain;
}

static void on_turn_says(void *userdata, const char *text)
{
	struct operation *operation = userdata;

	operation_say(operation, domain_of(operation), "%s", text);
}

void operation_drop_operators(struct operation *operation)
{
	operation->operator = vm_operator_free(operation->operator);
	operation->aborter = vm_operator_free(operation->aborter);
}

static void on_called(void *userdata, int result, const char *text)
{
	struct operation *operation = userdata;
	enum turn_action ended = operation->turn.pending;
	struct frozen *frozen = operation->operations->frozen;

	/* The host's name says it better than libvirt, which says nothing. */
	if (ended == TURN_MIGRATE && result == 0)
		text = operation->target;
	turn_result(&operation->turn, result, text, now_ns());
	if (ended == TURN_THAW && result == 0)
		frozen_remove(frozen, operation->uuid);
	else if (ended == TURN_FREEZE && result == -EOPNOTSUPP)
		frozen_withdraw(frozen, operation->uuid);
	operation_step(operation);
}

static void on_aborted(void *userdata, int result, const char *text)
{
	struct operation *operation = userdata;

	if (result == 0)
		return;
	if (!operation->said_abort)
		operation_say(operation, domain_of(operation),
			      "the migration can't be cancelled yet: %s", text);
	operation->said_abort = true;
	turn_not_aborted(&operation->turn, now_ns());
}

/* A call on the machine's host, whose result comes through done. */
static int call(struct operation *operation, struct vm_operator **operator,
		vm_operator_done_t done, struct vm_call *call)
{
	int r = 0;

	memcpy(call->uuid, operation->uuid, VM_UUID_SIZE);
	if (!*operator)
		r = vm_operator_new(operation->uri, operation->operations->event,
				    done, operation, operator);
	return r < 0 ? r : vm_operator_ask(*operator, call);
}

static int freeze(struct operation *operation)
{
	struct vm_call freeze = { .type = VM_CALL_FREEZE };
	int r;

	r = frozen_add(operation->operations->frozen, operation->uri,
		       domain_of(operation), operation->uuid);
	if (r < 0)
		return r;
	return call(operation, &operation->operator, on_called, &freeze);
}

static int migrate(struct operation *operation)
{
	struct vm_call migration = { .type = VM_CALL_MIGRATE };
	struct daemon *daemon = operation->operations->daemon;
	struct operation_place place;
	const struct config_hypervisor *target;
	size_t to;
	int r;

	r = operation_find(daemon, domain_of(operation), &place);
	if (r == 0)
		r = operation_choose_host(operation->operations, &place,
					  operation->to, &to);
	if (r < 0)
		return r;
	/* They are in the order of the configuration. */
	target = &daemon_config(daemon)->hypervisors[to];
	free(operation->target);
	operation->target = strdup(target->name);
	if (!operation->target)
		return -ENOMEM;
	migration.to = target->migration_uri ?: target->uri;
	/* A path without a host means the host that is asked. */
	if (strstr(migration.to, ":///"))
		return -EDESTADDRREQ;
	r = call(operation, &operation->operator, on_called, &migration);
	if (r == 0)
		operation_say(operation, domain_of(operation),
			      "migrates to %s", operation->target);
	return r;
}

static int begin(struct operation *operation, enum turn_action action)
{
	struct vm_call plain = {};

	switch (action) {
	case TURN_FREEZE:
		return freeze(operation);
	case TURN_SNAPSHOT:
		plain.type = VM_CALL_SNAPSHOT;
		plain.snapshot = operation->snapshot;
		plain.name = operation->name;
		break;
	case TURN_MIGRATE:
		return migrate(operation);
	default:
		plain.type = VM_CALL_THAW;
		break;
	}
	return call(operation, &operation->operator, on_called, &plain);
}

static int drain(struct operation *operation, bool drained)
{
	enum policy_drain by = operation->kind == OPERATION_EVACUATION ?
				       POLICY_DRAIN_EVACUATION :
				       POLICY_DRAIN_SNAPSHOT;

	return daemon_drain_operation(operation->operations->daemon,
				      domain_of(operation),
				      drained ? by : POLICY_DRAIN_NONE);
}

static const char *why_not(int r)
{
	switch (r) {
	case -ENOENT:
		return "there is no host for it";
	case -EDESTADDRREQ:
		return "the URI of the new host names no host: give it a migration-uri";
	default:
		return strerror(-r);
	}
}

static void perform(struct operation *operation, enum turn_action action)
{
	struct vm_call abortion = { .type = VM_CALL_ABORT };
	int r;

	switch (action) {
	case TURN_NOTHING:
		break;
	case TURN_DRAIN:
	case TURN_UNDRAIN:
		r = drain(operation, action == TURN_DRAIN);
		turn_result(&operation->turn, r, strerror(-r), now_ns());
		break;
	case TURN_GIVE_BACK:
		/* In force also if it can't be kept: see drains.h. */
		drain(operation, false);
		break;
	case TURN_ABORT:
		r = call(operation, &operation->aborter, on_aborted, &abortion);
		if (r < 0)
			on_aborted(operation, r, strerror(-r));
		break;
	case TURN_ABANDON:
		operation_drop_operators(operation);
		break;
	case TURN_LEAVE_FROZEN:
		frozen_leave(operation->operations->frozen, operation->uuid);
		break;
	default:
		r = begin(operation, action);
		if (r < 0)
			turn_result(&operation->turn, r, why_not(r), now_ns());
		break;
	}
}

/* Each migration counts; of snapshots that fail one is enough. */
static void go_on(struct operation *operation, bool good)
{
	operation->members[operation->at].result = good ? OPERATION_DONE :
							  OPERATION_FAILED;
	operation->at = good || operation->kind != OPERATION_SNAPSHOT ?
				operation->at + 1 : operation->n_members;
}

static void end_turn(struct operation *operation)
{
	struct operation_member *member = &operation->members[operation->at];
	bool good = turn_has_succeeded(&operation->turn);

	member->error = TAKE_PTR(operation->turn.error);
	turn_clear(&operation->turn);
	operation_drop_operators(operation);
	operation->turning = false;
	go_on(operation, good);
}

/* False: it can't have its turn, and that is said. */
static bool begin_turn(struct operation *operation)
{
	struct operation_member *member = &operation->members[operation->at];
	struct daemon *daemon = operation->operations->daemon;
	struct operation_place place;
	const char *why = NULL;
	const struct source *source;

	if (operation_find(daemon, member->domain, &place) < 0) {
		why = "no hypervisor knows it any more";
	} else {
		source = daemon_source(daemon, place.hypervisor);
		if (operation->host &&
		    strcmp(source_name(source), operation->host) != 0)
			why = "is on another host already";
		else if (source_state(source) != SOURCE_CONNECTED)
			why = "its hypervisor does not answer";
		else if (operation->kind == OPERATION_EVACUATION &&
			 frozen_contains(operation->operations->frozen,
					 place.uuid))
			why = "may be frozen, and has to be thawed before it leaves";
	}
	if (!why) {
		free(operation->uri);
		operation->uri = strdup(source_uri(source));
		if (!operation->uri)
			why = "out of memory";
	}
	if (why) {
		operation_say(operation, member->domain, "%s", why);
		member->error = strdup(why);
		go_on(operation, false);
		return false;
	}
	memcpy(operation->uuid, place.uuid, VM_UUID_SIZE);
	member->result = OPERATION_RUNNING;
	operation->turning = true;
	operation->said_abort = false;
	turn_init(&operation->turn, &operation->options, on_turn_says,
		  operation);
	/* One that does not run has nobody who could. */
	operation->turn.options.freezes &= place.running;
	return true;
}

static void end(struct operation *operation)
{
	size_t good = 0, left_out = 0;

	for (size_t i = 0; i < operation->n_members; i++) {
		struct operation_member *member = &operation->members[i];

		if (member->result == OPERATION_WAITING)
			member->result = OPERATION_LEFT_OUT;
		good += member->result == OPERATION_DONE;
		left_out += member->result == OPERATION_LEFT_OUT;
	}
	operation->ended_ns = now_ns();
	operation_say(operation, NULL, "%s: %zu of %zu machines%s",
		      operation->cancelled ? "was cancelled" : "has ended",
		      good, operation->n_members,
		      left_out ? ", the rest was left out" : "");
}

void operation_step(struct operation *operation)
{
	struct daemon *daemon = operation->operations->daemon;
	char text[OPERATION_TEXT_MAX];

	while (!operation->ended_ns) {
		enum turn_action action;
		enum turn_step step;
		struct turn_view view;

		if (!operation->turning &&
		    (operation->cancelled ||
		     operation->at == operation->n_members)) {
			end(operation);
			break;
		}
		if (!operation->turning && !begin_turn(operation))
			continue;
		view = operation_view(daemon, domain_of(operation), text);
		step = operation->turn.step;
		action = turn_next(&operation->turn, &view, now_ns());
		perform(operation, action);
		if (operation->turn.step == TURN_ENDED)
			end_turn(operation);
		else if (action == TURN_NOTHING &&
			 operation->turn.step == step)
			break;
	}
}

void operation_cancel(struct operation *operation, const char *why)
{
	if (operation->ended_ns || operation->cancelled)
		return;
	operation->cancelled = true;
	if (operation->turning)
		turn_cancel(&operation->turn, why);
	operation_step(operation);
}
