/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "record/write.h"
#include "record/record.h"
#include "source/script.h"
#include "util.h"

#define RECORDING_DATE "%Y-%m-%dT%H:%M:%SZ"

/* Names of machines with the same name, before a number is tried. */
#define NAME_ROOM 512

struct known_host {
	char *name;
	uint32_t cpus;
	bool lost;
	size_t last_vm;		/* found; the next one is likely behind it */
};

/* A machine on a host, as it was told of last. */
struct known_vm {
	size_t host;
	char *word;		/* that stands for it */
	bool there;
	bool seen;		/* by the inventory that is being told */
	struct vm_sample told;
};

struct known_destination {
	struct vml_service_key service;
	struct vml_destination_key key;
	bool there;
	bool seen;
	uint32_t weight;
	struct sink_destination told;
};

struct record {
	FILE *file;
	char *path;
	const struct log *log;
	uint64_t started_ns;
	struct known_host *hosts;
	size_t n_hosts;
	struct known_vm *vms;
	size_t n_vms;
	struct known_destination *destinations;
	size_t n_destinations;
	size_t last_destination;
};

static void sample_clear(struct vm_sample *sample)
{
	free(sample->name);
	free(sample->addresses);
	free(sample->macs);
}

struct record *record_free(struct record *record)
{
	if (!record)
		return NULL;
	if (record->file)
		fclose(record->file);
	for (size_t i = 0; i < record->n_hosts; i++)
		free(record->hosts[i].name);
	for (size_t i = 0; i < record->n_vms; i++) {
		free(record->vms[i].word);
		sample_clear(&record->vms[i].told);
	}
	free(record->hosts);
	free(record->vms);
	free(record->destinations);
	free(record->path);
	free(record);
	return NULL;
}

void record_freep(struct record **record)
{
	record_free(*record);
}

static void give_up(struct record *record, int error)
{
	log_error(record->log, "%s: can't be written, the recording ends: %s",
		  record->path, strerror(error));
	fclose(record->file);
	record->file = NULL;
}

const char *record_path(const struct record *record)
{
	return record->file ? record->path : NULL;
}

/* False: it has ended. */
static bool begin(struct record *record, uint64_t now_ns)
{
	if (!record->file)
		return false;
	fputs("at", record->file);
	write_time(record->file, now_ns > record->started_ns ?
				 now_ns - record->started_ns : 0);
	fputc('\n', record->file);
	return true;
}

static void end(struct record *record)
{
	if (fflush(record->file) < 0 || ferror(record->file))
		give_up(record, errno);
}

static void write_since(struct record *record, uint64_t time_ns)
{
	write_time(record->file, time_ns > record->started_ns ?
				 time_ns - record->started_ns : 0);
}

int record_open(const char *path, uint64_t started_ns, const struct log *log,
		struct record **ret_record)
{
	_cleanup_(record_freep) struct record *record = NULL;
	time_t now = time(NULL);
	char date[32];
	struct tm tm;
	int r;

	record = calloc(1, sizeof(*record));
	if (!record)
		return -ENOMEM;
	record->log = log;
	record->started_ns = started_ns;
	record->path = strdup(path);
	if (!record->path)
		return -ENOMEM;
	r = record_file_open(path, &record->file);
	if (r == -EEXIST)
		log_error(log, "%s: is there, and no recording", path);
	else if (r < 0)
		log_error(log, "%s: can't record: %s", path, strerror(-r));
	if (r < 0)
		return r;
	strftime(date, sizeof(date), RECORDING_DATE, gmtime_r(&now, &tm));
	fprintf(record->file, "recording 1 %s\n", date);
	if (fflush(record->file) < 0) {
		r = -errno;
		log_error(log, "%s: can't record: %s", path, strerror(-r));
		return r;
	}
	*ret_record = TAKE_PTR(record);
	return 0;
}

/* Its place, declared if it is new; or SIZE_MAX. */
static size_t know_host(struct record *record, const char *name)
{
	struct known_host *host;

	for (size_t i = 0; i < record->n_hosts; i++)
		if (strcmp(record->hosts[i].name, name) == 0)
			return i;
	host = script_append(&record->hosts, &record->n_hosts, sizeof(*host));
	if (host)
		host->name = strdup(name);
	if (!host || !host->name) {
		record->n_hosts -= host != NULL;
		return SIZE_MAX;
	}
	fputs("host", record->file);
	write_word(record->file, name);
	fputc('\n', record->file);
	return record->n_hosts - 1;
}

static bool is_taken(const struct record *record, const char *word)
{
	for (size_t i = 0; i < record->n_vms; i++)
		if (record->vms[i].word &&
		    strcmp(record->vms[i].word, word) == 0)
			return true;
	return false;
}

