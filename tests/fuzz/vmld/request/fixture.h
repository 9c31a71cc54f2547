/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A daemon whose hosts, kernel and clock are ours: nothing happens but when the
 * clock is moved. There is one at a time.
 */
#ifndef TESTS_FUZZ_FIXTURE_H
#define TESTS_FUZZ_FIXTURE_H

#include "fake_kernel.h"
#include "loop.h"

/* web-1 and web-2 on hv1, web-3 on hv2, at 10.0.0.1:80 to 10.0.0.3:80. */
#define FIXTURE_VMS 3

struct fixture {
	sd_event *event;
	struct log log;
	struct daemon_options options;
	char directory[64];
	struct daemon *daemon;
	struct fake_kernel kernel;
};

/* Once, before all others: a directory, which goes with the process. */
void fixture_init(struct fixture *f);
/* All is known of the machines, and nothing was ever asked for. */
void fixture_begin(struct fixture *f);
void fixture_end(struct fixture *f);
/* As after a kill: nothing is undone, and the next one finds what is kept. */
void fixture_restart(struct fixture *f);

/* What the configuration says of the service, for the next start or reload. */
void fixture_write_config(const struct fixture *f, const char *of_service);

/* ns later, with all that has become due. */
void fixture_pass(struct fixture *f, uint64_t ns);

/* Of web-1 for 0. */
struct sink_destination *fixture_destination(struct fixture *f, size_t vm);
/* A file of the state directory, or {}. */
json_t *fixture_kept(const struct fixture *f, const char *name);

#endif
