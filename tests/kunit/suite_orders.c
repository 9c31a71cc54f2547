// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The registry under every order of callbacks that IPVS can produce: all short
 * sequences, and long random ones. A model of ip_vs_ctl.c calls back; after
 * each step, registry and fast path are compared with what the model knows.
 */
#include <linux/prandom.h>
#include <linux/slab.h>

#include "fixture.h"

#define DESTS	3

/*
 * What happens to a service. Those of destinations come in three, one for
 * each. IPVS takes one that was deleted out of its trash when it is added again
 * before that has let it go.
 */
enum event {
	ADD,
	DELETE = ADD + DESTS,
	/* set another weight, 0 among them */
	EDIT = DELETE + DESTS,
	/* the trash lets go of all that nobody refers to */
	EXPIRE = EDIT + DESTS,
	/* another scheduler, and this one again with the list as it is */
	SWITCH,
	/* another scheduler can't be bound, so that IPVS returns to this one */
	SWITCH_FAILS,
	/* delete the service, with its destinations, and add it again */
	RECREATE,
	/* a scale for each destination, 0 among them */
	SCALE,
	/* work items get their turn */
	SETTLE,
	EVENTS,
};

/**
 * struct state - what IPVS knows of a destination
 * @dest: it, or NULL
 * @listed: in the service's list, not in the trash
 * @scale: what the last set has made of its scale
 * @picks: decisions for it since it was added
 */
struct state {
	struct ip_vs_dest *dest;
	bool listed;
	u32 scale;
	u64 picks;
};

/**
 * struct world - a service
 * @test: the test
 * @svc: the service
 * @bound: this scheduler is bound to it
 * @states: its destinations
 * @picks: decisions since it was bound
 * @step: steps done, from which weights and scales come
 */
struct world {
	struct kunit *test;
	struct ip_vs_service *svc;
	bool bound;
	struct state states[DESTS];
	u64 picks;
	u32 step;
};

static struct ip_vs_dest *new_dest(u32 i)
{
	struct ip_vs_dest *dest = kzalloc(sizeof(*dest), GFP_KERNEL);

	if (!dest)
		return NULL;
	dest->af = AF_INET;
	dest->addr.ip = htonl(0x0a000000 + i);
	dest->port = htons(8080);
	refcount_set(&dest->refcnt, 1);
	return dest;
}

static u64 due(const struct state *state)
{
	if (!state->listed)
		return 0;
	return (u64)atomic_read(&state->dest->weight) * state->scale;
}

static struct state *state_of(struct world *world,
			      const struct ip_vs_dest *dest)
{
	u32 i;

	for (i = 0; i < DESTS; i++)
		if (world->states[i].dest == dest)
			return &world->states[i];
	return NULL;
}

static void bind(struct world *world)
{
	u32 i;

	KUNIT_ASSERT_EQ(world->test, vml_service_bind(world->svc), 0);
	world->bound = true;
	world->picks = 0;
	for (i = 0; i < DESTS; i++) {
		world->states[i].scale = IP_VS_VML_SCALE_ONE;
		world->states[i].picks = 0;
	}
}

static void unbind(struct world *world)
{
	vml_service_unbind(world->svc);
	world->bound = false;
}

static void ensure(struct world *world, struct state *state)
{
	if (!state->dest)
		state->dest = new_dest(state - world->states);
	KUNIT_ASSERT_NOT_NULL(world->test, state->dest);
}

static void add(struct world *world, struct state *state)
{
	ensure(world, state);
	atomic_set(&state->dest->weight, 1 + world->step % 3);
	state->listed = true;
	state->scale = IP_VS_VML_SCALE_ONE;
	state->picks = 0;
	fixture_link(world->svc, state->dest);
	if (world->bound)
		/* of which IPVS ignores what it returns */
		vml_dest_add(world->svc, state->dest);
}

static void delete(struct world *world, struct state *state)
{
	fixture_unlink(state->dest);
	world->svc->num_dests--;
	state->listed = false;
	if (world->bound)
		vml_dest_remove(world->svc, state->dest);
}

static void edit(struct world *world, struct state *state)
{
	atomic_set(&state->dest->weight, world->step % 4);
	if (world->bound)
		vml_dest_add(world->svc, state->dest);
}

static void expire(struct world *world)
{
	struct state *state;

	for (state = world->states; state < world->states + DESTS; state++) {
		if (!state->dest || state->listed ||
		    refcount_read(&state->dest->refcnt) > 1)
			continue;
		ip_vs_dest_put_and_free(state->dest);
		state->dest = NULL;
	}
}

static void delete_service(struct world *world)
{
	u32 i;

	if (world->bound)
		unbind(world);
	for (i = 0; i < DESTS; i++) {
		if (!world->states[i].listed)
			continue;
		fixture_unlink(world->states[i].dest);
		world->svc->num_dests--;
		world->states[i].listed = false;
	}
}

