/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what checks find to healthy or not. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "health/members.h"
#include "util.h"

#define S NSEC_PER_SEC

static const struct health_config config = {
	.type = HEALTH_HTTP,
	.delay_loop_ns = 5 * S,
	.delay_before_retry_ns = 1 * S,
	.retry = 2,
	.hysteresis = 3,
};

static const struct health_result passed = { HEALTH_PASSED, 0 };
static const struct health_result refused = { HEALTH_REFUSED, 0 };
static const struct health_result broken = { HEALTH_STATUS, 503 };

static bool check(struct health_state *state, const struct health_result *found,
		  uint64_t time_ns)
{
	return health_state_check(state, &config, found, time_ns);
}

static void one_that_was_never_checked_is_healthy(void **state)
{
	struct health_state health = {};

	(void)state;
	assert_int_equal(health.unhealthy_ns, 0);
	assert_false(check(&health, &passed, 1 * S));
	assert_int_equal(health.unhealthy_ns, 0);
	assert_int_equal(health.checked_ns, 1 * S);
	assert_int_equal(health.type, HEALTH_HTTP);
}

static void it_takes_a_failure_and_all_retries(void **state)
{
	struct health_state health = {};

	(void)state;
	check(&health, &passed, 0);
	assert_false(check(&health, &refused, 1 * S));
	assert_false(check(&health, &refused, 2 * S));
	assert_int_equal(health.unhealthy_ns, 0);
	assert_true(check(&health, &broken, 3 * S));
	assert_int_equal(health.unhealthy_ns, 3 * S);
	assert_int_equal(health.failure.outcome, HEALTH_STATUS);
	assert_int_equal(health.failure.status, 503);
	/* It is out since then, however often it fails. */
	assert_false(check(&health, &refused, 4 * S));
	assert_int_equal(health.unhealthy_ns, 3 * S);
	assert_int_equal(health.failed, 4);
}

static void one_that_never_passed_gets_no_retries(void **state)
{
	struct health_state health = {};

	(void)state;
	assert_true(check(&health, &refused, 1 * S));
	assert_int_equal(health.unhealthy_ns, 1 * S);
	assert_false(check(&health, &passed, 2 * S));
	assert_false(check(&health, &passed, 3 * S));
	assert_true(check(&health, &passed, 4 * S));
	/* From now on it does. */
	assert_false(check(&health, &refused, 5 * S));
}

static void failures_count_in_a_row(void **state)
{
	struct health_state health = {};

	(void)state;
	check(&health, &passed, 0);
	for (uint64_t i = 0; i < 10; i++) {
		assert_false(check(&health, &refused, (3 * i + 1) * S));
		assert_false(check(&health, &refused, (3 * i + 2) * S));
		assert_false(check(&health, &passed, (3 * i + 3) * S));
	}
	assert_int_equal(health.unhealthy_ns, 0);
}

static void without_retries_one_failure_is_enough(void **state)
{
	struct health_config strict = config;
	struct health_state health = {};

	(void)state;
	strict.retry = 0;
	check(&health, &passed, 0);
	assert_true(health_state_check(&health, &strict, &refused, 1 * S));
}

static struct health_state unhealthy_since(uint64_t time_ns)
{
	struct health_state health = {};

	check(&health, &passed, 0);
	for (int i = 0; i < 3; i++)
		check(&health, &refused, time_ns);
	assert_int_equal(health.unhealthy_ns, time_ns);
	return health;
}

static void it_is_back_after_some_successes_in_a_row(void **state)
{
	struct health_state health = unhealthy_since(10 * S);

	(void)state;
	assert_false(check(&health, &passed, 11 * S));
	assert_false(check(&health, &passed, 12 * S));
	assert_false(check(&health, &refused, 13 * S));
	assert_false(check(&health, &passed, 14 * S));
	assert_false(check(&health, &passed, 15 * S));
	assert_int_equal(health.unhealthy_ns, 10 * S);
	assert_true(check(&health, &passed, 16 * S));
	assert_int_equal(health.unhealthy_ns, 0);
	assert_int_equal(health.recovered_ns, 16 * S);
	assert_int_equal(health.outage_ns, 6 * S);
}

static void what_comes_late_is_ignored(void **state)
{
	struct health_state health = {};

	(void)state;
	check(&health, &passed, 10 * S);
	for (int i = 0; i < 5; i++)
		assert_false(check(&health, &refused, 9 * S));
	assert_int_equal(health.failed, 0);
	assert_int_equal(health.checked_ns, 10 * S);
}

