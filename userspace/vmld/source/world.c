/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "source/world.h"
#include "util.h"

static int append_copy(void *array, size_t *n, const void *item, size_t size)
{
	void **items = array;
	char *grown = reallocarray(*items, *n + 1, size);

	if (!grown)
		return -ENOMEM;
	*items = grown;
	memcpy(grown + (*n)++ * size, item, size);
	return 0;
}

static void restart_counters(struct world_vm *vm, int64_t boot_id)
{
	vm->boot_id = boot_id;
	vm->run_ns = 0;
	vm->delay_ns = 0;
	vm->stall_ns = 0;
	vm->block_requests = 0;
	vm->block_ns = 0;
	vm->n_requests = 0;
	vm->n_swapped = 0;
}

static void tell(bool *has, uint64_t *counter,
		 const struct script_setting *setting)
{
	*has = !setting->none;
	*counter = setting->none ? 0 : setting->count;
}

static int set(struct world_vm *vm, const struct script_setting *setting)
{
	switch (setting->key) {
	case SCRIPT_NAME:
		free(vm->name);
		vm->name = strdup(setting->text);
		return vm->name ? 0 : -ENOMEM;
	case SCRIPT_UUID:
		memcpy(vm->uuid, setting->uuid, VM_UUID_SIZE);
		break;
	case SCRIPT_ADDRESS:
		if (setting->none) {
			vm->n_addresses = 0;
			break;
		}
		return append_copy(&vm->addresses, &vm->n_addresses,
				   &setting->address,
				   sizeof(setting->address));
	case SCRIPT_MAC:
		if (setting->none) {
			vm->n_macs = 0;
			break;
		}
		return append_copy(&vm->macs, &vm->n_macs, setting->mac,
				   VM_MAC_SIZE);
	case SCRIPT_VCPUS:
		vm->vcpus = setting->number;
		break;
	case SCRIPT_STATE:
		vm->state = setting->state;
		break;
	case SCRIPT_PAUSE:
		vm->pause = setting->pause;
		break;
	case SCRIPT_HOST:
		vm->host = setting->host;
		break;
	case SCRIPT_BOOT:
		restart_counters(vm, (int64_t)setting->number);
		break;
	case SCRIPT_RUN:
		vm->run = setting->number;
		break;
	case SCRIPT_DELAY:
		vm->delay = setting->number;
		break;
	case SCRIPT_STALL:
		vm->stall = setting->number;
		break;
	case SCRIPT_CLOSED:
		vm->closed = setting->number;
		break;
	case SCRIPT_ACTIVE:
		vm->active = setting->number;
		break;
	case SCRIPT_INACTIVE:
		vm->inactive = setting->number;
		break;
	case SCRIPT_STARTED:
		vm->started_ns = setting->none ? 0 : setting->time_ns;
		break;
	case SCRIPT_RUN_NS:
		tell(&vm->has_run, &vm->run_ns, setting);
		break;
	case SCRIPT_DELAY_NS:
		tell(&vm->has_steal, &vm->delay_ns, setting);
		break;
	case SCRIPT_STALL_NS:
		tell(&vm->has_stall, &vm->stall_ns, setting);
		break;
	case SCRIPT_BLOCK_REQUESTS:
		tell(&vm->has_block, &vm->block_requests, setting);
		break;
	case SCRIPT_BLOCK_NS:
		tell(&vm->has_block, &vm->block_ns, setting);
		break;
	case SCRIPT_MEMORY_TIME:
		tell(&vm->has_memory, &vm->memory_time, setting);
		break;
	case SCRIPT_SWAPPED_IN:
		tell(&vm->has_memory, &vm->swapped_in, setting);
		break;
	case SCRIPT_IO:
		vm->io = setting->number;
		vm->has_block = true;
		break;
	case SCRIPT_LATENCY:
		vm->latency = setting->number;
		break;
	case SCRIPT_SWAP:
		vm->swap = setting->number;
		vm->has_memory = true;
		break;
	case _SCRIPT_KEY_MAX:
		break;
	}
	return 0;
}

