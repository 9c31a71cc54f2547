/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A few scales into the set that is in force. */
#ifndef VMLCTL_MERGE_H
#define VMLCTL_MERGE_H

#include "libvml.h"

/*
 * The set that results if changes are made to the scales of destinations: of
 * those, all that are not neutral, and the changes. The caller frees it.
 * -ENOENT: a change of something that is not among destinations; *ret_bad is
 * its index then. -EEXIST: two changes of the same destination, likewise.
 */
int scales_merge(const struct vml_destination *destinations,
		 size_t n_destinations, const struct vml_scale *changes,
		 size_t n_changes, struct vml_scale **ret_scales, size_t *ret_n,
		 size_t *ret_bad);

#endif
