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
}

static int set(struct world_vm *vm, const struct script_setting *setting)
{
	switch (setting->key) {
	case SCRIPT_UUID:
		memcpy(vm->uuid, setting->uuid, VM_UUID_SIZE);
		break;
	case SCRIPT_ADDRESS:
		return append_copy(&vm->addresses, &vm->n_addresses,
				   &setting->address,
				   sizeof(setting->address));
	case SCRIPT_MAC:
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

static int init_vm(struct world_vm *vm, const struct script_vm *from, size_t i)
{
	vm->host = from->host;
	vm->exists = true;
	vm->state = VM_STATE_RUNNING;
	vm->boot_id = 1;
	vm->vcpus = 1;
	vm->uuid[0] = (uint8_t)((i + 1) >> 8);
	vm->uuid[VM_UUID_SIZE - 1] = (uint8_t)(i + 1);
	return set_all(vm, from->settings, from->n_settings);
}

int world_new(const struct script *script, struct world **ret_world)
{
	_cleanup_(world_freep) struct world *world = NULL;

	world = calloc(1, sizeof(*world));
	if (!world)
		return -ENOMEM;
	world->script = script;
	world->hosts = calloc(script->n_hosts + 1, sizeof(*world->hosts));
	world->vms = calloc(script->n_vms + 1, sizeof(*world->vms));
	if (!world->hosts || !world->vms)
		return -ENOMEM;
	for (size_t i = 0; i < script->n_vms; i++) {
		int r = init_vm(&world->vms[i], &script->vms[i], i);

		if (r < 0)
			return r;
	}
	*ret_world = TAKE_PTR(world);
	return 0;
}

struct world *world_free(struct world *world)
{
	if (!world)
		return NULL;
	for (size_t i = 0; world->vms && i < world->script->n_vms; i++) {
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
	for (size_t i = 0; i < world->script->n_vms; i++) {
		struct world_vm *vm = &world->vms[i];

		vm->n_closed += vm->closed * (double)ns / (double)NSEC_PER_SEC;
		if (vm->state != VM_STATE_RUNNING)
			continue;
		vm->run_ns += share_of(ns, vm->run * vm->vcpus);
		vm->delay_ns += share_of(ns, vm->delay * vm->vcpus);
		vm->stall_ns += share_of(ns, vm->stall * vm->vcpus);
	}
	world->now_ns = to_ns;
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
	case VM_EVENT_BLACKOUT:
		pause_vm(vm, VM_PAUSE_MIGRATION);
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
	case _VM_EVENT_MAX:
		break;
	}
}

static size_t event_host(const struct world *world,
			 const struct script_step *step)
{
	return step->host == SIZE_MAX ? world->vms[step->vm].host : step->host;
}

static void apply(struct world *world, const struct script_step *step)
{
	switch (step->verb) {
	case SCRIPT_SET:
		set_all(&world->vms[step->vm], step->settings,
			step->n_settings);
		break;
	case SCRIPT_EVENT:
		happen(&world->vms[step->vm], step->event,
		       event_host(world, step), step->time_ns);
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

static int add_sample(const struct world *world, size_t i, uint64_t epoch_ns,
		      struct vm_inventory *inventory)
{
	const struct world_vm *vm = &world->vms[i];
	unsigned int has = world->script->hosts[vm->host].capabilities;
	bool runs = vm->state != VM_STATE_SHUTOFF;
	struct vm_sample *sample = vm_inventory_add(inventory);

	if (!sample)
		return -ENOMEM;
	memcpy(sample->uuid, vm->uuid, VM_UUID_SIZE);
	sample->state = vm->state;
	sample->pause = vm->pause;
	sample->boot_id = runs ? vm->boot_id : VM_BOOT_ID_NONE;
	sample->started_ns = vm->started_ns ? epoch_ns + vm->started_ns : 0;
	sample->vcpus = (uint32_t)vm->vcpus;
	sample->has_run = runs && has & SOURCE_HAS_STATS;
	sample->has_steal = sample->has_run && has & SOURCE_HAS_STEAL;
	sample->has_stall = sample->has_run;
	sample->run_ns = vm->run_ns;
	sample->delay_ns = vm->delay_ns;
	sample->stall_ns = vm->stall_ns;
	sample->name = strdup(world->script->vms[i].name);
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
		    struct vm_inventory **ret_inventory)
{
	_cleanup_(vm_inventory_freep) struct vm_inventory *inventory = NULL;

	inventory = vm_inventory_new(world->script->hosts[host].name,
				     epoch_ns + world->now_ns);
	if (!inventory)
		return -ENOMEM;
	for (size_t i = 0; i < world->script->n_vms; i++) {
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
		.name = script->vms[step->vm].name,
		.boot_id = vm->boot_id,
		.time_ns = epoch_ns + step->time_ns,
		.detail = "script",
	};
	memcpy(ret_event->uuid, vm->uuid, VM_UUID_SIZE);
}