static int set_all(struct world_vm *vm, const struct script_setting *settings,
		   size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int r = set(vm, &settings[i]);

		if (r < 0)
			return r;
	}
	return 0;
}

static int init_vm(struct world_vm *vm, const struct script *script, size_t i)
{
	const struct script_vm *from = &script->vms[i];

	*vm = (struct world_vm){
		.host = from->host,
		.name = strdup(from->name),
		/* In a recording it is there from when it is set. */
		.exists = !script->is_recording,
		.state = VM_STATE_RUNNING,
		.boot_id = 1,
		.vcpus = 1,
	};
	if (!vm->name)
		return -ENOMEM;
	vm->uuid[0] = (uint8_t)((i + 1) >> 8);
	vm->uuid[VM_UUID_SIZE - 1] = (uint8_t)(i + 1);
	return set_all(vm, from->settings, from->n_settings);
}

/* All that the script has declared by now. */
static int grow(struct world *world)
{
	const struct script *script = world->script;

	if (world->n_hosts < script->n_hosts) {
		struct world_host *hosts = reallocarray(
			world->hosts, script->n_hosts, sizeof(*hosts));

		if (!hosts)
			return -ENOMEM;
		world->hosts = hosts;
		for (; world->n_hosts < script->n_hosts; world->n_hosts++)
			hosts[world->n_hosts] = (struct world_host){
				.cpus = script->hosts[world->n_hosts].cpus,
			};
	}
	while (world->n_vms < script->n_vms) {
		struct world_vm *vms = world->vms;
		int r;

		vms = reallocarray(vms, world->n_vms + 1, sizeof(*vms));
		if (!vms)
			return -ENOMEM;
		world->vms = vms;
		r = init_vm(&vms[world->n_vms], script, world->n_vms);
		world->n_vms++;
		if (r < 0)
			return r;
	}
	return 0;
}

int world_new(const struct script *script, struct world **ret_world)
{
	_cleanup_(world_freep) struct world *world = NULL;
	int r;

	world = calloc(1, sizeof(*world));
	if (!world)
		return -ENOMEM;
	world->script = script;
	r = grow(world);
	if (r < 0)
		return r;
	*ret_world = TAKE_PTR(world);
	return 0;
}

struct world *world_free(struct world *world)
{
	if (!world)
		return NULL;
	for (size_t i = 0; i < world->n_vms; i++) {
		free(world->vms[i].name);
		free(world->vms[i].addresses);
		free(world->vms[i].macs);
	}
	free(world->hosts);
	free(world->vms);
	free(world);
	return NULL;
}

void world_freep(struct world **world)
{
	world_free(*world);
}

static uint64_t share_of(uint64_t ns, double share)
{
	return (uint64_t)((double)ns * share + 0.5);
}

void world_advance(struct world *world, uint64_t to_ns)
{
	uint64_t ns = to_ns - world->now_ns;

	if (to_ns <= world->now_ns)
		return;
	world->now_ns = to_ns;
	for (size_t i = 0; i < world->n_vms && !world->script->is_recording;
	     i++) {
		struct world_vm *vm = &world->vms[i];

		vm->n_closed += vm->closed * (double)ns / (double)NSEC_PER_SEC;
		if (vm->state != VM_STATE_RUNNING)
			continue;
		vm->run_ns += share_of(ns, vm->run * vm->vcpus);
		vm->delay_ns += share_of(ns, vm->delay * vm->vcpus);
		vm->stall_ns += share_of(ns, vm->stall * vm->vcpus);
		vm->n_requests += vm->io * (double)ns / (double)NSEC_PER_SEC;
		vm->block_requests = (uint64_t)vm->n_requests;
		vm->block_ns += share_of(ns, vm->io * vm->latency);
		vm->n_swapped += 4 * vm->swap * (double)ns /
				 (double)NSEC_PER_SEC;
		vm->swapped_in = (uint64_t)vm->n_swapped;
		vm->memory_time = to_ns / NSEC_PER_SEC + 1;
	}
}

static void pause_vm(struct world_vm *vm, enum vm_pause pause)
{
	vm->state = VM_STATE_PAUSED;
	vm->pause = pause;
}

