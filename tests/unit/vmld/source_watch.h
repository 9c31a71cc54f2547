/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A source under test, and what it has said so far. */
#ifndef TEST_SOURCE_WATCH_H
#define TEST_SOURCE_WATCH_H

#include <sys/stat.h>

#include "source/source.h"

#define WATCH_MAX_EVENTS 32

struct source_watch {
	sd_event *loop;
	struct source *source;
	unsigned int n_states;		/* changes */
	struct vm_inventory *inventory;	/* the last */
	unsigned int n_inventories;
	struct {
		enum vm_event_type type;
		char name[64];
		char detail[64];
		int64_t boot_id;
		uint64_t time_ns;
	} events[WATCH_MAX_EVENTS];
	unsigned int n_events;
};

/* Asserts that all goes well. */
void source_watch_start(struct source_watch *watch, const char *name,
			const char *uri);
void source_watch_stop(struct source_watch *watch);

/*
 * Until the workers of stopped sources have ended, of which nobody is told, and
 * there are no more threads than before; asserts that it is so within 10 s.
 * Then no memory is theirs any more.
 */
nlink_t source_watch_threads(void);
void source_watch_wait_for_workers(nlink_t threads);

/* Run the loop until it is so; asserts that it is within 10 s. */
void source_watch_state(struct source_watch *watch, enum source_state state);
void source_watch_events(struct source_watch *watch, unsigned int n);

/* Ask for an inventory, wait for it, and return it. */
const struct vm_inventory *source_watch_poll(struct source_watch *watch);

/* The sample of a machine that must be there. */
const struct vm_sample *source_watch_find(const struct vm_inventory *inventory,
					  const char *name);

#endif
