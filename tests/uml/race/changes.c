/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The administrator changes services and destinations. */
#include <string.h>

#include "race.h"

void race_destinations(struct racer *racer)
{
	while (goes_on(racer)) {
		unsigned int i = any_service(racer);
		struct vml_service_key service = service_key(i);
		struct ipvs_destination d = destination_of(racer, i);

		switch (below(racer, 4)) {
		case 0:
		case 1:
			if (succeeded(racer, "adding a destination",
				      ipvs_destination_add(racer->ipvs,
							   &service, &d)))
				count(racer, DESTINATIONS_ADDED);
			break;
		case 2:
			if (succeeded(racer, "editing a destination",
				      ipvs_destination_edit(racer->ipvs,
							    &service, &d)))
				count(racer, DESTINATIONS_EDITED);
			break;
		default:
			if (succeeded(racer, "removing a destination",
				      ipvs_destination_remove(racer->ipvs,
							      &service,
							      &d.key)))
				count(racer, DESTINATIONS_REMOVED);
		}
	}
}

void race_services(struct racer *racer)
{
	while (goes_on(racer)) {
		unsigned int i = N_FIXED + below(racer, N_SERVICES - N_FIXED);
		struct vml_service_key key = service_key(i);
		struct ipvs_service service = service_of(racer, i);

		if (succeeded(racer, "removing a service",
			      service_remove(&key)))
			count(racer, SERVICES_REMOVED);
		if (succeeded(racer, "adding a service",
			      ipvs_service_add(racer->ipvs, &key, &service)))
			count(racer, SERVICES_ADDED);
		for (unsigned int n = below(racer, 8); n; n--) {
			struct ipvs_destination d = destination_of(racer, i);

			succeeded(racer, "adding a destination",
				  ipvs_destination_add(racer->ipvs, &key, &d));
		}
	}
}

void race_schedulers(struct racer *racer)
{
	unsigned int i = 0;

	while (goes_on(racer)) {
		struct vml_service_key key = service_key(i);
		struct ipvs_service before;
		struct ipvs_service after = service_of(racer, i);

		i = (i + 1) % N_SERVICES;
		if (!succeeded(racer, "reading a service",
			       ipvs_service_get(racer->ipvs, &key, &before)) ||
		    !succeeded(racer, "changing a scheduler",
			       ipvs_service_edit(racer->ipvs, &key, &after)) ||
		    !strcmp(before.scheduler, after.scheduler))
			continue;
		if (!strcmp(after.scheduler, "vml"))
			count(racer, SCHEDULERS_TO_VML);
		else if (!strcmp(before.scheduler, "vml"))
			count(racer, SCHEDULERS_FROM_VML);
	}
}
