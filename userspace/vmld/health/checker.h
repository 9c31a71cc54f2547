/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When which member of a service is checked. It keeps no results. */
#ifndef VMLD_HEALTH_CHECKER_H
#define VMLD_HEALTH_CHECKER_H

#include "health/probe.h"

struct checker;

/*
 * A check of a member has ended. Returns the nanoseconds from its beginning to
 * that of the next one, see health_next_beat().
 */
typedef uint64_t (*checker_result_t)(const struct vml_destination_key *key,
				     const struct health_result *result,
				     void *userdata);

/* config is borrowed, and probes outlive the checker. */
int checker_new(struct probes *probes, const struct health_config *config,
		checker_result_t on_result, void *userdata,
		struct checker **ret_checker);
struct checker *checker_free(struct checker *checker);

/* Check it now, if it is a member, and not at its turn. */
void checker_hurry(struct checker *checker,
		   const struct vml_destination_key *key);

/* Go on for another owner, by a configuration that asks the same. */
void checker_hand_over(struct checker *checker,
		       const struct health_config *config, void *userdata);

/*
 * Check these, which are in the order of their keys. Those that were there go
 * on; the first checks of others are spread over the warm-up, unless there is
 * but one. -ENOMEM, or what sd-event(3) says: some may not be checked.
 */
int checker_set_members(struct checker *checker,
			const struct vml_destination_key *keys, size_t n);

#endif
