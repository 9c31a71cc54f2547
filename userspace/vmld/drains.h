/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machines that an administrator has drained, by the name of the domain. */
#ifndef VMLD_DRAINS_H
#define VMLD_DRAINS_H

#include <jansson.h>
#include <stdbool.h>

struct drains;

/*
 * The drains kept in state_directory. -EBADMSG: they are unreadable there;
 * -ENOMEM, -EACCES, ...
 */
int drains_load(const char *state_directory, struct drains **ret_drains);
/* None, and none is kept. */
int drains_new(struct drains **ret_drains);
struct drains *drains_free(struct drains *drains);
void drains_freep(struct drains **drains);

bool drains_contain(const struct drains *drains, const char *domain);
/*
 * Drain a domain, or end that. 0, or a negative errno if it can't be kept; then
 * nothing has changed.
 */
int drains_set(struct drains *drains, const char *domain, bool drained);
/* ["web-1", ...]; NULL: no memory. */
json_t *drains_to_json(const struct drains *drains);

#endif
