/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What has to be done so that the kernel comes to be as it is to be.
 *
 * Pure: the kernel as it was read, the members that were discovered and the
 * verdicts of the policy go in, actions come out. It is run again after each
 * change of any of them, so an action that failed is simply planned again.
 */
#ifndef VMLD_RECONCILE_H
#define VMLD_RECONCILE_H

#include "config.h"
#include "discover.h"
#include "managed.h"
#include "policy/policy.h"
#include "sink/sink.h"

/*
 * A destination that nothing needs is removed once it has had no connections,
 * or in the end whatever it has. It is kept for a while in any case: a machine
 * that restarts, or migrates, is back soon.
 */
#define RECONCILE_KEEP_NS (30 * NSEC_PER_SEC)
#define RECONCILE_KEEP_AT_MOST_NS (900 * NSEC_PER_SEC)

enum reconcile_action_type {
	RECONCILE_ADD,
	RECONCILE_SET_WEIGHT,
	RECONCILE_REMOVE,
};

struct reconcile_action {
	enum reconcile_action_type type;
	struct vml_destination_key key;
	uint32_t weight;	/* of ADD and SET_WEIGHT */
	const char *domain;	/* NULL: none */
};

struct reconcile_plan {
	struct reconcile_action *actions;
	size_t n;
};

struct reconcile_input {
	const struct config_service *config;
	const struct sink_service *kernel;
	const struct policy_verdict *verdicts;	/* of its destinations */
	const struct discover_member *members;	/* sorted by key */
	size_t n_members;
	/* Hypervisors have said all that they run: what isn't there is gone. */
	bool complete;
	uint64_t now_ns;
};

void reconcile_plan_clear(struct reconcile_plan *plan);

/*
 * The changes to the destinations, in the modes in which they are ours.
 * managed is brought up to date as if they had been made, but for removals, which
 * are once the destination is not seen any more: save it, if it has changed, and
 * then make them. -ENOMEM.
 */
int reconcile_destinations(const struct reconcile_input *input,
			   struct managed *managed,
			   struct reconcile_plan *ret_plan);

/* The administrator's weight of a destination: ours isn't. */
uint32_t reconcile_policy_weight(const struct sink_destination *destination,
				 const struct managed *managed);

enum reconcile_push {
	RECONCILE_NOTHING,
	RECONCILE_PUSH,		/* scales have changed */
	RECONCILE_RENEW,	/* they haven't, but their lease is running */
};

/*
 * What is to become of the scales in force. lease_ms: that a set is to have,
 * or 0 if the sink has no leases.
 */
enum reconcile_push reconcile_scales(const struct sink_service *kernel,
				     const struct policy_verdict *verdicts,
				     uint32_t lease_ms);

/* The share of a lease that may go by before it is renewed. */
#define RECONCILE_RENEW_AFTER 0.4

#endif
