/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scripts: hypervisors and machines played from a file, for tests of the
 * daemon without a hypervisor; scenarios of the policy; and recordings of what
 * a daemon was told. One language for all three.
 *
 * One statement a line; # begins a comment; words with blanks, quotes or # stand
 * in "quotes", in which a backslash takes the next character as it is. Times are
 * seconds since the start.
 *
 *	host NAME [cpus N] [no-stats] [no-steal] [no-events] [no-migration]
 *	vm NAME HOST [KEY VALUE]...
 *	until SECONDS			scenario: its end; default 60
 *	member VM|- ADDRESS:PORT [WEIGHT]	scenario: a destination of the
 *					service, which counts what VM closes
 *	at SECONDS STATEMENT		one of those below, at that time
 *	at SECONDS			all that follow without "at"
 *
 *	set VM KEY VALUE...
 *	event VM TYPE [HOST [SECONDS [BOOT [THROTTLED]]]]
 *					on HOST, else where the machine is; the
 *					others as the event says them
 *	lost HOST REASON...
 *	connected HOST
 *	silent HOST			connected, but answers no poll
 *	answers HOST
 *	drain DOMAIN | undrain DOMAIN
 *	check VM OUTCOME [STATUS]	scenario: of the member with VM has ended; what
 *					it found: passed, refused, unreachable, timed-out,
 *					closed, malformed, or status STATUS
 *	weight VM N | join VM | leave VM	scenario: of the member with VM
 *
 * Keys: uuid, name (if not the one of the statement), address (again for more,
 * "-" for none), mac, vcpus, state, pause (other, migration, io-error,
 * watchdog, postcopy, postcopy-failed), host, boot (a number; counters
 * restart); run, delay and stall are shares of wall time of each vCPU; io is
 * requests of its disks a second, latency the seconds that each takes, swap the
 * pages read back a second; closed (scenario) is connections finished a second,
 * active and inactive their numbers. Without a uuid it is made from the
 * machine's place in the file. An event changes what polls say, as it would in
 * a hypervisor.
 *
 * A recording says nothing but what was seen: machines are as they are set, no
 * event changes them, and there are no polls but those it has. It has these
 * statements, too, and its times do not go back:
 *
 *	recording 1 DATE-AND-TIME	a daemon starts; nothing of before holds
 *	cpus HOST N
 *	gone VM				until it is set again
 *	inventory HOST SECONDS		has come; asked for at that time
 *	destination NAME SERVICE ADDRESS:PORT	"tcp 192.0.2.1:80", in quotes
 *	count NAME [weight N] [picks N] [active N] [inactive N]
 *	remove NAME			is not in the kernel until counted again
 *	check NAME OUTCOME [STATUS]	of a destination, as above
 *	look SERVICE			the daemon reads the kernel, and decides
 *
 * and these keys, which are counters, or "-" for none: run-ns, delay-ns,
 * stall-ns, block-requests, block-ns, memory-time, swapped-in; and started, a
 * time.
 */
#ifndef VMLD_SOURCE_SCRIPT_H
#define VMLD_SOURCE_SCRIPT_H

#include "health/check.h"
#include "source/source.h"

enum script_key {
	SCRIPT_UUID,
	SCRIPT_NAME,
	SCRIPT_ADDRESS,
	SCRIPT_MAC,
	SCRIPT_VCPUS,
	SCRIPT_STATE,
	SCRIPT_PAUSE,
	SCRIPT_HOST,
	SCRIPT_BOOT,
	SCRIPT_RUN,
	SCRIPT_DELAY,
	SCRIPT_STALL,
	SCRIPT_CLOSED,
	SCRIPT_ACTIVE,
	SCRIPT_INACTIVE,
	SCRIPT_IO,
	SCRIPT_LATENCY,
	SCRIPT_SWAP,
	SCRIPT_STARTED,
	SCRIPT_RUN_NS,
	SCRIPT_DELAY_NS,
	SCRIPT_STALL_NS,
	SCRIPT_BLOCK_REQUESTS,
	SCRIPT_BLOCK_NS,
	SCRIPT_MEMORY_TIME,
	SCRIPT_SWAPPED_IN,
	_SCRIPT_KEY_MAX
};

struct script_setting {
	enum script_key key;
	bool none;		/* the value is "-" */
	union {
		uint8_t uuid[VM_UUID_SIZE];
		uint8_t mac[VM_MAC_SIZE];
		struct vm_address address;
		enum vm_state state;
		enum vm_pause pause;
		size_t host;
		double number;
		uint64_t count;
		uint64_t time_ns;
		char *text;
	};
};

