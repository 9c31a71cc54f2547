/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "discover_match.h"
#include "discover_search.h"
#include "util.h"

#define FIRST_PAUSE_NS (2 * NSEC_PER_SEC)
#define LONGEST_PAUSE_NS (60 * NSEC_PER_SEC)

/* Not more than 256 addresses: the kernel's neighbour table has room for few. */
#define SHORTEST_PREFIX 24

void discover_search_done(struct discover_search *search)
{
	free(search->subnets);
	free(search->destinations);
	*search = (struct discover_search){};
}

static bool lacks(const struct discover_rule *rule,
		  const struct vm_sample *sample, uint16_t family)
{
	return (!rule->has_subnet || rule->subnet.family == family) &&
	       !vm_addresses_have(sample->addresses, sample->n_addresses,
				  family);
}

static int add_rule(struct discover_search *search,
		    const struct discover_rule *rule)
{
	const struct discover_rule **grown;

	for (size_t i = 0; i < search->n_subnets; i++)
		if (search->subnets[i] == rule)
			return 0;
	grown = reallocarray(search->subnets, search->n_subnets + 1,
			     sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	grown[search->n_subnets++] = rule;
	search->subnets = grown;
	return 0;
}

int discover_search_add_machine(struct discover_search *search,
				const struct discover_rule *rule,
				const struct vm_sample *sample)
{
	search->lacks_ipv4 |= lacks(rule, sample, AF_INET);
	search->lacks_ipv6 |= lacks(rule, sample, AF_INET6);
	return add_rule(search, rule);
}

static int append(struct vm_address **addresses, size_t *n,
		  const struct vm_address *address)
{
	struct vm_address *grown;

	grown = reallocarray(*addresses, *n + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	grown[(*n)++] = *address;
	*addresses = grown;
	return 0;
}

int discover_search_add_destination(struct discover_search *search,
				    const struct vml_destination_key *key)
{
	const struct vm_address address = {
		.family = key->family,
		.address = key->address,
	};

	return append(&search->destinations, &search->n_destinations,
		      &address);
}

static bool is_same(const struct discover_search *a,
		    const struct discover_search *b)
{
	if (a->n_subnets != b->n_subnets ||
	    a->n_destinations != b->n_destinations)
		return false;
	for (size_t i = 0; i < a->n_subnets; i++)
		if (a->subnets[i] != b->subnets[i])
			return false;
	for (size_t i = 0; i < a->n_destinations; i++)
		if (!vm_address_equal(&a->destinations[i],
				      &b->destinations[i]))
			return false;
	return true;
}

void discover_search_replace(struct discover_search *search,
			     struct discover_search *next)
{
	if (is_same(search, next)) {
		next->due_ns = search->due_ns;
		next->pause_ns = search->pause_ns;
	}
	discover_search_done(search);
	*search = *next;
	*next = (struct discover_search){};
}

static int add_destinations(const struct discover_search *search,
			    const struct discover_rule *rule,
			    struct vm_address **addresses, size_t *n)
{
	for (size_t i = 0; i < search->n_destinations; i++) {
		const struct vm_address *address = &search->destinations[i];
		int r = 0;

		if (discover_match_address(rule, address))
			r = append(addresses, n, address);
		if (r < 0)
			return r;
	}
	return 0;
}

static int add_subnet(const struct discover_rule *rule,
		      struct vm_address **addresses, size_t *n)
{
	uint32_t first, last, size;

	if (!rule->has_subnet || rule->subnet.family != AF_INET ||
	    rule->prefix < SHORTEST_PREFIX)
		return 0;
	size = UINT32_C(1) << (32 - rule->prefix);
	first = ntohl(rule->subnet.address.ipv4.s_addr) & ~(size - 1);
	last = first + (size - 1);
	for (uint32_t i = 0; i < size; i++) {
		struct vm_address address = { .family = AF_INET };
		int r = 0;

		address.address.ipv4.s_addr = htonl(first + i);
		/* The network's own address, and broadcast. */
		if (size > 2 && (i == 0 || first + i == last))
			continue;
		if (discover_match_address(rule, &address))
			r = append(addresses, n, &address);
		if (r < 0)
			return r;
	}
	return 0;
}

int discover_search_next(struct discover_search *search, uint64_t now_ns,
			 struct vm_address **ret_addresses, size_t *ret_n)
{
	_cleanup_free_ struct vm_address *addresses = NULL;
	size_t n = 0;
	int r = 0;

	*ret_addresses = NULL;
	*ret_n = 0;
	if (!search->n_subnets || (search->pause_ns && now_ns < search->due_ns))
		return 0;
	for (size_t i = 0; i < search->n_subnets && r == 0; i++) {
		size_t before = n;

		r = add_destinations(search, search->subnets[i], &addresses,
				     &n);
		if (r == 0 && n == before)
			r = add_subnet(search->subnets[i], &addresses, &n);
	}
	if (r < 0)
		return r;
	search->pause_ns = search->pause_ns ?
			   MIN(2 * search->pause_ns, LONGEST_PAUSE_NS) :
			   FIRST_PAUSE_NS;
	search->due_ns = now_ns + search->pause_ns;
	*ret_addresses = TAKE_PTR(addresses);
	*ret_n = n;
	return 0;
}
