/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A source: one connection to a hypervisor, or a script that plays one.
 *
 * A source tells the main thread, through the callbacks, three things: what
 * all its virtual machines look like (once a poll), what happened to one of
 * them (at once), and how the connection is. It decides nothing.
 *
 * All functions and all callbacks run in the thread that runs the event loop.
 * None of them blocks, whatever the hypervisor does. All times are
 * CLOCK_MONOTONIC of this machine in nanoseconds.
 */
#ifndef VMLD_SOURCE_H
#define VMLD_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "libvml.h"

#define VM_UUID_SIZE 16
#define VM_UUID_STRING_MAX 37	/* with its final NUL */
#define VM_MAC_SIZE 6

/* No boot id: the machine does not run, or the source cannot tell. */
#define VM_BOOT_ID_NONE (-1)

enum vm_state {
	VM_STATE_UNKNOWN,
	VM_STATE_RUNNING,
	VM_STATE_PAUSED,
	VM_STATE_SHUTOFF,
	VM_STATE_CRASHED,
	VM_STATE_MIGRATING,	/* running, and leaving or just arriving */
	_VM_STATE_MAX
};

/* Why a machine is paused, as far as it makes a difference to balancing. */
enum vm_pause {
	VM_PAUSE_OTHER,		/* somebody's wish: user, snapshot, debugger */
	VM_PAUSE_MIGRATION,	/* black-out, or waiting on the new host */
	VM_PAUSE_IO_ERROR,
	VM_PAUSE_WATCHDOG,
	VM_PAUSE_POSTCOPY,	/* runs on the new host, its memory follows */
	VM_PAUSE_POSTCOPY_FAILED, /* some of that has not arrived, nor will */
	_VM_PAUSE_MAX
};

struct vm_address {
	uint16_t family;	/* AF_INET or AF_INET6 */
	union vml_address address;
};

/*
 * One virtual machine in one poll. The counters are sums over its vCPUs since
 * an arbitrary moment; they restart when the machine does, or arrives on
 * another host.
 */
struct vm_sample {
	uint8_t uuid[VM_UUID_SIZE];
	char *name;
	enum vm_state state;	/* never MIGRATING: that is seen by events */
	enum vm_pause pause;	/* of VM_STATE_PAUSED */
	int64_t boot_id;	/* another one for each start or arrival */
	uint64_t time_ns;	/* when it was asked for: not older than that */
	uint64_t started_ns;	/* when seen to start; 0: ran before we looked */
	uint32_t vcpus;		/* 0: unknown */
	bool has_run;
	bool has_steal;
	bool has_stall;
	uint64_t run_ns;	/* CPU time that the vCPUs had */
	uint64_t delay_ns;	/* time that they were ready and had no CPU */
	uint64_t stall_ns;	/* time that they could not go on for I/O */
	bool has_block;
	uint64_t block_requests; /* of all its disks, done */
	uint64_t block_ns;	/* that these took, summed */
	bool has_memory;	/* the guest tells, through its balloon */
	uint64_t memory_time;	/* when it did: seconds of its clock */
	uint64_t swapped_in;	/* KiB */
	/* The last known, not local ones: they outlive a shut-down. */
	struct vm_address *addresses;
	size_t n_addresses;
	uint8_t (*macs)[VM_MAC_SIZE];
	size_t n_macs;
};

/* All machines of one hypervisor: one that is not there does not exist. */
struct vm_inventory {
	char *hypervisor;	/* the name of the source */
	uint64_t time_ns;	/* when it was asked for */
	uint32_t cpus;		/* of the host; 0: unknown */
	struct vm_sample *samples;
	size_t n_samples;
	uint64_t digest;	/* see discover_digest.h; 0: not made yet */
};

struct vm_inventory *vm_inventory_new(const char *hypervisor, uint64_t time_ns);
/* A zeroed sample at the end, valid until the next one; NULL: no memory. */
struct vm_sample *vm_inventory_add(struct vm_inventory *inventory);
struct vm_inventory *vm_inventory_free(struct vm_inventory *inventory);
void vm_inventory_freep(struct vm_inventory **inventory);
/* NULL if there is none. */
const struct vm_sample *
vm_inventory_find(const struct vm_inventory *inventory,
		  const uint8_t uuid[static VM_UUID_SIZE]);

