/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a member is healthy, by what its checks found. Pure: no I/O and no
 * clock. A member of which no check has ended is healthy; one that was never seen
 * to pass is out at its first failure, without retries.
 */
#ifndef VMLD_HEALTH_STATE_H
#define VMLD_HEALTH_STATE_H

#include "health/check.h"

struct health_state {
	enum health_type type;
	uint64_t checked_ns;		/* when the last check ended; 0: none has */
	bool has_passed;		/* ever */
	unsigned int passed;		/* in a row */
	unsigned int failed;		/* in a row */
	struct health_result failure;	/* the last one */
	uint64_t unhealthy_ns;		/* since then; 0: it is not */
	/* The last time that it became healthy again, 0: it never has. */
	uint64_t recovered_ns;
	uint64_t outage_ns;		/* how long it was not before that */
};

/* True: it is healthy now and was not before, or the other way round. */
bool health_state_check(struct health_state *state,
			const struct health_config *config,
			const struct health_result *result, uint64_t time_ns);

/* How long after the beginning of a check the next one is to begin. */
uint64_t health_state_pause(const struct health_state *state,
			    const struct health_config *config);

/*
 * When that is, after a check that was due at due_ns and has ended at time_ns:
 * some pauses after it was due, so that checks that were late together because
 * the director was busy do not stay together; a quarter of one has to be left.
 */
uint64_t health_next_beat(uint64_t due_ns, uint64_t pause_ns,
			  uint64_t time_ns);

#endif
