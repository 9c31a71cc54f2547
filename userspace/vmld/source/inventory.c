/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "source/source.h"
#include "util.h"

struct vm_inventory *vm_inventory_new(const char *hypervisor, uint64_t time_ns)
{
	struct vm_inventory *inventory = calloc(1, sizeof(*inventory));

	if (!inventory)
		return NULL;
	inventory->time_ns = time_ns;
	inventory->hypervisor = strdup(hypervisor);
	if (!inventory->hypervisor)
		return vm_inventory_free(inventory);
	return inventory;
}

/* The room doubles whenever the number of samples reaches a power of two. */
static bool is_full(size_t n)
{
	return (n & (n - 1)) == 0;
}

struct vm_sample *vm_inventory_add(struct vm_inventory *inventory)
{
	size_t n = inventory->n_samples;
	struct vm_sample *grown;

	if (is_full(n)) {
		grown = reallocarray(inventory->samples, n ? 2 * n : 1,
				     sizeof(*grown));
		if (!grown)
			return NULL;
		inventory->samples = grown;
	}
	inventory->n_samples++;
	inventory->samples[n] = (struct vm_sample){
		.boot_id = VM_BOOT_ID_NONE,
		.time_ns = inventory->time_ns,
	};
	return &inventory->samples[n];
}

struct vm_inventory *vm_inventory_free(struct vm_inventory *inventory)
{
	if (!inventory)
		return NULL;
	for (size_t i = 0; i < inventory->n_samples; i++) {
		free(inventory->samples[i].name);
		free(inventory->samples[i].addresses);
		free(inventory->samples[i].macs);
	}
	free(inventory->samples);
	free(inventory->hypervisor);
	free(inventory);
	return NULL;
}

void vm_inventory_freep(struct vm_inventory **inventory)
{
	vm_inventory_free(*inventory);
}

const struct vm_sample *
vm_inventory_find(const struct vm_inventory *inventory,
		  const uint8_t uuid[static VM_UUID_SIZE])
{
	for (size_t i = 0; i < inventory->n_samples; i++)
		if (memcmp(inventory->samples[i].uuid, uuid,
			   VM_UUID_SIZE) == 0)
			return &inventory->samples[i];
	return NULL;
}
