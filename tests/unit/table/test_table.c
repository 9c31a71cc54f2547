/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The selection table: what it is built to is compared with the exact shares
 * that it stands for, column by column, and draws are counted besides.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../kunit/peek.h"
#include "table.c"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define SCALE_ONE 65536ULL
#define WEIGHT_MAX ((1ULL << 31) - 1)
#define EFFECTIVE_MAX (WEIGHT_MAX * UINT32_MAX)

int shim_allocations_left = -1;

/* Destinations are only names here; number i stands for the i-th. */
static struct ip_vs_dest *destination(size_t i)
{
	return (struct ip_vs_dest *)(i + 1);
}

static size_t number(const struct ip_vs_dest *dest)
{
	return (size_t)dest - 1;
}

static u64 random_state = 88172645463325252ULL;

static u64 random_u64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state * 0x2545f4914f6cdd1dULL;
}

static u32 random_u32(void)
{
	return random_u64() >> 32;
}

static struct vml_table *build(const u64 *weights, u32 n)
{
	struct vml_table_builder builder;
	u32 i;

	assert_int_equal(vml_table_begin(&builder, n, GFP_KERNEL), 0);
	for (i = 0; i < n; i++)
		vml_table_add(&builder, destination(i), weights[i],
			      (unsigned long *)destination(i));
	return vml_table_finish(&builder);
}

static struct ip_vs_dest *drawn(const struct vml_table *table, u32 random)
{
	return vml_table_draw(table, random)->dest;
}

/*
 * The probability of each destination, as the columns have it. All columns
 * are equally likely, and of each, threshold / 2^32 goes to its own.
 */
static double *probabilities(const struct vml_table *table, u32 n)
{
	double *result = calloc(n ? n : 1, sizeof(*result));
	u32 i;

	assert_non_null(result);
	for (i = 0; i < table->n; i++) {
		const struct vml_slot *slot = &table->slots[i];
		double own = slot->threshold / 4294967296.0;

		result[number(slot->choices[VML_SLOT_OWN].dest)] +=
			own / table->n;
		result[number(slot->choices[VML_SLOT_FILLER].dest)] +=
			(1 - own) / table->n;
	}
	return result;
}

/* What is chosen is a destination with the counter and weight of its own. */
static void check_choice(const struct vml_table *table,
			 const struct vml_choice *choice)
{
	u32 i = number(choice->dest);

	assert_ptr_equal(choice->picks, choice->dest);
	/* Those with the weight 0 are left out: it stands there or before. */
	i = i < table->n ? i : table->n - 1;
	while (peek_own(table, i)->dest != choice->dest) {
		assert_int_not_equal(i, 0);
		i--;
	}
	assert_int_equal(choice->weight, peek_own(table, i)->weight);
}

/* Everything that must be so in any table made from weights[0 .. n - 1]. */
static void check(const u64 *weights, u32 n)
{
	struct vml_table *table = build(weights, n);
	double *shares = probabilities(table, n), sum = 0;
	u32 i, positive = 0;

	for (i = 0; i < table->n; i++) {
		const struct vml_slot *slot = &table->slots[i];

		assert_true(peek_own(table, i)->weight >= 1);
		assert_true(peek_own(table, i)->weight <= VML_TABLE_WEIGHT_MAX);
		check_choice(table, peek_own(table, i));
		check_choice(table, &slot->choices[VML_SLOT_FILLER]);
		sum += peek_own(table, i)->weight;
	}
	for (i = 0; i < n; i++)
		positive += weights[i] != 0;
	assert_int_equal(table->n, positive);

	/* Each column's threshold is rounded down to 2^-32 of it. */
	for (i = 0; i < table->n; i++) {
		double due = peek_own(table, i)->weight / sum;
		double is = shares[number(peek_own(table, i)->dest)];

		if (fabs(is - due) > 2.0 / 4294967296.0)
			fail_msg("destination %u of %u: share %.12g, not %.12g",
				 i, n, is, due);
	}
	for (i = 0; i < n; i++)
		if (!weights[i] && shares[i] != 0)
			fail_msg("destination %u of weight 0 is drawn", i);
	free(shares);
	kvfree(table);
}

