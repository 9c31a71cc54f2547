/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "replay/kernel.h"
#include "source/script.h"
#include "util.h"

struct entry {
	struct vml_service_key service;
	struct sink_destination destination;
};

struct replay_kernel {
	struct sink sink;
	struct entry *entries;
	size_t n;
	size_t last;		/* found; the next one is likely behind it */
	uint32_t generation;
};

static struct replay_kernel *of(struct sink *sink)
{
	return (struct replay_kernel *)sink;
}

static struct entry *find(struct replay_kernel *kernel,
			  const struct vml_service_key *service,
			  const struct vml_destination_key *key)
{
	for (size_t i = 0; i < kernel->n; i++) {
		size_t at = (kernel->last + 1 + i) % kernel->n;
		struct entry *entry = &kernel->entries[at];

		if (vml_destination_key_compare(&entry->destination.key,
						key) ||
		    vml_service_key_compare(&entry->service, service))
			continue;
		kernel->last = at;
		return entry;
	}
	return NULL;
}

struct sink_destination *
replay_kernel_add(struct replay_kernel *kernel,
		  const struct vml_service_key *service,
		  const struct vml_destination_key *key)
{
	struct entry *entry = find(kernel, service, key);

	if (entry)
		return &entry->destination;
	entry = script_append(&kernel->entries, &kernel->n, sizeof(*entry));
	if (!entry)
		return NULL;
	entry->service = *service;
	entry->destination.key = *key;
	entry->destination.scale = VML_SCALE_ONE;
	return &entry->destination;
}

void replay_kernel_remove(struct replay_kernel *kernel,
			  const struct vml_service_key *service,
			  const struct vml_destination_key *key)
{
	struct entry *entry = find(kernel, service, key);

	if (!entry)
		return;
	/* In their order, by which they are found. */
	memmove(entry, entry + 1,
		(size_t)(kernel->entries + kernel->n - (entry + 1)) *
			sizeof(*entry));
	kernel->n--;
}

static int kernel_read(struct sink *sink, const struct vml_service_key *key,
		       struct sink_service *ret_service)
{
	struct replay_kernel *kernel = of(sink);
	struct sink_service result = { .generation = kernel->generation };

	result.destinations = calloc(kernel->n + 1,
				     sizeof(*result.destinations));
	if (!result.destinations)
		return -ENOMEM;
	for (size_t i = 0; i < kernel->n; i++)
		if (!vml_service_key_compare(&kernel->entries[i].service, key))
			result.destinations[result.n_destinations++] =
				kernel->entries[i].destination;
	sink_service_sort(&result);
	*ret_service = result;
	return 0;
}

static int kernel_push(struct sink *sink, const struct vml_service_key *key,
		       const struct vml_scale *scales, size_t n,
		       _unused_ uint32_t lease_ms,
		       _unused_ uint32_t generation, uint32_t *ret_generation)
{
	struct replay_kernel *kernel = of(sink);

	for (size_t i = 0; i < kernel->n; i++)
		if (!vml_service_key_compare(&kernel->entries[i].service, key))
			kernel->entries[i].destination.scale = VML_SCALE_ONE;
	for (size_t i = 0; i < n; i++) {
		struct entry *entry = find(kernel, key, &scales[i].key);

		if (entry)
			entry->destination.scale = scales[i].scale;
	}
	*ret_generation = ++kernel->generation;
	return 0;
}

static const char *kernel_error(_unused_ const struct sink *sink)
{
	return "out of memory";
}

static void kernel_free(struct sink *sink)
{
	struct replay_kernel *kernel = of(sink);

	free(kernel->entries);
	free(kernel);
}

/* A service that observes calls no other. */
static const struct sink_ops kernel_ops = {
	.read = kernel_read,
	.push = kernel_push,
	.error = kernel_error,
	.free = kernel_free,
};

int replay_kernel_new(struct replay_kernel **ret_kernel)
{
	struct replay_kernel *kernel = calloc(1, sizeof(*kernel));

	if (!kernel)
		return -ENOMEM;
	kernel->sink.ops = &kernel_ops;
	*ret_kernel = kernel;
	return 0;
}

struct replay_kernel *replay_kernel_free(struct replay_kernel *kernel)
{
	if (kernel)
		kernel_free(&kernel->sink);
	return NULL;
}

struct sink *replay_kernel_sink(struct replay_kernel *kernel)
{
	return &kernel->sink;
}
