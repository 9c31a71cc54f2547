/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "discover_digest.h"
#include "hypervisor.h"

/* For which a connected hypervisor may owe an answer before that is said. */
#define SILENT_NS (10 * NSEC_PER_SEC)

struct hypervisor {
	struct source *source;
	struct vm_inventory *inventory;
	unsigned int n_inventories;	/* no more than 2 are counted */
	const struct log *log;
	const struct hypervisor_callbacks *callbacks;
	void *userdata;
	uint64_t asked_ns;	/* when it was polled last */
	bool silent;		/* or its polls fail: said so in the log */
	enum source_state said;	/* in the log; CONNECTING: nothing yet */
};

static void on_inventory(struct source *source, struct vm_inventory *inventory,
			 void *userdata)
{
	struct hypervisor *hypervisor = userdata;

	vm_inventory_free(hypervisor->inventory);
	hypervisor->inventory = inventory;
	inventory->digest = discover_digest_inventory(inventory);
	if (hypervisor->silent)
		log_notice(hypervisor->log, "%s: answers again",
			   source_name(source));
	hypervisor->silent = false;
	hypervisor->n_inventories = MIN(hypervisor->n_inventories + 1, 2u);
	hypervisor->callbacks->changed(hypervisor, hypervisor->userdata);
}

/*
 * After these a machine may be there that no inventory has shown, or one that
 * inventories show running is not.
 */
static bool wants_poll(enum vm_event_type type)
{
	return type == VM_EVENT_STARTED || type == VM_EVENT_RESTORED ||
	       type == VM_EVENT_RESUMED || type == VM_EVENT_MIGRATED_IN ||
	       type == VM_EVENT_STOPPED || type == VM_EVENT_CRASHED ||
	       type == VM_EVENT_IO_ERROR || type == VM_EVENT_WATCHDOG ||
	       type == VM_EVENT_POSTCOPY_FAILED;
}

static void on_event(struct source *source, const struct vm_event *event,
		     void *userdata)
{
	struct hypervisor *hypervisor = userdata;
	bool known;

	known = hypervisor->callbacks->event(hypervisor, event,
					     hypervisor->userdata);
	/* An iteration of a migration is no change, and there are many. */
	log_line(hypervisor->log,
		 known && event->type != VM_EVENT_MIGRATING_OUT ? LOG_INFO
								 : LOG_DEBUG,
		 "%s: %s %s%s%s%s", source_name(source), event->name,
		 vm_event_type_name(event->type), event->detail ? " (" : "",
		 event->detail ? event->detail : "", event->detail ? ")" : "");
	if (wants_poll(event->type))
		hypervisor_poll(hypervisor);
}

/* Each retry goes through these states again, and is no news. */
static void say_state(struct hypervisor *hypervisor)
{
	const struct source *source = hypervisor->source;
	enum source_state state = source_state(source);
	const char *error = source_error(source);

	if (state == SOURCE_CONNECTING || state == hypervisor->said)
		return;
	if (state == SOURCE_CONNECTED)
		log_notice(hypervisor->log, "%s: connected to %s",
			   source_name(source), source_uri(source));
	else
		log_warning(hypervisor->log, "%s: %s %s%s%s",
			    source_name(source),
			    hypervisor->said == SOURCE_CONNECTED
				    ? "lost the connection to"
				    : "can't connect to",
			    source_uri(source), error ? ": " : "",
			    error ? error : "");
	hypervisor->said = state;
	hypervisor->silent = false;
}

static void on_state(struct source *source, void *userdata)
{
	struct hypervisor *hypervisor = userdata;

	say_state(hypervisor);
	hypervisor->callbacks->state(hypervisor, hypervisor->userdata);
	if (source_state(source) == SOURCE_CONNECTED) {
		if (!hypervisor->inventory)
			hypervisor_poll(hypervisor);
	} else if (hypervisor->inventory) {
		/* What it runs now, nobody knows. */
		hypervisor->inventory =
			vm_inventory_free(hypervisor->inventory);
		hypervisor->callbacks->changed(hypervisor,
					       hypervisor->userdata);
	}
}

static const struct source_callbacks source_callbacks = {
	.inventory = on_inventory,
	.event = on_event,
	.state = on_state,
};

int hypervisor_new(const char *name, const char *uri, sd_event *loop,
		   const struct log *log,
		   const struct hypervisor_callbacks *callbacks,
		   void *userdata, struct hypervisor **ret_hypervisor)
{
	struct hypervisor *hypervisor = calloc(1, sizeof(*hypervisor));
	int r;

	if (!hypervisor)
		return -ENOMEM;
	hypervisor->log = log;
	hypervisor->callbacks = callbacks;
	hypervisor->userdata = userdata;
	hypervisor->said = SOURCE_CONNECTING;
	r = source_new(name, uri, loop, &source_callbacks, hypervisor,
		       &hypervisor->source);
	if (r < 0) {
		free(hypervisor);
		return r;
	}
	*ret_hypervisor = hypervisor;
	return 0;
}

struct hypervisor *hypervisor_free(struct hypervisor *hypervisor)
{
	if (!hypervisor)
		return NULL;
	source_free(hypervisor->source);
	vm_inventory_free(hypervisor->inventory);
	free(hypervisor);
	return NULL;
}

int hypervisor_start(struct hypervisor *hypervisor)
{
	return source_start(hypervisor->source);
}

/* Connected, and of no use. */
static void say_failure(struct hypervisor *hypervisor)
{
	const struct source *source = hypervisor->source;
	const char *error = source_error(source);

	if (source_state(source) != SOURCE_CONNECTED || !error ||
	    hypervisor->silent)
		return;
	log_warning(hypervisor->log, "%s: can't be polled: %s",
		    source_name(source), error);
	hypervisor->silent = true;
}

void hypervisor_poll(struct hypervisor *hypervisor)
{
	uint64_t now = now_ns();
	int r;

	say_failure(hypervisor);
	r = source_poll(hypervisor->source);
	if (r == 0) {
		hypervisor->asked_ns = now;
	} else if (r == -EBUSY && !hypervisor->silent &&
		   now - hypervisor->asked_ns >= SILENT_NS) {
		log_warning(hypervisor->log,
			    "%s: has not answered for %llu s",
			    source_name(hypervisor->source),
			    (unsigned long long)(SILENT_NS / NSEC_PER_SEC));
		hypervisor->silent = true;
	}
	if (r < 0 && r != -EBUSY && r != -ENOTCONN)
		log_error(hypervisor->log, "%s: can't poll: %s",
			  source_name(hypervisor->source), strerror(-r));
}

bool hypervisor_is_settled(const struct hypervisor *hypervisor)
{
	return hypervisor->n_inventories == 2 ||
	       hypervisor->said == SOURCE_LOST;
}

const struct source *hypervisor_source(const struct hypervisor *hypervisor)
{
	return hypervisor->source;
}

const struct vm_inventory *
hypervisor_inventory(const struct hypervisor *hypervisor)
{
	return hypervisor->inventory;
}
