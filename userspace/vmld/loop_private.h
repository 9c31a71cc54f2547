/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMLD_LOOP_PRIVATE_H
#define VMLD_LOOP_PRIVATE_H

#include "health/probe.h"
#include "hypervisor.h"
#include "loop.h"
#include "operation/operation.h"
#include "record/record.h"

struct daemon {
	struct config *config;
	sd_event *event;
	const struct log *log;
	int lock;		/* of the state directory */
	bool shadow;
	const char *socket;	/* in place of the configuration's; NULL: that */
	struct record *record;	/* NULL: none */
	uint64_t started_ns;
	struct drains *drains;
	struct ipvs_control *control;
	struct sink *sink;

	struct hypervisor **hypervisors;
	size_t n_hypervisors;
	struct service **services;
	size_t n_services;
	/* Of the hypervisors, for the services. */
	const struct vm_inventory **inventories;

	struct service_checks checks;
	struct operations *operations;
	sd_event_source *stop_timer;	/* NULL: nobody wants it to end */
	sd_event_source *poll_timer;
	sd_event_source *step_timer;
	sd_event_source *sink_io;	/* NULL: nothing to listen to, yet */
};

/* Put what the command line says into a configuration. -ENOMEM. */
int daemon_override(const struct daemon *daemon, struct config *config);
/* With the inventories as they are now. */
struct service_env daemon_env(struct daemon *daemon);
int daemon_hypervisor_new(struct daemon *daemon,
			  const struct config_hypervisor *config,
			  struct hypervisor **ret_hypervisor);
/* Step the services that are due. */
void daemon_step(struct daemon *daemon);
/* Set the timer to the earliest service. */
void daemon_arm(struct daemon *daemon);

#endif
