/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "discover_digest.h"

/* A step of a multiplicative hash, with the finish of MurmurHash3. */
static uint64_t mix(uint64_t digest, uint64_t word)
{
	digest = (digest ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	digest ^= digest >> 33;
	digest *= UINT64_C(0xff51afd7ed558ccd);
	return digest ^ digest >> 29;
}

static uint64_t mix_bytes(uint64_t digest, const void *data, size_t size)
{
	const char *bytes = data;

	digest = mix(digest, size);
	while (size > 0) {
		size_t part = size < 8 ? size : 8;
		uint64_t word = 0;

		memcpy(&word, bytes, part);
		digest = mix(digest, word);
		bytes += part;
		size -= part;
	}
	return digest;
}

static uint64_t mix_address(uint64_t digest, uint16_t family, uint16_t port,
			    const union vml_address *address)
{
	digest = mix(digest, (uint64_t)family << 16 | port);
	return mix_bytes(digest, address,
			 family == AF_INET ? sizeof(address->ipv4) :
					     sizeof(address->ipv6));
}

static uint64_t mix_sample(uint64_t digest, const struct vm_sample *sample)
{
	digest = mix_bytes(digest, sample->uuid, VM_UUID_SIZE);
	digest = mix_bytes(digest, sample->name, strlen(sample->name));
	digest = mix(digest, (uint64_t)sample->state << 32 | sample->vcpus);
	digest = mix(digest, sample->n_addresses);
	for (size_t i = 0; i < sample->n_addresses; i++)
		digest = mix_address(digest, sample->addresses[i].family, 0,
				     &sample->addresses[i].address);
	return digest;
}

uint64_t discover_digest_inventory(const struct vm_inventory *inventory)
{
	uint64_t digest = mix(0, inventory->n_samples);

	digest = mix_bytes(digest, inventory->hypervisor,
			   strlen(inventory->hypervisor));
	for (size_t i = 0; i < inventory->n_samples; i++)
		digest = mix_sample(digest, &inventory->samples[i]);
	return digest ?: 1;
}

static uint64_t digest_of(const struct vm_inventory *inventory)
{
	if (!inventory)
		return 0;
	return inventory->digest ?: discover_digest_inventory(inventory);
}

uint64_t discover_digest(const struct vm_inventory *const *inventories,
			 size_t n_inventories,
			 const struct vml_destination_key *destinations,
			 size_t n_destinations)
{
	uint64_t digest = mix(n_inventories, n_destinations);

	for (size_t i = 0; i < n_inventories; i++)
		digest = mix(digest, digest_of(inventories[i]));
	for (size_t i = 0; i < n_destinations; i++)
		digest = mix_address(digest, destinations[i].family,
				     destinations[i].port,
				     &destinations[i].address);
	return digest;
}
