/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plain IPVS: a scale becomes a weight. There is no lease, and the weights of
 * a service change one after another.
 */
#include <stdarg.h>
#include <string.h>

#include "sink/base_weights.h"
#include "sink/ipvs_control.h"
#include "sink/sink.h"
#include "state_file.h"

#define STATE_FILE "weights.json"

struct ipvs_sink {
	struct sink sink;
	struct ipvs_control *control;
	const char *state_directory;
	const struct log *log;
	bool observes;
	bool warned;		/* that the file is unreadable */
	struct base_weights **services;
	size_t n_services;
	char error[160];
};

static struct ipvs_sink *to_ipvs(struct sink *sink)
{
	return (struct ipvs_sink *)sink;
}

_printf_(3, 4) static int fail(struct ipvs_sink *ipvs, int error,
				const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(ipvs->error, sizeof(ipvs->error), format, arguments);
	va_end(arguments);
	return error;
}

static int fail_service(struct ipvs_sink *ipvs, int error, const char *what)
{
	if (error == -ENOENT)
		return fail(ipvs, error, "IPVS has no such service");
	if (error == -ENODEV)
		return fail(ipvs, error, "the kernel has no IPVS loaded");
	return fail(ipvs, error, "can't %s: %s", what, strerror(-error));
}

static struct base_weights *add_service(struct ipvs_sink *ipvs)
{
	struct base_weights **grown;

	grown = reallocarray(ipvs->services, ipvs->n_services + 1,
			     sizeof(*grown));
	if (!grown)
		return NULL;
	ipvs->services = grown;
	grown[ipvs->n_services] = calloc(1, sizeof(**grown));
	if (!grown[ipvs->n_services])
		return NULL;
	grown[ipvs->n_services]->multiplier = 1;
	return grown[ipvs->n_services++];
}

static struct base_weights *find_service(struct ipvs_sink *ipvs,
					 const struct vml_service_key *key)
{
	for (size_t i = 0; i < ipvs->n_services; i++)
		if (!vml_service_key_compare(&ipvs->services[i]->key, key))
			return ipvs->services[i];
	return NULL;
}

static void forget_service(struct ipvs_sink *ipvs,
			   struct base_weights *weights)
{
	for (size_t i = 0; i < ipvs->n_services; i++) {
		if (ipvs->services[i] != weights)
			continue;
		base_weights_clear(weights);
		free(weights);
		ipvs->services[i] = ipvs->services[--ipvs->n_services];
		return;
	}
}

static int save(struct ipvs_sink *ipvs)
{
	_cleanup_(json_decrefp) json_t *object = json_object();
	char key[VML_KEY_STRING_MAX];
	int r;

	for (size_t i = 0; i < ipvs->n_services; i++) {
		vml_service_key_format(&ipvs->services[i]->key, key);
		if (json_object_set_new(object, key,
					base_weights_to_json(ipvs->services[i])))
			return fail(ipvs, -ENOMEM, "out of memory");
	}
	/* What it says of the kernel has no meaning after a power failure. */
	r = state_file_write(ipvs->state_directory, STATE_FILE, object, false);
	if (r < 0)
		return fail(ipvs, r, "can't save the weights in %s/%s: %s",
			    ipvs->state_directory, STATE_FILE, strerror(-r));
	return 0;
}

static int load(struct ipvs_sink *ipvs)
{
	_cleanup_(json_decrefp) json_t *object = NULL;
	json_t *value;
	const char *key;
	int r;

	r = state_file_read(ipvs->state_directory, STATE_FILE, &object);
	if (r == -ENOENT)
		return 0;
	if (r < 0) {
		if (!ipvs->warned)
			log_warning(ipvs->log,
				    "%s/%s is unreadable (%s): taking the weights of the kernel for the administrator's",
				    ipvs->state_directory, STATE_FILE,
				    strerror(-r));
		ipvs->warned = true;
		return 0;
	}
	json_object_foreach(object, key, value) {
		struct base_weights weights;
		struct base_weights *added;

		if (base_weights_from_json(key, value, &weights) < 0)
			continue;
		added = add_service(ipvs);
		if (!added) {
			base_weights_clear(&weights);
			return -ENOMEM;
		}
		*added = weights;
	}
	return 0;
}

static void forget_all(struct ipvs_sink *ipvs)
{
	while (ipvs->n_services)
		forget_service(ipvs, ipvs->services[0]);
}

/*
 * IPVS counts the destinations between the parts of a dump: if one is removed
 * meanwhile, another one is left out, and if one is added, another comes twice.
 */
