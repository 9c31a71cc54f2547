/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scales set by hand, merged into those in force. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "merge.h"
#include "util.h"

static struct vml_destination_key key(const char *text)
{
	struct vml_destination_key parsed;

	assert_int_equal(vml_destination_key_parse(text, &parsed), 0);
	return parsed;
}

struct fixture {
	struct vml_destination destinations[4];
};

static int set_up(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){ {
		{ .key = key("192.0.2.1:80"), .scale = VML_SCALE_ONE },
		{ .key = key("192.0.2.2:80"), .scale = 30000 },
		{ .key = key("192.0.2.3:80"), .scale = 0 },
		{ .key = key("192.0.2.3:81"), .scale = VML_SCALE_ONE },
	} };
	*state = &fixture;
	return 0;
}

static int merge(struct fixture *fixture, const struct vml_scale *changes,
		 size_t n, struct vml_scale **ret_scales, size_t *ret_n,
		 size_t *ret_bad)
{
	return scales_merge(fixture->destinations,
			    ARRAY_SIZE(fixture->destinations), changes, n,
			    ret_scales, ret_n, ret_bad);
}

static void assert_scale(const struct vml_scale *scale, const char *text,
			 uint32_t value)
{
	struct vml_destination_key expected = key(text);

	assert_int_equal(vml_destination_key_compare(&scale->key, &expected),
			 0);
	assert_int_equal(scale->scale, value);
}

static void others_keep_their_scales(void **state)
{
	const struct vml_scale changes[] = {
		{ .key = key("192.0.2.3:81"), .scale = 7 },
	};
	_cleanup_free_ struct vml_scale *scales = NULL;
	size_t n, bad;

	assert_int_equal(merge(*state, changes, 1, &scales, &n, &bad), 0);
	assert_int_equal(n, 3);
	assert_scale(&scales[0], "192.0.2.2:80", 30000);
	assert_scale(&scales[1], "192.0.2.3:80", 0);
	assert_scale(&scales[2], "192.0.2.3:81", 7);
}

static void changes_replace_what_is_in_force(void **state)
{
	const struct vml_scale changes[] = {
		{ .key = key("192.0.2.3:80"), .scale = VML_SCALE_ONE },
		{ .key = key("192.0.2.2:80"), .scale = 0 },
	};
	_cleanup_free_ struct vml_scale *scales = NULL;
	size_t n, bad;

	assert_int_equal(merge(*state, changes, 2, &scales, &n, &bad), 0);
	assert_int_equal(n, 2);
	assert_scale(&scales[0], "192.0.2.2:80", 0);
	assert_scale(&scales[1], "192.0.2.3:80", VML_SCALE_ONE);
}

static void an_unknown_destination_is_told(void **state)
{
	const struct vml_scale changes[] = {
		{ .key = key("192.0.2.1:80") },
		{ .key = key("192.0.2.1:81") },
	};
	struct vml_scale *scales = NULL;
	size_t n, bad = 99;

	assert_int_equal(merge(*state, changes, 2, &scales, &n, &bad), -ENOENT);
	assert_int_equal(bad, 1);
	assert_null(scales);
}

static void a_destination_named_twice_is_told(void **state)
{
	const struct vml_scale changes[] = {
		{ .key = key("192.0.2.1:80") },
		{ .key = key("192.0.2.2:80") },
		{ .key = key("192.0.2.1:80") },
	};
	struct vml_scale *scales = NULL;
	size_t n, bad = 99;

	assert_int_equal(merge(*state, changes, 3, &scales, &n, &bad), -EEXIST);
	assert_int_equal(bad, 2);
	assert_null(scales);
}

static void nothing_merges_into_nothing(_unused_ void **state)
{
	_cleanup_free_ struct vml_scale *scales = NULL;
	size_t n = 99, bad;

	assert_int_equal(scales_merge(NULL, 0, NULL, 0, &scales, &n, &bad), 0);
	assert_int_equal(n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(others_keep_their_scales, set_up),
		cmocka_unit_test_setup(changes_replace_what_is_in_force,
				       set_up),
		cmocka_unit_test_setup(an_unknown_destination_is_told, set_up),
		cmocka_unit_test_setup(a_destination_named_twice_is_told,
				       set_up),
		cmocka_unit_test(nothing_merges_into_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
