/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel of a replay: a sink that has the destinations which the script
 * or the recording says there were, and the scales that it is given.
 */
#ifndef VMLD_REPLAY_KERNEL_H
#define VMLD_REPLAY_KERNEL_H

#include "sink/sink.h"

struct replay_kernel;

int replay_kernel_new(struct replay_kernel **ret_kernel);
struct replay_kernel *replay_kernel_free(struct replay_kernel *kernel);
struct sink *replay_kernel_sink(struct replay_kernel *kernel);

/* The destination of a service, added if it is new; NULL: no memory. */
struct sink_destination *
replay_kernel_add(struct replay_kernel *kernel,
		  const struct vml_service_key *service,
		  const struct vml_destination_key *key);
void replay_kernel_remove(struct replay_kernel *kernel,
			  const struct vml_service_key *service,
			  const struct vml_destination_key *key);

#endif
