/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A script being played: the hosts and machines as they are at a moment.
 * Time is seconds of the script, in nanoseconds from its start.
 */
#ifndef VMLD_SOURCE_WORLD_H
#define VMLD_SOURCE_WORLD_H

#include "source/script.h"

struct world_host {
	uint32_t cpus;		/* 0: unknown */
	bool lost;
	bool silent;
};

struct world_vm {
	uint8_t uuid[VM_UUID_SIZE];
	char *name;
	size_t host;
	bool exists;
	enum vm_state state;
	enum vm_pause pause;
	int64_t boot_id;
	uint64_t started_ns;	/* 0: before the script began */
	double vcpus;
	double run;		/* shares of wall time */
	double delay;
	double stall;
	uint64_t run_ns;	/* counters, of all vCPUs */
	uint64_t delay_ns;
	uint64_t stall_ns;
	bool has_run;		/* of a recording, which tells the counters */
	bool has_steal;
	bool has_stall;
	bool has_block;
	bool has_memory;
	double io;		/* requests a second */
	double latency;		/* seconds each */
	double swap;		/* pages a second */
	double n_requests;	/* counters */
	double n_swapped;
	uint64_t block_requests;
	uint64_t block_ns;
	uint64_t memory_time;
	uint64_t swapped_in;
	double closed;		/* connections a second */
	double active;
	double inactive;
	double n_closed;	/* counter */
	struct vm_address *addresses;
	size_t n_addresses;
	uint8_t (*macs)[VM_MAC_SIZE];
	size_t n_macs;
};

struct world {
	const struct script *script;	/* borrowed */
	struct world_host *hosts;
	size_t n_hosts;
	struct world_vm *vms;
	size_t n_vms;
	uint64_t now_ns;
	size_t next_step;
};

/* -ENOMEM */
int world_new(const struct script *script, struct world **ret_world);
struct world *world_free(struct world *world);
void world_freep(struct world **world);

/*
 * A step that the script itself does not have, when its time has come; and what
 * the script has declared since. -ENOMEM.
 */
int world_apply(struct world *world, const struct script_step *step);

/* The first step not later than until_ns, applied at its time; NULL: none. */
const struct script_step *world_step(struct world *world, uint64_t until_ns);

/* Let the counters run on to a moment with no step before it. */
void world_advance(struct world *world, uint64_t to_ns);

/* When the next step is due; UINT64_MAX: never. */
uint64_t world_next_ns(const struct world *world);

/*
 * What a poll of a host says that was asked at asked_ns; epoch_ns is when the
 * script started. -ENOMEM.
 */
int world_inventory(const struct world *world, size_t host, uint64_t epoch_ns,
		    uint64_t asked_ns, struct vm_inventory **ret_inventory);

/* The event of a step; its strings are the script's. */
void world_event(const struct world *world, const struct script_step *step,
		 uint64_t epoch_ns, struct vm_event *ret_event);

#endif
