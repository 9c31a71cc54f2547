/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The capacity floor of a service: the share of its weight that is to take new
 * connections while an operation has a machine out.
 */
#ifndef VMLD_OPERATION_FLOOR_H
#define VMLD_OPERATION_FLOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct floor_destination {
	uint32_t weight;	/* the administrator's */
	bool takes;		/* new connections, at the moment */
	bool leaves;		/* backed by the machine to be taken out */
};

enum floor_answer {
	FLOOR_KEPT,
	FLOOR_LACKING,	/* not now; if others come back, it is */
	FLOOR_NEVER,	/* not even with all others */
};

/*
 * Whether the service stays at its floor, a share from 0 to 1, without the
 * destinations that leave. If those take nothing as it is, taking them out costs
 * nothing, and it is kept. *ret_share: what would be left of the weight.
 */
enum floor_answer floor_check(const struct floor_destination *destinations,
			      size_t n, double share, double *ret_share);

#endif
