/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machines whose file systems are frozen, or may be. They are written down
 * before they are, so that whoever comes after a vmld that died can thaw them.
 */
#ifndef VMLD_OPERATION_FROZEN_H
#define VMLD_OPERATION_FROZEN_H

#include <systemd/sd-event.h>

#include "log.h"
#include "source/source.h"

struct frozen;

/*
 * Those that state_directory tells of are thawed from now on, for as long as it
 * takes. loop and log are borrowed. -EBADMSG: it is unreadable there; -ENOMEM,
 * -EACCES, ...
 */
int frozen_load(const char *state_directory, sd_event *loop,
		const struct log *log, struct frozen **ret_frozen);
struct frozen *frozen_free(struct frozen *frozen);

/*
 * It is about to be, on the hypervisor of that URI. A negative errno: that can't
 * be written down, so it must not.
 */
int frozen_add(struct frozen *frozen, const char *uri, const char *domain,
	       const uint8_t uuid[static VM_UUID_SIZE]);
/* It was not frozen now; that it is from before still holds. */
void frozen_withdraw(struct frozen *frozen,
		     const uint8_t uuid[static VM_UUID_SIZE]);
bool frozen_contains(struct frozen *frozen,
		     const uint8_t uuid[static VM_UUID_SIZE]);
/* It is thawed. */
void frozen_remove(struct frozen *frozen,
		   const uint8_t uuid[static VM_UUID_SIZE]);
/* Nobody else thaws it. */
void frozen_leave(struct frozen *frozen,
		  const uint8_t uuid[static VM_UUID_SIZE]);

#endif