static void scale(struct world *world)
{
	static const u32 factors[] = { 0, 1, 2, 5 };
	struct ip_vs_dest *dests[DESTS];
	u32 scales[DESTS], i, n = 0;

	for (i = 0; i < DESTS; i++) {
		struct state *state = &world->states[i];

		state->scale = IP_VS_VML_SCALE_ONE;
		/* each third set does not name the destination */
		if (!state->listed || (world->step + i) % 3 == 0)
			continue;
		state->scale *= factors[(world->step + i) % 4];
		dests[n] = state->dest;
		scales[n++] = state->scale;
	}
	KUNIT_EXPECT_EQ(world->test, fixture_set_scales(world->svc, dests,
							scales, n, 0), 0);
}

/* Tell whether IPVS can do that now. */
static bool is_possible(const struct world *world, u32 event)
{
	if (event < DELETE)
		return !world->states[event - ADD].listed;
	if (event < EDIT)
		return world->states[event - DELETE].listed;
	if (event < EXPIRE)
		return world->states[event - EDIT].listed;
	return event == EXPIRE || event == SWITCH || event == RECREATE ||
	       world->bound;
}

static void happen(struct world *world, u32 event)
{
	world->step++;
	if (event < DELETE) {
		add(world, &world->states[event - ADD]);
	} else if (event < EDIT) {
		delete(world, &world->states[event - DELETE]);
	} else if (event < EXPIRE) {
		edit(world, &world->states[event - EDIT]);
	} else if (event == EXPIRE) {
		expire(world);
	} else if (event == SWITCH && world->bound) {
		unbind(world);
	} else if (event == SWITCH) {
		bind(world);
	} else if (event == SWITCH_FAILS) {
		unbind(world);
		bind(world);
	} else if (event == RECREATE) {
		delete_service(world);
		bind(world);
	} else if (event == SCALE) {
		scale(world);
	} else {
		fixture_settle(world->svc);
	}
}

static bool any_is_due(const struct world *world)
{
	u32 i;

	for (i = 0; i < DESTS; i++)
		if (due(&world->states[i]))
			return true;
	return false;
}

/* The fast path may know of one later, but never overlooks the only one. */
static void check_picks(struct world *world, u32 n)
{
	struct kunit *test = world->test;
	struct state *state;

	while (n--) {
		struct ip_vs_dest *dest = fixture_pick(world->svc);

		KUNIT_ASSERT_EQ(test, !!dest, any_is_due(world));
		if (!dest)
			continue;
		state = state_of(world, dest);
		KUNIT_ASSERT_NOT_NULL(test, state);
		KUNIT_ASSERT_TRUE(test, state->listed);
		KUNIT_ASSERT_GT(test, atomic_read(&dest->weight), 0);
		KUNIT_ASSERT_GT(test, state->scale, 0);
		state->picks++;
		world->picks++;
	}
}

static void check_registry(struct world *world)
{
	struct vml_service *service = world->svc->sched_data;
	struct kunit *test = world->test;
	struct state *state;
	u32 listed = 0;

	for (state = world->states; state < world->states + DESTS; state++) {
		if (!state->listed)
			continue;
		listed++;
		KUNIT_ASSERT_EQ(test, fixture_scale(world->svc, state->dest),
				state->scale);
		/* one that came back is counted for what it was at first */
		KUNIT_ASSERT_LE(test, fixture_picks(world->svc, state->dest),
				state->picks);
		KUNIT_ASSERT_GE(test, refcount_read(&state->dest->refcnt), 2);
	}
	KUNIT_ASSERT_EQ(test, service->num_destinations, listed);
	KUNIT_ASSERT_EQ(test, fixture_picks(world->svc, NULL), world->picks);
}

/* Once all changes are published, the table is what the model says. */
static void check_table(struct world *world)
{
	struct kunit *test = world->test;
	u64 weight[DESTS];
	u32 i, j, n = 0;

	for (i = 0; i < DESTS; i++) {
		const struct state *state = &world->states[i];

		weight[i] = state->dest ?
			    fixture_table_weight(world->svc, state->dest) : 0;
		n += !!due(state);
		KUNIT_ASSERT_EQ(test, !weight[i], !due(state));
	}
	KUNIT_ASSERT_EQ(test, fixture_table_size(world->svc), n);
	for (i = 0; i < DESTS; i++)
		for (j = 0; j < i; j++)
			KUNIT_ASSERT_EQ(test,
					weight[i] * due(&world->states[j]),
					weight[j] * due(&world->states[i]));
	check_picks(world, 10);
}

static void check(struct world *world)
{
	KUNIT_ASSERT_EQ(world->test, fixture_is_bound(world->svc),
			world->bound);
	if (!world->bound)
		return;
	check_picks(world, 3);
	check_registry(world);
}

static void check_settled(struct world *world)
{
	struct state *state;

	if (!world->bound)
		return;
	fixture_settle(world->svc);
	for (state = world->states; state < world->states + DESTS; state++)
		if (state->listed)
			state->picks = fixture_picks(world->svc, state->dest);
	check_table(world);
	check_registry(world);
	for (state = world->states; state < world->states + DESTS; state++)
		if (state->listed)
			KUNIT_ASSERT_EQ(world->test, state->picks,
					fixture_picks(world->svc, state->dest));
}