static void happen(struct world_vm *vm, enum vm_event_type type, size_t host,
		   uint64_t now_ns)
{
	switch (type) {
	case VM_EVENT_STARTED:
	case VM_EVENT_RESTORED:
		vm->exists = true;
		vm->host = host;
		vm->state = VM_STATE_RUNNING;
		vm->started_ns = now_ns;
		restart_counters(vm, vm->boot_id + 1);
		break;
	case VM_EVENT_STOPPED:
		vm->state = VM_STATE_SHUTOFF;
		break;
	case VM_EVENT_CRASHED:
		vm->state = VM_STATE_CRASHED;
		break;
	case VM_EVENT_SUSPENDED:
		pause_vm(vm, VM_PAUSE_OTHER);
		break;
	case VM_EVENT_IO_ERROR:
		pause_vm(vm, VM_PAUSE_IO_ERROR);
		break;
	case VM_EVENT_WATCHDOG:
		pause_vm(vm, VM_PAUSE_WATCHDOG);
		break;
	case VM_EVENT_POSTCOPY_FAILED:
		pause_vm(vm, VM_PAUSE_POSTCOPY_FAILED);
		break;
	case VM_EVENT_BLACKOUT:
		pause_vm(vm, VM_PAUSE_MIGRATION);
		break;
	case VM_EVENT_POSTCOPY:
		pause_vm(vm, VM_PAUSE_POSTCOPY);
		break;
	case VM_EVENT_RESUMED:
		vm->state = VM_STATE_RUNNING;
		break;
	case VM_EVENT_MIGRATED_IN:
		/* Where it is already, the migration has failed. */
		if (!vm->exists || vm->host != host)
			restart_counters(vm, vm->boot_id + 1);
		vm->exists = true;
		vm->host = host;
		vm->state = VM_STATE_RUNNING;
		break;
	case VM_EVENT_MIGRATED_OUT:
		/* To a host that the script does not have. */
		if (vm->host == host)
			vm->exists = false;
		break;
	case VM_EVENT_UNDEFINED:
		vm->exists = false;
		break;
	case VM_EVENT_REBOOTED:
	case VM_EVENT_MIGRATING_IN:
	case VM_EVENT_MIGRATING_OUT:
	case VM_EVENT_MIGRATION_ENDED:
	case VM_EVENT_AGENT_LOST:
	case VM_EVENT_AGENT_BACK:
	case _VM_EVENT_MAX:
		break;
	}
}

static size_t event_host(const struct world *world,
			 const struct script_step *step)
{
	return step->host == SIZE_MAX ? world->vms[step->vm].host : step->host;
}

static int apply(struct world *world, const struct script_step *step)
{
	struct world_vm *vm = world->n_vms ? &world->vms[step->vm] : NULL;

	switch (step->verb) {
	case SCRIPT_SET:
		vm->exists |= world->script->is_recording;
		return set_all(vm, step->settings, step->n_settings);
	case SCRIPT_GONE:
		vm->exists = false;
		break;
	case SCRIPT_EVENT:
		/* The next inventory of a recording says what came of it. */
		if (!world->script->is_recording)
			happen(vm, step->event, event_host(world, step),
			       step->time_ns);
		break;
	case SCRIPT_CPUS:
		world->hosts[step->host].cpus = step->number;
		break;
	case SCRIPT_LOST:
		world->hosts[step->host].lost = true;
		break;
	case SCRIPT_CONNECTED:
		world->hosts[step->host].lost = false;
		break;
	case SCRIPT_SILENT:
		world->hosts[step->host].silent = true;
		break;
	case SCRIPT_ANSWERS:
		world->hosts[step->host].silent = false;
		break;
	default:
		break;
	}
	return 0;
}

int world_apply(struct world *world, const struct script_step *step)
{
	int r = grow(world);

	if (r < 0)
		return r;
	world_advance(world, step->time_ns);
	return apply(world, step);
}

uint64_t world_next_ns(const struct world *world)
{
	if (world->next_step == world->script->n_steps)
		return UINT64_MAX;
	return world->script->steps[world->next_step].time_ns;
}

