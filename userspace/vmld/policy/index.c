/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "policy/index.h"

struct sorting {
	const void *items;
	index_compare_t compare;
};

static int compare_places(const void *a, const void *b, void *userdata)
{
	const struct sorting *sorting = userdata;

	return sorting->compare(sorting->items, *(const size_t *)a,
				*(const size_t *)b);
}

int index_build(struct index *index, const void *items, size_t n,
		index_compare_t compare)
{
	struct sorting sorting = { .items = items, .compare = compare };
	size_t *order = calloc(n + 1, sizeof(*order));

	if (!order)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		order[i] = i;
	qsort_r(order, n, sizeof(*order), compare_places, &sorting);
	*index = (struct index){ .order = order, .n = n };
	return 0;
}

void index_done(struct index *index)
{
	free(index->order);
	*index = (struct index){};
}

struct index index_take(struct index *index)
{
	struct index taken = *index;

	*index = (struct index){};
	return taken;
}

size_t index_first(const struct index *index, const void *items,
		   const void *wanted, index_compare_with_t compare)
{
	size_t low = 0, high = index->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(items, index->order[middle], wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == index->n || compare(items, index->order[low], wanted) != 0)
		return INDEX_NONE;
	return low;
}

bool index_has_duplicates(const struct index *index, const void *items,
			  index_compare_t compare)
{
	for (size_t i = 1; i < index->n; i++)
		if (compare(items, index->order[i - 1],
			    index->order[i]) == 0)
			return true;
	return false;
}
