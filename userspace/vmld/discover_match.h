/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a machine and one of its addresses fit a rule. */
#ifndef VMLD_DISCOVER_MATCH_H
#define VMLD_DISCOVER_MATCH_H

#include "discover.h"

/* By the name of the machine and of its hypervisor. */
bool discover_match_domain(const struct discover_rule *rule,
			   const char *domain, const char *hypervisor);

bool discover_match_address(const struct discover_rule *rule,
			    const struct vm_address *address);

bool discover_match_subnet(const struct vm_address *subnet,
			   unsigned int prefix,
			   const struct vm_address *address);

/* The machine may have an address that fits, of a family of which none is known. */
bool discover_match_unseen(const struct discover_rule *rule,
			   const struct vm_sample *sample);

/* False: the prefix is too long, or families do not fit. */
bool discover_rule_is_valid(const struct discover_rule *rule);

void discover_key(struct vml_destination_key *ret_key,
		  const struct discover_rule *rule,
		  const struct vm_address *address);

#endif
