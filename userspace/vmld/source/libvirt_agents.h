/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest agents of a host that are being asked, or did not answer soon. The
 * worker that waits for such a one is given up in the end; the next one must not
 * wait for it again, or one guest could keep the metrics of all from coming.
 * Workers share it.
 */
#ifndef VMLD_SOURCE_LIBVIRT_AGENTS_H
#define VMLD_SOURCE_LIBVIRT_AGENTS_H

#include <libvirt/libvirt.h>
#include <stdbool.h>
#include <stdint.h>

struct libvirt_agents;

/* NULL: no memory. */
struct libvirt_agents *libvirt_agents_new(void);
/* Both take NULL, for which every agent may be asked. */
struct libvirt_agents *libvirt_agents_ref(struct libvirt_agents *agents);
struct libvirt_agents *libvirt_agents_unref(struct libvirt_agents *agents);

/*
 * False: it is being asked, or did not answer soon, in the last minutes and since
 * the domain started.
 */
bool libvirt_agents_begin(struct libvirt_agents *agents, virDomainPtr domain,
			  uint64_t now_ns);
/* The call that libvirt_agents_begin() was for has come back. */
void libvirt_agents_end(struct libvirt_agents *agents, virDomainPtr domain,
			uint64_t now_ns);

#endif