/* Hosts can have machines of the same name, as both have in a migration. */
static char *choose_word(const struct record *record, const char *name,
			 const char *host)
{
	char word[NAME_ROOM];

	snprintf(word, sizeof(word), "%s", name);
	if (is_taken(record, word))
		snprintf(word, sizeof(word), "%s@%s", name, host);
	for (unsigned int i = 2; is_taken(record, word); i++)
		snprintf(word, sizeof(word), "%u@%s", i, host);
	return strdup(word);
}

static struct known_vm *know_vm(struct record *record, size_t at,
				const uint8_t *uuid, const char *name)
{
	struct known_host *host = &record->hosts[at];
	char text[VM_UUID_STRING_MAX];
	struct known_vm *vm;
	char *word;

	for (size_t i = 0; i < record->n_vms; i++) {
		size_t j = (host->last_vm + 1 + i) % record->n_vms;

		vm = &record->vms[j];
		if (vm->host == at &&
		    memcmp(vm->told.uuid, uuid, VM_UUID_SIZE) == 0) {
			host->last_vm = j;
			return vm;
		}
	}
	word = choose_word(record, name, host->name);
	vm = word ? script_append(&record->vms, &record->n_vms, sizeof(*vm)) :
		    NULL;
	if (!vm) {
		free(word);
		return NULL;
	}
	vm->host = at;
	vm->word = word;
	memcpy(vm->told.uuid, uuid, VM_UUID_SIZE);
	vm->told.name = strdup(name);
	/* As those are that were never set (world.c). */
	vm->told.state = VM_STATE_RUNNING;
	vm->told.boot_id = 1;
	vm->told.vcpus = 1;
	host->last_vm = record->n_vms - 1;
	fputs("vm", record->file);
	write_word(record->file, word);
	write_word(record->file, host->name);
	fprintf(record->file, " uuid %s name", vm_uuid_format(uuid, text));
	write_word(record->file, name);
	fputc('\n', record->file);
	return vm;
}

/* What was told stays what it was if there is no memory: it is told again. */
static void remember(struct known_vm *vm, const struct vm_sample *sample)
{
	struct vm_sample told = *sample;
	size_t size = sample->n_addresses * sizeof(*sample->addresses);

	told.name = strdup(sample->name);
	told.addresses = malloc(size + 1);
	told.macs = NULL;
	told.n_macs = 0;
	if (!told.name || !told.addresses) {
		sample_clear(&told);
		return;
	}
	if (size)
		memcpy(told.addresses, sample->addresses, size);
	sample_clear(&vm->told);
	vm->told = told;
}

static void tell_sample(struct record *record, size_t host,
			const struct vm_sample *sample)
{
	struct known_vm *vm = know_vm(record, host, sample->uuid,
				      sample->name);

	if (!vm)
		return;
	write_sample(record->file, vm->word, &vm->told, sample,
		     record->started_ns);
	vm->there = vm->seen = true;
	remember(vm, sample);
}

void record_inventory(struct record *record,
		      const struct vm_inventory *inventory, uint64_t now_ns)
{
	size_t host;

	if (!begin(record, now_ns))
		return;
	host = know_host(record, inventory->hypervisor);
	if (host == SIZE_MAX)
		return;
	if (record->hosts[host].cpus != inventory->cpus) {
		fputs("cpus", record->file);
		write_word(record->file, inventory->hypervisor);
		fprintf(record->file, " %u\n", inventory->cpus);
		record->hosts[host].cpus = inventory->cpus;
	}
	for (size_t i = 0; i < record->n_vms; i++)
		record->vms[i].seen = false;
	for (size_t i = 0; i < inventory->n_samples; i++)
		tell_sample(record, host, &inventory->samples[i]);
	for (size_t i = 0; i < record->n_vms; i++) {
		struct known_vm *vm = &record->vms[i];

		if (vm->host != host || !vm->there || vm->seen)
			continue;
		vm->there = false;
		fputs("gone", record->file);
		write_word(record->file, vm->word);
		fputc('\n', record->file);
	}
	fputs("inventory", record->file);
	write_word(record->file, inventory->hypervisor);
	write_since(record, inventory->time_ns);
	fputc('\n', record->file);
	end(record);
}

void record_event(struct record *record, const struct vm_event *event,
		  uint64_t now_ns)
{
	struct known_vm *vm = NULL;
	size_t host;

	if (!begin(record, now_ns))
		return;
	host = know_host(record, event->hypervisor);
	if (host != SIZE_MAX)
		vm = know_vm(record, host, event->uuid,
			     event->name ? event->name : "");
	if (vm) {
		fputs("event", record->file);
		write_word(record->file, vm->word);
		fprintf(record->file, " %s", vm_event_type_name(event->type));
		write_word(record->file, event->hypervisor);
		write_since(record, event->time_ns);
		fprintf(record->file, " %lld", (long long)event->boot_id);
		if (event->throttled > 0)
			fprintf(record->file, " %.2f", event->throttled);
		fputc('\n', record->file);
	}
	end(record);
}

