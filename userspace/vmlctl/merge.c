/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "merge.h"
#include "util.h"

static const struct vml_scale *find(const struct vml_scale *scales, size_t n,
				    const struct vml_destination_key *key)
{
	for (size_t i = 0; i < n; i++)
		if (!vml_destination_key_compare(&scales[i].key, key))
			return &scales[i];
	return NULL;
}

static bool exists(const struct vml_destination *destinations, size_t n,
		   const struct vml_destination_key *key)
{
	for (size_t i = 0; i < n; i++)
		if (!vml_destination_key_compare(&destinations[i].key, key))
			return true;
	return false;
}

int scales_merge(const struct vml_destination *destinations,
		 size_t n_destinations, const struct vml_scale *changes,
		 size_t n_changes, struct vml_scale **ret_scales, size_t *ret_n,
		 size_t *ret_bad)
{
	struct vml_scale *scales;
	size_t n = 0;

	for (size_t i = 0; i < n_changes; i++) {
		int r = 0;

		if (find(changes, i, &changes[i].key))
			r = -EEXIST;
		else if (!exists(destinations, n_destinations, &changes[i].key))
			r = -ENOENT;
		if (r < 0) {
			*ret_bad = i;
			return r;
		}
	}
	scales = calloc(MAX(n_destinations, (size_t)1), sizeof(*scales));
	if (!scales)
		return -ENOMEM;
	for (size_t i = 0; i < n_destinations; i++) {
		const struct vml_scale *change =
			find(changes, n_changes, &destinations[i].key);

		if (change)
			scales[n++] = *change;
		else if (destinations[i].scale != VML_SCALE_ONE)
			scales[n++] = (struct vml_scale){
				.key = destinations[i].key,
				.scale = destinations[i].scale,
			};
	}
	*ret_scales = scales;
	*ret_n = n;
	return 0;
}
