/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The selection table: the immutable snapshot of a service's effective weights
 * that the fast path draws from. Pure code: it never looks into a destination.
 */
#ifndef _VML_TABLE_H
#define _VML_TABLE_H

#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

struct ip_vs_dest;

/* Weights in a table are normalised to at most this many bits. */
#define VML_TABLE_WEIGHT_BITS	31
#define VML_TABLE_WEIGHT_MAX	((1U << VML_TABLE_WEIGHT_BITS) - 1)

/**
 * struct vml_choice - a destination that can be drawn
 * @dest: the destination
 * @picks: its counter of picks
 * @weight: its normalised effective weight, at least 1
 */
struct vml_choice {
	struct ip_vs_dest *dest;
	unsigned long __percpu *picks;
	s64 weight;
};

/* Which of a slot's choices. */
enum {
	VML_SLOT_FILLER,
	VML_SLOT_OWN,
	VML_SLOT_CHOICES
};

/**
 * struct vml_slot - one column of the alias table
 * @choices: the slot's own destination, and the one that fills up the column
 * @threshold: fractions below it choose the slot's own destination
 *
 * All that a decision reads of the table stands in the slot, which is a cache
 * line, so that a draw costs one cache miss before the destination's own. Which
 * of the two is chosen is random, and so an index: a branch would be
 * mispredicted half of the time.
 */
struct vml_slot {
	struct vml_choice choices[VML_SLOT_CHOICES];
	u32 threshold;
} __aligned(64);

/**
 * struct vml_table - destinations with a positive effective weight
 * @rcu: for the table's release
 * @n: number of destinations
 * @shift: what effective weights were normalised by
 * @slots: the alias table
 */
struct vml_table {
	struct rcu_head rcu;
	u32 n;
	u32 shift;
	struct vml_slot slots[];
};

/**
 * struct vml_table_builder - a table under construction
 * @table: the table
 * @shares: per destination, what is left of it to be put into columns
 * @capacity: how many destinations can be added
 */
struct vml_table_builder {
	struct vml_table *table;
	u64 *shares;
	u32 capacity;
};

int vml_table_begin(struct vml_table_builder *builder, u32 capacity,
		    gfp_t gfp);
void vml_table_add(struct vml_table_builder *builder, struct ip_vs_dest *dest,
		   u64 effective_weight, unsigned long __percpu *picks);
struct vml_table *vml_table_finish(struct vml_table_builder *builder);
void vml_table_abort(struct vml_table_builder *builder);

/**
 * vml_table_normalise - bring an effective weight to the range of a table
 * @table: the table, which need not have been made of this weight
 * @effective_weight: fixed point, not 0
 *
 * Return: the normalised weight: one that would vanish stays at the least, one
 * that is too large for the table at the most.
 */
static inline u32 vml_table_normalise(const struct vml_table *table,
				      u64 effective_weight)
{
	return clamp_t(u64, effective_weight >> table->shift, 1,
		       VML_TABLE_WEIGHT_MAX);
}

/**
 * vml_table_draw - draw a destination in proportion to its effective weight
 * @table: a table with at least one destination
 * @random: uniform in 0 .. 2^32 - 1
 *
 * One random number gives the column, by multiply-shift, and the place within
 * it. See Vose, "A linear algorithm for generating random numbers with a given
 * distribution", IEEE TSE 17(9), 1991.
 *
 * Return: what is chosen, valid as long as the table is.
 */
static inline const struct vml_choice *
vml_table_draw(const struct vml_table *table, u32 random)
{
	u64 product = mul_u32_u32(random, table->n);
	const struct vml_slot *slot = &table->slots[product >> 32];

	return &slot->choices[(u32)product < slot->threshold];
}

/* The stride between draws: a quarter of the circle, and a sixteenth around. */
#define VML_STRIDE_BITS		29
#define VML_STRIDE_LEAST	((1U << 30) - (1U << (VML_STRIDE_BITS - 1)))

/**
 * vml_table_place - where a decision draws
 * @random: uniform in 0 .. 2^64 - 1
 * @i: which of the decision's four draws, from 0
 *
 * The places go round a circle, from anywhere, by a stride: each draw alone is
 * as random as any, but together they are spread, so that few destinations are
 * seldom drawn twice, and one random number is enough for four. The stride is
 * random, too, so that destinations meet ever others: systematic sampling, but
 * for that. See docs/algorithm.md for what comes of it.
 *
 * Return: for vml_table_draw(), uniform in 0 .. 2^32 - 1.
 */
static inline u32 vml_table_place(u64 random, unsigned int i)
{
	u32 stride = VML_STRIDE_LEAST + (random >> (64 - VML_STRIDE_BITS));

	return (u32)random + i * stride;
}

/**
 * vml_less_loaded - compare two destinations by load in proportion to weight
 * @connections1: active connections of the first
 * @weight1: its normalised effective weight
 * @connections2: active connections of the second
 * @weight2: its normalised effective weight
 *
 * The load is (connections + 1/2) / weight. Connections fit 31 bits and
 * weights VML_TABLE_WEIGHT_BITS, so that the products fit 64.
 *
 * Return: true if the first one's load is strictly less.
 */
static inline bool vml_less_loaded(s32 connections1, s64 weight1,
				   s32 connections2, s64 weight2)
{
	return (2LL * connections1 + 1) * weight2 <
	       (2LL * connections2 + 1) * weight1;
}

#endif /* _VML_TABLE_H */
