/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When all is quiet again, nothing is wrong, and nothing is left. */
#include <fcntl.h>
#include <linux/ip_vs.h>
#include <string.h>
#include <sys/syscall.h>

#include "race.h"

#define PATIENCE_NS (30 * NSEC_PER_SEC)

static void bind_services(struct racer *racer)
{
	for (unsigned int i = 0; i < N_SERVICES; i++)
		service_put(racer, i, "vml");
}

static const char *same_destinations(struct racer *racer,
				     const struct vml_service_key *key)
{
	_cleanup_free_ struct ipvs_destination *theirs = NULL;
	_cleanup_free_ struct vml_destination *ours = NULL;
	size_t n_theirs, n_ours;

	if (ipvs_destination_dump(racer->ipvs, key, &theirs, &n_theirs) < 0 ||
	    vml_destination_dump(racer->vml, key, &ours, &n_ours) < 0)
		return "a service can't be read";
	if (n_theirs != n_ours)
		return "IPVS and vml have not as many destinations";
	for (size_t i = 0; i < n_ours; i++)
		if (vml_destination_key_compare(&ours[i].key,
						&theirs[i].key) ||
		    ours[i].weight != theirs[i].weight)
			return "IPVS and vml have different destinations";
	return NULL;
}

/* First as the race left it, then bound anew. */
const char *state_is_consistent(struct racer *racer)
{
	const char *wrong = NULL;

	for (int round = 0; round < 2 && !wrong; round++) {
		_cleanup_free_ struct vml_service *services = NULL;
		size_t n = 0;

		if (round == 1)
			bind_services(racer);
		if (vml_service_dump(racer->vml, &services, &n) < 0)
			wrong = "the services can't be read";
		if (!wrong && round == 1 && n != N_SERVICES)
			wrong = "not all services are bound";
		for (size_t i = 0; i < n && !wrong; i++)
			wrong = same_destinations(racer, &services[i].key);
	}
	return wrong;
}

/* Of a service's destinations, one is left, by scales alone. */
static const char *one_takes_all(struct racer *racer, unsigned int i)
{
	const struct vml_service_key key = service_key(i);
	const struct vml_commit for_ever = {};
	struct ipvs_destination d = destination_of(racer, i);
	_cleanup_free_ struct vml_destination *all = NULL;
	struct vml_scale scales[N_DESTINATIONS];
	struct vml_destination before, after;
	uint32_t generation;
	size_t n;
	int r;

	d.weight = 7;
	r = ipvs_destination_add(racer->ipvs, &key, &d);
	if (r == -EEXIST)
		r = ipvs_destination_edit(racer->ipvs, &key, &d);
	if (r < 0)
		return "a destination can't be added";
	if (vml_destination_dump(racer->vml, &key, &all, &n) < 0 ||
	    n > N_DESTINATIONS)
		return "the destinations can't be read";
	for (size_t j = 0; j < n; j++) {
		bool chosen = !vml_destination_key_compare(&all[j].key,
							   &d.key);

		scales[j].key = all[j].key;
		scales[j].scale = chosen ? VML_SCALE_ONE : 0;
	}
	if (vml_scale_set(racer->vml, &key, scales, n, &for_ever,
			  &generation) < 0 ||
	    vml_destination_get(racer->vml, &key, &d.key, &before) < 0)
		return "scales can't be set";
	send_datagrams(i, 300);
	if (vml_destination_get(racer->vml, &key, &d.key, &after) < 0)
		return "the destination can't be read";
	if (after.picks - before.picks != 300)
		return "not all goes to the only one with a scale";
	return NULL;
}

const char *traffic_follows_scales(struct racer *racer)
{
	const char *wrong = NULL;

	bind_services(racer);
	for (unsigned int i = 1; i < N_SERVICES && !wrong; i++)
		wrong = one_takes_all(racer, i);
	return wrong;
}

/* Namespaces go a while after they were left, and hold modules until then. */
static bool unload(const char *module)
{
	uint64_t end = now_ns() + PATIENCE_NS;

	while (syscall(SYS_delete_module, module, O_NONBLOCK)) {
		if (errno == ENOENT)
			break;
		if (now_ns() > end)
			return false;
		usleep(10000);
	}
	return true;
}

const char *everything_goes(struct racer *racer)
{
	static const char *const modules[] = {
		"ip_vs_vml", "ip_vs_rr", "ip_vs_wlc", "ip_vs",
	};
	static const char *const wrong[] = {
		"ip_vs_vml can't be unloaded", "ip_vs_rr can't be unloaded",
		"ip_vs_wlc can't be unloaded", "ip_vs can't be unloaded",
	};

	for (unsigned int i = 0; i < N_SERVICES; i++) {
		struct vml_service_key key = service_key(i);

		if (service_remove(&key) < 0)
			return "a service can't be removed";
	}
	racer->vml = vml_client_free(racer->vml);
	racer->ipvs = ipvs_control_free(racer->ipvs);
	for (size_t i = 0; i < ARRAY_SIZE(modules); i++)
		if (!unload(modules[i]))
			return wrong[i];
	return NULL;
}
