/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where machines of which no address is known might be. */
#ifndef VMLD_DISCOVER_SEARCH_H
#define VMLD_DISCOVER_SEARCH_H

#include "discover.h"

struct discover_search {
	const struct discover_rule **subnets;	/* of rules, each once */
	size_t n_subnets;
	struct vm_address *destinations;	/* without a machine */
	size_t n_destinations;
	/* A machine that runs has no known address of that family. */
	bool lacks_ipv4, lacks_ipv6;
	uint64_t due_ns;			/* not before */
	uint64_t pause_ns;			/* 0: not asked yet */
};

/* That a machine which fits the rule is looked for. -ENOMEM. */
int discover_search_add_machine(struct discover_search *search,
				const struct discover_rule *rule,
				const struct vm_sample *sample);
int discover_search_add_destination(struct discover_search *search,
				    const struct vml_destination_key *key);

/* search becomes next, which is empty then; if that is the same, time goes on. */
void discover_search_replace(struct discover_search *search,
			     struct discover_search *next);
void discover_search_done(struct discover_search *search);

int discover_search_next(struct discover_search *search, uint64_t now_ns,
			 struct vm_address **ret_addresses, size_t *ret_n);

#endif
