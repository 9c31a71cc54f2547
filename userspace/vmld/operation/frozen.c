/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <jansson.h>
#include <string.h>

#include "operation/frozen.h"
#include "source/operator.h"
#include "state_file.h"
#include "util.h"

#define STATE_FILE "frozen.json"
#define FIRST_PAUSE_NS (1 * NSEC_PER_SEC)
#define LONGEST_PAUSE_NS (30 * NSEC_PER_SEC)
/* For which a call may take, before another connection is tried. */
#define PATIENCE_NS (30 * NSEC_PER_SEC)

struct frozen_machine {
	struct frozen *frozen;
	struct frozen_machine *next;
	char *uri;
	char *domain;
	uint8_t uuid[VM_UUID_SIZE];
	bool left;		/* it is to be thawed here */
	bool was_left;		/* before the operation under way */
	bool said;		/* in the log: that it can't be */
	struct vm_operator *operator;
	uint64_t asked_ns;	/* 0: no call is under way */
	uint64_t due_ns;	/* of the next attempt */
	uint64_t pause_ns;
};

struct frozen {
	char *state_directory;
	const struct log *log;
	sd_event *loop;
	sd_event_source *timer;
	struct frozen_machine *machines;
};

static void machine_free(struct frozen_machine *machine)
{
	vm_operator_free(machine->operator);
	free(machine->uri);
	free(machine->domain);
	free(machine);
}

struct frozen *frozen_free(struct frozen *frozen)
{
	if (!frozen)
		return NULL;
	while (frozen->machines) {
		struct frozen_machine *machine = frozen->machines;

		frozen->machines = machine->next;
		machine_free(machine);
	}
	sd_event_source_disable_unref(frozen->timer);
	sd_event_unref(frozen->loop);
	free(frozen->state_directory);
	free(frozen);
	return NULL;
}

static struct frozen_machine **find(struct frozen *frozen, const uint8_t *uuid)
{
	struct frozen_machine **at = &frozen->machines;

	while (*at && memcmp((*at)->uuid, uuid, VM_UUID_SIZE) != 0)
		at = &(*at)->next;
	return at;
}

static int save(const struct frozen *frozen)
{
	_cleanup_(json_decrefp) json_t *file = NULL;
	json_t *list = json_array();

	for (const struct frozen_machine *m = frozen->machines; m; m = m->next) {
		char uuid[VM_UUID_STRING_MAX];

		if (json_array_append_new(list, json_pack(
			"{s:s, s:s, s:s}", "uri", m->uri, "domain", m->domain,
			"uuid", vm_uuid_format(m->uuid, uuid)))) {
			json_decref(list);
			return -ENOMEM;
		}
	}
	file = json_pack("{s:o}", "frozen", list);
	if (!file)
		return -ENOMEM;
	return state_file_write(frozen->state_directory, STATE_FILE, file,
				true);
}

static int add(struct frozen *frozen, const char *uri, const char *domain,
	       const uint8_t *uuid, struct frozen_machine **ret_machine)
{
	struct frozen_machine *machine = calloc(1, sizeof(*machine));

	if (!machine)
		return -ENOMEM;
	machine->frozen = frozen;
	machine->pause_ns = FIRST_PAUSE_NS;
	memcpy(machine->uuid, uuid, VM_UUID_SIZE);
	machine->uri = strdup(uri);
	machine->domain = strdup(domain);
	if (!machine->uri || !machine->domain) {
		machine_free(machine);
		return -ENOMEM;
	}
	machine->next = frozen->machines;
	frozen->machines = machine;
	*ret_machine = machine;
	return 0;
}

void frozen_remove(struct frozen *frozen,
		   const uint8_t uuid[static VM_UUID_SIZE])
{
	struct frozen_machine **at = find(frozen, uuid);
	struct frozen_machine *machine = *at;
	int r;

	if (!machine)
		return;
	*at = machine->next;
	r = save(frozen);
	/* It is thawed once more then, at the next start, which does no harm. */
	if (r < 0)
		log_warning(frozen->log, "%s: can't note that it is thawed: %s",
			    machine->domain, strerror(-r));
	machine_free(machine);
}

static void on_thawed(void *userdata, int result, const char *text)
{
	struct frozen_machine *machine = userdata;
	const struct log *log = machine->frozen->log;

	machine->asked_ns = 0;
	if (result == 0) {
		log_notice(log, "%s: is thawed, which it was left frozen",
			   machine->domain);
		frozen_remove(machine->frozen, machine->uuid);
		return;
	}
	if (!machine->said)
		log_warning(log, "%s: was left frozen, and can't be thawed yet: %s",
			    machine->domain, text);
	machine->said = true;
	machine->due_ns = now_ns() + machine->pause_ns;
	machine->pause_ns = MIN(2 * machine->pause_ns, LONGEST_PAUSE_NS);
}

