/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "policy/elapsed.h"
#include "policy/fleet.h"
#include "policy/hosts.h"
#include "policy/index.h"
#include "policy/member.h"
#include "policy/panic.h"
#include "util.h"

struct policy {
	struct policy_params params;
	struct hosts hosts;
	struct member *members;
	struct policy_verdict *verdicts;
	double *room;		/* of each member, for what is sorted */
	size_t n_members;
	uint64_t evaluated_ns;	/* last; 0: never */
	unsigned int epoch;	/* +1 when the members change */
	struct index by_uuid;
	struct index by_key;
	struct fleet fleet;	/* at the last evaluation */
	bool panic;
};

int policy_new(const struct policy_params *params, struct policy **ret_policy)
{
	struct policy *policy = calloc(1, sizeof(*policy));

	if (!policy)
		return -ENOMEM;
	policy->params = *params;
	*ret_policy = policy;
	return 0;
}

void policy_set_params(struct policy *policy,
		       const struct policy_params *params)
{
	policy->params = *params;
}

struct policy *policy_free(struct policy *policy)
{
	if (!policy)
		return NULL;
	hosts_done(&policy->hosts);
	index_done(&policy->by_uuid);
	index_done(&policy->by_key);
	free(policy->members);
	free(policy->verdicts);
	free(policy->room);
	free(policy);
	return NULL;
}

void policy_freep(struct policy **policy)
{
	policy_free(*policy);
}

static int compare_uuids(const void *items, size_t a, size_t b)
{
	const struct member *members = items;

	return memcmp(members[a].config.uuid, members[b].config.uuid,
		      VM_UUID_SIZE);
}

static int compare_keys(const void *items, size_t a, size_t b)
{
	const struct member *members = items;

	return vml_destination_key_compare(&members[a].config.key,
					   &members[b].config.key);
}

static int compare_uuid_with(const void *items, size_t i, const void *uuid)
{
	const struct member *members = items;

	return memcmp(members[i].config.uuid, uuid, VM_UUID_SIZE);
}

static int compare_key_with(const void *items, size_t i, const void *key)
{
	const struct member *members = items;

	return vml_destination_key_compare(&members[i].config.key, key);
}

static bool is_same(const struct policy_member *a,
		    const struct policy_member *b)
{
	return vml_destination_key_compare(&a->key, &b->key) == 0 &&
	       a->has_vm == b->has_vm &&
	       (!a->has_vm || memcmp(a->uuid, b->uuid, VM_UUID_SIZE) == 0);
}

/* What is called each poll: weights and drains at most have changed. */
static bool update_members(struct policy *policy,
			   const struct policy_member *members, size_t n)
{
	if (n != policy->n_members)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_same(&policy->members[i].config, &members[i]))
			return false;
	for (size_t i = 0; i < n; i++)
		member_update(&policy->members[i], &policy->params,
			      &members[i]);
	return true;
}

static struct member *find_by_key(const struct policy *policy,
				  const struct vml_destination_key *key)
{
	size_t at;

	at = index_first(&policy->by_key, policy->members, key,
			 compare_key_with);
	if (at == INDEX_NONE)
		return NULL;
	return &policy->members[policy->by_key.order[at]];
}

int policy_set_members(struct policy *policy,
		       const struct policy_member *members, size_t n)
{
	_cleanup_(index_done) struct index by_uuid = {}, by_key = {};
	_cleanup_free_ struct policy_verdict *verdicts = NULL;
	_cleanup_free_ double *room = NULL;
	_cleanup_free_ struct member *new = NULL;
	int r;

	if (update_members(policy, members, n))
		return 0;
	new = calloc(n + 1, sizeof(*new));
	verdicts = calloc(n + 1, sizeof(*verdicts));
	room = calloc(n + 1, sizeof(*room));
	if (!new || !verdicts || !room)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct member *old = find_by_key(policy, &members[i].key);

		if (old && is_same(&old->config, &members[i])) {
			new[i] = *old;
			member_update(&new[i], &policy->params, &members[i]);
		} else {
			member_init(&new[i], &members[i]);
		}
	}
	r = index_build(&by_key, new, n, compare_keys);
	if (r < 0)
		return r;
	if (index_has_duplicates(&by_key, new, compare_keys))
		return -EEXIST;
	r = index_build(&by_uuid, new, n, compare_uuids);
	if (r < 0)
		return r;

	index_done(&policy->by_key);
	index_done(&policy->by_uuid);
	free(policy->members);
	free(policy->verdicts);
	free(policy->room);
	policy->by_key = index_take(&by_key);
	policy->by_uuid = index_take(&by_uuid);
	policy->members = TAKE_PTR(new);
	policy->verdicts = TAKE_PTR(verdicts);
	policy->room = TAKE_PTR(room);
	policy->n_members = n;
	policy->epoch++;
	return 0;
}

/* Members that machine backs: *ret_n of them, at the returned place. */
static const size_t *find_by_uuid(const struct policy *policy,
				  const uint8_t *uuid, size_t *ret_n)
{
	const struct index *index = &policy->by_uuid;
	size_t at, n = 0;

	*ret_n = 0;
	at = index_first(index, policy->members, uuid, compare_uuid_with);
	if (at == INDEX_NONE)
		return NULL;
	while (at + n < index->n &&
	       compare_uuid_with(policy->members, index->order[at + n],
				 uuid) == 0)
		n++;
	*ret_n = n;
	return &index->order[at];
}

