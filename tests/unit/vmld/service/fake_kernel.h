/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel for tests: one service with its destinations, behind the sink's
 * interface, in place of ipvs_control.c and of the sinks' constructors.
 */
#ifndef TESTS_FAKE_KERNEL_H
#define TESTS_FAKE_KERNEL_H

#include "sink/ipvs_control.h"
#include "sink/sink.h"

#define FAKE_MAX 8

struct fake_kernel {
	struct sink sink;
	bool loaded;		/* else -ENODEV */
	bool bound;		/* the service is there */
	const char *refused;	/* can't be added; NULL: all can */
	struct ipvs_service service;
	struct sink_destination destinations[FAKE_MAX];
	size_t n;
	uint32_t generation;
	bool has_lease;
	uint32_t lease_ms;	/* left; the test lets it pass */

	/* What happened, for the test to look at. */
	unsigned int reads, pushes, renewals, restores;
	/* Called by the next push before it does anything, once. */
	void (*before_push)(struct fake_kernel *kernel);
};

void fake_kernel_init(struct fake_kernel *kernel);
struct ipvs_control *fake_kernel_control(struct fake_kernel *kernel);
/* As ipvsadm -a: "10.0.0.1:80". */
void fake_kernel_add(struct fake_kernel *kernel, const char *key,
		     uint32_t weight);
void fake_kernel_remove(struct fake_kernel *kernel, const char *key);
struct sink_destination *fake_kernel_find(struct fake_kernel *kernel,
					  const char *key);

#endif
