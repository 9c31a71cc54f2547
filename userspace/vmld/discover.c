/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "discover_claims.h"
#include "discover_digest.h"
#include "discover_match.h"
#include "discover_search.h"
#include "util.h"

struct discover {
	const struct discover_rule *rules;
	size_t n_rules;
	struct discover_member *members;	/* they own their strings */
	size_t n_members;
	char **problems;			/* new ones first */
	size_t n_problems;
	size_t n_new_problems;
	bool has_run;
	uint64_t digest;			/* of the last run's inputs */
	struct discover_search search;
};

/* The inputs and the outcome of one run. */
struct run {
	const struct discover *discover;
	const struct vm_inventory *const *inventories;
	size_t n_inventories;
	const struct vml_destination_key *destinations;
	size_t n_destinations;
	struct claims claims;
	struct discover_member *members;
	size_t n_members;
	char **problems;
	size_t n_problems;
	struct discover_search search;
};

static void clear_member(struct discover_member *member)
{
	free((char *)member->domain);
	free((char *)member->hypervisor);
}

static void free_members(struct discover_member *members, size_t n)
{
	for (size_t i = 0; i < n; i++)
		clear_member(&members[i]);
	free(members);
}

static void free_strings(char **strings, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(strings[i]);
	free(strings);
}

static void run_done(struct run *run)
{
	claims_done(&run->claims);
	free_members(run->members, run->n_members);
	free_strings(run->problems, run->n_problems);
	discover_search_done(&run->search);
}

int discover_new(const struct discover_rule *rules, size_t n_rules,
		 struct discover **ret_discover)
{
	struct discover *discover;

	for (size_t i = 0; i < n_rules; i++)
		if (!discover_rule_is_valid(&rules[i]))
			return -EINVAL;
	discover = calloc(1, sizeof(*discover));
	if (!discover)
		return -ENOMEM;
	discover->rules = rules;
	discover->n_rules = n_rules;
	*ret_discover = discover;
	return 0;
}

struct discover *discover_free(struct discover *discover)
{
	if (!discover)
		return NULL;
	free_members(discover->members, discover->n_members);
	free_strings(discover->problems, discover->n_problems);
	discover_search_done(&discover->search);
	free(discover);
	return NULL;
}

void discover_freep(struct discover **discover)
{
	discover_free(*discover);
}

static int compare_members(const void *first, const void *second)
{
	const struct discover_member *a = first, *b = second;

	return vml_destination_key_compare(&a->key, &b->key);
}

static const struct discover_member *
find_member(const struct discover *discover,
	    const struct vml_destination_key *key)
{
	const struct discover_member wanted = { .key = *key };

	if (!discover->n_members)
		return NULL;
	return bsearch(&wanted, discover->members, discover->n_members,
		       sizeof(wanted), compare_members);
}

static bool was_behind(const struct discover *discover,
		       const struct vml_destination_key *key,
		       const uint8_t *uuid)
{
	const struct discover_member *before = find_member(discover, key);

	return before && before->has_vm &&
	       memcmp(before->uuid, uuid, VM_UUID_SIZE) == 0;
}

/* Where it runs, if it is defined on other hosts, too. */
static const struct vm_sample *find_sample(const struct run *run,
					   const uint8_t *uuid,
					   const char **ret_hypervisor)
{
	const struct vm_sample *found = NULL;

	for (size_t i = 0; i < run->n_inventories; i++) {
		const struct vm_sample *sample;

		if (!run->inventories[i])
			continue;
		sample = vm_inventory_find(run->inventories[i], uuid);
		if (!sample || (found && claim_rank_of(sample->state) >=
						 claim_rank_of(found->state)))
			continue;
		found = sample;
		*ret_hypervisor = run->inventories[i]->hypervisor;
	}
	return found;
}

