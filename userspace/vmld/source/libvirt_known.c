/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "source/libvirt_known.h"
#include "util.h"

/* Asking for addresses may delay a poll by that much, and one call. */
#define ASK_BUDGET_NS (200 * NSEC_PER_MSEC)

/* Polls between two times of asking, when an address is known and when not. */
#define LONGEST_PAUSE 60u
#define LONGEST_PAUSE_WITHOUT 10u

void libvirt_known_begin(struct libvirt_known *known)
{
	known->deadline_ns = now_ns() + ASK_BUDGET_NS;
	known->was_short = known->is_short;
	known->is_short = false;
	for (size_t i = 0; i < known->n; i++)
		known->domains[i].seen = false;
	neighbours_done(&known->neighbours);
}

static int compare_domains(const void *a, const void *b)
{
	return memcmp(((const struct libvirt_known_domain *)a)->uuid,
		      ((const struct libvirt_known_domain *)b)->uuid,
		      VM_UUID_SIZE);
}

static struct libvirt_known_domain *find(struct libvirt_known *known,
					 const uint8_t *uuid)
{
	struct libvirt_known_domain wanted = {};

	if (!known->n_sorted)
		return NULL;
	memcpy(wanted.uuid, uuid, VM_UUID_SIZE);
	return bsearch(&wanted, known->domains, known->n_sorted,
		       sizeof(wanted), compare_domains);
}

static struct libvirt_known_domain *append(struct libvirt_known *known,
					   const uint8_t *uuid)
{
	struct libvirt_known_domain *domain;

	if (known->n == known->room) {
		size_t room = known->room ? 2 * known->room : 16;

		domain = reallocarray(known->domains, room, sizeof(*domain));
		if (!domain)
			return NULL;
		known->domains = domain;
		known->room = room;
	}
	domain = &known->domains[known->n++];
	*domain = (struct libvirt_known_domain){ .boot_id = VM_BOOT_ID_NONE };
	memcpy(domain->uuid, uuid, VM_UUID_SIZE);
	return domain;
}

static void note_boot(const struct libvirt_known *known,
		      struct libvirt_known_domain *domain, bool arrived,
		      const struct vm_sample *sample)
{
	if (domain->boot_id == sample->boot_id)
		return;
	domain->boot_id = sample->boot_id;
	if (sample->boot_id == VM_BOOT_ID_NONE)
		return;
	/* What runs at the first poll has run for nobody knows how long. */
	domain->started_ns = known->complete && !arrived ? sample->time_ns : 0;
	domain->pause = 0;
	domain->longer = 1;
}

static void ask(struct libvirt_known *known, virDomainPtr handle,
		struct libvirt_known_domain *domain)
{
	bool is_first = domain->longer == 1;
	unsigned int longest;

	if (now_ns() >= known->deadline_ns) {
		known->is_short |= is_first;
		return;
	}
	/* Asking the same ones again would leave no time for the others. */
	if (domain->pause == 0 && known->was_short && !is_first)
		return;
	if (domain->pause > 0) {
		domain->pause--;
		/* This costs no call, and changes with the first request. */
		if (!domain->addresses.n_addresses)
			libvirt_addresses_ask_neighbours(&domain->addresses,
							 &known->neighbours);
		return;
	}
	libvirt_addresses_ask(&domain->addresses, &known->sources,
			      &known->neighbours, handle);
	longest = domain->addresses.n_addresses ? LONGEST_PAUSE :
						  LONGEST_PAUSE_WITHOUT;
	/* Not all at the same poll: sooner by up to a half. */
	domain->pause = domain->longer -
			domain->uuid[VM_UUID_SIZE - 1] %
				(domain->longer / 2 + 1);
	domain->longer = MIN(2 * domain->longer, longest);
}

static int copy_addresses(const struct libvirt_addresses *addresses,
			  struct vm_sample *sample)
{
	size_t size = addresses->n_addresses * sizeof(*sample->addresses);

	if (addresses->n_addresses) {
		sample->addresses = malloc(size);
		if (!sample->addresses)
			return -ENOMEM;
		memcpy(sample->addresses, addresses->addresses, size);
		sample->n_addresses = addresses->n_addresses;
	}
	size = addresses->n_macs * sizeof(*sample->macs);
	if (addresses->n_macs) {
		sample->macs = malloc(size);
		if (!sample->macs)
			return -ENOMEM;
		memcpy(sample->macs, addresses->macs, size);
		sample->n_macs = addresses->n_macs;
	}
	return 0;
}

int libvirt_known_update(struct libvirt_known *known, virDomainPtr handle,
			 bool arrived, struct vm_sample *sample)
{
	struct libvirt_known_domain *domain = find(known, sample->uuid);

	if (!domain)
		domain = append(known, sample->uuid);
	if (!domain)
		return -ENOMEM;
	domain->seen = true;
	note_boot(known, domain, arrived, sample);
	if (sample->state == VM_STATE_RUNNING)
		ask(known, handle, domain);
	sample->started_ns = domain->started_ns;
	return copy_addresses(&domain->addresses, sample);
}

void libvirt_known_end(struct libvirt_known *known)
{
	size_t kept = 0;

	for (size_t i = 0; i < known->n; i++) {
		if (known->domains[i].seen)
			known->domains[kept++] = known->domains[i];
		else
			libvirt_addresses_done(&known->domains[i].addresses);
	}
	known->n = kept;
	if (kept)
		qsort(known->domains, kept, sizeof(*known->domains),
		      compare_domains);
	known->n_sorted = kept;
	known->complete = true;
}

void libvirt_known_done(struct libvirt_known *known)
{
	for (size_t i = 0; i < known->n; i++)
		libvirt_addresses_done(&known->domains[i].addresses);
	free(known->domains);
	neighbours_done(&known->neighbours);
	*known = (struct libvirt_known){};
}
