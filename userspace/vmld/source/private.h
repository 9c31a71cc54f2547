/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kinds of source have in common. */
#ifndef VMLD_SOURCE_PRIVATE_H
#define VMLD_SOURCE_PRIVATE_H

#include "source/source.h"

#define _unused_ __attribute__((unused))

struct source_ops {
	int (*start)(struct source *source);
	int (*poll)(struct source *source);
	/* Releases what the kind has, and source itself by source_done(). */
	void (*free)(struct source *source);
};

/* Each kind has it as its first member. */
struct source {
	const struct source_ops *ops;
	char *name;
	char *uri;
	sd_event *loop;
	const struct source_callbacks *callbacks;
	void *userdata;
	enum source_state state;
	char *error;
	unsigned int capabilities;
};

/* Of a zeroed source, for ops and callbacks to be set by the caller. */
int source_init(struct source *source, const char *name, const char *uri,
		sd_event *loop);
void source_done(struct source *source);

/*
 * Change, and tell if there is a change: that another attempt to connect has
 * failed, for another reason, is none. error NULL: none.
 */
void source_set_state(struct source *source, enum source_state state,
		      const char *error);
/* The state is what it was, and so is no news. NULL: none. */
void source_set_error(struct source *source, const char *error);
void source_set_capabilities(struct source *source, unsigned int capabilities);

int script_source_new(const char *name, const char *uri, sd_event *loop,
		      struct source **ret_source);
int libvirt_source_new(const char *name, const char *uri, sd_event *loop,
		       struct source **ret_source);

#endif
