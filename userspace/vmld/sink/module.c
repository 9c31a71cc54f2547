/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sink/ipvs_control.h"
#include "sink/sink.h"

/* Long enough for 10,000 destinations, short enough for the watchdog. */
#define TIMEOUT_MS 2000

/*
 * For how long an absent family is taken for absent. To ask for it makes the
 * kernel look for the module, and there may be many services.
 */
#define ABSENT_NS NSEC_PER_SEC

struct module {
	struct sink sink;
	struct ipvs_control *control;
	struct vml_client *client;
	struct vml_listener *listener;	/* NULL: not yet */
	uint64_t absent_until;
};

static struct module *to_module(struct sink *sink)
{
	return (struct module *)sink;
}

static bool is_absent(const struct module *module)
{
	return now_ns() < module->absent_until;
}

static int note_absence(struct module *module, int r)
{
	if (r == -ENODEV)
		module->absent_until = now_ns() + ABSENT_NS;
	return r;
}

static int module_read(struct sink *sink, const struct vml_service_key *key,
		       struct sink_service *ret_service)
{
	struct module *module = to_module(sink);
	struct vml_client *client = module->client;
	_cleanup_free_ struct vml_destination *destinations = NULL;
	struct vml_service service;
	struct sink_service result;
	size_t n;
	int r;

	if (is_absent(module))
		return -ENODEV;
	/*
	 * The generation first: a set that is committed in between makes the
	 * next push fail, and not overwrite what it never saw.
	 */
	r = note_absence(module, vml_service_get(client, key, &service));
	if (r < 0)
		return r;
	r = vml_destination_dump(client, key, &destinations, &n);
	if (r < 0)
		return r;
	result = (struct sink_service){
		.generation = service.generation,
		.has_lease = service.has_lease,
		.lease_ms = service.lease_ms,
		.destinations = calloc(n + 1, sizeof(*result.destinations)),
		.n_destinations = n,
	};
	if (!result.destinations)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		result.destinations[i] = (struct sink_destination){
			.key = destinations[i].key,
			.weight = destinations[i].weight,
			.scale = destinations[i].scale,
			.active_connections =
				destinations[i].active_connections,
			.inactive_connections =
				destinations[i].inactive_connections,
			.picks = destinations[i].picks,
		};
	sink_service_sort(&result);
	*ret_service = result;
	return 0;
}

static int module_push(struct sink *sink, const struct vml_service_key *key,
		       const struct vml_scale *scales, size_t n,
		       uint32_t lease_ms, uint32_t generation,
		       uint32_t *ret_generation)
{
	const struct vml_commit commit = {
		.lease_ms = lease_ms,
		.compare_generation = true,
		.generation = generation,
	};

	return vml_scale_set(to_module(sink)->client, key, scales, n, &commit,
			     ret_generation);
}

static int module_set_weight(struct sink *sink,
			     const struct vml_service_key *key,
			     const struct vml_destination_key *destination,
			     uint32_t weight)
{
	return ipvs_weight_set(to_module(sink)->control, key, destination,
			       weight);
}

static int module_restore(struct sink *sink, const struct vml_service_key *key)
{
	const struct vml_commit commit = {};
	uint32_t generation;

	return vml_scale_set(to_module(sink)->client, key, NULL, 0, &commit,
			     &generation);
}

static int module_listen(struct sink *sink)
{
	struct module *module = to_module(sink);

	int r;

	if (!module->listener) {
		if (is_absent(module))
			return -ENODEV;
		r = note_absence(module, vml_listener_open(&module->listener));
		if (r < 0)
			return r;
	}
	return vml_listener_fd(module->listener);
}

static void module_unlisten(struct sink *sink)
{
	struct module *module = to_module(sink);

	module->listener = vml_listener_free(module->listener);
}

static int module_dispatch(struct sink *sink, sink_changed_t changed,
			   void *userdata)
{
	struct vml_event event;
	int r;

	while ((r = vml_listener_next(to_module(sink)->listener, &event)) > 0)
		changed(&event, userdata);
	return r;
}

static const char *module_error(const struct sink *sink)
{
	const struct module *module = (const struct module *)sink;

	if (is_absent(module))
		return "the kernel module ip_vs_vml is not loaded";
	return vml_client_error(module->client);
}

static void module_free(struct sink *sink)
{
	struct module *module = to_module(sink);

	vml_listener_free(module->listener);
	vml_client_free(module->client);
	free(module);
}

static const struct sink_ops module_ops = {
	.read = module_read,
	.push = module_push,
	.set_weight = module_set_weight,
	.restore = module_restore,
	.listen = module_listen,
	.unlisten = module_unlisten,
	.dispatch = module_dispatch,
	.error = module_error,
	.free = module_free,
};

int sink_module_new(struct ipvs_control *control, struct sink **ret_sink)
{
	struct module *module = calloc(1, sizeof(*module));
	int r;

	if (!module)
		return -ENOMEM;
	module->sink.ops = &module_ops;
	module->sink.has_leases = true;
	module->control = control;
	r = vml_client_open(&module->client);
	if (r < 0) {
		free(module);
		return r;
	}
	vml_client_set_timeout(module->client, TIMEOUT_MS);
	*ret_sink = &module->sink;
	return 0;
}
