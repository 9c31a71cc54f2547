// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The selection table with the kernel's own arithmetic: what each destination
 * can be drawn by, exactly, and what is drawn in the end. Nothing here looks
 * into a slot, only at what comes of a random number.
 */
#include <linux/prandom.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "fixture.h"
#include "peek.h"
#include "random.h"

#define SCALE_ONE	((u64)IP_VS_VML_SCALE_ONE)
#define EFFECTIVE_MAX	((u64)S32_MAX * U32_MAX)

static struct ip_vs_dest *dest_number(u32 i)
{
	return (struct ip_vs_dest *)(unsigned long)(i + 1);
}

static u32 number(const struct ip_vs_dest *dest)
{
	return (unsigned long)dest - 1;
}

/* The whole part of 2^32 * part / all, where part is at most all. */
static u64 share(u64 part, u64 all)
{
	u64 quotient = part == all;
	u32 i;

	part -= quotient ? all : 0;
	for (i = 0; i < 32; i++) {
		bool bit = part >= all - part;

		quotient = quotient << 1 | bit;
		part = bit ? part - (all - part) : part << 1;
	}
	return quotient;
}

static u64 distance(u64 a, u64 b)
{
	return a < b ? b - a : a - b;
}

static void *zeroed(struct kunit *test, u32 n, size_t size)
{
	void *memory = kunit_kcalloc(test, n, size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, memory);
	return memory;
}

static struct vml_table *build(struct kunit *test, const u64 *weights, u32 n)
{
	struct vml_table_builder builder;
	u32 i;

	KUNIT_ASSERT_EQ(test, vml_table_begin(&builder, n, GFP_KERNEL), 0);
	for (i = 0; i < n; i++)
		vml_table_add(&builder, dest_number(i), weights[i], NULL);
	return vml_table_finish(&builder);
}

static u32 drawn_by(const struct vml_table *table, u32 random)
{
	return number(vml_table_draw(table, random)->dest);
}

/**
 * struct mass - what a destination is drawn by
 * @numbers: how many of the 2^32 random numbers
 * @pieces: in how many columns they lie
 */
struct mass {
	u64 numbers;
	u32 pieces;
};

static void weigh(struct mass *masses, u32 i, u64 numbers)
{
	masses[i].numbers += numbers;
	masses[i].pieces += !!numbers;
}

/*
 * A column is the numbers r with the same r * n / 2^32, and has one place at
 * which one destination gives way to another.
 */
static void weigh_column(const struct vml_table *table, u32 column,
			 struct mass *masses)
{
	u64 begin = DIV64_U64_ROUND_UP((u64)column << 32, table->n);
	u64 end = DIV64_U64_ROUND_UP(((u64)column + 1) << 32, table->n);
	u32 first = drawn_by(table, begin), last = drawn_by(table, end - 1);
	u64 low = begin, high = end - 1;

	if (first == last) {
		weigh(masses, first, end - begin);
		return;
	}
	while (low + 1 < high) {
		u64 middle = (low + high) / 2;

		if (drawn_by(table, middle) == first)
			low = middle;
		else
			high = middle;
	}
	weigh(masses, first, high - begin);
	weigh(masses, last, end - high);
}

/*
 * Expect each destination's numbers to be its share of all 2^32. Each piece
 * may be one off at either end, by rounding; and where the weights don't fit
 * the table, each is one of its units off at most.
 */
static void expect_masses(struct kunit *test, const u64 *weights, u32 n)
{
	struct vml_table *table = build(test, weights, n);
	struct mass *masses = zeroed(test, n, sizeof(*masses));
	u64 sum = 0, most = 0, total = 0, unit = 0;
	u32 i;

	for (i = 0; i < table->n; i++)
		weigh_column(table, i, masses);
	kvfree(table);

	for (i = 0; i < n; i++) {
		sum += weights[i];
		most = max(most, weights[i]);
	}
	if (fls64(most) > VML_TABLE_WEIGHT_BITS)
		unit = 1ULL << (fls64(most) - VML_TABLE_WEIGHT_BITS);
	for (i = 0; i < n; i++) {
		u64 due = share(weights[i], sum);
		u64 error = unit ? (n + 1) * (share(unit, sum) + 1) : 0;
		u64 off = distance(masses[i].numbers, due);

		total += masses[i].numbers;
		KUNIT_EXPECT_LE_MSG(test, off, 2 * masses[i].pieces + 1 + error,
				    "%u of %u, weight %llu: %llu numbers, not %llu",
				    i, n, weights[i], masses[i].numbers, due);
		if (!weights[i])
			KUNIT_EXPECT_EQ(test, masses[i].numbers, 0);
	}
	KUNIT_EXPECT_EQ(test, total, 1ULL << 32);
	kunit_kfree(test, masses);
}

