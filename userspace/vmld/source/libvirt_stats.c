/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libvirt/virterror.h>
#include <string.h>

#include "source/libvirt_stats.h"
#include "util.h"

#define GROUPS                                           \
	(VIR_DOMAIN_STATS_STATE | VIR_DOMAIN_STATS_VCPU | \
	 VIR_DOMAIN_STATS_BLOCK | VIR_DOMAIN_STATS_BALLOON)

void libvirt_stats_init(struct libvirt_stats *stats, virConnectPtr connection)
{
	const char *type = virConnectGetType(connection);
	virNodeInfo node = {};

	*stats = (struct libvirt_stats){
		.is_qemu = type && strcmp(type, "QEMU") == 0,
		.fake_time = type && strcasecmp(type, "test") == 0,
	};
	if (virNodeGetInfo(connection, &node) == 0)
		stats->cpus = node.cpus;
}

static enum vm_pause pause_of(int reason)
{
	switch (reason) {
	case VIR_DOMAIN_PAUSED_MIGRATION:
		return VM_PAUSE_MIGRATION;
	case VIR_DOMAIN_PAUSED_POSTCOPY:
		return VM_PAUSE_POSTCOPY;
	case VIR_DOMAIN_PAUSED_IOERROR:
		return VM_PAUSE_IO_ERROR;
	case VIR_DOMAIN_PAUSED_WATCHDOG:
		return VM_PAUSE_WATCHDOG;
	case VIR_DOMAIN_PAUSED_POSTCOPY_FAILED:
		return VM_PAUSE_POSTCOPY_FAILED;
	default:
		return VM_PAUSE_OTHER;
	}
}

enum vm_state libvirt_stats_state(int state, int reason,
				  enum vm_pause *ret_pause)
{
	*ret_pause = VM_PAUSE_OTHER;
	switch (state) {
	case VIR_DOMAIN_RUNNING:
		/* Each thread of it waits that needs memory left behind. */
		if (reason == VIR_DOMAIN_RUNNING_POSTCOPY_FAILED) {
			*ret_pause = VM_PAUSE_POSTCOPY_FAILED;
			return VM_STATE_PAUSED;
		}
		return VM_STATE_RUNNING;
	case VIR_DOMAIN_BLOCKED:
		return VM_STATE_RUNNING;
	case VIR_DOMAIN_PAUSED:
		if (reason == VIR_DOMAIN_PAUSED_CRASHED)
			return VM_STATE_CRASHED;
		/* Or about to wait for what another host sends. */
		if (reason == VIR_DOMAIN_PAUSED_STARTING_UP)
			return VM_STATE_SHUTOFF;
		*ret_pause = pause_of(reason);
		return VM_STATE_PAUSED;
	case VIR_DOMAIN_PMSUSPENDED:
		return VM_STATE_PAUSED;
	case VIR_DOMAIN_SHUTDOWN:
		return VM_STATE_SHUTOFF;
	case VIR_DOMAIN_SHUTOFF:
		return reason == VIR_DOMAIN_SHUTOFF_CRASHED ?
		       VM_STATE_CRASHED : VM_STATE_SHUTOFF;
	case VIR_DOMAIN_CRASHED:
		return VM_STATE_CRASHED;
	default:
		return VM_STATE_UNKNOWN;
	}
}

/* What a field of a vCPU is called; NULL: it is not of one. */
static const char *vcpu_field(const char *field)
{
	size_t digits;

	if (strncmp(field, "vcpu.", 5) != 0)
		return NULL;
	field += 5;
	digits = strspn(field, "0123456789");
	return digits > 0 && field[digits] == '.' ? field + digits + 1 : NULL;
}

/*
 * KVM tells forty things of each vCPU: one look at each. Those that are not
 * plugged in are not among them.
 */
void libvirt_stats_vcpus(virTypedParameterPtr parameters, int n,
			 struct vm_sample *sample)
{
	unsigned int current, online = 0, times = 0, delays = 0;

	if (virTypedParamsGetUInt(parameters, n, "vcpu.current",
				  &current) != 1)
		return;
	for (int i = 0; i < n; i++) {
		const virTypedParameter *parameter = &parameters[i];
		const char *field = vcpu_field(parameter->field);

		if (!field)
			continue;
		if (strcmp(field, "state") == 0) {
			online++;
		} else if (parameter->type != VIR_TYPED_PARAM_ULLONG) {
			continue;
		} else if (strcmp(field, "time") == 0) {
			times++;
			sample->run_ns += parameter->value.ul;
		} else if (strcmp(field, "delay") == 0) {
			delays++;
			sample->delay_ns += parameter->value.ul;
		}
	}
	sample->vcpus = current;
	sample->has_run = times > 0 && times == online;
	sample->has_steal = sample->has_run && delays == online;
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), n = strlen(end);

	return length >= n && strcmp(text + length - n, end) == 0;
}

/* There may be many of them: one look at each, and none for a name. */
void libvirt_stats_blocks(virTypedParameterPtr parameters, int n,
			  struct vm_sample *sample)
{
	for (int i = 0; i < n; i++) {
		const virTypedParameter *parameter = &parameters[i];

		if (parameter->type != VIR_TYPED_PARAM_ULLONG ||
		    strncmp(parameter->field, "block.", 6) != 0)
			continue;
		if (ends_with(parameter->field, ".reqs")) {
			sample->has_block = true;
			sample->block_requests += parameter->value.ul;
		} else if (ends_with(parameter->field, ".times")) {
			sample->block_ns += parameter->value.ul;
		}
	}
}

void libvirt_stats_memory(virTypedParameterPtr parameters, int n,
			  struct vm_sample *sample)
{
	unsigned long long swapped, time;

