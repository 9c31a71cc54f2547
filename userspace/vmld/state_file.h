/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files in the state directory. Each is a JSON object, and at any moment
 * either the old one or the new one, whole.
 */
#ifndef VMLD_STATE_FILE_H
#define VMLD_STATE_FILE_H

#include <jansson.h>
#include <stdbool.h>

/* Create the directory if need be. */
int state_directory_make(const char *directory);

/*
 * Take the directory for this process, for as long as the descriptor is open;
 * -EBUSY: another vmld has it.
 */
int state_directory_lock(const char *directory, int *ret_fd);

/* -ENOENT: no such file; -EBADMSG: it holds no JSON object. */
int state_file_read(const char *directory, const char *name,
		    json_t **ret_object);
/* durable: it is to survive a power failure, too. */
int state_file_write(const char *directory, const char *name,
		     const json_t *object, bool durable);

#endif