/* What is not decided is looked into at short intervals, both ways. */
static void pauses_are_short_until_it_is_decided(void **state)
{
	struct health_state health = {};

	(void)state;
	assert_int_equal(health_state_pause(&health, &config), 5 * S);
	check(&health, &passed, 1 * S);
	assert_int_equal(health_state_pause(&health, &config), 5 * S);
	check(&health, &refused, 2 * S);
	assert_int_equal(health_state_pause(&health, &config), 1 * S);
	health = unhealthy_since(3 * S);
	assert_int_equal(health_state_pause(&health, &config), 5 * S);
	check(&health, &passed, 4 * S);
	assert_int_equal(health_state_pause(&health, &config), 1 * S);
	check(&health, &passed, 5 * S);
	check(&health, &passed, 6 * S);
	assert_int_equal(health_state_pause(&health, &config), 5 * S);
}

static void checks_keep_their_beat(void **state)
{
	const uint64_t due = 100 * S;

	(void)state;
	/* However long it took, and whenever it began. */
	assert_int_equal(health_next_beat(due, 1 * S, due), 101 * S);
	assert_int_equal(health_next_beat(due, 1 * S, due + S / 2), 101 * S);
	/* There is always a pause. */
	assert_int_equal(health_next_beat(due, 1 * S, due + 9 * S / 10),
			 102 * S);
	assert_int_equal(health_next_beat(due, 1 * S, due + 3 * S + 1),
			 104 * S);
	/* Another one from now on. */
	assert_int_equal(health_next_beat(due, 5 * S, due + S), 105 * S);
	assert_int_equal(health_next_beat(due, S / 10, due + S), 1011 * S / 10);
	/* A timer may be early by what it does not know. */
	assert_int_equal(health_next_beat(due, 1 * S, due - 1), 101 * S);
}

static struct vml_destination_key key_of(unsigned int host)
{
	struct vml_destination_key key;
	char text[32];

	snprintf(text, sizeof(text), "10.0.0.%u:80", host);
	assert_int_equal(vml_destination_key_parse(text, &key), 0);
	return key;
}

static void members_are_apart(void **state)
{
	static const unsigned int order[] = { 3, 1, 9, 4, 2 };
	struct health_members health = {};
	struct vml_destination_key kept[] = { key_of(2), key_of(5), key_of(9) };
	struct vml_destination_key key;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		for (unsigned int j = 0; j < order[i]; j++) {
			key = key_of(order[i]);
			assert_true(health_members_check(&health, &config,
							 &key, &refused,
							 1 * S) == (j == 0));
		}
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		key = key_of(order[i]);
		assert_int_equal(health_members_find(&health, &key)->failed,
				 order[i]);
	}
	key = key_of(5);
	assert_null(health_members_find(&health, &key));

	/* Those that stay are as they were, and the others are gone. */
	health_members_keep(&health, kept, ARRAY_SIZE(kept));
	assert_int_equal(health.n, 2);
	key = key_of(9);
	assert_int_equal(health_members_find(&health, &key)->unhealthy_ns,
			 1 * S);
	key = key_of(3);
	assert_null(health_members_find(&health, &key));
	health_members_keep(&health, NULL, 0);
	assert_int_equal(health.n, 0);
	health_members_clear(&health);
}

static void statuses_are_in_ranges(void **state)
{
	const struct health_config http = {
		.codes = { { 200, 299 }, { 401, 401 } }, .n_codes = 2,
	};

	(void)state;
	assert_true(health_config_accepts(&http, 200));
	assert_true(health_config_accepts(&http, 299));
	assert_true(health_config_accepts(&http, 401));
	assert_false(health_config_accepts(&http, 199));
	assert_false(health_config_accepts(&http, 300));
	assert_false(health_config_accepts(&http, 402));
	assert_false(health_config_accepts(&http, 0));
}

static void each_outcome_has_its_words(void **state)
{
	char text[HEALTH_RESULT_MAX];

	(void)state;
	for (int i = 0; i < _HEALTH_OUTCOME_MAX; i++) {
		struct health_result result = { i, 404 };

		assert_true(strlen(health_outcome_name(i)) > 0);
		assert_null(strchr(health_outcome_name(i), ' '));
		assert_true(strlen(health_result_format(&result, text)) > 0);
	}
	assert_string_equal(health_result_format(&broken, text), "status 503");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_was_never_checked_is_healthy),
		cmocka_unit_test(it_takes_a_failure_and_all_retries),
		cmocka_unit_test(one_that_never_passed_gets_no_retries),
		cmocka_unit_test(failures_count_in_a_row),
		cmocka_unit_test(without_retries_one_failure_is_enough),
		cmocka_unit_test(it_is_back_after_some_successes_in_a_row),
		cmocka_unit_test(what_comes_late_is_ignored),
		cmocka_unit_test(pauses_are_short_until_it_is_decided),
		cmocka_unit_test(checks_keep_their_beat),
		cmocka_unit_test(members_are_apart),
		cmocka_unit_test(statuses_are_in_ranges),
		cmocka_unit_test(each_outcome_has_its_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
