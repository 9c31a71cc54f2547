/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The section "health" of a service of the configuration. */
#ifndef VMLD_CONFIG_HEALTH_H
#define VMLD_CONFIG_HEALTH_H

#include "config_service.h"

/* section is the service's, whose members are read already. -ENOMEM. */
int config_health_read(const struct config_section *section,
		       struct config_service *service);

#endif
