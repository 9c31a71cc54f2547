/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "reconcile.h"
#include "util.h"

#define MAX_WEIGHT 65535

void reconcile_plan_clear(struct reconcile_plan *plan)
{
	free(plan->actions);
	*plan = (struct reconcile_plan){};
}

static int plan_add(struct reconcile_plan *plan,
		    enum reconcile_action_type type,
		    const struct vml_destination_key *key, uint32_t weight,
		    const char *domain)
{
	struct reconcile_action *grown;

	grown = reallocarray(plan->actions, plan->n + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	plan->actions = grown;
	grown[plan->n++] = (struct reconcile_action){
		.type = type,
		.key = *key,
		.weight = weight,
		.domain = domain && *domain ? domain : NULL,
	};
	return 0;
}

/* Of a destination, while its machine is well. */
static uint32_t nominal_weight(const struct reconcile_input *input,
			       const struct discover_member *member)
{
	uint64_t vcpus = MAX(member->vcpus, 1u);

	if (member->rule->weight != CONFIG_WEIGHT_BY_VCPUS)
		return member->rule->weight;
	return (uint32_t)MIN(vcpus * input->config->weight_per_vcpu,
			     (uint64_t)MAX_WEIGHT);
}

/* A "member" without a domain: its address is all that is known of it. */
static bool is_static(const struct discover_member *member)
{
	return !member->has_vm && !*member->domain;
}

static bool is_up(const struct discover_member *member)
{
	return is_static(member) ||
	       (member->has_vm && member->present &&
		(member->state == VM_STATE_RUNNING ||
		 member->state == VM_STATE_MIGRATING));
}

static bool is_gone(const struct discover_member *member)
{
	return member->has_vm &&
	       (!member->present || member->state == VM_STATE_SHUTOFF ||
		member->state == VM_STATE_CRASHED);
}

/*
 * Nothing needs a destination whose machine is gone, unless the policy wants
 * it to have connections: it knows of machines that went to a host which
 * nobody watches, and of panics.
 */
static bool is_idle(const struct reconcile_input *input,
		    const struct discover_member *member,
		    const struct policy_verdict *verdict)
{
	if (!member)
		return input->complete;
	return is_gone(member) && verdict->scale == 0;
}

/*
 * It has failed, or ended, by what is known at this moment. What has migrated,
 * or is about to, or was paused by somebody, has not.
 */
static bool has_failed(const struct policy_verdict *verdict)
{
	for (size_t i = 0; i < verdict->n_reasons; i++) {
		const struct policy_reason *reason = &verdict->reasons[i];

		if (reason->type == POLICY_REASON_STATE)
			return reason->state != VM_STATE_PAUSED ||
			       reason->pause == VM_PAUSE_IO_ERROR ||
			       reason->pause == VM_PAUSE_WATCHDOG;
	}
	return false;
}

/* Only once polls agree, or it would be added again. */
static bool is_to_expire(const struct reconcile_input *input,
			 const struct discover_member *member,
			 const struct policy_verdict *verdict)
{
	return input->config->on_failure == CONFIG_ON_FAILURE_EXPIRE &&
	       member && !is_up(member) && verdict->scale == 0 &&
	       has_failed(verdict);
}

static bool is_to_be_removed(const struct managed_destination *managed,
			     const struct sink_destination *destination,
			     uint64_t now_ns)
{
	uint64_t idle = now_ns - managed->idle_since;

	if (!managed->idle_since || idle < RECONCILE_KEEP_NS)
		return false;
	return idle >= RECONCILE_KEEP_AT_MOST_NS ||
	       (!destination->active_connections &&
		!destination->inactive_connections);
}

/* One that the kernel has, and that is ours. */
static int plan_present(const struct reconcile_input *input,
			const struct sink_destination *destination,
			const struct discover_member *member,
			const struct policy_verdict *verdict,
			struct managed *managed,
			struct managed_destination *own,
			struct reconcile_plan *plan)
{
	const char *domain = member ? member->domain : NULL;
	bool idle = is_idle(input, member, verdict);
	uint32_t wanted;

	own->seen = true;
	if (!idle)
		own->idle_since = 0;
	else if (!own->idle_since)
		own->idle_since = input->now_ns;
	/* It is ours until it is seen to be gone: the removal may fail. */
	if (is_to_expire(input, member, verdict) ||
	    is_to_be_removed(own, destination, input->now_ns))
		return plan_add(plan, RECONCILE_REMOVE, &own->key, 0, domain);

	if (own->weight && destination->weight == own->weight)
		managed_settle(managed, own);
	/* The administrator has changed it, and that counts. */
	if (destination->weight != own->weight &&
	    destination->weight != own->previous)
		return 0;
	if (idle)
		wanted = 0;
	else if (member && is_up(member))
		wanted = nominal_weight(input, member);
	else
		wanted = MAX(own->weight, own->previous);
	if (destination->weight == wanted)
		return 0;
	if (own->weight != wanted)
		managed_set_weight(managed, own, wanted);
	return plan_add(plan, RECONCILE_SET_WEIGHT, &destination->key, wanted,
			domain);
}

/* Ours are those that we added, those of members, and in mode service all. */
static struct managed_destination *
find_or_adopt(const struct reconcile_input *input,
	      const struct sink_destination *destination,
	      const struct discover_member *member, struct managed *managed,
	      bool *ret_failed)
{
	struct managed_destination *own =
		managed_find(managed, &destination->key);
	uint32_t weight = destination->weight;

	if (own || (!member && input->config->mode != CONFIG_MODE_SERVICE))
		return own;
	/*
	 * A weight that we would not have given is the administrator's, except
	 * that in mode service there is none.
	 */
	if (member && input->config->mode != CONFIG_MODE_SERVICE)
		weight = nominal_weight(input, member);
	own = managed_add(managed, &destination->key, weight);
	*ret_failed = !own;
	return own;
}

static const struct discover_member *
find_member(const struct reconcile_input *input,
	    const struct vml_destination_key *key)
{
	size_t low = 0, high = input->n_members;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = vml_destination_key_compare(
			&input->members[middle].key, key);

		if (order == 0)
			return &input->members[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static int plan_all_present(const struct reconcile_input *input,
			    struct managed *managed,
			    struct reconcile_plan *plan)
{
	for (size_t i = 0; i < input->kernel->n_destinations; i++) {
		const struct sink_destination *d =
			&input->kernel->destinations[i];
		const struct discover_member *member =
			find_member(input, &d->key);
		struct managed_destination *own;
		bool failed = false;
		int r;

		own = find_or_adopt(input, d, member, managed, &failed);
		if (failed)
			return -ENOMEM;
		if (!own)
			continue;
		r = plan_present(input, d, member, &input->verdicts[i], managed,
				 own, plan);
		if (r < 0)
			return r;
	}
	return 0;
}

/* IPVS has none of another family, but behind a tunnel. */
static bool can_be_added(const struct reconcile_input *input,
			 const struct discover_member *member)
{
	return member->key.family == input->config->key.family ||
	       input->config->forwarding == CONFIG_FORWARDING_TUNNEL;
}

static int plan_missing(const struct reconcile_input *input,
			struct managed *managed, struct reconcile_plan *plan)
{
	for (size_t i = 0; i < input->n_members; i++) {
		const struct discover_member *member = &input->members[i];
		uint32_t weight = nominal_weight(input, member);
		struct managed_destination *own;
		int r;

		if (!is_up(member) || !can_be_added(input, member) ||
		    sink_service_find(input->kernel, &member->key))
			continue;
		managed_remove(managed, &member->key);
		own = managed_add(managed, &member->key, weight);
		if (!own)
			return -ENOMEM;
		own->seen = true;
		r = plan_add(plan, RECONCILE_ADD, &member->key, weight,
			     member->domain);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Those that somebody has removed from the kernel. */
static void forget_unseen(struct managed *managed)
{
	size_t kept = 0;

	for (size_t i = 0; i < managed->n; i++) {
		if (!managed->destinations[i].seen)
			continue;
		managed->destinations[kept] = managed->destinations[i];
		managed->destinations[kept++].seen = false;
	}
	managed->changed |= kept != managed->n;
	managed->n = kept;
}

int reconcile_destinations(const struct reconcile_input *input,
			   struct managed *managed,
			   struct reconcile_plan *ret_plan)
{
	struct reconcile_plan plan = {};
	int r = 0;

	if (input->config->mode != CONFIG_MODE_WEIGHTS) {
		r = plan_all_present(input, managed, &plan);
		if (r == 0)
			r = plan_missing(input, managed, &plan);
		forget_unseen(managed);
	}
	if (r < 0) {
		reconcile_plan_clear(&plan);
		return r;
	}
	*ret_plan = plan;
	return 0;
}

uint32_t reconcile_policy_weight(const struct sink_destination *destination,
				 const struct managed *managed)
{
	const struct managed_destination *own =
		managed_find(managed, &destination->key);

	/* A 0 of ours follows from the machine's state, and is no wish. */
	if (!destination->weight && own && (!own->weight || !own->previous))
		return MAX(own->weight, own->previous);
	return destination->weight;
}

enum reconcile_push reconcile_scales(const struct sink_service *kernel,
				     const struct policy_verdict *verdicts,
				     uint32_t lease_ms)
{
	uint64_t renew_at = (uint64_t)(lease_ms * (1 - RECONCILE_RENEW_AFTER));
	bool scaled = false;

	for (size_t i = 0; i < kernel->n_destinations; i++) {
		uint32_t in_force = kernel->destinations[i].scale;

		if (policy_scale_differs(&policy_default_params, in_force,
					 verdicts[i].scale))
			return RECONCILE_PUSH;
		scaled |= in_force != VML_SCALE_ONE;
	}
	/* What is neutral remains so when its lease is over. */
	if (!lease_ms || !scaled)
		return RECONCILE_NOTHING;
	/* A set by hand may have no lease, or one that is too long. */
	if (!kernel->has_lease || kernel->lease_ms <= renew_at ||
	    kernel->lease_ms > lease_ms)
		return RECONCILE_RENEW;
	return RECONCILE_NOTHING;
}
