/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <linux/slab.h>

#include "random.h"
#include "rules.h"

/* Weights as the module has them: a scale of 1, times weights of hundreds. */
#define EFFECTIVE_WEIGHT (100 * 65536ULL)

#define MOST_DRAWS 4

/* No allocation of the module's code fails. */
int shim_allocations_left = -1;

int director_init(struct director *director, const struct fleet *fleet,
		  u64 seed)
{
	struct vml_table_builder builder;

	*director = (struct director){ .fleet = fleet, .random = seed };
	if (vml_table_begin(&builder, fleet->n, GFP_KERNEL))
		return -ENOMEM;
	for (u32 i = 0; i < fleet->n; i++) {
		struct server *server = &fleet->servers[i];

		vml_table_add(&builder, (struct ip_vs_dest *)server,
			      (u64)server->weight * EFFECTIVE_WEIGHT, NULL);
	}
	director->table = vml_table_finish(&builder);
	return 0;
}

void director_free(struct director *director)
{
	kvfree(director->table);
}

/* --- Draws by weight ------------------------------------------------------ */

static struct server *server_of(const struct vml_choice *choice)
{
	return (struct server *)choice->dest;
}

static struct server *least_loaded_at(const struct director *director,
				      const u32 *places, unsigned int n)
{
	const struct vml_choice *least =
		vml_table_draw(director->table, places[0]);

	for (unsigned int i = 1; i < n; i++) {
		const struct vml_choice *other =
			vml_table_draw(director->table, places[i]);

		if (vml_less_loaded(server_of(other)->active, other->weight,
				    server_of(least)->active, least->weight))
			least = other;
	}
	return server_of(least);
}

static struct server *select_vml(struct director *director)
{
	u64 random = random_u64(&director->random);
	u32 places[MOST_DRAWS];

	for (unsigned int i = 0; i < MOST_DRAWS; i++)
		places[i] = vml_table_place(random, i);
	return least_loaded_at(director, places, MOST_DRAWS);
}

static struct server *select_of_four_independent(struct director *director)
{
	u32 places[MOST_DRAWS];

	for (unsigned int i = 0; i < MOST_DRAWS; i += 2) {
		u64 random = random_u64(&director->random);

		places[i] = (u32)random;
		places[i + 1] = random >> 32;
	}
	return least_loaded_at(director, places, MOST_DRAWS);
}

/* As vml_table_place(), for fewer draws: a stride of 1/n, give or take 1/16. */
static struct server *select_of_spread(struct director *director,
				       unsigned int n)
{
	u64 random = random_u64(&director->random);
	u32 least = (u32)((1ULL << 32) / n) - (1U << (VML_STRIDE_BITS - 1));
	u32 stride = least + (u32)(random >> (64 - VML_STRIDE_BITS));
	u32 places[MOST_DRAWS];

	for (unsigned int i = 0; i < n; i++)
		places[i] = (u32)random + i * stride;
	return least_loaded_at(director, places, n);
}

static struct server *select_of_three(struct director *director)
{
	return select_of_spread(director, 3);
}

static struct server *select_of_two(struct director *director)
{
	return select_of_spread(director, 2);
}

/* --- Walks along all ------------------------------------------------------ */

/* Of equal ones the first, from a place on. */
static struct server *walk(const struct director *director, u32 from,
			   bool (*less)(const struct server *a,
					const struct server *b))
{
	const struct fleet *fleet = director->fleet;
	struct server *least = &fleet->servers[from];

	for (u32 i = 1; i < fleet->n; i++) {
		struct server *other =
			&fleet->servers[from + i < fleet->n ?
					from + i : from + i - fleet->n];

		if (less(other, least))
			least = other;
	}
	return least;
}

/* By the module's load. */
static bool less_loaded(const struct server *a, const struct server *b)
{
	return vml_less_loaded(a->active, a->weight, b->active, b->weight);
}

/* As if there were draws without end: of equal ones a random one. */
static struct server *select_of_all(struct director *director)
{
	u64 random = random_u64(&director->random) >> 32;

	return walk(director, (u32)(random * director->fleet->n >> 32),
		    less_loaded);
}

static bool sooner(const struct server *a, const struct server *b)
{
	return (a->active + 1) * b->weight < (b->active + 1) * a->weight;
}

static struct server *select_sed(struct director *director)
{
	return walk(director, 0, sooner);
}

static s64 wlc_overhead(const struct server *server)
{
	return 256LL * server->active + server->inactive;
}

static bool fewer(const struct server *a, const struct server *b)
{
	return wlc_overhead(a) * b->weight < wlc_overhead(b) * a->weight;
}

static struct server *select_wlc(struct director *director)
{
	return walk(director, 0, fewer);
}

/* --- In turn, blind to load ----------------------------------------------- */

static struct server *take_turn(struct director *director)
{
	return &director->fleet->servers[director->next++];
}

static struct server *select_rr(struct director *director)
{
	if (director->next == director->fleet->n)
		director->next = 0;
	return take_turn(director);
}

static double equal_share(const struct fleet *fleet,
			  const struct server *server)
{
	(void)server;
	return 1.0 / fleet->n;
}

static s64 most_weight(const struct fleet *fleet)
{
	s64 most = 0;

	for (u32 i = 0; i < fleet->n; i++)
		most = most > fleet->servers[i].weight ?
		       most : fleet->servers[i].weight;
	return most;
}

/*
 * In each round those whose weight is not less than something which is one less
 * each time. That is IPVS's, for weights without a common divisor.
 */
static struct server *select_wrr(struct director *director)
{
	const struct fleet *fleet = director->fleet;

	for (;;) {
		if (!director->least)
			director->least = most_weight(fleet);
		while (director->next < fleet->n) {
			struct server *server = take_turn(director);

			if (server->weight >= director->least)
				return server;
		}
		director->next = 0;
		director->least--;
	}
}

static double share_by_weight(const struct fleet *fleet,
			      const struct server *server)
{
	s64 sum = 0;

	for (u32 i = 0; i < fleet->n; i++)
		sum += fleet->servers[i].weight;
	return (double)server->weight / (double)sum;
}

const struct rule rules[] = {
	{ .name = "vml", .select = select_vml },
	{ .name = "four independent", .select = select_of_four_independent },
	{ .name = "three", .select = select_of_three },
	{ .name = "two", .select = select_of_two },
	{ .name = "all", .select = select_of_all },
	{ .name = "sed", .select = select_sed },
	{ .name = "wlc", .select = select_wlc },
	{ .name = "wrr", .select = select_wrr, .share = share_by_weight },
	{ .name = "rr", .select = select_rr, .share = equal_share },
	{ .name = NULL },
};
