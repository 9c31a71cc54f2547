/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMLD_SERVE_EXPLAIN_H
#define VMLD_SERVE_EXPLAIN_H

#include <jansson.h>

#include "loop.h"

/*
 * All that is behind the scales of a domain's destinations, or of a
 * destination, in each service; as docs/ describes it. -ENOENT: name is
 * neither; -ENOMEM.
 */
int explain_to_json(const struct daemon *daemon, const char *name,
		    json_t **ret_json);

#endif
