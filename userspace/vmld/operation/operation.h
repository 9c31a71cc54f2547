/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Operations of the daemon: snapshots and evacuations. Each takes its machines
 * one at a time, and may be asked how it fares.
 *
 * Whoever has started one must ask at least every OPERATION_LEASE_NS: otherwise
 * it is cancelled, and what was done is undone.
 */
#ifndef VMLD_OPERATION_OPERATION_H
#define VMLD_OPERATION_OPERATION_H

#include <jansson.h>
#include <systemd/sd-event.h>

#include "log.h"
#include "operation/turn.h"
#include "source/operator.h"

#define OPERATION_LEASE_NS (10 * NSEC_PER_SEC)

struct daemon;
struct operations;

/* What is asked for; texts are NULL if they don't apply. */
struct operation_request {
	enum operation_kind kind;
	/* Of a snapshot one of them, of an evacuation the host. */
	const char *domain;
	const char *service;
	const char *host;
	const char *to;		/* the new host; NULL: the least loaded one */
	const char *name;	/* of the snapshot; NULL: made of the time */
	enum vm_snapshot snapshot;
	bool has_deadline;	/* else the configuration's */
	uint64_t deadline_ns;
	bool force;
};

/* All is borrowed. Reads what a vmld before has left, and undoes it. */
int operations_new(struct daemon *daemon, sd_event *event,
		   const struct log *log, struct operations **ret_operations);
struct operations *operations_free(struct operations *operations);

/*
 * Start one, and give its number. -EINVAL: it makes no sense; -ENOENT: no such
 * domain, service or host; -EBUSY: another one has to do with the same service;
 * -EROFS: a shadow can't; -ESHUTDOWN: the daemon ends. *ret_error: a sentence
 * about it, for the caller to free, or NULL.
 */
int operations_start(struct operations *operations,
		     const struct operation_request *request,
		     unsigned int *ret_id, char **ret_error);
/* How it fares, as docs/ describes it, and renew its lease. -ENOENT, -ENOMEM. */
int operations_ask(struct operations *operations, unsigned int id,
		   json_t **ret_json);
/* -ENOENT. One that has ended is left as it is. */
int operations_cancel(struct operations *operations, unsigned int id,
		      const char *why);
/* All that there are. NULL: no memory. */
json_t *operations_to_json(const struct operations *operations);

/*
 * Cancel all, and take no more; ended is called as soon as none is under way, also
 * at once.
 */
void operations_end(struct operations *operations, void (*ended)(void *),
		    void *userdata);

const char *operation_kind_name(enum operation_kind kind);

#endif
