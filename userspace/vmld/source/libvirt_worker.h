/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The thread of a libvirt connection, in which all of its calls block. */
#ifndef VMLD_SOURCE_LIBVIRT_WORKER_H
#define VMLD_SOURCE_LIBVIRT_WORKER_H

#include "source/libvirt_link.h"

/* Runs until link_stop(), and has a reference of its own. -EAGAIN. */
int libvirt_worker_start(struct link *link);

#endif
