/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The trace of scales and reasons. A line of it is
 *
 *	SECONDS [SERVICE/]MEMBER SCALE STATE [REASON; REASON...]
 *
 * and is there whenever the daemon would push a member's scale, or the state
 * or the kinds of reason change. A member is the domain, or the destination
 * if no domain is known, or it is behind more than one of the service.
 */
#ifndef VMLD_REPLAY_TRACE_H
#define VMLD_REPLAY_TRACE_H

#include <stdio.h>

#include "service.h"

struct trace;

/* with_service: name the service, since there are several. */
int trace_new(FILE *file, bool with_service, struct trace **ret_trace);
struct trace *trace_free(struct trace *trace);

/* Of a service that has just been stepped. -ENOMEM. */
int trace_service(struct trace *trace, const struct service *service,
		  const struct drains *drains, uint64_t time_ns);

#endif
