/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fnmatch.h>
#include <string.h>

#include "discover_match.h"

bool discover_match_domain(const struct discover_rule *rule,
			   const char *domain, const char *hypervisor)
{
	bool here = rule->n_hypervisors == 0;

	for (size_t i = 0; i < rule->n_hypervisors && !here; i++)
		here = strcmp(rule->hypervisors[i], hypervisor) == 0;
	if (!here)
		return false;
	if (rule->has_address)
		return strcmp(rule->domain, domain) == 0;
	return fnmatch(rule->domain, domain, 0) == 0;
}

static unsigned int address_bits(uint16_t family)
{
	return family == AF_INET ? 32 : 128;
}

bool discover_match_subnet(const struct vm_address *subnet,
			   unsigned int prefix,
			   const struct vm_address *address)
{
	const uint8_t *a = (const uint8_t *)&address->address;
	const uint8_t *b = (const uint8_t *)&subnet->address;
	unsigned int bytes = prefix / 8;
	uint8_t mask = (uint8_t)(0xff00 >> prefix % 8);

	if (address->family != subnet->family)
		return false;
	if (memcmp(a, b, bytes) != 0)
		return false;
	return mask == 0 || (a[bytes] & mask) == (b[bytes] & mask);
}

bool discover_match_address(const struct discover_rule *rule,
			    const struct vm_address *address)
{
	if (rule->has_address)
		return vm_address_equal(address, &rule->address);
	if (vm_address_is_local(address) || vm_address_equal(address, &rule->excluded))
		return false;
	return !rule->has_subnet ||
	       discover_match_subnet(&rule->subnet, rule->prefix, address);
}

static bool has_family(const struct vm_sample *sample, uint16_t family)
{
	return vm_addresses_have(sample->addresses, sample->n_addresses,
				 family);
}

bool discover_match_unseen(const struct discover_rule *rule,
			   const struct vm_sample *sample)
{
	if (rule->has_address)
		return false;
	if (rule->has_subnet)
		return !has_family(sample, rule->subnet.family);
	return !has_family(sample, AF_INET) || !has_family(sample, AF_INET6);
}

static bool is_family(uint16_t family)
{
	return family == AF_INET || family == AF_INET6;
}

bool discover_rule_is_valid(const struct discover_rule *rule)
{
	if (rule->has_address && !is_family(rule->address.family))
		return false;
	if (!rule->has_subnet)
		return true;
	return is_family(rule->subnet.family) &&
	       rule->prefix <= address_bits(rule->subnet.family);
}

void discover_key(struct vml_destination_key *ret_key,
		  const struct discover_rule *rule,
		  const struct vm_address *address)
{
	*ret_key = (struct vml_destination_key){
		.family = address->family,
		.port = rule->port,
		.address = address->address,
	};
}
