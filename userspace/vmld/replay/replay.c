/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "replay/replay_private.h"

/* As loop.c has it. */
#define SETTLE_NS (5 * NSEC_PER_SEC)

static bool is_settled(const struct replay *replay, uint64_t now)
{
	if (now - replay->begun_ns >= SETTLE_NS)
		return true;
	for (size_t i = 0; i < replay->config->n_hypervisors; i++)
		if (replay->heard[i] < 2 && !replay->lost[i])
			return false;
	return true;
}

static struct service_env env_of(const struct replay *replay, uint64_t now)
{
	return (struct service_env){
		.log = replay->log,
		.sink = replay->kernel ? replay_kernel_sink(replay->kernel) :
					 NULL,
		.drains = replay->drains,
		.poll_interval_ns = replay->config->poll_interval_ns,
		.lease_ms = replay->config->lease_ms,
		.inventories = (const struct vm_inventory *const *)
			replay->inventories,
		.n_inventories = replay->config->n_hypervisors,
		.settled = is_settled(replay, now),
		.observes = true,
	};
}

int replay_step_service(struct replay *replay, size_t i, uint64_t now)
{
	struct service_env env = env_of(replay, now);

	service_step(replay->services[i], &env, EPOCH_NS + now);
	return trace_service(replay->trace, replay->services[i],
			     replay->drains, now);
}

/* The configuration's hypervisor, or SIZE_MAX: nobody watches it. */
static size_t find_hypervisor(const struct replay *replay, size_t host)
{
	const char *name = replay->script->hosts[host].name;

	for (size_t i = 0; i < replay->config->n_hypervisors; i++)
		if (strcmp(replay->config->hypervisors[i].name, name) == 0)
			return i;
	return SIZE_MAX;
}

static int take_inventory(struct replay *replay, size_t host, uint64_t asked)
{
	size_t i = find_hypervisor(replay, host);
	struct vm_inventory *inventory;
	int r;

	if (i == SIZE_MAX)
		return 0;
	r = world_inventory(replay->world, host, EPOCH_NS, asked, &inventory);
	if (r < 0)
		return r;
	vm_inventory_free(replay->inventories[i]);
	replay->inventories[i] = inventory;
	replay->heard[i] = MIN(replay->heard[i] + 1, 2u);
	replay->lost[i] = false;
	return 0;
}

static void lose(struct replay *replay, size_t host)
{
	size_t i = find_hypervisor(replay, host);

	if (i == SIZE_MAX)
		return;
	replay->inventories[i] = vm_inventory_free(replay->inventories[i]);
	replay->lost[i] = true;
}

/*
 * In a script, as the daemon does, at once; in a recording, when it did. What was
 * recorded was told, also before the connection was said to be there again.
 */
static int tell_event(struct replay *replay, const struct script_step *step)
{
	struct vm_event event;
	size_t host;
	int r = 0;

	world_event(replay->world, step, EPOCH_NS, &event);
	for (host = 0; strcmp(replay->script->hosts[host].name,
			      event.hypervisor) != 0;)
		host++;
	if (find_hypervisor(replay, host) == SIZE_MAX ||
	    (replay->world->hosts[host].lost &&
	     !replay->script->is_recording))
		return 0;
	for (size_t i = 0; i < replay->n_services && r == 0; i++)
		if (service_event(replay->services[i], &event) &&
		    !replay->script->is_recording)
			r = replay_step_service(replay, i, step->time_ns);
	return r;
}

int replay_step_all(struct replay *replay, uint64_t now)
{
	int r = 0;

	for (size_t i = 0; i < replay->n_services && r == 0; i++)
		r = replay_step_service(replay, i, now);
	return r;
}

/* As the event of a machine. */
int replay_tell_check(struct replay *replay, size_t i,
		      const struct vml_destination_key *key,
		      const struct script_step *step)
{
	if (!service_check(replay->services[i], key, &step->result,
			   EPOCH_NS + step->time_ns) ||
	    replay->script->is_recording)
		return 0;
	return replay_step_service(replay, i, step->time_ns);
}

/* --- A script -------------------------------------------------------------- */

static int change_drain(struct replay *replay, const struct script_step *step)
{
	int r = drains_set(replay->drains, step->text,
			   step->verb == SCRIPT_DRAIN);

	if (r < 0 || replay->script->is_recording)
		return r;
	return replay_step_all(replay, step->time_ns);
}

