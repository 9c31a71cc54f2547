/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Controllers set scales, with short leases, and read, and listen. */
#include <poll.h>

#include "race.h"

static void set_scales(struct racer *racer,
		       const struct vml_service_key *key,
		       const struct vml_destination *destinations, size_t n)
{
	static const uint32_t scales[] = {
		0, 1, VML_SCALE_ONE / 2, VML_SCALE_ONE, UINT32_MAX,
	};
	struct vml_scale set[N_DESTINATIONS];
	struct vml_commit commit = {
		.lease_ms = below(racer, below(racer, 2) ? 20 : 2000),
	};
	struct vml_service service;
	size_t named = 0;
	uint32_t generation;
	int r;

	for (size_t i = 0; i < n && named < N_DESTINATIONS; i++) {
		if (!below(racer, 4))
			continue;
		set[named].key = destinations[i].key;
		set[named++].scale = scales[below(racer, ARRAY_SIZE(scales))];
	}
	if (!below(racer, 4) &&
	    vml_service_get(racer->vml, key, &service) == 0) {
		commit.compare_generation = true;
		commit.generation = service.generation;
	}
	r = vml_scale_set(racer->vml, key, set, named, &commit, &generation);
	if (r == -ESTALE)
		count(racer, SETS_STALE);
	if (!succeeded(racer, "setting scales", r))
		return;
	count(racer, SETS_COMMITTED);
	if (commit.compare_generation)
		count(racer, SETS_COMPARED);
}

void race_scales(struct racer *racer)
{
	while (goes_on(racer)) {
		struct vml_service_key key =
			service_key(any_service(racer));
		_cleanup_free_ struct vml_destination *destinations = NULL;
		size_t n;

		if (!succeeded(racer, "reading destinations",
			       vml_destination_dump(racer->vml, &key,
						    &destinations, &n)))
			continue;
		set_scales(racer, &key, destinations, n);
		/* several in a row meet the ends of one another's leases */
		while (n && below(racer, 4))
			set_scales(racer, &key, destinations, n);
	}
}

void race_dumps(struct racer *racer)
{
	while (goes_on(racer)) {
		_cleanup_free_ struct vml_service *services = NULL;
		size_t n;

		if (!succeeded(racer, "reading services",
			       vml_service_dump(racer->vml, &services, &n)))
			continue;
		count(racer, SERVICE_DUMPS);
		for (size_t i = 0; i < n; i++) {
			_cleanup_free_ struct vml_destination *all = NULL;
			struct vml_destination one;
			size_t n_all;

			if (services[i].picks)
				count(racer, PICKS_SEEN);
			if (!succeeded(racer, "reading destinations",
				       vml_destination_dump(racer->vml,
							    &services[i].key,
							    &all, &n_all)))
				continue;
			count(racer, DESTINATION_DUMPS);
			if (n_all)
				succeeded(racer, "reading a destination",
					  vml_destination_get(racer->vml,
							      &services[i].key,
							      &all[0].key,
							      &one));
		}
	}
}

static void take_events(struct racer *racer, struct vml_listener *listener)
{
	static const enum count counts[] = {
		[VML_EVENT_SERVICE_BOUND] = EVENTS_BOUND,
		[VML_EVENT_SERVICE_UNBOUND] = EVENTS_UNBOUND,
		[VML_EVENT_DESTINATION_ADDED] = EVENTS_ADDED,
		[VML_EVENT_DESTINATION_REMOVED] = EVENTS_REMOVED,
		[VML_EVENT_SCALES_COMMITTED] = EVENTS_COMMITTED,
		[VML_EVENT_LEASE_EXPIRED] = EVENTS_EXPIRED,
	};
	struct vml_event event;
	int r;

	while ((r = vml_listener_next(listener, &event)) > 0)
		if (event.type != VML_EVENT_LOST)
			count(racer, counts[event.type]);
	succeeded(racer, "listening", r);
}

void race_events(struct racer *racer)
{
	while (goes_on(racer)) {
		_cleanup_(vml_listener_freep) struct vml_listener *listener =
			NULL;
		struct pollfd polled = { .events = POLLIN };

		if (!succeeded(racer, "opening a listener",
			       vml_listener_open(&listener)))
			continue;
		polled.fd = vml_listener_fd(listener);
		/* a new one now and then */
		while (goes_on(racer) && below(racer, 1000))
			if (poll(&polled, 1, 100) > 0)
				take_events(racer, listener);
	}
}
