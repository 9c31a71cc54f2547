/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An operator: a connection to a hypervisor over which machines are changed, one
 * call after the other, each of which may take as long as it likes. It has a
 * thread of its own, so that polls go on meanwhile.
 *
 * All functions and the callback run in the thread that runs the event loop, and
 * none of them blocks.
 */
#ifndef VMLD_SOURCE_OPERATOR_H
#define VMLD_SOURCE_OPERATOR_H

#include "source/source.h"

enum vm_call_type {
	VM_CALL_FREEZE,		/* its file systems, by its guest agent */
	VM_CALL_THAW,
	VM_CALL_SNAPSHOT,
	VM_CALL_MIGRATE,	/* live */
	VM_CALL_ABORT,		/* the migration under way */
};

enum vm_snapshot {
	/* Of the disks: from then on they are overlays, the machine runs on. */
	VM_SNAPSHOT_DISK,
	/* Of disks and memory, inside of the disks: it is paused meanwhile. */
	VM_SNAPSHOT_INTERNAL,
};

struct vm_call {
	enum vm_call_type type;
	uint8_t uuid[VM_UUID_SIZE];
	const char *name;		/* of SNAPSHOT */
	enum vm_snapshot snapshot;	/* of SNAPSHOT */
	const char *to;			/* of MIGRATE: the new host's URI */
};

struct vm_operator;

/*
 * How a call ended. 0, with in text what there is to say, or NULL; or a negative
 * errno, with the reason. -EOPNOTSUPP of FREEZE: there is no agent, and nothing is
 * frozen. That there is nothing to thaw is no error.
 */
typedef void (*vm_operator_done_t)(void *userdata, int result,
				   const char *text);

/* Connects when first asked. -ENOMEM, -EAGAIN, ... */
int vm_operator_new(const char *uri, sd_event *loop, vm_operator_done_t done,
		    void *userdata, struct vm_operator **ret_operator);
/* -EBUSY: the call before has not ended. All of call is copied. */
int vm_operator_ask(struct vm_operator *operator, const struct vm_call *call);
/*
 * Never waits. A call that has reached the hypervisor goes on, if it can, without
 * anybody being told how it ends. Also from within the callback.
 */
struct vm_operator *vm_operator_free(struct vm_operator *operator);

#endif