static int check_destination(struct replay *replay,
			     const struct script_step *step)
{
	const struct script_destination *of =
		&replay->script->destinations[step->destination];

	for (size_t i = 0; i < replay->n_services; i++)
		if (!vml_service_key_compare(
			    &service_config(replay->services[i])->key,
			    &of->service))
			return replay_tell_check(replay, i, &of->key, step);
	return 0;
}

static int play_step(struct replay *replay, const struct script_step *step)
{
	switch (step->verb) {
	case SCRIPT_EVENT:
		return tell_event(replay, step);
	case SCRIPT_LOST:
		lose(replay, step->host);
		return 0;
	case SCRIPT_DRAIN:
	case SCRIPT_UNDRAIN:
		return change_drain(replay, step);
	case SCRIPT_WEIGHT:
	case SCRIPT_JOIN:
	case SCRIPT_LEAVE:
		return replay_change_members(replay, step);
	case SCRIPT_CHECK:
		return replay->script->is_recording ?
		       check_destination(replay, step) :
		       replay_check_members(replay, step);
	default:
		return 0;
	}
}

static int poll_hosts(struct replay *replay, uint64_t now)
{
	int r = 0;

	for (size_t i = 0; i < replay->script->n_hosts && r == 0; i++)
		if (!replay->world->hosts[i].lost &&
		    !replay->world->hosts[i].silent)
			r = take_inventory(replay, i, now);
	return r;
}

static int play_script(struct replay *replay)
{
	const struct script *script = replay->script;
	const struct script_step *step;
	int r = 0;

	for (uint64_t now = 0; now <= script->until_ns && r == 0;
	     now += replay->config->poll_interval_ns) {
		while (r == 0 && (step = world_step(replay->world, now)))
			r = play_step(replay, step);
		world_advance(replay->world, now);
		if (r == 0)
			r = replay_count_members(replay);
		if (r == 0)
			r = poll_hosts(replay, now);
		if (r == 0)
			r = replay_step_all(replay, now);
	}
	return r;
}

/* --- A recording ----------------------------------------------------------- */

static int take_count(struct replay *replay, const struct script_step *step)
{
	const struct script_destination *from =
		&replay->script->destinations[step->destination];
	struct sink_destination *to;

	to = replay_kernel_add(replay->kernel, &from->service, &from->key);
	if (!to)
		return -ENOMEM;
	if (step->has_counts[SCRIPT_COUNT_WEIGHT])
		to->weight = (uint32_t)step->counts[SCRIPT_COUNT_WEIGHT];
	if (step->has_counts[SCRIPT_COUNT_PICKS])
		to->picks = step->counts[SCRIPT_COUNT_PICKS];
	if (step->has_counts[SCRIPT_COUNT_ACTIVE])
		to->active_connections =
			(uint32_t)step->counts[SCRIPT_COUNT_ACTIVE];
	if (step->has_counts[SCRIPT_COUNT_INACTIVE])
		to->inactive_connections =
			(uint32_t)step->counts[SCRIPT_COUNT_INACTIVE];
	return 0;
}

static void drop_destination(struct replay *replay,
			     const struct script_step *step)
{
	const struct script_destination *from =
		&replay->script->destinations[step->destination];

	replay_kernel_remove(replay->kernel, &from->service, &from->key);
}

static int look(struct replay *replay, const struct script_step *step)
{
	for (size_t i = 0; i < replay->n_services; i++) {
		if (vml_service_key_compare(
			    &service_config(replay->services[i])->key,
			    &step->service))
			continue;
		replay->looked[i] = true;
		return replay_step_service(replay, i, step->time_ns);
	}
	return 0;
}

/* A daemon started: nothing of before holds. */
static int begin(struct replay *replay, uint64_t now)
{
	int r;

	world_free(replay->world);
	replay->world = NULL;
	replay_kernel_free(replay->kernel);
	replay->kernel = NULL;
	replay->drains = drains_free(replay->drains);
	replay->trace = trace_free(replay->trace);
	for (size_t i = 0; i < replay->config->n_hypervisors; i++) {
		replay->inventories[i] =
			vm_inventory_free(replay->inventories[i]);
		replay->heard[i] = 0;
		replay->lost[i] = false;
	}
	replay->begun_ns = now;
	r = world_new(replay->script, &replay->world);
	if (r == 0)
		r = replay_kernel_new(&replay->kernel);
	if (r == 0)
		r = drains_new(&replay->drains);
	if (r == 0)
		r = trace_new(replay->file, replay->n_services > 1,
			      &replay->trace);
	for (size_t i = 0; i < replay->n_services && r == 0; i++)
		r = service_reset(replay->services[i]);
	return r;
}