static void fill(u64 *weights, u32 n, u64 weight)
{
	while (n--)
		weights[n] = weight;
}

static void test_nothing_to_draw(void **state)
{
	u64 weights[3] = {};
	struct vml_table *table;

	(void)state;
	table = build(weights, 3);
	assert_int_equal(table->n, 0);
	kvfree(table);
	table = build(weights, 0);
	assert_int_equal(table->n, 0);
	kvfree(table);
}

static void test_one(void **state)
{
	static const u64 weights[] = { 1, SCALE_ONE, EFFECTIVE_MAX };
	u32 i, r;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(weights); i++) {
		struct vml_table *table = build(&weights[i], 1);

		for (r = 0; r < 1000; r++)
			assert_ptr_equal(drawn(table, random_u32()),
					 destination(0));
		assert_ptr_equal(drawn(table, 0), destination(0));
		assert_ptr_equal(drawn(table, UINT32_MAX), destination(0));
		kvfree(table);
	}
}

static void test_few(void **state)
{
	static const u64 equal[] = { SCALE_ONE, SCALE_ONE };
	static const u64 ratio[] = { SCALE_ONE, 2 * SCALE_ONE, 4 * SCALE_ONE };
	static const u64 backwards[] = { 7, 5, 3 };
	static const u64 zeros[] = { 0, 5, 0, 0, 10, 0 };

	(void)state;
	check(equal, 2);
	check(ratio, 3);
	check(backwards, 3);
	check(zeros, 6);
}

static void test_extreme_ratios(void **state)
{
	const u64 pairs[][2] = {
		{ 1, EFFECTIVE_MAX },
		{ EFFECTIVE_MAX, 1 },
		{ SCALE_ONE, WEIGHT_MAX * SCALE_ONE },
		{ 1, 2 },
		{ 1, WEIGHT_MAX },
	};
	u64 weights[1000];
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(pairs); i++)
		check(pairs[i], 2);
	fill(weights, 1000, 1);
	weights[500] = EFFECTIVE_MAX;
	check(weights, 1000);
	fill(weights, 1000, EFFECTIVE_MAX);
	weights[999] = 1;
	check(weights, 1000);
}

static void test_largest(void **state)
{
	static u64 weights[65536];

	(void)state;
	fill(weights, 65536, EFFECTIVE_MAX);
	check(weights, 65536);
	weights[0] = 1;
	weights[65535] = EFFECTIVE_MAX / 2;
	check(weights, 65536);
}

/* Shapes of weights that fill columns in different orders. */
static u64 some_weight(unsigned int shape, u32 i, u32 n)
{
	switch (shape) {
	case 0:
		return random_u64() >> 1;
	case 1:
		return 1 + random_u32() % 100;
	case 2:
		return 1ULL << random_u32() % 63;
	case 3:
		return i + 1;
	case 4:
		return n - i;
	case 5:
		return random_u32() % 4 ? 0 : SCALE_ONE * (random_u32() % 9);
	case 6:
		return i % 2 ? 1 : 1000000;
	default:
		return i < n / 2 ? 3 : 1;
	}
}

static void test_any(void **state)
{
	u64 weights[1000];
	unsigned int shape;
	u32 round, i, n;

	(void)state;
	for (shape = 0; shape < 8; shape++)
		for (round = 0; round < 100; round++) {
			n = round < 20 ? round : random_u32() % 1001;
			for (i = 0; i < n; i++)
				weights[i] = some_weight(shape, i, n);
			check(weights, n);
		}
}

/*
 * Pearson's chi-square of a million draws. For k degrees of freedom it is
 * about normal with mean k and variance 2k; the generator's seed is fixed.
 */
