/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A recording: what the sources said and what the kernel counted, in the
 * language of source/script.h, for replay/. Only ever appended to, and only
 * what has changed; whatever interrupts it, all but the last line is whole.
 *
 * Nothing here fails: if the file can't be written any more, that is logged,
 * and the recording ends. All times are CLOCK_MONOTONIC.
 */
#ifndef VMLD_RECORD_H
#define VMLD_RECORD_H

#include "log.h"
#include "policy/policy.h"
#include "sink/sink.h"
#include "source/source.h"

struct record;

/*
 * Begin one, at the end of the file if there is one, with started_ns as its
 * time 0. -EEXIST: the file is something else. Says by itself what is the
 * matter. The log is borrowed.
 */
int record_open(const char *path, uint64_t started_ns, const struct log *log,
		struct record **ret_record);
struct record *record_free(struct record *record);
void record_freep(struct record **record);

/* Where it is written; NULL: it has ended. */
const char *record_path(const struct record *record);

/* Connected, or lost. */
void record_state(struct record *record, const struct source *source,
		  uint64_t now_ns);
void record_inventory(struct record *record,
		      const struct vm_inventory *inventory, uint64_t now_ns);
void record_event(struct record *record, const struct vm_event *event,
		  uint64_t now_ns);
void record_drain(struct record *record, const char *domain, bool drained,
		  uint64_t now_ns);
/* A check of a destination has ended. */
void record_check(struct record *record, const struct vml_service_key *service,
		  const struct vml_destination_key *key,
		  const struct health_result *result, uint64_t now_ns);
/*
 * The kernel was read, and with that it was decided. weights: the
 * administrator's, of the service's destinations.
 */
void record_look(struct record *record, const struct vml_service_key *key,
		 const struct sink_service *service,
		 const struct policy_member *weights, uint64_t now_ns);

#endif
