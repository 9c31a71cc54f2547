/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a fake libvirtd tells of its machines. */
#ifndef TEST_FAKE_MACHINES_H
#define TEST_FAKE_MACHINES_H

#include "fake_libvirtd.h"
#include "fake_xdr.h"

struct fake_stats;

/* Aborts if there is no memory. */
struct fake_stats *fake_stats_new(const struct fake_machines *machines);
struct fake_stats *fake_stats_free(struct fake_stats *stats);

/* As of now, which is in ns and does not go back: the body of an answer. */
const struct fx *fake_stats_now(struct fake_stats *stats, uint64_t now_ns);

void fake_machine_xml(unsigned int i, bool has_agent, char *text, size_t size);
/* The addresses of its one interface, as ARP shows them: a body. */
void fake_machine_addresses(unsigned int i, struct fx *xdr);

#endif
