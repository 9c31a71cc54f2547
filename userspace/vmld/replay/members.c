/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The members of a script: what the kernel has of them, and what befalls them. */
#include <math.h>

#include "replay/replay_private.h"

/* A destination counts what its machine finishes. */
int replay_count_members(struct replay *replay)
{
	const struct script *script = replay->script;

	for (size_t i = 0; i < script->n_members * replay->n_services; i++) {
		const struct script_member *member =
			&script->members[i / replay->n_services];
		const struct vml_service_key *service =
			&service_config(replay->services[i %
					replay->n_services])->key;
		struct sink_destination *destination;
		const struct world_vm *vm;

		if (replay->left[i / replay->n_services]) {
			replay_kernel_remove(replay->kernel, service,
					     &member->key);
			continue;
		}
		destination = replay_kernel_add(replay->kernel, service,
						&member->key);
		if (!destination)
			return -ENOMEM;
		destination->weight = member->weight;
		if (member->vm == SCRIPT_NO_VM)
			continue;
		vm = &replay->world->vms[member->vm];
		destination->active_connections = (uint32_t)vm->active;
		destination->inactive_connections = (uint32_t)vm->inactive;
		destination->picks = (uint64_t)llround(vm->n_closed) +
				     destination->active_connections;
	}
	return 0;
}

int replay_change_members(struct replay *replay,
			  const struct script_step *step)
{
	const struct script *script = replay->script;
	int r;

	for (size_t i = 0; i < script->n_members; i++) {
		if (script->members[i].vm != step->vm)
			continue;
		if (step->verb == SCRIPT_WEIGHT)
			script->members[i].weight = step->number;
		else
			replay->left[i] = step->verb == SCRIPT_LEAVE;
	}
	r = replay_count_members(replay);
	return r < 0 ? r : replay_step_all(replay, step->time_ns);
}

/* In all services, as a script does not name them. */
int replay_check_members(struct replay *replay, const struct script_step *step)
{
	const struct script *script = replay->script;
	int r = 0;

	for (size_t i = 0; i < script->n_members; i++)
		for (size_t j = 0; script->members[i].vm == step->vm &&
				   j < replay->n_services && r == 0; j++)
			r = replay_tell_check(replay, j, &script->members[i].key,
				       step);
	return r;
}

/* A member that joins in the script is not there before. */
int replay_find_joining(struct replay *replay)
{
	const struct script *script = replay->script;

	replay->left = calloc(script->n_members + 1, sizeof(*replay->left));
	if (!replay->left)
		return -ENOMEM;
	for (size_t i = 0; i < script->n_members; i++)
		for (size_t j = 0; j < script->n_steps; j++)
			replay->left[i] |=
				script->steps[j].verb == SCRIPT_JOIN &&
				script->steps[j].vm == script->members[i].vm;
	return 0;
}
