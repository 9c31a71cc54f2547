/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The selection table: the immutable snapshot of a service's effective weights
 * that the fast path draws from. Pure code: it never looks into a destination.
 */
#ifndef _VML_TABLE_H
#define _VML_TABLE_H

#include <linux/math64.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

struct ip_vs_dest;

/* Weights in a table are normalised to at most this many bits. */
#define VML_TABLE_WEIGHT_BITS	31

/**
 * struct vml_slot - one column of the alias table
 * @threshold: fractions below it choose the first destination
 * @alias: slot whose first destination is this one's second
 * @weight: normalised effective weights of both
 * @dest: the slot's own destination, and the one that fills up the column
 *
 * Both destinations and their weights stand in the slot, so that a draw costs
 * one cache miss before the destination's own. Which of them is chosen is
 * random, and so an index: a branch would be mispredicted half of the time.
 */
struct vml_slot {
	u32 threshold;
	u32 alias;
	u32 weight[2];
	struct ip_vs_dest *dest[2];
};

/**
 * struct vml_table - destinations with a positive effective weight
 * @rcu: for the table's release
 * @n: number of destinations
 * @picks: per destination, in the order of @slots, its counter of picks
 * @slots: the alias table
 */
struct vml_table {
	struct rcu_head rcu;
	u32 n;
	unsigned long __percpu **picks;
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
 * vml_table_draw - draw a destination in proportion to its effective weight
 * @table: a table with at least one destination
 * @random: uniform in 0 .. 2^32 - 1
 *
 * One random number gives the column, by multiply-shift, and the place within
 * it. See Vose, "A linear algorithm for generating random numbers with a given
 * distribution", IEEE TSE 17(9), 1991.
 *
 * Return: the draw, to be asked with the functions that follow: the slot, and
 * in the lowest bit which of its destinations.
 */
static inline u32 vml_table_draw(const struct vml_table *table, u32 random)
{
	u64 product = mul_u32_u32(random, table->n);
	u32 slot = product >> 32;

	return slot << 1 | ((u32)product >= table->slots[slot].threshold);
}

/* The draw that yields the own destination of a slot. */
static inline u32 vml_table_own(u32 slot)
{
	return slot << 1;
}

static inline struct ip_vs_dest *vml_table_dest(const struct vml_table *table,
						u32 draw)
{
	return table->slots[draw >> 1].dest[draw & 1];
}

/* Normalised, at least 1. */
static inline u32 vml_table_weight(const struct vml_table *table, u32 draw)
{
	return table->slots[draw >> 1].weight[draw & 1];
}

static inline unsigned long __percpu *
vml_table_picks(const struct vml_table *table, u32 draw)
{
	u32 slot = draw >> 1;

	return table->picks[draw & 1 ? table->slots[slot].alias : slot];
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
static inline bool vml_less_loaded(u32 connections1, u32 weight1,
				   u32 connections2, u32 weight2)
{
	return (2ULL * connections1 + 1) * weight2 <
	       (2ULL * connections2 + 1) * weight1;
}

#endif /* _VML_TABLE_H */