void record_state(struct record *record, const struct source *source,
		  uint64_t now_ns)
{
	enum source_state state = source_state(source);
	const char *error = source_error(source);
	const char *name = source_name(source);

	if (state == SOURCE_CONNECTING || !begin(record, now_ns))
		return;
	if (know_host(record, name) == SIZE_MAX)
		return;
	fputs(state == SOURCE_CONNECTED ? "connected" : "lost", record->file);
	write_word(record->file, name);
	if (state == SOURCE_LOST)
		write_word(record->file, error ? error : "unknown");
	fputc('\n', record->file);
	end(record);
}

void record_drain(struct record *record, const char *domain, bool drained,
		  uint64_t now_ns)
{
	if (!begin(record, now_ns))
		return;
	fputs(drained ? "drain" : "undrain", record->file);
	write_word(record->file, domain);
	fputc('\n', record->file);
	end(record);
}

static struct known_destination *
know_destination(struct record *record, const struct vml_service_key *service,
		 const struct vml_destination_key *key)
{
	char text[VML_KEY_STRING_MAX];
	struct known_destination *found;

	for (size_t i = 0; i < record->n_destinations; i++) {
		size_t at = (record->last_destination + 1 + i) %
			    record->n_destinations;

		found = &record->destinations[at];
		if (vml_destination_key_compare(&found->key, key) ||
		    vml_service_key_compare(&found->service, service))
			continue;
		record->last_destination = at;
		return found;
	}
	found = script_append(&record->destinations, &record->n_destinations,
			      sizeof(*found));
	if (!found)
		return NULL;
	found->service = *service;
	found->key = *key;
	record->last_destination = record->n_destinations - 1;
	fprintf(record->file, "destination d%zu \"%s\"",
		record->last_destination,
		vml_service_key_format(service, text));
	fprintf(record->file, " %s\n", vml_destination_key_format(key, text));
	return found;
}

static void tell_destination(struct record *record,
			     const struct vml_service_key *service,
			     const struct sink_destination *d, uint32_t weight)
{
	struct known_destination *known =
		know_destination(record, service, &d->key);
	FILE *file = record->file;
	bool all;

	if (!known)
		return;
	all = !known->there;
	known->there = known->seen = true;
	if (!all && known->weight == weight && known->told.picks == d->picks &&
	    known->told.active_connections == d->active_connections &&
	    known->told.inactive_connections == d->inactive_connections)
		return;
	fprintf(file, "count d%zu", (size_t)(known - record->destinations));
	if (all || known->weight != weight)
		fprintf(file, " weight %u", weight);
	if (all || known->told.picks != d->picks)
		fprintf(file, " picks %llu", (unsigned long long)d->picks);
	if (all || known->told.active_connections != d->active_connections)
		fprintf(file, " active %u", d->active_connections);
	if (all || known->told.inactive_connections != d->inactive_connections)
		fprintf(file, " inactive %u", d->inactive_connections);
	fputc('\n', file);
	known->weight = weight;
	known->told = *d;
}

void record_check(struct record *record, const struct vml_service_key *service,
		  const struct vml_destination_key *key,
		  const struct health_result *result, uint64_t now_ns)
{
	const struct known_destination *known;

	if (!begin(record, now_ns))
		return;
	known = know_destination(record, service, key);
	if (!known)
		return;
	fprintf(record->file, "check d%zu %s",
		(size_t)(known - record->destinations),
		health_outcome_name(result->outcome));
	if (result->outcome == HEALTH_STATUS)
		fprintf(record->file, " %u", result->status);
	fputc('\n', record->file);
	end(record);
}

void record_look(struct record *record, const struct vml_service_key *key,
		 const struct sink_service *service,
		 const struct policy_member *weights, uint64_t now_ns)
{
	char text[VML_KEY_STRING_MAX];

	if (!begin(record, now_ns))
		return;
	for (size_t i = 0; i < record->n_destinations; i++)
		record->destinations[i].seen = false;
	for (size_t i = 0; i < service->n_destinations; i++)
		tell_destination(record, key, &service->destinations[i],
				 weights[i].weight);
	for (size_t i = 0; i < record->n_destinations; i++) {
		struct known_destination *known = &record->destinations[i];

		if (!known->there || known->seen ||
		    vml_service_key_compare(&known->service, key))
			continue;
		known->there = false;
		fprintf(record->file, "remove d%zu\n", i);
	}
	fprintf(record->file, "look \"%s\"\n",
		vml_service_key_format(key, text));
	end(record);
}