static u32 *draw(struct kunit *test, const u64 *weights, u32 n, u32 draws)
{
	struct vml_table *table = build(test, weights, n);
	u32 *counts = zeroed(test, n, sizeof(*counts));
	u32 i;

	fixture_seed(2);
	for (i = 0; i < draws; i++)
		counts[drawn_by(table, vml_random_u32())]++;
	kvfree(table);
	return counts;
}

/* What chi-square exceeds once in a million. */
static const struct {
	u32 freedom, critical;
} chi_squares[] = {
	{ 1, 24 }, { 2, 28 }, { 6, 39 }, { 15, 57 }, { 31, 84 }, { 99, 181 },
	{ 999, 1227 },
};

static u32 chi_square_critical(u32 freedom)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(chi_squares); i++)
		if (chi_squares[i].freedom == freedom)
			return chi_squares[i].critical;
	return 0;
}

/*
 * Expect Pearson's chi-square, the sum of (drawn - due)^2 / due, of a million
 * draws below what it exceeds once in a million. The draws are the same in
 * each run. At least five are due to each destination, as the test demands.
 */
static void expect_chi_square(struct kunit *test, const u64 *weights, u32 n)
{
	const u32 draws = 1000000;
	u32 *counts = draw(test, weights, n, draws);
	u64 sum = 0, chi = 0;
	u32 i;

	for (i = 0; i < n; i++)
		sum += weights[i];
	for (i = 0; i < n; i++) {
		/* both in units of 1/1024 */
		u64 due = div64_u64(weights[i] * draws << 10, sum);
		u64 off = distance((u64)counts[i] << 10, due);

		KUNIT_EXPECT_GE(test, due, 5 << 10);
		chi += div64_u64(off * off, due);
	}
	KUNIT_EXPECT_LE_MSG(test, chi >> 10, chi_square_critical(n - 1),
			    "%u destinations", n);
	kunit_kfree(test, counts);
}

static void table_shares_of_few(struct kunit *test)
{
	static const u64 one[] = { SCALE_ONE };
	static const u64 two[] = { SCALE_ONE, SCALE_ONE };
	static const u64 unequal[] = { SCALE_ONE, 999 * SCALE_ONE };
	static const u64 three[] = { SCALE_ONE, 2 * SCALE_ONE, 4 * SCALE_ONE };
	static const u64 seven[] = { 1, 2, 3, 5, 8, 13, 21 };

	expect_masses(test, one, ARRAY_SIZE(one));
	expect_masses(test, two, ARRAY_SIZE(two));
	expect_masses(test, unequal, ARRAY_SIZE(unequal));
	expect_masses(test, three, ARRAY_SIZE(three));
	expect_masses(test, seven, ARRAY_SIZE(seven));
	KUNIT_EXPECT_EQ(test, draw(test, one, 1, 1000)[0], 1000);
	expect_chi_square(test, two, ARRAY_SIZE(two));
	expect_chi_square(test, unequal, ARRAY_SIZE(unequal));
	expect_chi_square(test, three, ARRAY_SIZE(three));
	expect_chi_square(test, seven, ARRAY_SIZE(seven));
}

static void table_shares_of_thousand(struct kunit *test)
{
	u64 *weights = zeroed(test, 1000, sizeof(*weights));
	u32 i;

	for (i = 0; i < 1000; i++)
		weights[i] = SCALE_ONE;
	expect_masses(test, weights, 1000);
	expect_chi_square(test, weights, 1000);
	for (i = 0; i < 1000; i++)
		weights[i] = SCALE_ONE * (10 + i % 91);
	expect_masses(test, weights, 1000);
	expect_chi_square(test, weights, 1000);
}

/* One heavy and many light, in front, behind, and between. */
static void table_shares_of_one_among_many(struct kunit *test)
{
	static const u32 places[] = { 0, 50, 99 };
	u64 *weights = zeroed(test, 100, sizeof(*weights));
	u32 i, place;

	for (place = 0; place < ARRAY_SIZE(places); place++) {
		for (i = 0; i < 100; i++)
			weights[i] = SCALE_ONE;
		weights[places[place]] = 1000 * SCALE_ONE;
		expect_masses(test, weights, 100);
		expect_chi_square(test, weights, 100);
	}
}

