/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "operation/floor.h"

/* For thirds and the like, written with few decimals. */
#define TOLERANCE 0.001

enum floor_answer floor_check(const struct floor_destination *destinations,
			      size_t n, double share, double *ret_share)
{
	uint64_t total = 0, left = 0, possible = 0, leaving = 0;

	for (size_t i = 0; i < n; i++) {
		const struct floor_destination *d = &destinations[i];

		total += d->weight;
		if (!d->leaves)
			possible += d->weight;
		if (!d->leaves && d->takes)
			left += d->weight;
		if (d->leaves && d->takes)
			leaving += d->weight;
	}
	*ret_share = total ? (double)left / (double)total : 0;
	if (!leaving || *ret_share >= share - TOLERANCE)
		return FLOOR_KEPT;
	return (double)possible / (double)total < share - TOLERANCE ?
		       FLOOR_NEVER : FLOOR_LACKING;
}
