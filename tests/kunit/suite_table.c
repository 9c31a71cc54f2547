// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The selection table with the kernel's own arithmetic and random numbers.
 * tests/unit/table/ compares the shares exactly; these are drawn.
 */
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "fixture.h"
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

static struct vml_table *build(struct kunit *test, const u64 *weights, u32 n)
{
	struct vml_table_builder builder;
	u32 i;

	KUNIT_ASSERT_EQ(test, vml_table_begin(&builder, n, GFP_KERNEL), 0);
	for (i = 0; i < n; i++)
		vml_table_add(&builder, dest_number(i), weights[i], NULL);
	return vml_table_finish(&builder);
}

static u32 *draw(struct kunit *test, const u64 *weights, u32 n, u32 draws)
{
	struct vml_table *table = build(test, weights, n);
	u32 *counts, i;

	counts = kunit_kcalloc(test, n, sizeof(*counts), GFP_KERNEL);
	if (counts)
		for (i = 0; i < draws; i++)
			counts[number(vml_table_draw(table,
						     vml_random_u32())->dest)]++;
	kvfree(table);
	KUNIT_ASSERT_NOT_NULL(test, counts);
	return counts;
}

/*
 * Expect every share of 200,000 draws within five standard deviations (and
 * one draw, where less than one is due), and Pearson's chi-square of all
 * within five of its own; both fail by chance once in a million.
 */
static void expect_shares(struct kunit *test, const u64 *weights, u32 n)
{
	const u32 draws = 200000;
	u32 *counts = draw(test, weights, n, draws);
	u64 sum = 0, chi_thousandths = 0;
	u32 i, freedom = 0;

	for (i = 0; i < n; i++)
		sum += weights[i];
	for (i = 0; i < n; i++) {
		u64 due = div64_u64(weights[i] * draws, sum);
		u64 off = abs((s64)counts[i] - (s64)due);

		KUNIT_EXPECT_LE_MSG(test, off, 5 * int_sqrt(due) + 6,
				    "destination %u of %u: %u draws, not %llu",
				    i, n, counts[i], due);
		if (!due)
			continue;
		chi_thousandths += div64_u64(off * off * 1000, due);
		freedom++;
	}
	KUNIT_EXPECT_LE(test, chi_thousandths,
			1000ULL * freedom + 5000 * int_sqrt(2 * freedom) + 1000);
}

static void table_shares_of_few(struct kunit *test)
{
	static const u64 one[] = { SCALE_ONE };
	static const u64 two[] = { SCALE_ONE, SCALE_ONE };
	static const u64 three[] = { SCALE_ONE, 2 * SCALE_ONE, 4 * SCALE_ONE };

	expect_shares(test, one, ARRAY_SIZE(one));
	expect_shares(test, two, ARRAY_SIZE(two));
	expect_shares(test, three, ARRAY_SIZE(three));
}

static void table_shares_of_thousand(struct kunit *test)
{
	u64 *weights;
	u32 i;

	weights = kunit_kcalloc(test, 1000, sizeof(*weights), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, weights);
	for (i = 0; i < 1000; i++)
		weights[i] = SCALE_ONE;
	expect_shares(test, weights, 1000);
	for (i = 0; i < 1000; i++)
		weights[i] = SCALE_ONE * (10 + i % 91);
	expect_shares(test, weights, 1000);
}

static void table_extreme_ratios(struct kunit *test)
{
	static const u64 thousandth[] = { 1, 1000 };
	static const u64 least_first[] = { 1, EFFECTIVE_MAX };
	static const u64 least_last[] = { EFFECTIVE_MAX, 1 };
	u32 *counts;

	expect_shares(test, thousandth, 2);
	counts = draw(test, least_first, 2, 100000);
	KUNIT_EXPECT_LE(test, counts[0], 1);
	counts = draw(test, least_last, 2, 100000);
	KUNIT_EXPECT_LE(test, counts[1], 1);
}

static void table_weight_zero_is_never_drawn(struct kunit *test)
{
	static const u64 some[] = { 0, 1, 0, 0, EFFECTIVE_MAX, 7, 0 };
	static const u64 none[] = { 0, 0, 0 };
	u32 *counts = draw(test, some, ARRAY_SIZE(some), 100000);
	struct vml_table *table;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(some); i++)
		if (!some[i])
			KUNIT_EXPECT_EQ(test, counts[i], 0);
	table = build(test, none, ARRAY_SIZE(none));
	KUNIT_EXPECT_EQ(test, table->n, 0);
	kvfree(table);
}

static void table_largest_weights(struct kunit *test)
{
	const u32 n = 20000, draws = 400000;
	u32 i, *counts, least = U32_MAX, most = 0;
	u64 *weights = vmalloc(array_size(n, sizeof(*weights)));

	KUNIT_ASSERT_NOT_NULL(test, weights);
	for (i = 0; i < n; i++)
		weights[i] = EFFECTIVE_MAX;
	counts = draw(test, weights, n, draws);
	vfree(weights);
	for (i = 0; i < n; i++) {
		least = min(least, counts[i]);
		most = max(most, counts[i]);
	}
	/* Poisson with mean 20: beyond these, once in ten million */
	KUNIT_EXPECT_GE(test, least, 1);
	KUNIT_EXPECT_LE(test, most, 60);
}

static void table_draws_the_ends(struct kunit *test)
{
	static const u64 weights[] = { 3, 1, 2 };
	struct vml_table *table = build(test, weights, 3);
	const struct vml_choice *first = vml_table_draw(table, 0);
	const struct vml_choice *last = vml_table_draw(table, U32_MAX);

	KUNIT_EXPECT_PTR_EQ(test, first, &table->slots[0].choices[0]);
	KUNIT_EXPECT_GE(test, last - table->slots[2].choices, 0);
	KUNIT_EXPECT_LT(test, last - table->slots[2].choices, 2);
	KUNIT_EXPECT_LT(test, number(first->dest), 3);
	KUNIT_EXPECT_LT(test, number(last->dest), 3);
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

static int table_suite_init(struct kunit_suite *suite)
{
	vml_random_init();
	return 0;
}

static struct kunit_case table_cases[] = {
	KUNIT_CASE(table_shares_of_few),
	KUNIT_CASE(table_shares_of_thousand),
	KUNIT_CASE(table_extreme_ratios),
	KUNIT_CASE(table_weight_zero_is_never_drawn),
	KUNIT_CASE(table_largest_weights),
	KUNIT_CASE(table_draws_the_ends),
	KUNIT_CASE(table_less_loaded),
	KUNIT_CASE(table_abort_frees),
	{}
};

static struct kunit_suite table_suite = {
	.name = "vml_table",
	.suite_init = table_suite_init,
	.test_cases = table_cases,
};

kunit_test_suite(table_suite);
