/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a network namespace should hold, so far as requests determine it. */
#ifndef FUZZ_MODEL_H
#define FUZZ_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "pool.h"

struct model_destination {
	bool exists;
	uint32_t weight;
	uint32_t scale;		/* that was set; neutral after the lease */
};

struct model_service {
	bool exists;
	bool vml;		/* is scheduled by it */
	uint32_t lease;		/* ms, after which the scales go; 0: none */
	uint32_t generation;
	uint32_t n;		/* destinations */
	struct model_destination destinations[POOL_DESTINATIONS];
};

struct model {
	uint32_t n;		/* services that vml schedules */
	struct model_service services[POOL_SERVICES];
};

/* The service is bound to the scheduler, or no longer so. */
void model_bind(struct model *model, uint32_t service, bool vml);

/* All scales of the service are neutral again. */
void model_end_lease(struct model_service *service);

#endif