static int replay_step(struct replay *replay, const struct script_step *step)
{
	int r;

	if (step->verb == SCRIPT_RECORDING)
		return begin(replay, step->time_ns);
	r = world_apply(replay->world, step);
	if (r < 0)
		return r;
	switch (step->verb) {
	case SCRIPT_INVENTORY:
		return take_inventory(replay, step->host, step->told_ns);
	case SCRIPT_COUNT:
		return take_count(replay, step);
	case SCRIPT_REMOVE:
		drop_destination(replay, step);
		return 0;
	case SCRIPT_LOOK:
		return look(replay, step);
	default:
		return play_step(replay, step);
	}
}

static void warn_of_unknown(const struct replay *replay)
{
	for (size_t i = 0; i < replay->n_services; i++)
		if (!replay->looked[i])
			log_warning(replay->log,
				    "%s: the recording has nothing of service %s",
				    replay->path,
				    service_config(replay->services[i])->name);
}

/* --- Both ------------------------------------------------------------------ */

static void replay_done(struct replay *replay)
{
	for (size_t i = 0; i < replay->n_services; i++)
		service_free(replay->services[i]);
	for (size_t i = 0; replay->inventories &&
			   i < replay->config->n_hypervisors; i++)
		vm_inventory_free(replay->inventories[i]);
	world_free(replay->world);
	replay_kernel_free(replay->kernel);
	drains_free(replay->drains);
	trace_free(replay->trace);
	config_free(replay->config);
	free(replay->services);
	free(replay->looked);
	free(replay->inventories);
	free(replay->heard);
	free(replay->lost);
	free(replay->left);
}

static int replay_init(struct replay *replay)
{
	struct config *config = replay->config;
	size_t n = config->n_services;
	struct service_env env;
	int r = 0;

	replay->inventories = calloc(config->n_hypervisors + 1,
				     sizeof(*replay->inventories));
	replay->heard = calloc(config->n_hypervisors + 1,
			       sizeof(*replay->heard));
	replay->lost = calloc(config->n_hypervisors + 1,
			      sizeof(*replay->lost));
	replay->services = calloc(n + 1, sizeof(*replay->services));
	replay->looked = calloc(n + 1, sizeof(*replay->looked));
	if (!replay->inventories || !replay->heard || !replay->lost ||
	    !replay->services || !replay->looked)
		return -ENOMEM;
	env = env_of(replay, 0);
	for (size_t i = 0; i < n && r == 0; i++) {
		r = service_new(config->services[i], &env,
				&replay->services[i]);
		if (r < 0)
			break;
		config->services[i] = NULL;
		replay->n_services++;
	}
	return r;
}

static int run_script(struct replay *replay, char **ret_error)
{
	_cleanup_(script_freep) struct script *script = NULL;
	int r;

	r = script_load(replay->path, &script, ret_error);
	if (r < 0)
		return r;
	replay->script = script;
	r = replay_find_joining(replay);
	if (r == 0)
		r = begin(replay, 0);
	if (r == 0)
		r = play_script(replay);
	replay->world = world_free(replay->world);
	return r;
}

static int run_recording(struct replay *replay, struct script_reader *reader,
			 const struct script_step *first, char **ret_error)
{
	const struct script_step *step = first;
	int r;

	do {
		r = replay_step(replay, step);
		if (r == 0)
			r = script_reader_next(reader, &step, ret_error);
	} while (r > 0);
	if (r == 0)
		warn_of_unknown(replay);
	replay->world = world_free(replay->world);
	return r;
}

int replay_run(const char *path, struct config *config, const struct log *log,
	       FILE *trace, char **ret_error)
{
	_cleanup_(script_reader_freep) struct script_reader *reader = NULL;
	struct replay replay = {
		.path = path,
		.config = config,
		.log = log,
		.file = trace,
	};
	const struct script_step *step = NULL;
	int r;

	*ret_error = NULL;
	r = replay_init(&replay);
	if (r == 0)
		r = script_reader_new(path, &reader, ret_error);
	if (r == 0) {
		replay.script = script_reader_script(reader);
		r = script_reader_next(reader, &step, ret_error);
	}
	if (r >= 0 && replay.script->is_recording)
		r = run_recording(&replay, reader, step, ret_error);
	else if (r >= 0)
		r = run_script(&replay, ret_error);
	replay_done(&replay);
	if (r < 0 && !*ret_error &&
	    asprintf(ret_error, "%s: %s", path, strerror(-r)) < 0)
		*ret_error = NULL;
	return r;
}
