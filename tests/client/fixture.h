/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A network namespace with a service, its destinations, and a client. */
#ifndef TEST_CLIENT_FIXTURE_H
#define TEST_CLIENT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "libvml.h"
#include "util.h"

#define SERVICE "10.0.0.1:80"

/* Whether the kernel can load modules by itself; it can before each test. */
#define NO_MODPROBE "echo /bin/false > /proc/sys/kernel/modprobe"
#define MODPROBE "echo /sbin/modprobe > /proc/sys/kernel/modprobe"

/* Before and after each test. */
int set_up(void **state);
int tear_down(void **state);

/* The one of the running test. */
extern struct vml_client *client;
extern struct vml_service_key service;

/* Run a shell command, which must succeed. */
void run(const char *format, ...) _printf_(1, 2);

/* Give ipvsadm a rule for each of the destinations first to first + n - 1. */
void destinations_add(size_t first, size_t n);
void destinations_delete(size_t first, size_t n);

/* The key of a destination, and scales of the first n. */
struct vml_destination_key destination_number(size_t i);
struct vml_scale *scales_new(size_t n);

/* What a listener hears until it has heard nothing for so long. */
struct heard {
	size_t count[VML_EVENT_LOST + 1];
	struct vml_event last;
};
struct heard listen_for(struct vml_listener *listener, int quiet_ms);

#endif