enum vm_event_type {
	VM_EVENT_STARTED,	/* booted */
	VM_EVENT_RESTORED,	/* started from a saved state or a snapshot */
	VM_EVENT_REBOOTED,	/* the guest restarted, the machine did not */
	VM_EVENT_STOPPED,	/* shut down, destroyed, or its process died */
	VM_EVENT_CRASHED,	/* the guest panicked */
	VM_EVENT_SUSPENDED,
	VM_EVENT_RESUMED,
	VM_EVENT_IO_ERROR,	/* paused, because of an I/O error */
	VM_EVENT_WATCHDOG,	/* the guest's watchdog fired, and paused it */
	VM_EVENT_POSTCOPY_FAILED, /* on both hosts: each has but a part of it */
	VM_EVENT_MIGRATING_IN,	/* on the new host: waits for its memory */
	VM_EVENT_MIGRATING_OUT,	/* on the old host: an iteration has begun */
	VM_EVENT_BLACKOUT,	/* on the old host: runs nowhere for a moment */
	VM_EVENT_POSTCOPY,	/* likewise, and then on the new one */
	VM_EVENT_MIGRATED_IN,	/* on the new host: runs there */
	VM_EVENT_MIGRATED_OUT,	/* on the old host: gone from there */
	VM_EVENT_MIGRATION_ENDED, /* on the old host: done, failed, cancelled */
	VM_EVENT_UNDEFINED,	/* its definition was removed */
	VM_EVENT_AGENT_LOST,	/* the guest's agent was there, and is gone */
	VM_EVENT_AGENT_BACK,	/* it is there */
	_VM_EVENT_MAX
};

struct vm_event {
	enum vm_event_type type;
	const char *hypervisor;	/* the name of the source */
	uint8_t uuid[VM_UUID_SIZE];
	const char *name;
	int64_t boot_id;
	uint64_t time_ns;
	/*
	 * MIGRATING_OUT: the share of its vCPUs' time, 0..1, in which the
	 * hypervisor keeps them from running, lest they write to memory faster
	 * than it can be sent. It never falls in a migration; 0 also if not
	 * known.
	 */
	double throttled;
	const char *detail;	/* the hypervisor's word for it, for the log */
};

enum source_state {
	SOURCE_CONNECTING,
	SOURCE_CONNECTED,
	SOURCE_LOST,		/* retries by itself */
	_SOURCE_STATE_MAX
};

/* What a hypervisor can do: they differ. */
enum source_capability {
	SOURCE_HAS_STATS = 1 << 0,	/* CPU time in one call a poll */
	SOURCE_HAS_STEAL = 1 << 1,	/* the time that vCPUs had to wait */
	SOURCE_HAS_EVENTS = 1 << 2,	/* lifecycle events */
	SOURCE_HAS_MIGRATION = 1 << 3,	/* signs of a migration under way */
};

#define SOURCE_N_CAPABILITIES 4

struct source;

struct source_callbacks {
	/* A complete poll; the callee owns inventory. */
	void (*inventory)(struct source *source,
			  struct vm_inventory *inventory, void *userdata);
	/* event is valid during the call only. */
	void (*event)(struct source *source, const struct vm_event *event,
		      void *userdata);
	/*
	 * State or capabilities changed: ask for them. STATS and STEAL are
	 * known from the first poll that shows a running machine.
	 */
	void (*state)(struct source *source, void *userdata);
};

/*
 * A source for uri: "script:///path" plays a file, all else is libvirt's.
 * Nothing happens before source_start(). callbacks and loop outlive the
 * source; name and uri are copied. The callbacks may not free the source.
 *
 * -EINVAL: no such kind of uri; -ENOMEM.
 */
int source_new(const char *name, const char *uri, sd_event *loop,
	       const struct source_callbacks *callbacks, void *userdata,
	       struct source **ret_source);

/* Begin to connect, and to retry for ever with growing, jittered pauses. */
int source_start(struct source *source);

/*
 * Ask for an inventory; the answer comes through the callback, or not.
 * -EBUSY: the one asked for before is still pending, and nothing was done;
 * -ENOTCONN: not connected.
 */
int source_poll(struct source *source);

/* Never waits for the hypervisor; no callback comes afterwards. */
struct source *source_free(struct source *source);
void source_freep(struct source **source);

const char *source_name(const struct source *source);
const char *source_uri(const struct source *source);
enum source_state source_state(const struct source *source);
/*
 * Why the connection is lost or could not be made or, if there is one, why the last
 * poll failed; NULL: it is well.
 */
const char *source_error(const struct source *source);
/* Of enum source_capability; those of the last connection while it is lost. */
unsigned int source_capabilities(const struct source *source);

/* "running", "started", "connected", "steal": as status shows them. */
const char *vm_state_name(enum vm_state state);
const char *vm_event_type_name(enum vm_event_type type);
const char *source_state_name(enum source_state state);
const char *source_capability_name(enum source_capability capability);

const char *vm_uuid_format(const uint8_t uuid[static VM_UUID_SIZE],
			   char buffer[static VM_UUID_STRING_MAX]);
int vm_uuid_parse(const char *text, uint8_t ret_uuid[static VM_UUID_SIZE]);
/* "52:54:00:12:34:56" */
int vm_mac_parse(const char *text, uint8_t ret_mac[static VM_MAC_SIZE]);
/* "192.0.2.1", "2001:db8::1" */
int vm_address_parse(const char *text, struct vm_address *ret_address);
bool vm_address_equal(const struct vm_address *a, const struct vm_address *b);
/* Whether one of them is of that family. */
bool vm_addresses_have(const struct vm_address *addresses, size_t n,
		       uint16_t family);
/* Loopback or link-local: no address for a destination. */
bool vm_address_is_local(const struct vm_address *address);

#endif
