/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libvirt's event loop, run by sd-event.
 *
 * libvirt has one event loop a process, and adds to it from any thread, while
 * sd-event belongs to one thread. So libvirt's descriptors and timers live in
 * an epoll instance of their own, which threads may change at any time, and
 * sd-event watches that one descriptor.
 */
#ifndef VMLD_SOURCE_LIBVIRT_EVENT_H
#define VMLD_SOURCE_LIBVIRT_EVENT_H

#include <systemd/sd-event.h>

/*
 * Have loop run libvirt's callbacks, until as many unrefs. All at a time use
 * the same loop, and call from its thread. Before any connection is opened.
 */
int libvirt_event_ref(sd_event *loop);
void libvirt_event_unref(void);

#endif
