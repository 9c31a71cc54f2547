/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sorted order of the items of an array, to find them by a property. */
#ifndef VMLD_POLICY_INDEX_H
#define VMLD_POLICY_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INDEX_NONE SIZE_MAX

struct index {
	size_t *order;		/* places in the array of items */
	size_t n;
};

typedef int (*index_compare_t)(const void *items, size_t a, size_t b);
typedef int (*index_compare_with_t)(const void *items, size_t i,
				    const void *wanted);

/* -ENOMEM */
int index_build(struct index *index, const void *items, size_t n,
		index_compare_t compare);
void index_done(struct index *index);
struct index index_take(struct index *index);

/* The place in order of the first that equals wanted, or INDEX_NONE. */
size_t index_first(const struct index *index, const void *items,
		   const void *wanted, index_compare_with_t compare);
bool index_has_duplicates(const struct index *index, const void *items,
			  index_compare_t compare);

#endif
