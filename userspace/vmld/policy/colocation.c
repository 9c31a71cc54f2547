/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>
#include <string.h>

#include "policy/colocation.h"
#include "policy/elapsed.h"

static int compare(const void *a, const void *b)
{
	const struct colocated *x = a, *y = b;

	return memcmp(x->uuid, y->uuid, VM_UUID_SIZE);
}

static struct colocated *find(const struct colocation *host,
			      const uint8_t *uuid)
{
	struct colocated wanted = {};

	if (!host->n)
		return NULL;
	memcpy(wanted.uuid, uuid, VM_UUID_SIZE);
	return bsearch(&wanted, host->machines, host->n, sizeof(wanted),
		       compare);
}

/* What it wanted since the last poll, among what it wanted of late. */
static void follow(struct colocated *machine, const struct colocated *before,
		   const struct policy_params *params)
{
	double seconds = elapsed(machine->time_ns, before->time_ns);
	double gain = 1 - exp(-seconds / params->colocation_memory);
	double cores;

	if (before->boot_id != machine->boot_id)
		return;
	machine->measured = before->measured;
	machine->cores = before->cores;
	if (!machine->has_run || !before->has_run || seconds <= 0 ||
	    machine->wanted_ns < before->wanted_ns)
		return;
	cores = (double)(machine->wanted_ns - before->wanted_ns) /
		(double)NSEC_PER_SEC / seconds;
	cores = fmin(cores, machine->vcpus);
	machine->cores = machine->measured ?
			 before->cores + gain * (cores - before->cores) : cores;
	machine->measured = true;
}

int colocation_inventory(struct colocation *host,
			 const struct policy_params *params,
			 const struct vm_inventory *inventory)
{
	struct colocated *machines;
	size_t n = 0;

	if (!inventory->cpus) {
		colocation_done(host);
		return 0;
	}
	machines = calloc(inventory->n_samples + 1, sizeof(*machines));
	if (!machines)
		return -ENOMEM;
	for (size_t i = 0; i < inventory->n_samples; i++) {
		const struct vm_sample *sample = &inventory->samples[i];
		struct colocated *machine = &machines[n];
		const struct colocated *before;

		if (sample->state != VM_STATE_RUNNING)
			continue;
		n++;
		memcpy(machine->uuid, sample->uuid, VM_UUID_SIZE);
		machine->vcpus = sample->vcpus > 0 ? sample->vcpus : 1;
		machine->boot_id = sample->boot_id;
		machine->time_ns = sample->time_ns;
		machine->has_run = sample->has_run;
		machine->wanted_ns = sample->run_ns;
		if (sample->has_steal)
			machine->wanted_ns += sample->delay_ns;
		before = find(host, sample->uuid);
		if (before)
			follow(machine, before, params);
	}
	if (n)
		qsort(machines, n, sizeof(*machines), compare);
	free(host->machines);
	host->machines = machines;
	host->n = n;
	host->cores = inventory->cpus;
	return 0;
}

void colocation_done(struct colocation *host)
{
	free(host->machines);
	*host = (struct colocation){ .part = 1 };
}

void colocation_begin(struct colocation *host)
{
	host->claimed = 0;
	host->used_by_others = 0;
	for (size_t i = 0; i < host->n; i++)
		host->used_by_others += host->machines[i].cores;
}

void colocation_claim(struct colocation *host, const uint8_t *uuid)
{
	const struct colocated *machine = find(host, uuid);

	if (!machine)
		return;
	host->claimed += machine->vcpus;
	host->used_by_others -= machine->cores;
}

void colocation_end(struct colocation *host)
{
	double vcpus = 0;

	for (size_t i = 0; i < host->n; i++)
		vcpus += host->machines[i].vcpus;
	host->part = 1;
	if (host->cores <= 0 || host->claimed <= 0)
		return;
	/* What is left of the claimed is but rounding. */
	host->used_by_others = fmax(host->used_by_others, 0);
	host->budget = fmax(host->cores - host->used_by_others,
			    host->cores * host->claimed / vcpus);
	host->part = fmin(host->budget / host->claimed, 1);
}
