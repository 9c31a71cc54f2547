/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sink/sink.h"

static int compare(const void *a, const void *b)
{
	const struct sink_destination *x = a, *y = b;

	return vml_destination_key_compare(&x->key, &y->key);
}

void sink_service_sort(struct sink_service *service)
{
	if (service->n_destinations)
		qsort(service->destinations, service->n_destinations,
		      sizeof(*service->destinations), compare);
}

const struct sink_destination *
sink_service_find(const struct sink_service *service,
		  const struct vml_destination_key *key)
{
	const struct sink_destination wanted = { .key = *key };

	if (!service->n_destinations)
		return NULL;
	return bsearch(&wanted, service->destinations, service->n_destinations,
		       sizeof(wanted), compare);
}

void sink_service_clear(struct sink_service *service)
{
	free(service->destinations);
	*service = (struct sink_service){};
}