const struct script_step *world_step(struct world *world, uint64_t until_ns)
{
	const struct script_step *step;

	if (world_next_ns(world) > until_ns ||
	    world_next_ns(world) == UINT64_MAX)
		return NULL;
	step = &world->script->steps[world->next_step++];
	world_advance(world, step->time_ns);
	apply(world, step);
	return step;
}

static void count(const struct world *world, const struct world_vm *vm,
		  struct vm_sample *sample)
{
	unsigned int has = world->script->hosts[vm->host].capabilities;
	bool runs = vm->state != VM_STATE_SHUTOFF;

	sample->run_ns = vm->run_ns;
	sample->delay_ns = vm->delay_ns;
	sample->stall_ns = vm->stall_ns;
	sample->has_block = vm->has_block;
	sample->block_requests = vm->block_requests;
	sample->block_ns = vm->block_ns;
	sample->has_memory = vm->has_memory;
	sample->memory_time = vm->memory_time;
	sample->swapped_in = vm->swapped_in;
	if (world->script->is_recording) {
		sample->boot_id = vm->boot_id;
		sample->has_run = vm->has_run;
		sample->has_steal = vm->has_steal;
		sample->has_stall = vm->has_stall;
		return;
	}
	sample->boot_id = runs ? vm->boot_id : VM_BOOT_ID_NONE;
	sample->has_run = runs && has & SOURCE_HAS_STATS;
	sample->has_steal = sample->has_run && has & SOURCE_HAS_STEAL;
	sample->has_stall = sample->has_run;
}

static int add_sample(const struct world *world, size_t i, uint64_t epoch_ns,
		      struct vm_inventory *inventory)
{
	const struct world_vm *vm = &world->vms[i];
	struct vm_sample *sample = vm_inventory_add(inventory);

	if (!sample)
		return -ENOMEM;
	memcpy(sample->uuid, vm->uuid, VM_UUID_SIZE);
	sample->state = vm->state;
	sample->pause = vm->pause;
	sample->started_ns = vm->started_ns ? epoch_ns + vm->started_ns : 0;
	sample->vcpus = (uint32_t)vm->vcpus;
	count(world, vm, sample);
	sample->name = strdup(vm->name);
	if (!sample->name)
		return -ENOMEM;
	for (size_t j = 0; j < vm->n_addresses; j++)
		if (append_copy(&sample->addresses, &sample->n_addresses,
				&vm->addresses[j], sizeof(*vm->addresses)) < 0)
			return -ENOMEM;
	for (size_t j = 0; j < vm->n_macs; j++)
		if (append_copy(&sample->macs, &sample->n_macs, vm->macs[j],
				VM_MAC_SIZE) < 0)
			return -ENOMEM;
	return 0;
}

int world_inventory(const struct world *world, size_t host, uint64_t epoch_ns,
		    uint64_t asked_ns, struct vm_inventory **ret_inventory)
{
	_cleanup_(vm_inventory_freep) struct vm_inventory *inventory = NULL;

	inventory = vm_inventory_new(world->script->hosts[host].name,
				     epoch_ns + asked_ns);
	if (!inventory)
		return -ENOMEM;
	inventory->cpus = world->hosts[host].cpus;
	for (size_t i = 0; i < world->n_vms; i++) {
		int r = 0;

		if (world->vms[i].exists && world->vms[i].host == host)
			r = add_sample(world, i, epoch_ns, inventory);
		if (r < 0)
			return r;
	}
	*ret_inventory = TAKE_PTR(inventory);
	return 0;
}

void world_event(const struct world *world, const struct script_step *step,
		 uint64_t epoch_ns, struct vm_event *ret_event)
{
	const struct world_vm *vm = &world->vms[step->vm];
	const struct script *script = world->script;

	*ret_event = (struct vm_event){
		.type = step->event,
		.hypervisor = script->hosts[event_host(world, step)].name,
		.name = vm->name,
		.boot_id = step->has_boot ? step->boot_id : vm->boot_id,
		.time_ns = epoch_ns + step->told_ns,
		.throttled = step->throttled,
		.detail = "script",
	};
	memcpy(ret_event->uuid, vm->uuid, VM_UUID_SIZE);
}