static void world_begin(struct kunit *test, struct world *world,
			struct ip_vs_service *svc)
{
	memset(world, 0, sizeof(*world));
	world->test = test;
	world->svc = svc;
	bind(world);
}

/**
 * struct graveyard - destinations of services that have gone
 * @dests: the destinations
 * @n: their number
 */
struct graveyard {
	struct ip_vs_dest *dests[64 * DESTS];
	u32 n;
};

/* Nobody but IPVS may have a reference now. */
static void graveyard_check(struct kunit *test, struct graveyard *graveyard)
{
	u32 i;

	fixture_release_all();
	for (i = 0; i < graveyard->n; i++) {
		KUNIT_EXPECT_EQ(test, 1,
				refcount_read(&graveyard->dests[i]->refcnt));
		ip_vs_dest_put_and_free(graveyard->dests[i]);
	}
	graveyard->n = 0;
}

/* The service goes at once, but that it has let go is seen later, of many. */
static void world_end(struct world *world, struct graveyard *graveyard)
{
	u32 i;

	delete_service(world);
	for (i = 0; i < DESTS; i++)
		if (world->states[i].dest)
			graveyard->dests[graveyard->n++] =
				world->states[i].dest;
	if (graveyard->n + DESTS > ARRAY_SIZE(graveyard->dests))
		graveyard_check(world->test, graveyard);
}

static struct graveyard *graveyard_new(struct kunit *test)
{
	struct graveyard *graveyard;

	graveyard = kunit_kzalloc(test, sizeof(*graveyard), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, graveyard);
	return graveyard;
}

/*
 * Do a sequence whose events are the digits of a number, and tell at which of
 * them it was not possible.
 */
static u32 replay(struct world *world, const u8 *events, u32 length)
{
	u32 i;

	for (i = 0; i < length; i++) {
		if (!is_possible(world, events[i]))
			return i;
		happen(world, events[i]);
		check(world);
	}
	check_settled(world);
	return length;
}

/*
 * All sequences of a length with the first DESTS destinations that events
 * leave possible. One that is not possible is skipped with all that begin so.
 */
static void orders_all(struct kunit *test, u32 length, u32 dests)
{
	struct ip_vs_service *svc = fixture_service(test);
	struct graveyard *graveyard = graveyard_new(test);
	u8 events[8] = {};
	struct world world;
	u32 at, done = 0;

	while (true) {
		world_begin(test, &world, svc);
		at = replay(&world, events, length);
		done += at == length;
		world_end(&world, graveyard);
		if (at == length)
			at--;
		memset(events + at + 1, 0, length - at - 1);
		do {
			events[at]++;
			/* those of the destinations that there are */
			while (events[at] < EXPIRE &&
			       events[at] % DESTS >= dests)
				events[at]++;
			if (events[at] < EVENTS)
				break;
			events[at] = 0;
		} while (at--);
		if (at == U32_MAX)
			break;
	}
	graveyard_check(test, graveyard);
	kunit_info(test, "%u sequences", done);
}

static void orders_of_one_destination(struct kunit *test)
{
	orders_all(test, 5, 1);
}

static void orders_of_two_destinations(struct kunit *test)
{
	orders_all(test, 4, 2);
}

static void orders_of_three_destinations(struct kunit *test)
{
	orders_all(test, 3, 3);
}

/* Long ones, in which one event in eight finds an allocation failing. */
static void orders_at_random(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);
	struct graveyard *graveyard = graveyard_new(test);
	struct rnd_state random;
	struct world world;
	u32 i, event, nth, run, failures = 0;
	bool failing;

	prandom_seed_state(&random, 6);
	for (run = 0; run < 20; run++) {
		world_begin(test, &world, svc);
		for (i = 0; i < 1000; i++) {
			do {
				event = prandom_u32_state(&random) % EVENTS;
			} while (!is_possible(&world, event));
			nth = 1 + prandom_u32_state(&random) % 4;
			failing = event < EXPIRE && world.bound &&
				  prandom_u32_state(&random) % 8 == 0;
			if (event < DELETE)
				ensure(&world, &world.states[event - ADD]);
			if (failing)
				fixture_fail_own(nth);
			happen(&world, event);
			if (failing && fixture_has_failed()) {
				failures++;
				fixture_settle(world.svc);
			}
			check(&world);
			if (i % 16 == 0)
				check_settled(&world);
		}
		world_end(&world, graveyard);
	}
	graveyard_check(test, graveyard);
	KUNIT_EXPECT_GT(test, failures, 100);
}

static struct kunit_case orders_cases[] = {
	KUNIT_CASE(orders_of_one_destination),
	KUNIT_CASE(orders_of_two_destinations),
	KUNIT_CASE(orders_of_three_destinations),
	KUNIT_CASE(orders_at_random),
	{}
};

static struct kunit_suite orders_suite = {
	.name = "vml_orders",
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = orders_cases,
};

kunit_test_suite(orders_suite);