static bool is_torn(struct base_weights *weights,
		    const struct ipvs_destination *destinations, size_t n)
{
	size_t known = 0;

	for (size_t i = 0; i < n; i++) {
		if (i && !vml_destination_key_compare(&destinations[i - 1].key,
						      &destinations[i].key))
			return true;
		known += weights && base_weights_find(weights,
						      &destinations[i].key);
	}
	return weights && known < weights->n;
}

/* Once more, if it looks torn: the same again is what there is. */
static int dump(struct ipvs_sink *ipvs, const struct vml_service_key *key,
		struct base_weights *weights,
		struct ipvs_destination **ret_destinations, size_t *ret_n)
{
	int r = ipvs_destination_dump(ipvs->control, key, ret_destinations,
				      ret_n);

	if (r < 0 || !is_torn(weights, *ret_destinations, *ret_n))
		return r;
	free(*ret_destinations);
	*ret_destinations = NULL;
	return ipvs_destination_dump(ipvs->control, key, ret_destinations,
				     ret_n);
}

/* The destinations of the kernel, with the administrator's weights learned. */
static int learn(struct ipvs_sink *ipvs, const struct vml_service_key *key,
		 struct ipvs_destination **ret_destinations, size_t *ret_n,
		 struct base_weights **ret_weights)
{
	_cleanup_free_ struct ipvs_destination *destinations = NULL;
	struct base_weights *weights = find_service(ipvs, key);
	struct ipvs_service service;
	size_t n;
	int r;

	r = ipvs_service_get(ipvs->control, key, &service);
	if (r == 0)
		r = dump(ipvs, key, weights, &destinations, &n);
	if (r == -ENOENT && weights)
		forget_service(ipvs, weights);
	if (r < 0)
		return fail_service(ipvs, r, "read the service");
	/* Now: it is written before the kernel is. */
	if (ipvs->observes) {
		forget_all(ipvs);
		if (load(ipvs) < 0)
			return fail(ipvs, -ENOMEM, "out of memory");
		weights = find_service(ipvs, key);
	}
	if (!weights)
		weights = add_service(ipvs);
	if (!weights)
		return fail(ipvs, -ENOMEM, "out of memory");
	weights->key = *key;
	for (size_t i = 0; i < n; i++)
		if (base_weights_learn(weights, &destinations[i].key,
				       destinations[i].weight) < 0)
			return fail(ipvs, -ENOMEM, "out of memory");
	base_weights_forget(weights);
	*ret_destinations = TAKE_PTR(destinations);
	*ret_n = n;
	*ret_weights = weights;
	return 0;
}

static int ipvs_read(struct sink *sink, const struct vml_service_key *key,
		     struct sink_service *ret_service)
{
	_cleanup_free_ struct ipvs_destination *destinations = NULL;
	struct sink_service result = {};
	struct base_weights *weights;
	int r;

	r = learn(to_ipvs(sink), key, &destinations, &result.n_destinations,
		  &weights);
	if (r < 0)
		return r;
	result.destinations =
		calloc(result.n_destinations + 1, sizeof(*result.destinations));
	if (!result.destinations)
		return -ENOMEM;
	for (size_t i = 0; i < result.n_destinations; i++) {
		const struct ipvs_destination *d = &destinations[i];
		const struct base_weight *weight =
			base_weights_find(weights, &d->key);

		result.destinations[i] = (struct sink_destination){
			.key = d->key,
			.weight = weight->base,
			.scale = base_weight_scale(weight, weights->multiplier,
						   d->weight),
			.active_connections = d->active_connections,
			.inactive_connections = d->inactive_connections,
			.picks = d->connections,
		};
	}
	sink_service_sort(&result);
	*ret_service = result;
	return 0;
}

static int edit_weights(struct ipvs_sink *ipvs, struct base_weights *weights,
			struct ipvs_destination *destinations, size_t n)
{
	int result = 0, r;

	for (size_t i = 0; i < n; i++) {
		struct ipvs_destination *d = &destinations[i];
		const struct base_weight *weight =
			base_weights_find(weights, &d->key);

		if (d->weight == weight->written[0])
			continue;
		d->weight = weight->written[0];
		r = ipvs_destination_edit(ipvs->control, &weights->key, d);
		if (r < 0)
			result = fail_service(ipvs, r, "change a weight");
		/* One that is gone by now keeps no other from its weight. */
		if (r < 0 && r != -ENOENT)
			break;
	}
	return result;
}

/* The kernel's weights, after what is to become of them has been saved. */
static int write_weights(struct ipvs_sink *ipvs,
			 struct base_weights *weights,
			 struct ipvs_destination *destinations, size_t n)
{
	int r = save(ipvs);

