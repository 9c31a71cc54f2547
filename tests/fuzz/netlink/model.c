// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/ip_vs_vml.h>

#include "model.h"

void model_end_lease(struct model_service *service)
{
	for (uint32_t i = 0; i < POOL_DESTINATIONS; i++)
		service->destinations[i].scale = IP_VS_VML_SCALE_ONE;
	service->lease = 0;
}

void model_bind(struct model *model, uint32_t service, bool vml)
{
	struct model_service *bound = &model->services[service];

	if (bound->vml == vml)
		return;
	bound->vml = vml;
	bound->generation = 0;
	model_end_lease(bound);
	model->n += vml ? 1 : -1u;
}
