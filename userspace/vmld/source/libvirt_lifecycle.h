/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libvirt tells of its domains between polls, in our words. */
#ifndef VMLD_SOURCE_LIBVIRT_LIFECYCLE_H
#define VMLD_SOURCE_LIBVIRT_LIFECYCLE_H

#include "source/libvirt_link.h"

#define LIBVIRT_LIFECYCLE_MAX 6

struct libvirt_lifecycle {
	int callbacks[LIBVIRT_LIFECYCLE_MAX];
	int n;
};

/*
 * The worker's; the events come to the main thread. Returns the capabilities
 * that the driver has: a driver without events is no error.
 */
unsigned int libvirt_lifecycle_register(struct libvirt_lifecycle *lifecycle,
					virConnectPtr connection,
					struct link *link);
void libvirt_lifecycle_unregister(struct libvirt_lifecycle *lifecycle,
				  virConnectPtr connection);

/*
 * The event that a lifecycle event of libvirt is, with a word for its detail
 * that is never NULL; -ENOENT: none that matters.
 */
int libvirt_lifecycle_translate(int event, int detail, const char **ret_detail);

#endif
