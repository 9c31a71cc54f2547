/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network namespaces that go with all that is in them. */
#include "race.h"

static void leave_things_behind(struct racer *racer, unsigned int i,
				struct vml_listener **ret_listener)
{
	struct vml_service_key key = service_key(i);
	struct ipvs_service service = service_of(racer, i);
	struct ipvs_destination d = destination_of(racer, i);
	const struct vml_commit commit = { .lease_ms = 1 + below(racer, 500) };
	struct vml_scale scale = { .key = d.key, .scale = below(racer, 9) };
	uint32_t generation;

	succeeded(racer, "adding a service",
		  ipvs_service_add(racer->ipvs, &key, &service));
	succeeded(racer, "adding a destination",
		  ipvs_destination_add(racer->ipvs, &key, &d));
	for (unsigned int n = below(racer, 8); n; n--) {
		struct ipvs_destination other = destination_of(racer, i);

		succeeded(racer, "adding a destination",
			  ipvs_destination_add(racer->ipvs, &key, &other));
	}
	if (!*ret_listener && below(racer, 2))
		succeeded(racer, "opening a listener",
			  vml_listener_open(ret_listener));
	succeeded(racer, "setting scales",
		  vml_scale_set(racer->vml, &key, &scale, 1, &commit,
				&generation));
	if (i)
		send_datagrams(i, 50);
	/* so that its table and its lease are due when the namespace goes */
	succeeded(racer, "removing a destination",
		  ipvs_destination_remove(racer->ipvs, &key, &d.key));
}

void race_namespaces(struct racer *racer)
{
	while (goes_on(racer)) {
		_cleanup_(vml_listener_freep) struct vml_listener *listener =
			NULL;

		/* Nothing is left that holds the one before. */
		racer->vml = vml_client_free(racer->vml);
		racer->ipvs = ipvs_control_free(racer->ipvs);
		enter_namespace();
		if (!succeeded(racer, "opening a client",
			       vml_client_open(&racer->vml)) ||
		    !succeeded(racer, "opening a client of IPVS",
			       ipvs_control_new(&racer->ipvs)))
			continue;
		for (unsigned int i = 0; i < N_SERVICES; i++)
			leave_things_behind(racer, i, &listener);
		count(racer, NAMESPACES_LEFT);
	}
}
