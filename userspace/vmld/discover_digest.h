/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether anything that matters to discovery has changed: mostly it has not. */
#ifndef VMLD_DISCOVER_DIGEST_H
#define VMLD_DISCOVER_DIGEST_H

#include "discover.h"

/*
 * Of what an inventory says of machines, their states and addresses: made once,
 * as there may be many services that look at it. Not 0.
 */
uint64_t discover_digest_inventory(const struct vm_inventory *inventory);

/* Equal, as far as 64 bits can tell, when the inputs of two runs are. */
uint64_t discover_digest(const struct vm_inventory *const *inventories,
			 size_t n_inventories,
			 const struct vml_destination_key *destinations,
			 size_t n_destinations);

#endif
