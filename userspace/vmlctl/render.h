/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of what show and status print, from the JSON of kernel.h. */
#ifndef VMLCTL_RENDER_H
#define VMLCTL_RENDER_H

#include <jansson.h>

#include "table.h"

/* "tcp 192.0.2.1:80  web  weights  balancing  generation 7  lease 3.2 s" */
void render_service_line(const json_t *service, FILE *file);

/* The cells WEIGHT, SCALE, EFFECTIVE, ACTIVE and INACTIVE. */
void render_weights(struct table *table, const json_t *destination);

#endif