static void find_missing(struct policy *policy, int host, uint64_t time_ns)
{
	for (size_t i = 0; i < policy->n_members; i++) {
		struct member *member = &policy->members[i];

		if (member->machine.host == host &&
		    member->machine.seen_ns < time_ns)
			member_missing(member, &policy->params, time_ns);
	}
}

int policy_inventory(struct policy *policy,
		     const struct vm_inventory *inventory)
{
	int host = hosts_intern(&policy->hosts, inventory->hypervisor);
	bool concerned = false;

	if (host < 0)
		return host;
	if (!hosts_advance(&policy->hosts, host, inventory->time_ns,
			   policy->epoch))
		return 0;
	for (size_t i = 0; i < inventory->n_samples; i++) {
		const struct vm_sample *sample = &inventory->samples[i];
		const size_t *found;
		size_t n;

		found = find_by_uuid(policy, sample->uuid, &n);
		concerned |= n > 0;
		for (size_t j = 0; j < n; j++)
			if (policy->members[found[j]].config.has_vm)
				member_sample(&policy->members[found[j]],
					      &policy->params, host, sample);
	}
	find_missing(policy, host, inventory->time_ns);
	/* Of many hosts and services, most have nothing in common. */
	if (!concerned)
		return 0;
	return colocation_inventory(&policy->hosts.hosts[host].colocation,
				    &policy->params, inventory);
}

bool policy_event(struct policy *policy, const struct vm_event *event)
{
	int host = hosts_intern(&policy->hosts, event->hypervisor);
	bool concerned = false;
	const size_t *found;
	size_t n;

	if (host < 0)
		return false;
	found = find_by_uuid(policy, event->uuid, &n);
	for (size_t i = 0; i < n; i++) {
		struct member *member = &policy->members[found[i]];

		if (!member->config.has_vm)
			continue;
		member_event(member, &policy->params, host, event);
		concerned = true;
	}
	return concerned;
}

void policy_connections(struct policy *policy,
			const struct policy_connections *connections, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct member *member;

		member = find_by_key(policy, &connections[i].key);
		if (!member)
			continue;
		speed_count(&member->speed, connections[i].picks,
			    connections[i].active_connections);
		establish_count(&member->establish, connections[i].picks,
				connections[i].active_connections);
		attraction_count(&member->attraction, connections[i].picks,
				 connections[i].active_connections);
	}
}

static void panic(struct policy *policy)
{
	for (size_t i = 0; i < policy->n_members; i++) {
		if (!member_is_wanted(&policy->members[i]))
			continue;
		policy->verdicts[i].scale = VML_SCALE_ONE;
		verdict_add(&policy->verdicts[i], &(struct policy_reason){
			.type = POLICY_REASON_PANIC });
	}
}

/* A machine behind several destinations claims once. */
static void claim(struct policy *policy, uint64_t now_ns)
{
	struct hosts *hosts = &policy->hosts;
	const struct member *last = NULL;

	for (size_t i = 0; i < hosts->n; i++)
		colocation_begin(&hosts->hosts[i].colocation);
	for (size_t i = 0; i < policy->n_members; i++) {
		const struct member *member =
			&policy->members[policy->by_uuid.order[i]];

		if (!member_has_claim(member, &policy->params, now_ns) ||
		    (last && memcmp(last->config.uuid, member->config.uuid,
				    VM_UUID_SIZE) == 0))
			continue;
		last = member;
		colocation_claim(&hosts->hosts[member->machine.host].colocation,
				 member->config.uuid);
	}
	for (size_t i = 0; i < hosts->n; i++)
		colocation_end(&hosts->hosts[i].colocation);
}

const struct policy_verdict *policy_evaluate(struct policy *policy,
					     uint64_t now_ns, size_t *ret_n)
{
	struct fleet *fleet = &policy->fleet;
	struct panic state = {};

	claim(policy, now_ns);
	if (now_ns > policy->evaluated_ns) {
		attraction_step(policy->members, policy->n_members,
				&policy->params,
				policy->evaluated_ns ?
				elapsed(now_ns, policy->evaluated_ns) : 0,
				policy->room);
		policy->evaluated_ns = now_ns;
	}
	fleet_measure(fleet, &policy->params, &policy->hosts, policy->members,
		      policy->n_members, now_ns);
	for (size_t i = 0; i < policy->n_members; i++) {
		member_warm(&policy->members[i], &policy->params, fleet,
			    now_ns);
		member_judge(&policy->members[i], &policy->params, fleet,
			     now_ns, &policy->verdicts[i]);
		if (member_is_wanted(&policy->members[i])) {
			state.candidates++;
			state.up += policy->verdicts[i].scale > 0;
		}
	}
	policy->panic = panic_is_on(&state);
	if (policy->panic)
		panic(policy);
	for (size_t i = 0; i < policy->n_members; i++)
		attraction_set_weight(&policy->members[i].attraction,
				      policy->members[i].config.weight,
				      policy->verdicts[i].scale);
	*ret_n = policy->n_members;
	return policy->verdicts;
}

int policy_explain(const struct policy *policy,
		   const struct vml_destination_key *key, uint64_t now_ns,
		   struct policy_explanation *ret_explanation)
{
	const struct member *member = find_by_key(policy, key);

	if (!member)
		return -ENOENT;
	member_explain(member, &policy->params, &policy->fleet, &policy->hosts,
		       &policy->verdicts[member - policy->members], now_ns,
		       ret_explanation);
	return 0;
}

bool policy_is_panic(const struct policy *policy)
{
	return policy->panic;
}