/* Weights of every magnitude, each as likely, and some of 0. */
static u64 random_weight(struct rnd_state *random, u32 bits)
{
	u64 weight = (u64)prandom_u32_state(random) << 32 |
		     prandom_u32_state(random);

	return prandom_u32_state(random) % 8 ?
	       weight >> (64 - bits + prandom_u32_state(random) % bits) : 0;
}

static void table_masses_of_random_weights(struct kunit *test)
{
	u64 *weights = zeroed(test, 300, sizeof(*weights));
	struct rnd_state random;
	u32 i, n, set;

	prandom_seed_state(&random, 3);
	for (set = 0; set < 500; set++) {
		n = 1 + prandom_u32_state(&random) % 300;
		for (i = 0; i < n; i++)
			weights[i] = random_weight(&random,
						   set % 2 ? 31 : 55);
		weights[prandom_u32_state(&random) % n] = 1;
		expect_masses(test, weights, n);
	}
}

static void table_shares_of_random_weights(struct kunit *test)
{
	static const u32 sizes[] = { 2, 3, 7, 16, 32, 100 };
	u64 *weights = zeroed(test, 100, sizeof(*weights));
	struct rnd_state random;
	u32 i, set;

	prandom_seed_state(&random, 4);
	for (set = 0; set < 18; set++) {
		u32 n = sizes[set % ARRAY_SIZE(sizes)];

		for (i = 0; i < n; i++)
			weights[i] = 1 + prandom_u32_state(&random) % 1000;
		expect_chi_square(test, weights, n);
	}
}

/* However light one is beside the other, it does not count for nothing. */
static void expect_least_weight(struct kunit *test, const u64 *weights)
{
	struct vml_table *table = build(test, weights, 2);
	u32 i;

	KUNIT_EXPECT_EQ(test, table->n, 2);
	for (i = 0; i < table->n; i++)
		KUNIT_EXPECT_GE(test, peek_own(table, i)->weight, 1);
	kvfree(table);
}

static void table_extreme_ratios(struct kunit *test)
{
	static const u64 billions[] = { 1, S32_MAX };
	static const u64 least_first[] = { 1, EFFECTIVE_MAX };
	static const u64 least_last[] = { EFFECTIVE_MAX, 1 };
	static const u64 between[] = { 1, EFFECTIVE_MAX, 1, EFFECTIVE_MAX, 1 };
	u64 *weights = zeroed(test, 1000, sizeof(*weights));
	u32 i;

	expect_masses(test, billions, ARRAY_SIZE(billions));
	expect_masses(test, least_first, ARRAY_SIZE(least_first));
	expect_masses(test, least_last, ARRAY_SIZE(least_last));
	expect_masses(test, between, ARRAY_SIZE(between));
	KUNIT_EXPECT_LE(test, draw(test, least_first, 2, 100000)[0], 1);
	expect_least_weight(test, least_first);
	expect_least_weight(test, least_last);
	for (i = 0; i < 1000; i++)
		weights[i] = 1ULL << (i % 58);
	expect_masses(test, weights, 1000);
}

static void table_weight_zero_is_never_drawn(struct kunit *test)
{
	static const u64 some[] = { 0, 1, 0, 0, EFFECTIVE_MAX, 7, 0 };
	static const u64 none[] = { 0, 0, 0 };
	struct vml_table *table;

	expect_masses(test, some, ARRAY_SIZE(some));
	table = build(test, none, ARRAY_SIZE(none));
	KUNIT_EXPECT_EQ(test, table->n, 0);
	kvfree(table);
}

static void table_largest_weights(struct kunit *test)
{
	const u32 n = 20000;
	u64 *weights = vmalloc(array_size(n, sizeof(*weights)));
	struct vml_table *table;
	u32 i, previous = 0;

	KUNIT_ASSERT_NOT_NULL(test, weights);
	for (i = 0; i < n; i++)
		weights[i] = EFFECTIVE_MAX;
	table = build(test, weights, n);
	vfree(weights);
	KUNIT_EXPECT_EQ(test, table->n, n);
	/* all are equal, so each has its column to itself */
	for (i = 0; i < n; i++) {
		u64 begin = DIV64_U64_ROUND_UP((u64)i << 32, n);
		u64 end = DIV64_U64_ROUND_UP(((u64)i + 1) << 32, n);

		KUNIT_ASSERT_EQ(test, drawn_by(table, begin), i);
		KUNIT_ASSERT_EQ(test, drawn_by(table, (begin + end) / 2), i);
		KUNIT_ASSERT_EQ(test, begin, (u64)previous);
		previous = end;
	}
	kvfree(table);
}

