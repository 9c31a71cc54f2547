/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What operations see of services and hypervisors. */
#include <string.h>

#include "operation/placement.h"
#include "operation/private.h"
#include "util.h"

static struct service_member member_of(const struct daemon *daemon,
				       const struct service *service, size_t i)
{
	return service_member(service, i, daemon_drains(daemon));
}

static bool is_backed(const struct service_member *member, const char *domain)
{
	return member->domain && !strcmp(member->domain, domain);
}

bool operation_concerns(const struct daemon *daemon,
			const struct service *service, const char *domain)
{
	for (size_t i = 0; i < service_n_members(service); i++) {
		struct service_member member = member_of(daemon, service, i);

		if (is_backed(&member, domain))
			return true;
	}
	return false;
}

int operation_find_host(const struct daemon *daemon, const char *name,
			size_t *ret_hypervisor)
{
	for (size_t i = 0; i < daemon_n_hypervisors(daemon); i++) {
		if (strcmp(source_name(daemon_source(daemon, i)), name) != 0)
			continue;
		*ret_hypervisor = i;
		return 0;
	}
	return -ENOENT;
}

static int find_uuid(const struct daemon *daemon, const char *domain,
		     uint8_t ret_uuid[static VM_UUID_SIZE])
{
	for (size_t i = 0; i < daemon_n_services(daemon); i++) {
		const struct service *service = daemon_service(daemon, i);

		for (size_t j = 0; j < service_n_members(service); j++) {
			struct service_member member =
				member_of(daemon, service, j);

			if (!is_backed(&member, domain) || !member.uuid)
				continue;
			memcpy(ret_uuid, member.uuid, VM_UUID_SIZE);
			return 0;
		}
	}
	return -ENOENT;
}

static bool is_up(const struct vm_sample *sample)
{
	return sample->state == VM_STATE_RUNNING ||
	       sample->state == VM_STATE_PAUSED;
}

/* In a migration it is up on two hosts, and runs on one of them. */
static int certainty(const struct vm_sample *sample)
{
	return is_up(sample) + (sample->state == VM_STATE_RUNNING);
}

int operation_find(const struct daemon *daemon, const char *domain,
		   struct operation_place *ret_place)
{
	struct operation_place place = {};
	bool found = false;
	int best = 0;
	int r;

	r = find_uuid(daemon, domain, place.uuid);
	if (r < 0)
		return r;
	/* It may be defined on more hosts than the one that runs it. */
	for (size_t i = 0; i < daemon_n_hypervisors(daemon); i++) {
		const struct vm_inventory *inventory =
			daemon_inventory(daemon, i);
		const struct vm_sample *sample =
			inventory ? vm_inventory_find(inventory, place.uuid) :
				    NULL;

		if (!sample || certainty(sample) < best ||
		    (found && !is_up(sample)))
			continue;
		found = true;
		best = certainty(sample);
		place.hypervisor = i;
		place.vcpus = sample->vcpus;
		place.running = sample->state == VM_STATE_RUNNING;
	}
	if (!found)
		return -ENOENT;
	*ret_place = place;
	return 0;
}

/* Destinations that it backs beside the others, as the floor counts them. */
static void look_at(const struct daemon *daemon, const struct service *service,
		    const char *domain, struct turn_view *view, char *text)
{
	const struct config_service *config = service_config(service);
	const struct drains *drains = daemon_drains(daemon);
	bool panic = service_state(service) == SERVICE_PANIC;
	bool held = drains_contain(drains, domain) &&
		    !drains_are_kept(drains, domain);
	size_t n = service_n_members(service);
	_cleanup_free_ struct floor_destination *destinations =
		calloc(n + 1, sizeof(*destinations));
	enum floor_answer floor;
	double left;

	if (!destinations) {
		view->known = false;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct service_member member = member_of(daemon, service, i);
		const struct sink_destination *d = member.destination;
		bool leaves = is_backed(&member, domain);
		bool open = d->weight && d->scale;

		/*
		 * In panic what takes connections is not known to be up, and a
		 * drain may be in force only at the next step. What the
		 * operation itself has out would take some.
		 */
		destinations[i] = (struct floor_destination){
			.weight = member.weight,
			.takes = leaves ? open || (d->weight && held) :
					  open && !panic && !member.drained,
			.leaves = leaves,
		};
		if (!leaves)
			continue;
		view->closed &= !open;
		view->wanted |= d->weight &&
				!drains_are_kept(drains, domain);
		view->active += d->active_connections;
	}
	floor = floor_check(destinations, n, config->capacity_floor, &left);
	if (floor <= view->floor)
		return;
	view->floor = floor;
	snprintf(text, OPERATION_TEXT_MAX,
		 floor == FLOOR_NEVER ?
			 "without it service \"%s\" can't keep its capacity-floor of %.0f %% of its weight" :
			 "without it service \"%s\" has not its capacity-floor of %.0f %% of its weight, but %.0f %%",
		 config->name, config->capacity_floor * 100, left * 100);
	view->floor_text = text;
}

struct turn_view operation_view(const struct daemon *daemon,
				const char *domain,
				char floor_text[static OPERATION_TEXT_MAX])
{
	struct turn_view view = {
		.closed = true,
		.read_ns = UINT64_MAX,
		.floor = FLOOR_KEPT,
		.floor_text = floor_text,
	};

	*floor_text = '\0';
	for (size_t i = 0; i < daemon_n_services(daemon); i++) {
		const struct service *service = daemon_service(daemon, i);

		if (!operation_concerns(daemon, service, domain))
			continue;
		view.known = true;
		view.read_ns = MIN(view.read_ns, service_stepped(service));
		look_at(daemon, service, domain, &view, floor_text);
	}
	return view;
}

static uint32_t running_vcpus(const struct vm_inventory *inventory)
{
	uint32_t vcpus = 0;

	for (size_t i = 0; i < inventory->n_samples; i++)
		if (is_up(&inventory->samples[i]))
			vcpus += inventory->samples[i].vcpus;
	return vcpus;
}

int operation_choose_host(const struct operations *operations,
			  const struct operation_place *place, const char *to,
			  size_t *ret_hypervisor)
{
	const struct daemon *daemon = operations->daemon;
	size_t n = daemon_n_hypervisors(daemon);
	_cleanup_free_ struct placement_host *hosts =
		calloc(n, sizeof(*hosts));
	int chosen;

	if (!hosts)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct source *source = daemon_source(daemon, i);
		const struct vm_inventory *inventory =
			daemon_inventory(daemon, i);

		if (i == place->hypervisor || !inventory ||
		    source_state(source) != SOURCE_CONNECTED ||
		    (to && strcmp(source_name(source), to)) ||
		    operations_evacuate(operations, source_name(source)))
			continue;
		hosts[i] = (struct placement_host){
			.possible = true,
			.cpus = inventory->cpus,
			.vcpus = running_vcpus(inventory),
		};
	}
	chosen = placement_choose(hosts, n, place->vcpus);
	if (chosen < 0)
		return -ENOENT;
	*ret_hypervisor = (size_t)chosen;
	return 0;
}