static void thaw(struct frozen_machine *machine, uint64_t now)
{
	struct vm_call call = { .type = VM_CALL_THAW };
	int r = 0;

	if (machine->asked_ns && now - machine->asked_ns >= PATIENCE_NS) {
		machine->operator = vm_operator_free(machine->operator);
		machine->asked_ns = 0;
	}
	if (machine->asked_ns || now < machine->due_ns)
		return;
	memcpy(call.uuid, machine->uuid, VM_UUID_SIZE);
	if (!machine->operator)
		r = vm_operator_new(machine->uri, machine->frozen->loop,
				    on_thawed, machine, &machine->operator);
	if (r == 0)
		r = vm_operator_ask(machine->operator, &call);
	if (r < 0)
		on_thawed(machine, r, strerror(-r));
	else
		machine->asked_ns = now;
}

static int on_timer(sd_event_source *source, _unused_ uint64_t usec,
		    void *userdata)
{
	struct frozen *frozen = userdata;
	uint64_t now = now_ns();
	bool more = false;

	for (struct frozen_machine *m = frozen->machines; m; m = m->next) {
		if (!m->left)
			continue;
		thaw(m, now);
		more = true;
	}
	if (!more)
		return 0;
	sd_event_source_set_time_relative(source,
					  FIRST_PAUSE_NS / 1000);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static void begin(struct frozen *frozen)
{
	sd_event_source_set_time(frozen->timer, 0);
	sd_event_source_set_enabled(frozen->timer, SD_EVENT_ONESHOT);
}

static int load(struct frozen *frozen)
{
	_cleanup_(json_decrefp) json_t *file = NULL;
	json_t *list, *entry;
	size_t i;
	int r;

	r = state_file_read(frozen->state_directory, STATE_FILE, &file);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	list = json_object_get(file, "frozen");
	if (!json_is_array(list))
		return -EBADMSG;
	json_array_foreach(list, i, entry) {
		const char *uri, *domain, *text;
		struct frozen_machine *machine;
		uint8_t uuid[VM_UUID_SIZE];

		if (json_unpack(entry, "{s:s, s:s, s:s}", "uri", &uri,
				"domain", &domain, "uuid", &text) ||
		    vm_uuid_parse(text, uuid) < 0)
			return -EBADMSG;
		r = add(frozen, uri, domain, uuid, &machine);
		if (r < 0)
			return r;
		machine->left = true;
		log_warning(frozen->log,
			    "%s: may have been left frozen: thaws it", domain);
	}
	return 0;
}

int frozen_load(const char *state_directory, sd_event *loop,
		const struct log *log, struct frozen **ret_frozen)
{
	struct frozen *frozen = calloc(1, sizeof(*frozen));
	int r;

	if (!frozen)
		return -ENOMEM;
	frozen->log = log;
	frozen->loop = sd_event_ref(loop);
	frozen->state_directory = strdup(state_directory);
	if (!frozen->state_directory) {
		frozen_free(frozen);
		return -ENOMEM;
	}
	r = load(frozen);
	if (r >= 0)
		r = sd_event_add_time(loop, &frozen->timer, CLOCK_MONOTONIC, 0,
				      0, on_timer, frozen);
	if (r < 0) {
		frozen_free(frozen);
		return r;
	}
	*ret_frozen = frozen;
	return 0;
}

/*
 * From an operation before, which could not thaw it: that goes on here, where it
 * may be since it was started anew.
 */
static int take_over(struct frozen_machine *machine, const char *uri)
{
	char *before = machine->uri;
	int r = 0;

	if (strcmp(before, uri)) {
		machine->uri = strdup(uri);
		r = machine->uri ? save(machine->frozen) : -ENOMEM;
	}
	if (r < 0) {
		free(machine->uri);
		machine->uri = before;
		return r;
	}
	if (machine->uri != before)
		free(before);
	machine->was_left |= machine->left;
	machine->left = false;
	machine->operator = vm_operator_free(machine->operator);
	machine->asked_ns = 0;
	return 0;
}

int frozen_add(struct frozen *frozen, const char *uri, const char *domain,
	       const uint8_t uuid[static VM_UUID_SIZE])
{
	struct frozen_machine **at = find(frozen, uuid), *machine;
	int r;

	if (*at)
		return take_over(*at, uri);
	r = add(frozen, uri, domain, uuid, &machine);
	if (r < 0)
		return r;
	r = save(frozen);
	if (r < 0) {
		frozen->machines = machine->next;
		machine_free(machine);
	}
	return r;
}

void frozen_withdraw(struct frozen *frozen,
		     const uint8_t uuid[static VM_UUID_SIZE])
{
	const struct frozen_machine *machine = *find(frozen, uuid);

	if (machine && machine->was_left)
		frozen_leave(frozen, uuid);
	else
		frozen_remove(frozen, uuid);
}

bool frozen_contains(struct frozen *frozen,
		     const uint8_t uuid[static VM_UUID_SIZE])
{
	return *find(frozen, uuid);
}

void frozen_leave(struct frozen *frozen,
		  const uint8_t uuid[static VM_UUID_SIZE])
{
	struct frozen_machine *machine = *find(frozen, uuid);

	if (!machine)
		return;
	machine->left = true;
	begin(frozen);
}