enum script_verb {
	SCRIPT_SET,
	SCRIPT_EVENT,
	SCRIPT_LOST,
	SCRIPT_CONNECTED,
	SCRIPT_SILENT,
	SCRIPT_ANSWERS,
	SCRIPT_DRAIN,
	SCRIPT_UNDRAIN,
	SCRIPT_CHECK,
	SCRIPT_WEIGHT,
	SCRIPT_JOIN,
	SCRIPT_LEAVE,
	SCRIPT_CPUS,
	SCRIPT_GONE,
	SCRIPT_INVENTORY,
	SCRIPT_COUNT,
	SCRIPT_REMOVE,
	SCRIPT_LOOK,
	SCRIPT_RECORDING,
	_SCRIPT_VERB_MAX
};

enum script_count {
	SCRIPT_COUNT_WEIGHT,
	SCRIPT_COUNT_PICKS,
	SCRIPT_COUNT_ACTIVE,
	SCRIPT_COUNT_INACTIVE,
	_SCRIPT_COUNT_MAX
};

#define SCRIPT_MAX_SETTINGS 16

struct script_step {
	uint64_t time_ns;
	unsigned int line;
	enum script_verb verb;
	size_t vm;
	size_t host;
	size_t destination;
	enum vm_event_type event;
	bool has_boot;		/* EVENT: says it itself */
	int64_t boot_id;
	double throttled;	/* EVENT */
	uint64_t told_ns;	/* EVENT, INVENTORY: the time that it says */
	char *text;		/* LOST: why; DRAIN, UNDRAIN: the domain */
	uint32_t number;	/* WEIGHT, CPUS */
	struct health_result result;	/* CHECK */
	struct vml_service_key service;	/* LOOK */
	bool has_counts[_SCRIPT_COUNT_MAX];
	uint64_t counts[_SCRIPT_COUNT_MAX];
	struct script_setting *settings;
	size_t n_settings;
};

struct script_host {
	char *name;
	uint32_t cpus;		/* 0: unknown */
	unsigned int capabilities;
};

struct script_vm {
	char *name;
	size_t host;
	struct script_setting *settings;
	size_t n_settings;
};

/* Of a recording. */
struct script_destination {
	char *name;
	struct vml_service_key service;
	struct vml_destination_key key;
};

#define SCRIPT_NO_VM SIZE_MAX

struct script_member {
	size_t vm;		/* or SCRIPT_NO_VM */
	struct vml_destination_key key;
	uint32_t weight;
};

struct script {
	bool is_recording;
	uint64_t until_ns;
	struct script_host *hosts;
	size_t n_hosts;
	struct script_vm *vms;
	size_t n_vms;
	struct script_member *members;
	size_t n_members;
	struct script_destination *destinations;
	size_t n_destinations;
	struct script_step *steps;	/* in the order of time, then of lines */
	size_t n_steps;
};

/*
 * On failure *ret_error, which the caller frees, is "FILE:LINE: reason" (NULL
 * if there is no memory). -EINVAL: not a script; what open(2) says.
 */
int script_load(const char *path, struct script **ret_script,
		char **ret_error);
struct script *script_free(struct script *script);
void script_freep(struct script **script);

/* The same, statement by statement, of files of any length. */
struct script_reader;

/* Errors as of script_load(). */
int script_reader_new(const char *path, struct script_reader **ret_reader,
		      char **ret_error);
struct script_reader *script_reader_free(struct script_reader *reader);
void script_reader_freep(struct script_reader **reader);

/*
 * 1: the next step, valid until the next call; 0: there is none. -EINVAL, also
 * if its time is before that of the last one. The last line of a recording is
 * ignored if it is cut off.
 */
int script_reader_next(struct script_reader *reader,
		       const struct script_step **ret_step, char **ret_error);

/*
 * All that was declared until now, without steps; another call adds to it, and
 * a step RECORDING begins anew.
 */
const struct script *script_reader_script(const struct script_reader *reader);

/* A zeroed item at the end of an array; NULL: no memory. */
void *script_append(void *array, size_t *n, size_t size);

/* "run-ns", "watchdog": for those who write scripts. */
const char *script_key_name(enum script_key key);
const char *script_pause_name(enum vm_pause pause);

#endif
