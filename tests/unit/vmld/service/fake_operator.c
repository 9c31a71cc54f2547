/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "fake_operator.h"
#include "util.h"

struct fake_operators fake_operators;

struct vm_operator {
	sd_event_source *answer;
	sd_event *loop;
	vm_operator_done_t done;
	void *userdata;
	char *host;		/* the last part of the URI's path */
	int result;
	char *text;
};

int vm_operator_new(const char *uri, sd_event *loop, vm_operator_done_t done,
		    void *userdata, struct vm_operator **ret_operator)
{
	struct vm_operator *operator = calloc(1, sizeof(*operator));

	operator->loop = loop;
	operator->done = done;
	operator->userdata = userdata;
	operator->host = strdup(strrchr(uri, '/') + 1);
	*ret_operator = operator;
	return 0;
}

static int on_answer(_unused_ sd_event_source *source, void *userdata)
{
	struct vm_operator *operator = userdata;

	operator->answer = sd_event_source_disable_unref(operator->answer);
	operator->done(operator->userdata, operator->result, operator->text);
	return 0;
}

static int answer(struct vm_operator *operator, int result, const char *detail)
{
	operator->result = result;
	free(operator->text);
	if (asprintf(&operator->text, "%s%s", result < 0 ? "it broke: " : "",
		     detail ?: "there") < 0)
		abort();
	return sd_event_add_defer(operator->loop, &operator->answer, on_answer,
				  operator) < 0 ? -ENOMEM : 0;
}

static void end_migration(struct fake_operators *fake)
{
	struct vm_operator *migrating = fake->migrating;

	fake->migrating = NULL;
	if (migrating && answer(migrating, -ECANCELED, NULL) < 0)
		abort();
}

int vm_operator_ask(struct vm_operator *operator, const struct vm_call *call)
{
	static const char *const names[] = {
		[VM_CALL_FREEZE] = "freeze",	 [VM_CALL_THAW] = "thaw",
		[VM_CALL_SNAPSHOT] = "snapshot", [VM_CALL_MIGRATE] = "migrate",
		[VM_CALL_ABORT] = "abort",
	};
	struct fake_operators *fake = &fake_operators;
	int result = fake->fails == call->type ? fake->result : 0;

	if (operator->answer)
		return -EBUSY;
	if (*fake->did)
		strcat(fake->did, ", ");
	strcat(strcat(strcat(fake->did, names[call->type]), " "),
	       operator->host);
	if (call->to)
		snprintf(fake->to, sizeof(fake->to), "%s",
			 strrchr(call->to, '/') + 1);
	if (fake->on_call)
		fake->on_call(call);
	if (fake->hangs && fake->hanging == call->type) {
		if (call->type == VM_CALL_MIGRATE)
			fake->migrating = operator;
		return 0;
	}
	if (call->type == VM_CALL_ABORT && result == 0)
		end_migration(fake);
	return answer(operator, result, call->name);
}

struct vm_operator *vm_operator_free(struct vm_operator *operator)
{
	if (!operator)
		return NULL;
	if (fake_operators.migrating == operator)
		fake_operators.migrating = NULL;
	sd_event_source_disable_unref(operator->answer);
	free(operator->host);
	free(operator->text);
	free(operator);
	return NULL;
}
