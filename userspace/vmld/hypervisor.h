/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hypervisor of the configuration: its source, and what it said last. */
#ifndef VMLD_HYPERVISOR_H
#define VMLD_HYPERVISOR_H

#include "log.h"
#include "source/source.h"

struct hypervisor;

struct hypervisor_callbacks {
	/* A new inventory is there, or the one that was there isn't any more. */
	void (*changed)(struct hypervisor *hypervisor, void *userdata);
	/* It is connected, or lost. */
	void (*state)(struct hypervisor *hypervisor, void *userdata);
	/* True: it was of interest to somebody, and is worth a line. */
	bool (*event)(struct hypervisor *hypervisor,
		      const struct vm_event *event, void *userdata);
};

/* log, loop and callbacks are borrowed. Begins with hypervisor_start(). */
int hypervisor_new(const char *name, const char *uri, sd_event *loop,
		   const struct log *log,
		   const struct hypervisor_callbacks *callbacks,
		   void *userdata, struct hypervisor **ret_hypervisor);
struct hypervisor *hypervisor_free(struct hypervisor *hypervisor);
int hypervisor_start(struct hypervisor *hypervisor);
/* Ask it how it is, unless it still owes an answer. */
void hypervisor_poll(struct hypervisor *hypervisor);

/*
 * Whether what it runs, and how that fares, is known as well as it will be: two
 * inventories make the first rates.
 */
bool hypervisor_is_settled(const struct hypervisor *hypervisor);
const struct source *hypervisor_source(const struct hypervisor *hypervisor);
const struct vm_inventory *
hypervisor_inventory(const struct hypervisor *hypervisor);

#endif
