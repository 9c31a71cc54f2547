/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that the tests know of how a table is laid out. */
#ifndef _VML_PEEK_H
#define _VML_PEEK_H

#include "table.h"

/* Destination number i of those that the table has. */
static inline const struct vml_choice *peek_own(const struct vml_table *table,
						u32 i)
{
	return &table->slots[i].choices[VML_SLOT_OWN];
}

#endif /* _VML_PEEK_H */
