/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon: sources, services and the sink in one event loop. All of it runs
 * in one thread.
 */
#ifndef VMLD_LOOP_H
#define VMLD_LOOP_H

#include <systemd/sd-event.h>

#include "service.h"

struct daemon;
struct operations;

struct daemon_options {
	/*
	 * Compute, explain, and change nothing: neither the kernel nor the
	 * state directory, which another vmld may have.
	 */
	bool shadow;
	const char *record;	/* a file; NULL: none */
	const char *socket;	/* in place of the configuration's; NULL: that */
};

/*
 * Take config over, and the state directory for this process. -EBUSY: another
 * vmld has it. Says by itself what is the matter.
 */
int daemon_new(struct config *config, sd_event *event, const struct log *log,
	       const struct daemon_options *options,
	       struct daemon **ret_daemon);
/* Connect to the hypervisors, and balance from now on. */
int daemon_start(struct daemon *daemon);
/* Leave all services on the administrator's weights. */
void daemon_restore(struct daemon *daemon);
struct daemon *daemon_free(struct daemon *daemon);
void daemon_freep(struct daemon **daemon);

/*
 * Read the configuration again. -EINVAL: it has mistakes, which *ret_errors
 * tells, for the caller to free; the old one is still in force then.
 */
int daemon_reload(struct daemon *daemon, char **ret_errors);

/*
 * Drain a domain or end that, at once. *ret_members: how many destinations
 * are backed by it. -ENOENT: none is, or it is not drained; -EROFS: a shadow
 * can't.
 */
int daemon_drain(struct daemon *daemon, const char *domain, bool drained,
		 size_t *ret_members);

/*
 * The same for an operation, beside any drain of an administrator; by: NONE ends
 * it, in any case.
 */
int daemon_drain_operation(struct daemon *daemon, const char *domain,
			   enum policy_drain by);
struct operations *daemon_operations(struct daemon *daemon);
/* Have all services stepped at due_ns, if not earlier. */
void daemon_kick(struct daemon *daemon, uint64_t due_ns);

/*
 * Undo what operations have done, and end the event loop: now, or when they have,
 * or after some time.
 */
int daemon_stop(struct daemon *daemon);

/* For those who look. */
bool daemon_is_shadow(const struct daemon *daemon);
/* The file of the recording; NULL: none. */
const char *daemon_record(const struct daemon *daemon);
const struct config *daemon_config(const struct daemon *daemon);
const struct drains *daemon_drains(const struct daemon *daemon);
size_t daemon_n_services(const struct daemon *daemon);
const struct service *daemon_service(const struct daemon *daemon, size_t i);
size_t daemon_n_hypervisors(const struct daemon *daemon);
const struct source *daemon_source(const struct daemon *daemon, size_t i);
/* NULL: none, or the hypervisor is lost. */
const struct vm_inventory *daemon_inventory(const struct daemon *daemon,
					    size_t i);
uint64_t daemon_started_ns(const struct daemon *daemon);

#endif
