/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machines that are drained, by the name of the domain: by an administrator,
 * whose drains survive a restart, or by an operation under way, whose drain ends
 * with the process at the latest. A machine can be drained by both.
 */
#ifndef VMLD_DRAINS_H
#define VMLD_DRAINS_H

#include <jansson.h>
#include <stdbool.h>

#include "policy/policy.h"

struct drains;

/*
 * The drains kept in state_directory. observes: they are another process's, and
 * its operations' count, too; else those of operations are what a process that
 * died has left, and are deleted there. -EBADMSG: they are unreadable there; -ENOMEM,
 * -EACCES, ...
 */
int drains_load(const char *state_directory, bool observes,
		struct drains **ret_drains);
/* None, and none is kept. */
int drains_new(struct drains **ret_drains);
struct drains *drains_free(struct drains *drains);
void drains_freep(struct drains **drains);

/* By anybody. */
bool drains_contain(const struct drains *drains, const char *domain);
enum policy_drain drains_find(const struct drains *drains, const char *domain);
/* By an administrator. */
bool drains_are_kept(const struct drains *drains, const char *domain);
/*
 * Drain a domain or end that, for an administrator. 0, or a negative errno if it
 * can't be kept; then nothing has changed.
 */
int drains_set(struct drains *drains, const char *domain, bool drained);
/*
 * The same for an operation: by is SNAPSHOT or EVACUATION, or NONE to end it,
 * which takes effect even if it can't be written down.
 */
int drains_set_operation(struct drains *drains, const char *domain,
			 enum policy_drain by);
/*
 * Tell of each domain that is drained, by anybody, in one of them and not in the
 * other. before NULL: none was.
 */
void drains_compare(const struct drains *before, const struct drains *after,
		    void (*changed)(const char *domain, bool drained,
				    void *userdata),
		    void *userdata);
/* Those of administrators: ["web-1", ...]; NULL: no memory. */
json_t *drains_to_json(const struct drains *drains);

#endif
