/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "fake_kernel.h"
#include "util.h"

/* The one made last: where daemon_new() finds the sink that it asks for. */
static struct fake_kernel *newest;

static struct fake_kernel *of_sink(struct sink *sink)
{
	return (struct fake_kernel *)sink;
}

static struct fake_kernel *of_control(struct ipvs_control *control)
{
	return (struct fake_kernel *)control;
}

static struct sink_destination *find(struct fake_kernel *kernel,
				     const struct vml_destination_key *key)
{
	for (size_t i = 0; i < kernel->n; i++)
		if (!vml_destination_key_compare(&kernel->destinations[i].key,
						 key))
			return &kernel->destinations[i];
	return NULL;
}

static int presence(const struct fake_kernel *kernel)
{
	if (!kernel->loaded)
		return -ENODEV;
	return kernel->bound ? 0 : -ENOENT;
}

static int add(struct fake_kernel *kernel,
	       const struct vml_destination_key *key, uint32_t weight)
{
	if (find(kernel, key))
		return -EEXIST;
	if (kernel->n == FAKE_MAX)
		return -ENOMEM;
	kernel->destinations[kernel->n++] = (struct sink_destination){
		.key = *key,
		.weight = weight,
		.scale = VML_SCALE_ONE,
	};
	return 0;
}

static int drop(struct fake_kernel *kernel,
		const struct vml_destination_key *key)
{
	struct sink_destination *found = find(kernel, key);

	if (!found)
		return -ENOENT;
	*found = kernel->destinations[--kernel->n];
	return 0;
}

static int fake_read(struct sink *sink, const struct vml_service_key *key,
		     struct sink_service *ret_service)
{
	struct fake_kernel *kernel = of_sink(sink);
	struct sink_service result = {
		.generation = kernel->generation,
		.has_lease = kernel->has_lease,
		.lease_ms = kernel->lease_ms,
		.n_destinations = kernel->n,
	};

	(void)key;
	kernel->reads++;
	if (presence(kernel) < 0)
		return presence(kernel);
	result.destinations = calloc(kernel->n + 1,
				     sizeof(*result.destinations));
	memcpy(result.destinations, kernel->destinations,
	       kernel->n * sizeof(*result.destinations));
	sink_service_sort(&result);
	*ret_service = result;
	return 0;
}

static int fake_push(struct sink *sink, const struct vml_service_key *key,
		     const struct vml_scale *scales, size_t n,
		     uint32_t lease_ms, uint32_t generation,
		     uint32_t *ret_generation)
{
	struct fake_kernel *kernel = of_sink(sink);
	void (*before)(struct fake_kernel *kernel) = kernel->before_push;
	bool changed = false;

	(void)key;
	kernel->before_push = NULL;
	if (before)
		before(kernel);
	if (presence(kernel) < 0)
		return presence(kernel);
	if (generation != kernel->generation)
		return -ESTALE;
	for (size_t i = 0; i < n; i++)
		if (!find(kernel, &scales[i].key))
			return -ENOENT;
	for (size_t i = 0; i < kernel->n; i++) {
		uint32_t scale = VML_SCALE_ONE;

		for (size_t j = 0; j < n; j++)
			if (!vml_destination_key_compare(
				    &scales[j].key,
				    &kernel->destinations[i].key))
				scale = scales[j].scale;
		changed |= kernel->destinations[i].scale != scale;
		kernel->destinations[i].scale = scale;
	}
	kernel->pushes++;
	kernel->renewals += !changed;
	kernel->has_lease = lease_ms;
	kernel->lease_ms = lease_ms;
	*ret_generation = ++kernel->generation;
	return 0;
}

static int fake_set_weight(struct sink *sink,
			   const struct vml_service_key *key,
			   const struct vml_destination_key *destination,
			   uint32_t weight)
{
	struct sink_destination *found = find(of_sink(sink), destination);

	(void)key;
	if (!found)
		return -ENOENT;
	found->weight = weight;
	return 0;
}

