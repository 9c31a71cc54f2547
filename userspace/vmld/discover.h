/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Discovery: which virtual machine is behind which destination.
 *
 * Pure: rules of the configuration × machines with their addresses → members.
 * It remembers the members of machines that are gone, as long as a destination
 * of the kernel needs them: that a killed machine is behind a destination must
 * be known just when it has no address any more.
 */
#ifndef VMLD_DISCOVER_H
#define VMLD_DISCOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libvml.h"
#include "source/source.h"

/*
 * One "members" or "member" section. The strings must outlive the discovery.
 */
struct discover_rule {
	/* Without an address a glob (fnmatch(3)), with one the very name. */
	const char *domain;
	const char *const *hypervisors;	/* names; n_hypervisors 0: all */
	size_t n_hypervisors;
	bool has_subnet;		/* else any address of the machine */
	struct vm_address subnet;
	unsigned int prefix;		/* bits of the subnet */
	bool has_address;		/* "member": this very destination */
	struct vm_address address;
	struct vm_address excluded;	/* the service's own; family 0: none */
	uint16_t port;			/* host byte order */
	uint32_t weight;		/* carried through, for the caller */
	unsigned int line;		/* of the configuration, likewise */
};

/*
 * One destination with the machine behind it. A machine with several addresses
 * that fit is behind several; loopback and link-local addresses never fit.
 */
struct discover_member {
	struct vml_destination_key key;
	bool has_vm;		/* false: of a "member" whose domain is unknown */
	uint8_t uuid[VM_UUID_SIZE];
	const char *domain;	/* the name; of the rule without has_vm */
	const char *hypervisor;	/* NULL without has_vm */
	uint32_t vcpus;		/* 0: unknown */
	bool present;		/* false: the machine is in no inventory now */
	enum vm_state state;	/* at the last poll; SHUTOFF if not present */
	const struct discover_rule *rule;
};

struct discover;

/* The rules are borrowed. -EINVAL: a prefix too long for its family. */
int discover_new(const struct discover_rule *rules, size_t n_rules,
		 struct discover **ret_discover);
struct discover *discover_free(struct discover *discover);
void discover_freep(struct discover **discover);

/*
 * After a new configuration: remember what the discovery before it knew, where
 * the new rules agree. -ENOMEM.
 */
int discover_inherit(struct discover *discover, const struct discover *before);

/*
 * Forget the machines that were last seen on a hypervisor that is asked no more.
 * What discover_members() gave is not valid any longer.
 */
void discover_forget(struct discover *discover, const char *hypervisor);

/*
 * Match again. inventories: the last one of each hypervisor, NULLs are
 * skipped; a hypervisor without an inventory (lost, never seen) changes
 * nothing about the members that it had. destinations: those that the kernel
 * has now, for which gone machines are remembered.
 *
 * Returns 0 or -ENOMEM, when nothing changed. The inventories may go
 * afterwards.
 */
int discover_run(struct discover *discover,
		 const struct vm_inventory *const *inventories,
		 size_t n_inventories,
		 const struct vml_destination_key *destinations,
		 size_t n_destinations);

/* Sorted by key, valid until the next discover_run(). */
const struct discover_member *
discover_members(const struct discover *discover, size_t *ret_n);

/*
 * Addresses at which a machine may be that runs, fits a rule and has no known
 * address of a family that fits: destinations of the kernel in the rule's subnet
 * behind which no machine is known, or if there are none, all of a small IPv4
 * subnet. To be solicited (source/neighbour.h), so that a later inventory has the
 * address.
 *
 * There are some only if it is time to ask (again): at growing intervals as
 * long as such a machine is there. The caller frees *ret_addresses. -ENOMEM.
 */
int discover_candidates(struct discover *discover, uint64_t now_ns,
			struct vm_address **ret_addresses, size_t *ret_n);

/*
 * Whether a machine that runs and fits a rule had no known address of that family
 * in the last run: it may be behind any destination that has no member.
 */
bool discover_lacks_addresses(const struct discover *discover, uint16_t family);

/*
 * Ambiguities that the last run found and the one before did not: each a
 * sentence for the log. Valid until the next run.
 */
const char *const *discover_problems(const struct discover *discover,
				     size_t *ret_n);

#endif
