/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A shadow of another sink: what is read is the kernel's, but for the scales,
 * which are those that would be in force if they had been pushed.
 */
#include <string.h>

#include "sink/sink.h"
#include "util.h"

struct pushed {
	struct vml_service_key key;
	struct vml_scale *scales;
	size_t n;
};

struct shadow {
	struct sink sink;
	struct sink *real;	/* owned */
	struct sink_ops ops;
	struct pushed *services;
	size_t n_services;
};

static struct shadow *of(struct sink *sink)
{
	return (struct shadow *)sink;
}

static struct pushed *find(struct shadow *shadow,
			   const struct vml_service_key *key)
{
	for (size_t i = 0; i < shadow->n_services; i++)
		if (!vml_service_key_compare(&shadow->services[i].key, key))
			return &shadow->services[i];
	return NULL;
}

static struct pushed *add(struct shadow *shadow,
			  const struct vml_service_key *key)
{
	struct pushed *found = find(shadow, key), *grown;

	if (found)
		return found;
	grown = reallocarray(shadow->services, shadow->n_services + 1,
			     sizeof(*grown));
	if (!grown)
		return NULL;
	shadow->services = grown;
	grown[shadow->n_services] = (struct pushed){ .key = *key };
	return &grown[shadow->n_services++];
}

static uint32_t scale_of(const struct pushed *pushed,
			 const struct vml_destination_key *key)
{
	for (size_t i = 0; pushed && i < pushed->n; i++)
		if (!vml_destination_key_compare(&pushed->scales[i].key, key))
			return pushed->scales[i].scale;
	return VML_SCALE_ONE;
}

static int shadow_read(struct sink *sink, const struct vml_service_key *key,
		       struct sink_service *ret_service)
{
	struct shadow *shadow = of(sink);
	const struct pushed *pushed = find(shadow, key);
	int r = shadow->real->ops->read(shadow->real, key, ret_service);

	for (size_t i = 0; r == 0 && i < ret_service->n_destinations; i++)
		ret_service->destinations[i].scale =
			scale_of(pushed, &ret_service->destinations[i].key);
	return r;
}

static int shadow_push(struct sink *sink, const struct vml_service_key *key,
		       const struct vml_scale *scales, size_t n,
		       _unused_ uint32_t lease_ms, uint32_t generation,
		       uint32_t *ret_generation)
{
	struct pushed *pushed = add(of(sink), key);
	struct vml_scale *copy = calloc(n + 1, sizeof(*copy));

	if (!pushed || !copy) {
		free(copy);
		return -ENOMEM;
	}
	if (n)
		memcpy(copy, scales, n * sizeof(*copy));
	free(pushed->scales);
	pushed->scales = copy;
	pushed->n = n;
	*ret_generation = generation;
	return 0;
}

static int shadow_set_weight(_unused_ struct sink *sink,
			     _unused_ const struct vml_service_key *key,
			     _unused_ const struct vml_destination_key *d,
			     _unused_ uint32_t weight)
{
	return 0;
}

static int shadow_restore(_unused_ struct sink *sink,
			  _unused_ const struct vml_service_key *key)
{
	return 0;
}

static int shadow_listen(struct sink *sink)
{
	return of(sink)->real->ops->listen(of(sink)->real);
}

static void shadow_unlisten(struct sink *sink)
{
	of(sink)->real->ops->unlisten(of(sink)->real);
}

static int shadow_dispatch(struct sink *sink, sink_changed_t changed,
			   void *userdata)
{
	return of(sink)->real->ops->dispatch(of(sink)->real, changed,
					     userdata);
}

static const char *shadow_error(const struct sink *sink)
{
	const struct shadow *shadow = (const struct shadow *)sink;

	return shadow->real->ops->error(shadow->real);
}

static void shadow_free(struct sink *sink)
{
	struct shadow *shadow = of(sink);

	for (size_t i = 0; i < shadow->n_services; i++)
		free(shadow->services[i].scales);
	free(shadow->services);
	sink_free(shadow->real);
	free(shadow);
}

int sink_shadow_new(struct sink *real, struct sink **ret_sink)
{
	struct shadow *shadow = calloc(1, sizeof(*shadow));

	if (!shadow)
		return -ENOMEM;
	shadow->real = real;
	shadow->ops = (struct sink_ops){
		.read = shadow_read,
		.push = shadow_push,
		.set_weight = shadow_set_weight,
		.restore = shadow_restore,
		.listen = real->ops->listen ? shadow_listen : NULL,
		.unlisten = shadow_unlisten,
		.dispatch = shadow_dispatch,
		.error = shadow_error,
		.free = shadow_free,
	};
	shadow->sink.ops = &shadow->ops;
	/* has_leases is false: there is nothing to renew. */
	*ret_sink = &shadow->sink;
	return 0;
}
