/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMLD_SERVE_STATUS_H
#define VMLD_SERVE_STATUS_H

#include <jansson.h>

#include "loop.h"

/* All that there is to see, as docs/ describes it; NULL: no memory. */
json_t *status_to_json(const struct daemon *daemon);

#endif
