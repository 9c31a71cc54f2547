/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The module for a vmld that is measured where there is none: linked in place
 * of sink/module.c, it keeps services in memory. FLEET in the environment says
 * which there are: "HOSTS MACHINES SERVICES", see hypervisors/main.c. Service
 * i, from 0, is 192.0.2.(i + 1). A single one has all machines; of several,
 * each has those of one host. For OUTS, see outs.h.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "outs.h"
#include "sink/sink.h"
#include "util.h"

#define PORT 80
#define FIRST_SERVICE 0xc0000201u
#define FIRST_MACHINE 0x0a000001u

/* Connections that each destination is given in a second, and has at a time. */
#define PICKS 20
#define ACTIVE 3

struct memory {
	struct sink sink;
	struct sink_service *services;
	unsigned int n;
	uint64_t begun_ns;
};

static struct memory *of_sink(struct sink *sink)
{
	return (struct memory *)sink;
}

static struct sink_service *find(struct memory *memory,
				 const struct vml_service_key *key)
{
	uint32_t i = ntohl(key->address.ipv4.s_addr) - FIRST_SERVICE;

	return i < memory->n ? &memory->services[i] : NULL;
}

static int memory_read(struct sink *sink, const struct vml_service_key *key,
		       struct sink_service *ret_service)
{
	struct memory *memory = of_sink(sink);
	struct sink_service *service = find(memory, key);
	uint64_t now = now_ns();
	size_t size;

	if (!service)
		return -ENOENT;
	size = service->n_destinations * sizeof(*service->destinations);
	*ret_service = *service;
	ret_service->destinations = malloc(size);
	if (!ret_service->destinations)
		return -ENOMEM;
	memcpy(ret_service->destinations, service->destinations, size);
	for (size_t i = 0; i < service->n_destinations; i++) {
		struct sink_destination *d = &ret_service->destinations[i];

		d->picks = (now - memory->begun_ns) * PICKS / NSEC_PER_SEC;
		d->active_connections = ACTIVE;
	}
	return 0;
}

static int memory_push(struct sink *sink, const struct vml_service_key *key,
		       const struct vml_scale *scales, size_t n,
		       uint32_t lease_ms, uint32_t generation,
		       uint32_t *ret_generation)
{
	struct sink_service *service = find(of_sink(sink), key);
	size_t given = 0;

	if (!service)
		return -ENOENT;
	if (generation != service->generation)
		return -ESTALE;
	for (size_t i = 0; i < service->n_destinations; i++) {
		struct sink_destination *d = &service->destinations[i];
		uint32_t before = d->scale;

		d->scale = VML_SCALE_ONE;
		if (given < n && vml_destination_key_compare(
					&scales[given].key, &d->key) == 0)
			d->scale = scales[given++].scale;
		if (before && !d->scale)
			outs_add(d->key.address.ipv4);
	}
	/* Time does not pass here, so it is never renewed for that. */
	service->has_lease = true;
	service->lease_ms = lease_ms;
	*ret_generation = ++service->generation;
	return given == n ? 0 : -ENOENT;
}

static int memory_restore(struct sink *sink, const struct vml_service_key *key)
{
	return find(of_sink(sink), key) ? 0 : -ENOENT;
}

static const char *memory_error(_unused_ const struct sink *sink)
{
	return "there is no such service";
}

static void memory_free(struct sink *sink)
{
	struct memory *memory = of_sink(sink);

	for (unsigned int i = 0; i < memory->n; i++)
		free(memory->services[i].destinations);
	free(memory->services);
	free(memory);
}

static const struct sink_ops memory_ops = {
	.read = memory_read,
	.push = memory_push,
	.restore = memory_restore,
	.error = memory_error,
	.free = memory_free,
};

/* Those of the hosts from first on. */
static int add_destinations(struct sink_service *service, unsigned int first,
			    unsigned int hosts, unsigned int machines)
{
	service->destinations = calloc((size_t)hosts * machines,
				       sizeof(*service->destinations));
	if (!service->destinations)
		return -ENOMEM;
	for (unsigned int host = first; host < first + hosts; host++)
		for (unsigned int i = 0; i < machines; i++) {
			struct sink_destination *d =
				&service->destinations[service->n_destinations];

			*d = (struct sink_destination){
				.weight = 100,
				.scale = VML_SCALE_ONE,
			};
			d->key.family = AF_INET;
			d->key.port = PORT;
			d->key.address.ipv4.s_addr =
				htonl(FIRST_MACHINE + 256 * host + i);
			service->n_destinations++;
		}
	sink_service_sort(service);
	return 0;
}

int sink_module_new(_unused_ struct ipvs_control *control,
		    struct sink **ret_sink)
{
	struct memory *memory = calloc(1, sizeof(*memory));
	unsigned int hosts, machines;
	const char *fleet = getenv("FLEET");

	if (!memory || !fleet ||
	    sscanf(fleet, "%u %u %u", &hosts, &machines, &memory->n) != 3)
		return -EINVAL;
	memory->services = calloc(memory->n, sizeof(*memory->services));
	if (!memory->services)
		return -ENOMEM;
	memory->sink.ops = &memory_ops;
	memory->sink.has_leases = true;
	memory->begun_ns = now_ns();
	for (unsigned int i = 0; i < memory->n; i++)
		if (add_destinations(&memory->services[i], i,
				     memory->n == 1 ? hosts : 1, machines) < 0)
			return -ENOMEM;
	*ret_sink = &memory->sink;
	return 0;
}
