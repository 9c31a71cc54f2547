/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scripts: hypervisors and machines played from a file, for tests of the
 * daemon without a hypervisor and for the scenarios of the policy.
 *
 * One statement a line; # begins a comment; times are seconds since the start.
 *
 *	host NAME [no-stats] [no-steal] [no-events] [no-migration]
 *	vm NAME HOST [KEY VALUE]...
 *	poll SECONDS			scenario: between polls; default 1
 *	until SECONDS			scenario: its end; default 60
 *	member VM|- ADDRESS:PORT [WEIGHT]	scenario: a member of the service
 *	at SECONDS set VM KEY VALUE...
 *	at SECONDS event VM TYPE [HOST]	on HOST, else where the machine is
 *	at SECONDS lost HOST REASON...
 *	at SECONDS connected HOST
 *	at SECONDS silent HOST		connected, but answers no poll
 *	at SECONDS answers HOST
 *	at SECONDS drain VM | undrain VM | weight VM N | join VM | leave VM
 *					scenario: of the member with that VM
 *
 * Keys: uuid, address (again for more), mac, vcpus, state, pause (other,
 * migration, io-error, watchdog), host, boot (a number; counters restart);
 * run, delay and stall are shares of wall time of each vCPU; closed (scenario)
 * is connections finished a second, active their number. Without a uuid it is
 * made from the machine's place in the file. An event changes what polls say,
 * as it would in a hypervisor.
 */
#ifndef VMLD_SOURCE_SCRIPT_H
#define VMLD_SOURCE_SCRIPT_H

#include "source/source.h"

enum script_key {
	SCRIPT_UUID,
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
	_SCRIPT_KEY_MAX
};

struct script_setting {
	enum script_key key;
	union {
		uint8_t uuid[VM_UUID_SIZE];
		uint8_t mac[VM_MAC_SIZE];
		struct vm_address address;
		enum vm_state state;
		enum vm_pause pause;
		size_t host;
		double number;
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
	SCRIPT_WEIGHT,
	SCRIPT_JOIN,
	SCRIPT_LEAVE,
	_SCRIPT_VERB_MAX
};

#define SCRIPT_MAX_SETTINGS 16

struct script_step {
	uint64_t time_ns;
	unsigned int line;
	enum script_verb verb;
	size_t vm;
	size_t host;
	enum vm_event_type event;
	char *text;		/* of LOST */
	uint32_t weight;
	struct script_setting settings[SCRIPT_MAX_SETTINGS];
	size_t n_settings;
};

struct script_host {
	char *name;
	unsigned int capabilities;
};

struct script_vm {
	char *name;
	size_t host;
	struct script_setting settings[SCRIPT_MAX_SETTINGS];
	size_t n_settings;
};

#define SCRIPT_NO_VM SIZE_MAX

struct script_member {
	size_t vm;		/* or SCRIPT_NO_VM */
	struct vml_destination_key key;
	uint32_t weight;
};

struct script {
	uint64_t poll_ns;
	uint64_t until_ns;
	struct script_host *hosts;
	size_t n_hosts;
	struct script_vm *vms;
	size_t n_vms;
	struct script_member *members;
	size_t n_members;
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

#endif
