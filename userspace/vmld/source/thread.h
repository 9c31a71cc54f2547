/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threads that may block in libvirt, and that nobody waits for. */
#ifndef VMLD_SOURCE_THREAD_H
#define VMLD_SOURCE_THREAD_H

/* It has userdata, and gets no signals. 0, or a negative errno. */
int thread_start(void *(*run)(void *), void *userdata);

#endif
