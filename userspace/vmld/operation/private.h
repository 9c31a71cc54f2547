/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMLD_OPERATION_PRIVATE_H
#define VMLD_OPERATION_PRIVATE_H

#include "loop.h"
#include "operation/frozen.h"
#include "operation/operation.h"

/* Of a machine in an operation. */
enum operation_result {
	OPERATION_WAITING,
	OPERATION_RUNNING,
	OPERATION_DONE,
	OPERATION_FAILED,
	OPERATION_LEFT_OUT,	/* the operation ended before its turn */
};

struct operation_member {
	char *domain;
	enum operation_result result;
	char *error;		/* NULL: none */
};

struct operation_event {
	uint64_t time_ns;
	char *domain;		/* NULL: of the whole operation */
	char *text;
};

struct operation {
	struct operations *operations;
	struct operation *next;
	unsigned int id;
	enum operation_kind kind;
	enum vm_snapshot snapshot;
	char *host;
	char *to;
	char *name;
	struct turn_options options;

	uint64_t started_ns;
	uint64_t asked_ns;	/* by its client, last */
	uint64_t ended_ns;	/* 0: it is under way */
	bool cancelled;
	struct operation_member *members;
	size_t n_members;
	struct operation_event *events;
	size_t n_events;

	/* The one whose turn it is: members[at]. */
	size_t at;
	bool turning;
	struct turn turn;
	uint8_t uuid[VM_UUID_SIZE];
	char *uri;		/* of the host that it runs on */
	char *target;		/* the name of the host that it migrates to */
	struct vm_operator *operator;	/* NULL: none yet */
	struct vm_operator *aborter;	/* likewise */
	bool said_abort;	/* that it can't be done yet */
};

struct operations {
	struct daemon *daemon;
	sd_event *event;
	const struct log *log;
	sd_event_source *timer;
	struct frozen *frozen;	/* NULL: a shadow has none */
	struct operation *first;	/* the latest first */
	unsigned int last_id;
	bool ending;
	void (*ended)(void *userdata);
	void *userdata;
};

/* Something that happened; domain may be NULL. */
_printf_(3, 4) void operation_say(struct operation *operation,
				  const char *domain, const char *format, ...);

/* Take the next machine, if it is time for it, or do the next step of its turn. */
void operation_step(struct operation *operation);
void operation_cancel(struct operation *operation, const char *why);
/* NULL: no memory. */
json_t *operation_to_json(const struct operation *operation);
/* The turn's connections are of no use any more. */
void operation_drop_operators(struct operation *operation);

/* Where a machine is, as the services and inventories say. */
struct operation_place {
	uint8_t uuid[VM_UUID_SIZE];
	size_t hypervisor;	/* among the daemon's */
	uint32_t vcpus;
	bool running;
};

/* -ENOENT: it backs no destination, or no hypervisor knows it. */
int operation_find(const struct daemon *daemon, const char *domain,
		   struct operation_place *ret_place);
/* floor_text has room for TEXT_MAX and is set if the floor is not kept. */
#define OPERATION_TEXT_MAX 256
struct turn_view operation_view(const struct daemon *daemon,
				const char *domain,
				char floor_text[static OPERATION_TEXT_MAX]);
/* Whether one of the service's destinations is backed by it. */
bool operation_concerns(const struct daemon *daemon,
			const struct service *service, const char *domain);
/* Whether an operation evacuates that host. */
bool operations_evacuate(const struct operations *operations, const char *host);
/*
 * Among the daemon's, and none that is evacuated itself; -ENOENT: none can take
 * it.
 */
int operation_choose_host(const struct operations *operations,
			  const struct operation_place *place, const char *to,
			  size_t *ret_hypervisor);
/* Index among the daemon's hypervisors; -ENOENT. */
int operation_find_host(const struct daemon *daemon, const char *name,
			size_t *ret_hypervisor);

#endif