/* Whom a pick is counted for goes with whom it is for. */
static void table_draws_belong_together(struct kunit *test)
{
	struct vml_table_builder builder;
	struct vml_table *table;
	u32 i;

	KUNIT_ASSERT_EQ(test, vml_table_begin(&builder, 100, GFP_KERNEL), 0);
	for (i = 0; i < 100; i++)
		vml_table_add(&builder, dest_number(i), (u64)i * i,
			      (unsigned long __percpu *)dest_number(i + 1000));
	table = vml_table_finish(&builder);
	fixture_seed(5);
	for (i = 0; i < 100000; i++) {
		const struct vml_choice *drawn;
		u32 dest;

		drawn = vml_table_draw(table, vml_random_u32());
		dest = number(drawn->dest);

		KUNIT_ASSERT_EQ(test, drawn->weight, dest * dest);
		KUNIT_ASSERT_PTR_EQ(test, (void __force *)drawn->picks,
				    (void *)dest_number(dest + 1000));
	}
	for (i = 0; i < table->n; i++)
		KUNIT_EXPECT_EQ(test, number(peek_own(table, i)->dest), i + 1);
	kvfree(table);
}

static void table_draws_the_ends(struct kunit *test)
{
	static const u64 weights[] = { 3, 1, 2 };
	struct vml_table *table = build(test, weights, 3);

	KUNIT_EXPECT_LT(test, drawn_by(table, 0), 3);
	KUNIT_EXPECT_LT(test, drawn_by(table, U32_MAX), 3);
	kvfree(table);
}

static void table_less_loaded(struct kunit *test)
{
	/* equal loads are not less, in either direction */
	KUNIT_EXPECT_FALSE(test, vml_less_loaded(5, 7, 5, 7));
	/* (0 + 1/2) / 1 > (1 + 1/2) / 4 */
	KUNIT_EXPECT_FALSE(test, vml_less_loaded(0, 1, 1, 4));
	KUNIT_EXPECT_TRUE(test, vml_less_loaded(1, 4, 0, 1));
	/* the largest that there can be */
	KUNIT_EXPECT_TRUE(test, vml_less_loaded(S32_MAX - 1, S32_MAX,
						S32_MAX, S32_MAX));
	KUNIT_EXPECT_FALSE(test, vml_less_loaded(S32_MAX, S32_MAX,
						 S32_MAX - 1, S32_MAX));
	KUNIT_EXPECT_FALSE(test, vml_less_loaded(S32_MAX, 1, 0, S32_MAX));
	KUNIT_EXPECT_TRUE(test, vml_less_loaded(0, 1, S32_MAX, S32_MAX - 1) ==
			  (1ULL * (S32_MAX - 1) < 2ULL * S32_MAX + 1));
}

static void table_abort_frees(struct kunit *test)
{
	struct vml_table_builder builder;

	/* what is not freed, the leak detector finds */
	KUNIT_ASSERT_EQ(test, vml_table_begin(&builder, 100, GFP_KERNEL), 0);
	vml_table_add(&builder, dest_number(0), 1, NULL);
	vml_table_abort(&builder);
	KUNIT_ASSERT_EQ(test, vml_table_begin(&builder, 0, GFP_KERNEL), 0);
	vml_table_abort(&builder);
}

static struct kunit_case table_cases[] = {
	KUNIT_CASE(table_shares_of_few),
	KUNIT_CASE(table_shares_of_thousand),
	KUNIT_CASE(table_shares_of_one_among_many),
	KUNIT_CASE(table_shares_of_random_weights),
	KUNIT_CASE(table_masses_of_random_weights),
	KUNIT_CASE(table_extreme_ratios),
	KUNIT_CASE(table_weight_zero_is_never_drawn),
	KUNIT_CASE(table_largest_weights),
	KUNIT_CASE(table_draws_belong_together),
	KUNIT_CASE(table_draws_the_ends),
	KUNIT_CASE(table_less_loaded),
	KUNIT_CASE(table_abort_frees),
	{}
};

static struct kunit_suite table_suite = {
	.name = "vml_table",
	.test_cases = table_cases,
};

kunit_test_suite(table_suite);