static int fake_restore(struct sink *sink, const struct vml_service_key *key)
{
	struct fake_kernel *kernel = of_sink(sink);

	(void)key;
	kernel->restores++;
	for (size_t i = 0; i < kernel->n; i++)
		kernel->destinations[i].scale = VML_SCALE_ONE;
	return presence(kernel);
}

static const char *fake_error(const struct sink *sink)
{
	(void)sink;
	return "as the test wants it";
}

static void fake_free(struct sink *sink)
{
	(void)sink;
}

static const struct sink_ops fake_ops = {
	.read = fake_read,
	.push = fake_push,
	.set_weight = fake_set_weight,
	.restore = fake_restore,
	.error = fake_error,
	.free = fake_free,
};

void fake_kernel_init(struct fake_kernel *kernel)
{
	*kernel = (struct fake_kernel){
		.sink = { .ops = &fake_ops, .has_leases = true },
		.loaded = true,
		.bound = true,
	};
	newest = kernel;
}

struct ipvs_control *fake_kernel_control(struct fake_kernel *kernel)
{
	return (struct ipvs_control *)kernel;
}

void fake_kernel_add(struct fake_kernel *kernel, const char *text,
		     uint32_t weight)
{
	struct vml_destination_key key;

	if (vml_destination_key_parse(text, &key) < 0 ||
	    add(kernel, &key, weight) < 0)
		abort();
}

void fake_kernel_remove(struct fake_kernel *kernel, const char *text)
{
	struct vml_destination_key key;

	if (vml_destination_key_parse(text, &key) < 0 ||
	    drop(kernel, &key) < 0)
		abort();
}

struct sink_destination *fake_kernel_find(struct fake_kernel *kernel,
					  const char *text)
{
	struct vml_destination_key key;

	if (vml_destination_key_parse(text, &key) < 0)
		abort();
	return find(kernel, &key);
}

int sink_module_new(struct ipvs_control *control, struct sink **ret_sink)
{
	(void)control;
	*ret_sink = &newest->sink;
	return 0;
}

int sink_ipvs_new(struct ipvs_control *control, const char *state_directory,
		  bool observes, const struct log *log,
		  struct sink **ret_sink)
{
	(void)control;
	(void)state_directory;
	(void)observes;
	(void)log;
	(void)ret_sink;
	return -EOPNOTSUPP;
}

int ipvs_control_new(struct ipvs_control **ret_control)
{
	*ret_control = NULL;
	return 0;
}

struct ipvs_control *ipvs_control_free(struct ipvs_control *control)
{
	(void)control;
	return NULL;
}

int ipvs_service_get(struct ipvs_control *control,
		     const struct vml_service_key *key,
		     struct ipvs_service *ret_service)
{
	struct fake_kernel *kernel = of_control(control);

	(void)key;
	if (presence(kernel) == 0)
		*ret_service = kernel->service;
	return presence(kernel);
}

int ipvs_service_add(struct ipvs_control *control,
		     const struct vml_service_key *key,
		     const struct ipvs_service *service)
{
	struct fake_kernel *kernel = of_control(control);

	(void)key;
	kernel->bound = true;
	kernel->service = *service;
	kernel->n = 0;
	return 0;
}

int ipvs_service_edit(struct ipvs_control *control,
		      const struct vml_service_key *key,
		      const struct ipvs_service *service)
{
	(void)key;
	of_control(control)->service = *service;
	return 0;
}

int ipvs_destination_add(struct ipvs_control *control,
			 const struct vml_service_key *service,
			 const struct ipvs_destination *destination)
{
	struct fake_kernel *kernel = of_control(control);
	char key[VML_KEY_STRING_MAX];

	(void)service;
	vml_destination_key_format(&destination->key, key);
	if (kernel->refused && !strcmp(key, kernel->refused))
		return -EINVAL;
	return add(kernel, &destination->key, destination->weight);
}

int ipvs_destination_remove(struct ipvs_control *control,
			    const struct vml_service_key *service,
			    const struct vml_destination_key *key)
{
	(void)service;
	return drop(of_control(control), key);
}
