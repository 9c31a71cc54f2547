/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's truth and the daemon's reasons in one document. */
#ifndef VMLCTL_UNITE_H
#define VMLCTL_UNITE_H

#include <jansson.h>

/*
 * kernel: services as kernel_read() gives them, or NULL; daemon: the answer to
 * GET /v1/status, or NULL. The result is {"daemon": what the daemon says of
 * itself and its hypervisors, or null, "services": the kernel's, each with the
 * daemon's "name", "mode" and "state", and each of its destinations with
 * "domain", "hypervisor", "vm_state", "drained" and "reasons"}. Services and
 * destinations that only the daemon knows come last, without the kernel's
 * numbers; of the daemon's word on weights and scales only those of such are
 * taken, and their product as "effective_weight". only: nothing but the
 * service of this key, or NULL. Of a daemon that is a shadow, its scales are
 * "shadow_scale", and never taken for the kernel's. NULL: out of memory.
 */
json_t *status_unite(const json_t *kernel, const json_t *daemon,
		     const char *only);

#endif
