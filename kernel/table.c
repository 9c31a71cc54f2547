// SPDX-License-Identifier: GPL-2.0
#include <linux/bitops.h>
#include <linux/err.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "table.h"

/**
 * vml_table_begin - allocate all that a table needs
 * @builder: where to build
 * @capacity: the most destinations that will be added
 * @gfp: how to allocate
 *
 * Nothing after this can fail.
 *
 * Return: 0, or -ENOMEM.
 */
int vml_table_begin(struct vml_table_builder *builder, u32 capacity,
		    gfp_t gfp)
{
	struct vml_table *table;
	size_t size;

	/*
	 * Slots need their alignment, which kmalloc() has for powers of two.
	 * It rounds up to them, but for the sizes of tables smaller than this.
	 */
	size = struct_size(table, slots, max(capacity, 3U));
	table = kvmalloc(size, gfp);
	if (!table)
		return -ENOMEM;

	builder->shares = kvmalloc_array(capacity, sizeof(*builder->shares),
					 gfp);
	if (!builder->shares) {
		kvfree(table);
		return -ENOMEM;
	}

	table->n = 0;
	builder->table = table;
	builder->capacity = capacity;
	return 0;
}

/**
 * vml_table_add - add a destination
 * @builder: a builder with room left
 * @dest: the destination
 * @effective_weight: fixed point; one of 0 is left out, so never drawn
 * @picks: its counter of picks
 */
void vml_table_add(struct vml_table_builder *builder, struct ip_vs_dest *dest,
		   u64 effective_weight, unsigned long __percpu *picks)
{
	struct vml_table *table = builder->table;
	struct vml_choice *own = &table->slots[table->n].choices[VML_SLOT_OWN];

	if (!effective_weight || WARN_ON_ONCE(table->n == builder->capacity))
		return;

	own->dest = dest;
	own->picks = picks;
	builder->shares[table->n] = effective_weight;
	table->n++;
}

/*
 * Bring the weights below 2^VML_TABLE_WEIGHT_BITS, all by the same shift.
 * Returns their sum.
 */
static u64 vml_table_weigh(struct vml_table_builder *builder)
{
	struct vml_table *table = builder->table;
	u64 most = 0, sum = 0;
	u32 i;

	for (i = 0; i < table->n; i++)
		most = max(most, builder->shares[i]);
	table->shift = max(fls64(most) - VML_TABLE_WEIGHT_BITS, 0);

	for (i = 0; i < table->n; i++) {
		u32 weight = vml_table_normalise(table, builder->shares[i]);

		table->slots[i].choices[VML_SLOT_OWN].weight = weight;
		builder->shares[i] = weight;
		sum += weight;
	}
	return sum;
}

/* The fraction share / column, below 1, as a number of 32 bits. */
static u32 vml_table_threshold(u64 share, u64 column)
{
	u32 shift = max(fls64(column) - 32, 0);
	u64 fraction = div64_u64((share >> shift) << 32, column >> shift);

	return min_t(u64, fraction, U32_MAX);
}

static u32 vml_table_next(const struct vml_table_builder *builder, u32 i,
			  u64 column, bool full)
{
	while (i < builder->table->n &&
	       (builder->shares[i] >= column) != full)
		i++;
	return i;
}

/*
 * Fill every column, of the height of all weights together, with its own
 * destination's share (the weight times n, so that the shares fill the columns
 * exactly) and the rest from one destination whose share is larger. The usual
 * two stacks are sweeps here: @small over the destinations that don't fill
 * their column, @large over the others. A donor that @small has passed by and
 * whose remainder no longer fills its own column comes next.
 */
static void vml_table_fill(struct vml_table_builder *builder, u64 column)
{
	struct vml_table *table = builder->table;
	u64 *shares = builder->shares;
	u32 i, small, large, current_slot;

	for (i = 0; i < table->n; i++) {
		struct vml_slot *slot = &table->slots[i];

		shares[i] *= table->n;
		slot->threshold = U32_MAX;
		slot->choices[VML_SLOT_FILLER] =
			slot->choices[VML_SLOT_OWN];
	}

	small = vml_table_next(builder, 0, column, false);
	large = vml_table_next(builder, 0, column, true);
	current_slot = small;
	while (current_slot < table->n && large < table->n) {
		struct vml_slot *slot = &table->slots[current_slot];
		u32 donor = large;

		slot->threshold = vml_table_threshold(shares[current_slot],
						      column);
		slot->choices[VML_SLOT_FILLER] =
			table->slots[donor].choices[VML_SLOT_OWN];
		shares[donor] -= column - shares[current_slot];

		if (shares[donor] < column) {
			large = vml_table_next(builder, donor + 1, column,
					       true);
			if (donor < small) {
				current_slot = donor;
				continue;
			}
		}
		small = vml_table_next(builder, small + 1, column, false);
		current_slot = small;
	}
}

/**
 * vml_table_finish - turn what was added into a table
 * @builder: the builder; it is spent
 *
 * Return: the table, which the caller frees with kvfree(), a grace period later
 * if others may read it; its n is 0 if nothing was added that could be drawn.
 */
struct vml_table *vml_table_finish(struct vml_table_builder *builder)
{
	u64 sum = vml_table_weigh(builder);

	vml_table_fill(builder, sum);
	kvfree(builder->shares);
	return builder->table;
}

/**
 * vml_table_abort - give up a table under construction
 * @builder: the builder; it is spent
 */
void vml_table_abort(struct vml_table_builder *builder)
{
	kvfree(builder->shares);
	kvfree(builder->table);
}