static int claim_address(struct run *run, const struct discover_rule *rule,
			 const struct vm_inventory *inventory,
			 const struct vm_sample *sample,
			 const struct vm_address *address)
{
	struct discover_member member = {
		.has_vm = true,
		.domain = sample->name,
		.hypervisor = inventory->hypervisor,
		.vcpus = sample->vcpus,
		.present = true,
		.state = sample->state,
		.rule = rule,
	};
	enum claim_rank rank = claim_rank_of(sample->state);
	const struct vm_sample *best = sample;
	const char *hypervisor = inventory->hypervisor;

	/* It may be up where its address is not known. */
	if (rank == CLAIM_DOWN)
		best = find_sample(run, sample->uuid, &hypervisor);
	if (claim_rank_of(best->state) < rank &&
	    !vm_addresses_have(best->addresses, best->n_addresses,
			       address->family) &&
	    discover_match_domain(rule, best->name, hypervisor)) {
		member.domain = best->name;
		member.hypervisor = hypervisor;
		member.vcpus = best->vcpus;
		member.state = best->state;
	}
	memcpy(member.uuid, sample->uuid, VM_UUID_SIZE);
	discover_key(&member.key, rule, address);
	return claims_add(&run->claims, &member, rank,
			  was_behind(run->discover, &member.key,
				     sample->uuid));
}

static int claim_sample(struct run *run, const struct vm_inventory *inventory,
			const struct vm_sample *sample)
{
	const struct discover *discover = run->discover;
	int r = 0;

	for (size_t i = 0; i < discover->n_rules; i++) {
		const struct discover_rule *rule = &discover->rules[i];

		if (!discover_match_domain(rule, sample->name,
					   inventory->hypervisor))
			continue;
		if (sample->state == VM_STATE_RUNNING &&
		    discover_match_unseen(rule, sample))
			r = discover_search_add_machine(&run->search, rule,
							sample);
		/* The configuration knows the address: the machine need not. */
		if (rule->has_address)
			r = claim_address(run, rule, inventory, sample,
					  &rule->address);
		for (size_t j = 0; j < sample->n_addresses && r == 0 &&
		     !rule->has_address; j++)
			if (discover_match_address(rule,
						   &sample->addresses[j]))
				r = claim_address(run, rule, inventory, sample,
						  &sample->addresses[j]);
		if (r < 0)
			return r;
	}
	return 0;
}

