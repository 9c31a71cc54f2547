/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMLD_REPLAY_PRIVATE_H
#define VMLD_REPLAY_PRIVATE_H

#include "replay/kernel.h"
#include "replay/replay.h"
#include "replay/trace.h"
#include "service.h"
#include "source/world.h"

/* The script's time 0, so that none of the policy's times is 0. */
#define EPOCH_NS (1000 * NSEC_PER_SEC)

struct replay {
	const char *path;
	struct config *config;
	const struct log *log;
	FILE *file;		/* of the trace */
	const struct script *script;
	struct world *world;
	struct replay_kernel *kernel;
	struct drains *drains;
	struct trace *trace;
	uint64_t begun_ns;	/* when the daemon of the recording started */
	struct service **services;
	size_t n_services;
	bool *looked;		/* the recording has such a service */
	/* Of the configuration's hypervisors. */
	struct vm_inventory **inventories;
	unsigned int *heard;	/* inventories, no more than 2 are counted */
	bool *lost;
	bool *left;		/* of the script's members */
};

int replay_step_service(struct replay *replay, size_t i, uint64_t now);
int replay_step_all(struct replay *replay, uint64_t now);
/* A check of a destination of a service has ended. */
int replay_tell_check(struct replay *replay, size_t i,
		      const struct vml_destination_key *key,
		      const struct script_step *step);

/* Of the script: its members (members.c). */
int replay_find_joining(struct replay *replay);
int replay_count_members(struct replay *replay);
int replay_change_members(struct replay *replay,
			  const struct script_step *step);
int replay_check_members(struct replay *replay,
			 const struct script_step *step);

#endif
