/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the main thread and the worker of a libvirt connection share. It lives
 * as long as any of them, or a callback within libvirt, needs it: a worker that
 * libvirt holds may outlive its source by hours.
 */
#ifndef VMLD_SOURCE_LIBVIRT_LINK_H
#define VMLD_SOURCE_LIBVIRT_LINK_H

#include <libvirt/libvirt.h>
#include <pthread.h>

#include "source/libvirt_agents.h"
#include "source/source.h"

/* The detail of VM_EVENT_MIGRATING_OUT, whichever thread tells it. */
#define LINK_MIGRATING_OUT "copies its memory"

/* What the worker has to tell. */
struct link_message {
	struct link_message *next;
	enum link_message_type {
		LINK_STATE,
		LINK_INVENTORY,
		LINK_EVENT,
	} type;
	enum source_state state;	/* of STATE */
	char *error;			/* of STATE and INVENTORY; NULL: none */
	unsigned int capabilities;	/* of STATE, if connected, and INVENTORY */
	struct vm_inventory *inventory;	/* of INVENTORY, or NULL: it failed */
	struct vm_event event;		/* of EVENT */
	char *name;			/* of EVENT: what event.name is */
};

struct link_uuids {
	uint8_t (*uuids)[VM_UUID_SIZE];
	size_t n;
	size_t room;
};

struct link {
	/* Set once. */
	char *name;
	char *uri;
	int event_fd;			/* readable: there are messages */
	struct libvirt_agents *agents;	/* NULL: each may be asked */
	/* The main thread's. source is NULL when nobody listens any more. */
	struct source *source;
	uint8_t rebooted[VM_UUID_SIZE];	/* the last to do so, and when */
	uint64_t rebooted_ns;

	pthread_mutex_t lock;		/* of all below */
	pthread_cond_t changed;		/* for the worker */
	unsigned int refs;
	bool stop;
	bool closed;			/* the connection of the moment is */
	int close_reason;		/* of virConnectCloseReason */
	bool poll;			/* one is wanted, or under way */
	uint64_t opening_ns;		/* since when it tries; 0: it does not */
	bool finished;			/* there is no worker any more */
	struct link_uuids leaving;	/* seen since the worker looked last */
	struct link_message *first;
	struct link_message *last;
};

/* -ENOMEM, or what eventfd(2) says. */
int link_new(const char *name, const char *uri, struct link **ret_link);
struct link *link_ref(struct link *link);
void link_unref(void *link);

/* The main thread's side. */
int link_ask_poll(struct link *link);		/* -EBUSY */
void link_stop(struct link *link);
/* For how long the worker has been trying to connect; 0: it does not. */
uint64_t link_opening_for(struct link *link);
bool link_is_finished(struct link *link);
/* VM_BOOT_ID_NONE: it does not run. */
int64_t link_boot_id(virDomainPtr domain);
/* NULL: no more. The caller frees it. */
struct link_message *link_receive(struct link *link);
struct link_message *link_message_free(struct link_message *message);

/* The domain leaves by migration, which its worker is to follow. */
void link_note_leaving(struct link *link, const uint8_t *uuid);

/* The worker's side. Messages that find no memory are lost. */
void link_send_state(struct link *link, enum source_state state,
		     const char *error, unsigned int capabilities);
/* inventory NULL: there is none, for error. */
void link_send_inventory(struct link *link, struct vm_inventory *inventory,
			 const char *error, unsigned int capabilities);
/* detail is a string for ever. */
void link_send_event(struct link *link, enum vm_event_type type,
		     virDomainPtr domain, uint64_t time_ns,
		     const char *detail);
/* throttled as in struct vm_event. */
void link_send_migrating_out(struct link *link, virDomainPtr domain,
			     uint64_t time_ns, double throttled);
/* Adds those that are new to leaving, which the caller frees. */
void link_take_leaving(struct link *link, struct link_uuids *leaving);
void link_set_opening(struct link *link);
void link_set_opened(struct link *link);
void link_set_closed(struct link *link, int reason);

enum link_wish {
	LINK_NOTHING,
	LINK_STOP,
	LINK_CLOSED,
	LINK_POLL,
};

/* Wait for something to do. */
enum link_wish link_wait(struct link *link);
/* Wait before the next attempt to connect; false: stop. */
bool link_pause(struct link *link, int ms);
int link_close_reason(struct link *link);
/* And drop the reference: the worker ends. */
void link_finish(struct link *link);

#endif