static void check_chi_square(const u64 *weights, u32 n)
{
	const u32 draws = 1000000;
	struct vml_table *table = build(weights, n);
	u32 *counts = calloc(n, sizeof(*counts)), i;
	double sum = 0, chi = 0;

	assert_non_null(counts);
	for (i = 0; i < table->n; i++)
		sum += peek_own(table, i)->weight;
	for (i = 0; i < draws; i++) {
		const struct vml_choice *choice =
			vml_table_draw(table, random_u32());

		check_choice(table, choice);
		counts[number(choice->dest)]++;
	}
	for (i = 0; i < table->n; i++) {
		double due = draws * (peek_own(table, i)->weight / sum);

		chi += (counts[i] - due) * (counts[i] - due) / due;
	}
	if (fabs(chi - (table->n - 1)) > 5 * sqrt(2.0 * table->n))
		fail_msg("chi-square %.1f with %u degrees of freedom", chi,
			 table->n - 1);
	free(counts);
	kvfree(table);
}

static void test_chi_square(void **state)
{
	static const u64 equal[] = { 1, 1 };
	static const u64 ratio[] = { 1, 2, 4 };
	u64 weights[1000];
	u32 i;

	(void)state;
	check_chi_square(equal, 2);
	check_chi_square(ratio, 3);
	for (i = 0; i < 1000; i++)
		weights[i] = SCALE_ONE * (10 + i % 91);
	check_chi_square(weights, 1000);
}

/* Within five standard deviations. */
static void check_even(const u32 counts[static 64], u32 n)
{
	for (u32 i = 0; i < 64; i++)
		assert_true(abs((int)(counts[i] - n / 64)) <= 620);
}

/*
 * Each of a decision's draws is uniform, and from one to the next it is a
 * quarter of the circle, give or take a sixteenth, each distance as often.
 */
static void test_places(void **state)
{
	const u32 decisions = 1000000;
	u32 places[4][64] = {}, distances[3][64] = {};

	(void)state;
	for (u32 n = 0; n < decisions; n++) {
		u64 random = random_u64();
		u32 last = 0;

		for (u32 i = 0; i < 4; i++) {
			u32 place = vml_table_place(random, i);
			u32 distance = place - last;

			places[i][place >> 26]++;
			if (i) {
				assert_true(distance >= 3U << 28);
				assert_true(distance < 5U << 28);
				distance -= 3U << 28;
				distances[i - 1][distance >> 23]++;
			}
			last = place;
		}
	}
	for (u32 i = 0; i < 4; i++)
		check_even(places[i], decisions);
	for (u32 i = 0; i < 3; i++)
		check_even(distances[i], decisions);
}

static void test_less_loaded(void **state)
{
	static const u32 connections[] = {
		0, 1, 2, 1000, 5000000, INT32_MAX - 1, INT32_MAX,
	};
	static const u32 weights[] = {
		1, 2, 3, 65536, (1U << 30) + 1, (1U << 31) - 1,
	};
	u32 a, b, c, d;

	(void)state;
	for (a = 0; a < ARRAY_SIZE(connections); a++)
		for (b = 0; b < ARRAY_SIZE(connections); b++)
			for (c = 0; c < ARRAY_SIZE(weights); c++)
				for (d = 0; d < ARRAY_SIZE(weights); d++) {
					__int128 one = (2 * (__int128)connections[a] + 1) * weights[d];
					__int128 two = (2 * (__int128)connections[b] + 1) * weights[c];

					assert_int_equal(
						vml_less_loaded(connections[a],
								weights[c],
								connections[b],
								weights[d]),
						one < two);
				}
}

static void test_no_memory(void **state)
{
	struct vml_table_builder builder;
	int left;

	(void)state;
	for (left = 0; left < 2; left++) {
		shim_allocations_left = left;
		assert_int_equal(vml_table_begin(&builder, 10, GFP_KERNEL),
				 -ENOMEM);
	}
	shim_allocations_left = 2;
	assert_int_equal(vml_table_begin(&builder, 10, GFP_KERNEL), 0);
	vml_table_add(&builder, destination(0), 1, NULL);
	vml_table_abort(&builder);
	shim_allocations_left = -1;
	assert_int_equal(vml_table_begin(&builder, UINT32_MAX, GFP_KERNEL),
			 -ENOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_to_draw),
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_few),
		cmocka_unit_test(test_extreme_ratios),
		cmocka_unit_test(test_largest),
		cmocka_unit_test(test_any),
		cmocka_unit_test(test_chi_square),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_less_loaded),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
