/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <stddef.h>

#include "merge.h"
#include "util.h"

/* Both orders look at the key only, with which each structure begins. */
static int compare_keys(const void *a, const void *b)
{
	return vml_destination_key_compare(a, b);
}

static int compare_pointed_keys(const void *a, const void *b)
{
	return compare_keys(*(const void *const *)a, *(const void *const *)b);
}

/* Pointers to elements of an array, in the order of their keys. */
static const void **sorted_new(const void *array, size_t n, size_t size)
{
	const void **sorted = calloc(MAX(n, (size_t)1), sizeof(*sorted));

	if (!sorted)
		return NULL;
	for (size_t i = 0; i < n; i++)
		sorted[i] = (const uint8_t *)array + i * size;
	qsort(sorted, n, sizeof(*sorted), compare_pointed_keys);
	return sorted;
}

static const void *sorted_find(const void **sorted, size_t n,
			       const struct vml_destination_key *key)
{
	const void **found = bsearch(&key, sorted, n, sizeof(*sorted),
				     compare_pointed_keys);

	return found ? *found : NULL;
}

int scales_merge(const struct vml_destination *destinations,
		 size_t n_destinations, const struct vml_scale *changes,
		 size_t n_changes, struct vml_scale **ret_scales, size_t *ret_n,
		 size_t *ret_bad)
{
	_cleanup_free_ const void **existing = NULL;
	_cleanup_free_ const void **changed = NULL;
	_cleanup_free_ struct vml_scale *scales = NULL;
	size_t n = 0;

	existing = sorted_new(destinations, n_destinations,
			      sizeof(*destinations));
	changed = sorted_new(changes, n_changes, sizeof(*changes));
	scales = calloc(MAX(n_destinations, (size_t)1), sizeof(*scales));
	if (!existing || !changed || !scales)
		return -ENOMEM;
	for (size_t i = 1; i < n_changes; i++)
		if (!compare_keys(changed[i - 1], changed[i])) {
			const struct vml_scale *second =
				MAX(changed[i - 1], changed[i]);

			*ret_bad = (size_t)(second - changes);
			return -EEXIST;
		}
	for (size_t i = 0; i < n_changes; i++)
		if (!sorted_find(existing, n_destinations, &changes[i].key)) {
			*ret_bad = i;
			return -ENOENT;
		}
	for (size_t i = 0; i < n_destinations; i++) {
		const struct vml_scale *change = sorted_find(
			changed, n_changes, &destinations[i].key);

		if (change)
			scales[n++] = *change;
		else if (destinations[i].scale != VML_SCALE_ONE)
			scales[n++] = (struct vml_scale){
				.key = destinations[i].key,
				.scale = destinations[i].scale,
			};
	}
	*ret_scales = TAKE_PTR(scales);
	*ret_n = n;
	return 0;
}

static_assert(offsetof(struct vml_destination, key) == 0 &&
	      offsetof(struct vml_scale, key) == 0,
	      "compare_keys() takes them for keys");
