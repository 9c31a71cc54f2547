/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domains that leave by migration. libvirt tells that their memory begins to be
 * copied once more, but neither that this goes on for long nor that it was
 * cancelled. So their jobs are asked for, with each poll.
 */
#ifndef VMLD_SOURCE_LIBVIRT_LEAVING_H
#define VMLD_SOURCE_LIBVIRT_LEAVING_H

#include "source/libvirt_link.h"

/*
 * Tell through the link how those of leaving are that were seen to leave, and
 * forget those of which nothing more is to be told.
 */
void libvirt_leaving_poll(struct link_uuids *leaving, virConnectPtr connection,
			  struct link *link);

#endif