	return r < 0 ? r : edit_weights(ipvs, weights, destinations, n);
}

static int compare_scales(const void *a, const void *b)
{
	const struct vml_scale *x = a, *y = b;

	return vml_destination_key_compare(&x->key, &y->key);
}

static uint32_t scale_of(const struct vml_scale *scales, size_t n,
			 const struct vml_destination_key *key)
{
	const struct vml_scale wanted = { .key = *key };
	const struct vml_scale *found = NULL;

	if (n)
		found = bsearch(&wanted, scales, n, sizeof(wanted),
				compare_scales);
	return found ? found->scale : VML_SCALE_ONE;
}

static int ipvs_push(struct sink *sink, const struct vml_service_key *key,
		     const struct vml_scale *scales, size_t n,
		     uint32_t lease_ms, uint32_t generation,
		     uint32_t *ret_generation)
{
	_cleanup_free_ struct ipvs_destination *destinations = NULL;
	struct ipvs_sink *ipvs = to_ipvs(sink);
	struct base_weights *weights;
	size_t n_destinations;
	int r;

	(void)lease_ms;
	r = learn(ipvs, key, &destinations, &n_destinations, &weights);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		if (!base_weights_find(weights, &scales[i].key))
			return fail(ipvs, -ENOENT,
				    "a destination is gone by now");
	weights->multiplier = base_weights_multiplier(weights);
	for (size_t i = 0; i < weights->n; i++)
		base_weight_write(&weights->weights[i], weights->multiplier,
				  scale_of(scales, n,
					   &weights->weights[i].key));
	r = write_weights(ipvs, weights, destinations, n_destinations);
	if (r < 0)
		return r;
	*ret_generation = generation + 1;
	return 0;
}

static int ipvs_set_weight(struct sink *sink,
			   const struct vml_service_key *key,
			   const struct vml_destination_key *destination,
			   uint32_t weight)
{
	_cleanup_free_ struct ipvs_destination *destinations = NULL;
	struct ipvs_sink *ipvs = to_ipvs(sink);
	struct base_weights *weights;
	struct base_weight *found;
	uint32_t scale = VML_SCALE_ONE;
	size_t n;
	int r;

	r = learn(ipvs, key, &destinations, &n, &weights);
	if (r < 0)
		return r;
	found = base_weights_find(weights, destination);
	if (!found)
		return fail(ipvs, -ENOENT, "the destination is gone by now");
	if (found->scale != BASE_WEIGHT_SCALE_UNKNOWN)
		scale = found->scale;
	found->base = weight;
	base_weight_write(found, weights->multiplier, scale);
	return write_weights(ipvs, weights, destinations, n);
}

static int ipvs_restore(struct sink *sink, const struct vml_service_key *key)
{
	_cleanup_free_ struct ipvs_destination *destinations = NULL;
	struct ipvs_sink *ipvs = to_ipvs(sink);
	struct base_weights *weights;
	size_t n;
	int r;

	r = learn(ipvs, key, &destinations, &n, &weights);
	if (r < 0)
		return r;
	for (size_t i = 0; i < weights->n; i++)
		base_weight_write(&weights->weights[i], 1, VML_SCALE_ONE);
	/* A weight that is the administrator's is one, saved or not. */
	r = edit_weights(ipvs, weights, destinations, n);
	if (r < 0)
		return r;
	forget_service(ipvs, weights);
	return save(ipvs);
}

static const char *ipvs_error(const struct sink *sink)
{
	return ((const struct ipvs_sink *)sink)->error;
}

static void ipvs_free(struct sink *sink)
{
	struct ipvs_sink *ipvs = to_ipvs(sink);

	forget_all(ipvs);
	free(ipvs->services);
	free(ipvs);
}

static const struct sink_ops ipvs_ops = {
	.read = ipvs_read,
	.push = ipvs_push,
	.set_weight = ipvs_set_weight,
	.restore = ipvs_restore,
	.error = ipvs_error,
	.free = ipvs_free,
};

int sink_ipvs_new(struct ipvs_control *control, const char *state_directory,
		  bool observes, const struct log *log, struct sink **ret_sink)
{
	struct ipvs_sink *ipvs = calloc(1, sizeof(*ipvs));
	int r;

	if (!ipvs)
		return -ENOMEM;
	ipvs->sink.ops = &ipvs_ops;
	ipvs->control = control;
	ipvs->state_directory = state_directory;
	ipvs->log = log;
	ipvs->observes = observes;
	r = load(ipvs);
	if (r < 0) {
		ipvs_free(&ipvs->sink);
		return r;
	}
	*ret_sink = &ipvs->sink;
	return 0;
}