	if (virTypedParamsGetULLong(parameters, n, "balloon.swap_in",
				    &swapped) != 1 ||
	    virTypedParamsGetULLong(parameters, n, "balloon.last-update",
				    &time) != 1 || !time)
		return;
	sample->has_memory = true;
	sample->swapped_in = swapped;
	sample->memory_time = time;
}

static int init_sample(struct vm_sample *sample, virDomainPtr domain)
{
	unsigned int id = virDomainGetID(domain);
	const char *name = virDomainGetName(domain);

	if (!name || virDomainGetUUID(domain, sample->uuid) < 0)
		return -EIO;
	sample->boot_id = id == (unsigned int)-1 ? VM_BOOT_ID_NONE :
						   (int64_t)id;
	sample->name = strdup(name);
	return sample->name ? 0 : -ENOMEM;
}

static void set_state(struct vm_sample *sample, int state, int reason,
		      bool *ret_arrived)
{
	sample->state = libvirt_stats_state(state, reason, &sample->pause);
	*ret_arrived = (sample->state == VM_STATE_PAUSED &&
			(sample->pause == VM_PAUSE_MIGRATION ||
			 sample->pause == VM_PAUSE_POSTCOPY ||
			 sample->pause == VM_PAUSE_POSTCOPY_FAILED)) ||
		       (state == VIR_DOMAIN_RUNNING &&
			(reason == VIR_DOMAIN_RUNNING_MIGRATED ||
			 reason == VIR_DOMAIN_RUNNING_MIGRATION_CANCELED ||
			 reason == VIR_DOMAIN_RUNNING_POSTCOPY));
}

static void note_capabilities(struct libvirt_stats *stats,
			      const struct vm_sample *sample)
{
	if (sample->has_run)
		stats->capabilities |= SOURCE_HAS_STATS;
	if (sample->has_steal)
		stats->capabilities |= SOURCE_HAS_STEAL;
}

static int add_domain(struct libvirt_stats *stats, virDomainPtr domain,
		      const virDomainInfo *info, virTypedParameterPtr parameters,
		      int n, struct libvirt_known *known,
		      struct vm_inventory *inventory)
{
	struct vm_sample *sample = vm_inventory_add(inventory);
	int state = VIR_DOMAIN_NOSTATE, reason = 0, r;
	bool arrived;

	if (!sample)
		return -ENOMEM;
	r = init_sample(sample, domain);
	if (r < 0)
		return r;
	if (info) {
		state = info->state;
		sample->vcpus = info->nrVirtCpu;
		sample->run_ns = info->cpuTime;
		sample->has_run = info->cpuTime > 0 && !stats->fake_time;
	} else {
		virTypedParamsGetInt(parameters, n, "state.state", &state);
		virTypedParamsGetInt(parameters, n, "state.reason", &reason);
		libvirt_stats_vcpus(parameters, n, sample);
		libvirt_stats_blocks(parameters, n, sample);
		libvirt_stats_memory(parameters, n, sample);
	}
	if (sample->boot_id == VM_BOOT_ID_NONE)
		sample->has_run = sample->has_steal = false;
	set_state(sample, state, reason, &arrived);
	note_capabilities(stats, sample);
	return libvirt_known_update(known, domain, arrived, sample);
}

static int poll_bulk(struct libvirt_stats *stats, virConnectPtr connection,
		     struct libvirt_known *known,
		     struct vm_inventory *inventory)
{
	virDomainStatsRecordPtr *records = NULL;
	int n, r = 0;

	/* Without NOWAIT one hung domain holds up all others for 30 s. */
	n = virConnectGetAllDomainStats(connection, GROUPS, &records,
					VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT);
	if (n < 0)
		return virGetLastErrorCode() == VIR_ERR_NO_SUPPORT ?
		       -EOPNOTSUPP : -EIO;
	for (int i = 0; i < n && r == 0; i++)
		r = add_domain(stats, records[i]->dom, NULL,
			       records[i]->params, records[i]->nparams, known,
			       inventory);
	virDomainStatsRecordListFree(records);
	return r;
}

static int poll_each(struct libvirt_stats *stats, virConnectPtr connection,
		     struct libvirt_known *known,
		     struct vm_inventory *inventory)
{
	virDomainPtr *domains = NULL;
	int n, r = 0;

	n = virConnectListAllDomains(connection, &domains, 0);
	if (n < 0)
		return -EIO;
	for (int i = 0; i < n; i++) {
		virDomainInfo info = {};

		/* One that has gone in the meantime is left out. */
		if (r == 0 && (virDomainGetInfo(domains[i], &info) == 0 ||
			       virGetLastErrorCode() != VIR_ERR_NO_DOMAIN))
			r = add_domain(stats, domains[i], &info, NULL, 0,
				       known, inventory);
		virDomainFree(domains[i]);
	}
	free(domains);
	return r;
}

int libvirt_stats_poll(struct libvirt_stats *stats, virConnectPtr connection,
		       const char *hypervisor, struct libvirt_known *known,
		       struct vm_inventory **ret_inventory)
{
	_cleanup_(vm_inventory_freep) struct vm_inventory *inventory = NULL;
	int r = -EOPNOTSUPP;

	inventory = vm_inventory_new(hypervisor, now_ns());
	if (!inventory)
		return -ENOMEM;
	inventory->cpus = stats->cpus;
	libvirt_known_begin(known);
	if (!stats->no_bulk)
		r = poll_bulk(stats, connection, known, inventory);
	if (r == -EOPNOTSUPP) {
		stats->no_bulk = true;
		r = poll_each(stats, connection, known, inventory);
	}
	if (r < 0)
		return r;
	libvirt_known_end(known);
	*ret_inventory = TAKE_PTR(inventory);
	return 0;
}
