/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules by which a director selects a server for a connection: the module's,
 * what could have been in its place, and IPVS's.
 */
#ifndef SELECTION_RULES_H
#define SELECTION_RULES_H

#include <linux/types.h>

#include "fleet.h"
#include "table.h"

/**
 * struct director - what rules may know
 * @fleet: the servers; rules look at weights and at what is counted
 * @table: the module's, of these servers
 * @random: state of the random numbers
 * @next: whose turn it is, for those who go round
 * @least: of weights, for a turn of wrr
 */
struct director {
	const struct fleet *fleet;
	struct vml_table *table;
	u64 random;
	u32 next;
	s64 least;
};

/**
 * struct rule
 * @name: for people
 * @select: selects a server
 * @share: the share that a server gets by a rule that is blind to load, or NULL
 */
struct rule {
	const char *name;
	struct server *(*select)(struct director *director);
	double (*share)(const struct fleet *fleet,
			const struct server *server);
};

/* The last has no name. */
extern const struct rule rules[];

/**
 * director_init - know a fleet
 * @director: the director
 * @fleet: its servers, which stay where they are
 * @seed: the same decides the same
 *
 * Return: 0, or -ENOMEM.
 */
int director_init(struct director *director, const struct fleet *fleet,
		  u64 seed);
void director_free(struct director *director);

#endif