static int claim_inventories(struct run *run)
{
	for (size_t i = 0; i < run->n_inventories; i++) {
		const struct vm_inventory *inventory = run->inventories[i];

		for (size_t j = 0; inventory && j < inventory->n_samples; j++) {
			int r = claim_sample(run, inventory,
					     &inventory->samples[j]);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

static int claim_empty(struct run *run)
{
	const struct discover *discover = run->discover;

	for (size_t i = 0; i < discover->n_rules; i++) {
		const struct discover_rule *rule = &discover->rules[i];
		struct discover_member member = {
			.domain = rule->domain,
			.rule = rule,
		};
		int r;

		if (!rule->has_address)
			continue;
		discover_key(&member.key, rule, &rule->address);
		r = claims_add(&run->claims, &member, CLAIM_EMPTY, false);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool is_needed(const struct run *run,
		      const struct discover_member *member)
{
	if (member->rule->has_address)
		return true;
	for (size_t i = 0; i < run->n_destinations; i++)
		if (vml_destination_key_compare(&run->destinations[i],
						&member->key) == 0)
			return true;
	return false;
}

static const struct vm_inventory *
find_inventory(const struct run *run, const char *hypervisor)
{
	for (size_t i = 0; i < run->n_inventories; i++)
		if (run->inventories[i] &&
		    strcmp(run->inventories[i]->hypervisor, hypervisor) == 0)
			return run->inventories[i];
	return NULL;
}

/* Claims of the members of the last run that nothing shows any more. */
static int claim_memory(struct run *run)
{
	const struct discover *discover = run->discover;
	size_t n_claims = run->claims.n;

	claims_sort(&run->claims);
	for (size_t i = 0; i < discover->n_members; i++) {
		struct discover_member member = discover->members[i];
		enum claim_rank rank = claim_rank_of(member.state);
		const struct vm_sample *sample;
		int r;

		if (!member.has_vm ||
		    claims_contain(&run->claims, n_claims, &member))
			continue;
		sample = find_sample(run, member.uuid, &member.hypervisor);
		if (sample) {
			/* It has other addresses now, or another name. */
			if (vm_addresses_have(sample->addresses,
					      sample->n_addresses,
					      member.key.family) ||
			    member.rule->has_address)
				continue;
			member.present = true;
			member.state = sample->state;
			rank = claim_rank_of(sample->state);
		} else if (find_inventory(run, member.hypervisor)) {
			if (!is_needed(run, &member))
				continue;
			member.present = false;
			member.state = VM_STATE_SHUTOFF;
			rank = CLAIM_GONE;
		}
		r = claims_add(&run->claims, &member, rank, true);
		if (r < 0)
			return r;
	}
	return 0;
}

static int accept_member(struct run *run,
			 const struct discover_member *member)
{
	struct discover_member *copy = &run->members[run->n_members];

	*copy = *member;
	copy->domain = strdup(member->domain);
	copy->hypervisor = member->hypervisor ? strdup(member->hypervisor) :
						NULL;
	run->n_members++;
	return copy->domain && (copy->hypervisor || !member->hypervisor) ?
	       0 : -ENOMEM;
}

static int report(struct run *run, const struct claim *best,
		  const struct claim *rival)
{
	char key[VML_KEY_STRING_MAX];
	char *problem;

	if (asprintf(&problem,
		     "%s is claimed by domain \"%s\" of hypervisor \"%s\" and by domain \"%s\" of hypervisor \"%s\": %s",
		     vml_destination_key_format(&best->member.key, key),
		     best->member.domain, best->member.hypervisor,
		     rival->member.domain, rival->member.hypervisor,
		     best->remembered ? "the first keeps it" :
					"neither gets it") < 0)
		return -ENOMEM;
	run->problems[run->n_problems++] = problem;
	return 0;
}

static const struct claim *find_rival(const struct claim *group, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (claim_is_rival(&group[0], &group[i]))
			return &group[i];
	return NULL;
}

static int decide(struct run *run)
{
	const struct claims *claims = &run->claims;

	run->members = calloc(claims->n + 1, sizeof(*run->members));
	run->problems = calloc(claims->n + 1, sizeof(*run->problems));
	if (!run->members || !run->problems)
		return -ENOMEM;
	for (size_t first = 0, n; first < claims->n; first += n) {
		const struct claim *best = &claims->claims[first], *rival;
		int r = 0;

		n = claims_group(claims, first);
		rival = find_rival(best, n);
		/* That two that are down had the same address means nothing. */
		if (rival && best->rank != CLAIM_DOWN)
			r = report(run, best, rival);
		if (r == 0 && (!rival || best->remembered))
			r = accept_member(run, &best->member);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool is_known_problem(const struct discover *discover,
			     const char *problem)
{
	for (size_t i = 0; i < discover->n_problems; i++)
		if (strcmp(discover->problems[i], problem) == 0)
			return true;
	return false;
}

static size_t sort_new_problems_first(struct run *run)
{
	size_t n_new = 0;

	for (size_t i = 0; i < run->n_problems; i++) {
		char *problem = run->problems[i];

		if (is_known_problem(run->discover, problem))
			continue;
		run->problems[i] = run->problems[n_new];
		run->problems[n_new++] = problem;
	}
	return n_new;
}

/* What a finished run found becomes what is known. */
static void take(struct discover *discover, struct run *run)
{
	discover->n_new_problems = sort_new_problems_first(run);
	free_members(discover->members, discover->n_members);
	free_strings(discover->problems, discover->n_problems);
	discover->members = TAKE_PTR(run->members);
	discover->n_members = run->n_members;
	discover->problems = TAKE_PTR(run->problems);
	discover->n_problems = run->n_problems;
	run->n_members = 0;
	run->n_problems = 0;
}

/* The destinations behind which no machine has been found. */
static int search_destinations(struct run *run)
{
	const struct discover found = {
		.members = run->members,
		.n_members = run->n_members,
	};

	for (size_t i = 0; i < run->n_destinations; i++) {
		const struct vml_destination_key *key = &run->destinations[i];
		int r = 0;

		if (!find_member(&found, key))
			r = discover_search_add_destination(&run->search, key);
		if (r < 0)
			return r;
	}
	return 0;
}

int discover_run(struct discover *discover,
		 const struct vm_inventory *const *inventories,
		 size_t n_inventories,
		 const struct vml_destination_key *destinations,
		 size_t n_destinations)
{
	_cleanup_(run_done) struct run run = {
		.discover = discover,
		.inventories = inventories,
		.n_inventories = n_inventories,
		.destinations = destinations,
		.n_destinations = n_destinations,
	};
	uint64_t digest;
	int r;

	digest = discover_digest(inventories, n_inventories, destinations,
				 n_destinations);
	if (discover->has_run && digest == discover->digest) {
		discover->n_new_problems = 0;
		return 0;
	}

	r = claim_inventories(&run);
	if (r == 0)
		r = claim_empty(&run);
	if (r == 0)
		r = claim_memory(&run);
	if (r < 0)
		return r;
	claims_sort(&run.claims);
	r = decide(&run);
	if (r == 0)
		r = search_destinations(&run);
	if (r < 0)
		return r;
	take(discover, &run);
	discover_search_replace(&discover->search, &run.search);
	discover->digest = digest;
	discover->has_run = true;
	return 0;
}

static const struct discover_rule *
find_rule(const struct discover *discover, const struct discover_member *member)
{
	const struct vm_address address = {
		.family = member->key.family,
		.address = member->key.address,
	};

	for (size_t i = 0; i < discover->n_rules; i++) {
		const struct discover_rule *rule = &discover->rules[i];

		if (rule->port == member->key.port &&
		    discover_match_domain(rule, member->domain,
					  member->hypervisor) &&
		    discover_match_address(rule, &address))
			return rule;
	}
	return NULL;
}

int discover_inherit(struct discover *discover, const struct discover *before)
{
	_cleanup_(run_done) struct run run = { .discover = discover };

	run.members = calloc(before->n_members + 1, sizeof(*run.members));
	if (!run.members)
		return -ENOMEM;
	for (size_t i = 0; i < before->n_members; i++) {
		struct discover_member member = before->members[i];
		int r;

		if (!member.has_vm)
			continue;
		member.rule = find_rule(discover, &member);
		if (!member.rule)
			continue;
		r = accept_member(&run, &member);
		if (r < 0)
			return r;
	}
	take(discover, &run);
	return 0;
}

void discover_forget(struct discover *discover, const char *hypervisor)
{
	size_t kept = 0;

	for (size_t i = 0; i < discover->n_members; i++) {
		struct discover_member *member = &discover->members[i];

		if (member->has_vm && !strcmp(member->hypervisor, hypervisor))
			clear_member(member);
		else
			discover->members[kept++] = *member;
	}
	discover->n_members = kept;
	discover->has_run = false;
}

int discover_candidates(struct discover *discover, uint64_t now_ns,
			struct vm_address **ret_addresses, size_t *ret_n)
{
	return discover_search_next(&discover->search, now_ns, ret_addresses,
				    ret_n);
}

bool discover_lacks_addresses(const struct discover *discover, uint16_t family)
{
	return family == AF_INET ? discover->search.lacks_ipv4 :
				   discover->search.lacks_ipv6;
}

const struct discover_member *
discover_members(const struct discover *discover, size_t *ret_n)
{
	*ret_n = discover->n_members;
	return discover->members;
}

const char *const *discover_problems(const struct discover *discover,
				     size_t *ret_n)
{
	*ret_n = discover->n_new_problems;
	return (const char *const *)discover->problems;
}
