/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <string.h>

#include "record/write.h"
#include "source/script.h"
#include "util.h"

static void write_count(FILE *file, enum script_key key, bool had, bool has,
			uint64_t before, uint64_t now)
{
	if (had == has && (!has || before == now))
		return;
	fprintf(file, " %s", script_key_name(key));
	if (has)
		fprintf(file, " %llu", (unsigned long long)now);
	else
		fputs(" -", file);
}

static void write_changes(FILE *file, const struct vm_sample *old,
			  const struct vm_sample *new, uint64_t started_ns)
{
	if (old->name && strcmp(old->name, new->name) != 0) {
		fputs(" name", file);
		write_word(file, new->name);
	}
	if (old->state != new->state)
		fprintf(file, " state %s", vm_state_name(new->state));
	if (old->pause != new->pause)
		fprintf(file, " pause %s", script_pause_name(new->pause));
	/* Before the counters, which it restarts. */
	if (old->boot_id != new->boot_id)
		fprintf(file, " boot %lld", (long long)new->boot_id);
	if (old->started_ns != new->started_ns) {
		fputs(" started", file);
		if (new->started_ns)
			write_time(file, new->started_ns > started_ns ?
					 new->started_ns - started_ns : 0);
		else
			fputs(" -", file);
	}
	if (old->vcpus != new->vcpus)
		fprintf(file, " vcpus %u", new->vcpus);
	write_count(file, SCRIPT_RUN_NS, old->has_run, new->has_run,
		    old->boot_id == new->boot_id ? old->run_ns : 0,
		    new->run_ns);
	write_count(file, SCRIPT_DELAY_NS, old->has_steal, new->has_steal,
		    old->boot_id == new->boot_id ? old->delay_ns : 0,
		    new->delay_ns);
	write_count(file, SCRIPT_STALL_NS, old->has_stall, new->has_stall,
		    old->boot_id == new->boot_id ? old->stall_ns : 0,
		    new->stall_ns);
	write_count(file, SCRIPT_BLOCK_REQUESTS, old->has_block, new->has_block,
		    old->boot_id == new->boot_id ? old->block_requests : 0,
		    new->block_requests);
	write_count(file, SCRIPT_BLOCK_NS, old->has_block, new->has_block,
		    old->boot_id == new->boot_id ? old->block_ns : 0,
		    new->block_ns);
	write_count(file, SCRIPT_MEMORY_TIME, old->has_memory, new->has_memory,
		    old->memory_time, new->memory_time);
	write_count(file, SCRIPT_SWAPPED_IN, old->has_memory, new->has_memory,
		    old->swapped_in, new->swapped_in);
}

static bool same_addresses(const struct vm_sample *a, const struct vm_sample *b)
{
	if (a->n_addresses != b->n_addresses)
		return false;
	for (size_t i = 0; i < a->n_addresses; i++)
		if (!vm_address_equal(&a->addresses[i], &b->addresses[i]))
			return false;
	return true;
}

static void write_addresses(FILE *file, const char *word,
			    const struct vm_sample *sample)
{
	char text[INET6_ADDRSTRLEN];

	fputs("set", file);
	write_word(file, word);
	fputs(" address -\n", file);
	for (size_t i = 0; i < sample->n_addresses; i++) {
		const struct vm_address *a = &sample->addresses[i];

		if (!inet_ntop(a->family, &a->address, text, sizeof(text)))
			continue;
		fputs("set", file);
		write_word(file, word);
		fprintf(file, " address %s\n", text);
	}
}

void write_sample(FILE *file, const char *word, const struct vm_sample *old,
		  const struct vm_sample *new, uint64_t started_ns)
{
	if (!same_addresses(old, new))
		write_addresses(file, word, new);
	fputs("set", file);
	write_word(file, word);
	write_changes(file, old, new, started_ns);
	fputc('\n', file);
}
