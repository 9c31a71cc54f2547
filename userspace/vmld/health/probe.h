/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Probes: single checks that are under way, in the event loop, none of which
 * waits. They are libcurl's, also if only a connection is looked for. No more
 * than PROBES_AT_ONCE have a socket; the others wait until one has ended.
 */
#ifndef VMLD_HEALTH_PROBE_H
#define VMLD_HEALTH_PROBE_H

#include <systemd/sd-event.h>

#include "health/check.h"
#include "libvml.h"

/* A service manager's usual limit of open files is four times that. */
#define PROBES_AT_ONCE 256

struct probes;
struct probe;

/* -ENOMEM, or what sd-event(3) says. loop is borrowed. */
int probes_new(sd_event *loop, struct probes **ret_probes);
/* All probes must have ended, or be cancelled. */
struct probes *probes_free(struct probes *probes);
void probes_freep(struct probes **probes);

sd_event *probes_loop(const struct probes *probes);
/* Those that have a socket, and those that wait for one. */
size_t probes_n_running(const struct probes *probes);
size_t probes_n_waiting(const struct probes *probes);

/*
 * The probe has ended, and is freed afterwards. result is NULL if it could not
 * be made for want of something on this machine, which says nothing.
 */
typedef void (*probe_done_t)(const struct health_result *result,
			     void *userdata);

/*
 * Begin one of destination; done is called from the event loop, unless it is
 * cancelled. config is only looked at until then. -ENOMEM.
 */
int probe_new(struct probes *probes, const struct health_config *config,
	      const struct vml_destination_key *destination, probe_done_t done,
	      void *userdata, struct probe **ret_probe);
struct probe *probe_cancel(struct probe *probe);

#endif
