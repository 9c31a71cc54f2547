/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hypervisors as small numbers, and when each of them was polled last. */
#ifndef VMLD_POLICY_HOSTS_H
#define VMLD_POLICY_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/colocation.h"

struct hosts {
	struct host {
		char *name;
		uint64_t polled_ns;
		unsigned int members;	/* those that the poll was told to */
		struct colocation colocation;
	} *hosts;
	size_t n;
};

/* The number of a name, given to it the first time; -ENOMEM. */
int hosts_intern(struct hosts *hosts, const char *name);

/*
 * False: the poll is nothing new to these members, which are another number
 * whenever they change.
 */
bool hosts_advance(struct hosts *hosts, int host, uint64_t polled_ns,
		   unsigned int members);

void hosts_done(struct hosts *hosts);

#endif
