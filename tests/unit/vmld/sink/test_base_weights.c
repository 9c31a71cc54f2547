/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The administrator's weights, while the kernel has ours in their place. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "sink/base_weights.h"
#include "util.h"

static struct vml_destination_key key(unsigned int host)
{
	struct vml_destination_key result;
	char text[VML_KEY_STRING_MAX];

	snprintf(text, sizeof(text), "10.0.%u.%u:80", host / 256, host % 256);
	assert_int_equal(vml_destination_key_parse(text, &result), 0);
	return result;
}

static void learn(struct base_weights *weights, unsigned int host,
		  uint32_t actual)
{
	struct vml_destination_key k = key(host);

	assert_int_equal(base_weights_learn(weights, &k, actual), 0);
}

static struct base_weight *find(struct base_weights *weights,
				unsigned int host)
{
	struct vml_destination_key k = key(host);

	return base_weights_find(weights, &k);
}

static struct base_weights service(void)
{
	struct base_weights weights = { .multiplier = 1 };

	assert_int_equal(vml_service_key_parse("tcp 10.0.0.1:80", &weights.key),
			 0);
	return weights;
}

/* Through a file and back, as after a crash. */
static void restart(struct base_weights *weights)
{
	json_t *object = base_weights_to_json(weights);
	struct base_weights read = {};

	assert_non_null(object);
	base_weights_clear(weights);
	assert_int_equal(
		base_weights_from_json("tcp 10.0.0.1:80", object, &read), 0);
	json_decref(object);
	*weights = read;
}

static void weights_that_we_have_not_written_are_the_administrators(void **state)
{
	struct base_weights weights = service();

	(void)state;
	learn(&weights, 1, 5);
	assert_int_equal(find(&weights, 1)->base, 5);
	base_weight_write(find(&weights, 1), 20, VML_SCALE_ONE / 2);
	assert_int_equal(find(&weights, 1)->written[0], 50);

	learn(&weights, 1, 50);
	assert_int_equal(find(&weights, 1)->base, 5);
	learn(&weights, 1, 7);
	assert_int_equal(find(&weights, 1)->base, 7);
	base_weights_clear(&weights);
}

static void a_crash_between_saving_and_writing_forgets_nothing(void **state)
{
	struct base_weights weights = service();

	(void)state;
	learn(&weights, 1, 1);
	base_weight_write(find(&weights, 1), 100, VML_SCALE_ONE / 2);
	learn(&weights, 1, 50);
	base_weight_write(find(&weights, 1), 100, VML_SCALE_ONE / 4);

	/* The kernel still has what it had. */
	restart(&weights);
	learn(&weights, 1, 50);
	assert_int_equal(find(&weights, 1)->base, 1);

	/* And again, so that what it has is not the newest. */
	base_weight_write(find(&weights, 1), 100, VML_SCALE_ONE / 8);
	restart(&weights);
	learn(&weights, 1, 50);
	assert_int_equal(find(&weights, 1)->base, 1);

	/* Or it has the new one. */
	base_weight_write(find(&weights, 1), 100, VML_SCALE_ONE / 8);
	restart(&weights);
	learn(&weights, 1, 13);
	assert_int_equal(find(&weights, 1)->base, 1);
	base_weights_clear(&weights);
}

static void after_a_reboot_the_file_says_nothing(void **state)
{
	struct base_weights weights = service();

	(void)state;
	learn(&weights, 1, 10);
	base_weight_write(find(&weights, 1), 10, VML_SCALE_ONE / 2);
	restart(&weights);
	learn(&weights, 1, 20);
	assert_int_equal(find(&weights, 1)->base, 20);
	base_weights_clear(&weights);
}

static void destinations_that_are_gone_are_forgotten(void **state)
{
	struct base_weights weights = service();

	(void)state;
	learn(&weights, 2, 1);
	learn(&weights, 1, 1);
	learn(&weights, 3, 1);
	base_weights_forget(&weights);
	assert_int_equal(weights.n, 3);
	learn(&weights, 3, 1);
	learn(&weights, 1, 1);
	base_weights_forget(&weights);
	assert_int_equal(weights.n, 2);
	assert_null(find(&weights, 2));
	assert_non_null(find(&weights, 1));
	assert_non_null(find(&weights, 3));
	base_weights_clear(&weights);
}

static void small_weights_get_room(void **state)
{
	static const struct {
		uint32_t weights[3], multiplier;
	} cases[] = {
		{ { 1, 1, 1 }, 100 },
		{ { 1, 2, 4 }, 100 },
		{ { 3, 10, 10 }, 34 },
		{ { 100, 400, 200 }, 1 },
		{ { 0, 50, 60 }, 2 },
		{ { 0, 0, 0 }, 1 },
		/* The largest leaves no room for more. */
		{ { 1, 1000, 1 }, 32 },
		{ { 1, 65535, 1 }, 1 },
		{ { 1, 1000000, 1 }, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct base_weights weights = service();

		for (unsigned int j = 0; j < 3; j++)
			learn(&weights, j + 1, cases[i].weights[j]);
		assert_int_equal(base_weights_multiplier(&weights),
				 cases[i].multiplier);
		base_weights_clear(&weights);
	}
}

static void scaling_keeps_shares_and_never_stops_by_rounding(void **state)
{
	(void)state;
	assert_int_equal(base_weight_scaled(4, 25, VML_SCALE_ONE), 100);
	assert_int_equal(base_weight_scaled(4, 25, VML_SCALE_ONE * 3 / 2), 150);
	assert_int_equal(base_weight_scaled(4, 25, VML_SCALE_ONE / 20), 5);
	assert_int_equal(base_weight_scaled(1, 1, 1), 1);
	assert_int_equal(base_weight_scaled(1, 100, 0), 0);
	assert_int_equal(base_weight_scaled(0, 100, VML_SCALE_ONE), 0);
	assert_int_equal(base_weight_scaled(65535, 1, 2 * VML_SCALE_ONE),
			 65535);
	/* One beyond what ipvsadm takes can be had back unchanged. */
	assert_int_equal(base_weight_scaled(100000, 1, VML_SCALE_ONE), 100000);
}

static void the_scale_in_force_is_known(void **state)
{
	struct base_weights weights = service();
	struct base_weight *weight;

	(void)state;
	learn(&weights, 1, 10);
	weight = find(&weights, 1);
	assert_int_equal(base_weight_scale(weight, 1, 10), VML_SCALE_ONE);

	/* As it was asked for, and not as it was rounded. */
	base_weight_write(weight, 10, 12345);
	assert_int_equal(base_weight_scale(weight, 10, weight->written[0]),
			 12345);
	/* Not written after all: what stands there counts. */
	learn(&weights, 1, 10);
	assert_int_equal(base_weight_scale(weight, 10, 10),
			 (VML_SCALE_ONE + 5) / 10);

	/* After a restart only the weight tells, a step of it apart. */
	base_weight_write(weight, 10, VML_SCALE_ONE / 2);
	restart(&weights);
	learn(&weights, 1, 50);
	assert_int_equal(base_weight_scale(find(&weights, 1), 10, 50),
			 VML_SCALE_ONE / 2);
	base_weights_clear(&weights);
}

static void many_destinations_are_kept_in_order(void **state)
{
	struct base_weights weights = service();

	(void)state;
	for (unsigned int i = 2000; i > 0; i--)
		learn(&weights, i, i);
	for (unsigned int i = 1; i <= 2000; i++)
		assert_int_equal(find(&weights, i)->base, i);
	restart(&weights);
	for (unsigned int i = 1; i <= 2000; i++)
		assert_int_equal(find(&weights, i)->base, i);
	base_weights_clear(&weights);
}

static void bad_files_are_not_believed(void **state)
{
	static const char *const bad[] = {
		"{}",
		"{\"multiplier\": 0, \"destinations\": {}}",
		"{\"multiplier\": \"1\", \"destinations\": {}}",
		"{\"multiplier\": 1}",
	};
	static const char *const skipped =
		"{\"multiplier\": 1, \"destinations\": {"
		"\"nonsense\": {\"base\": 1, \"written\": [1, 1]},"
		"\"10.0.0.1:80\": {\"base\": -1, \"written\": [1, 1]},"
		"\"10.0.0.2:80\": {\"base\": 1, \"written\": [1]},"
		"\"10.0.0.3:80\": {\"base\": 1, \"written\": [1, 4294967296]},"
		"\"10.0.0.4:80\": {\"base\": 4, \"written\": [1, 1]}}}";
	struct base_weights weights;
	json_t *object;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		object = json_loads(bad[i], 0, NULL);
		assert_non_null(object);
		assert_int_equal(base_weights_from_json("tcp 10.0.0.1:80",
							object, &weights),
				 -EBADMSG);
		json_decref(object);
	}
	object = json_loads(skipped, 0, NULL);
	assert_int_equal(base_weights_from_json("what", object, &weights),
			 -EBADMSG);
	assert_int_equal(
		base_weights_from_json("tcp 10.0.0.1:80", object, &weights), 0);
	assert_int_equal(weights.n, 1);
	assert_int_equal(find(&weights, 4)->base, 4);
	base_weights_clear(&weights);
	json_decref(object);
}

static void another_name_for_a_destination_is_the_same(void **state)
{
	static const char *const twice =
		"{\"multiplier\": 1, \"destinations\": {"
		"\"[::1]:80\": {\"base\": 1, \"written\": [1, 1]},"
		"\"[::01]:80\": {\"base\": 2, \"written\": [2, 2]}}}";
	json_t *object = json_loads(twice, 0, NULL);
	struct base_weights weights;

	(void)state;
	assert_int_equal(
		base_weights_from_json("tcp [::2]:80", object, &weights), 0);
	assert_int_equal(weights.n, 1);
	assert_int_equal(weights.weights[0].base, 2);
	base_weights_clear(&weights);
	json_decref(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(weights_that_we_have_not_written_are_the_administrators),
		cmocka_unit_test(a_crash_between_saving_and_writing_forgets_nothing),
		cmocka_unit_test(after_a_reboot_the_file_says_nothing),
		cmocka_unit_test(destinations_that_are_gone_are_forgotten),
		cmocka_unit_test(small_weights_get_room),
		cmocka_unit_test(scaling_keeps_shares_and_never_stops_by_rounding),
		cmocka_unit_test(the_scale_in_force_is_known),
		cmocka_unit_test(many_destinations_are_kept_in_order),
		cmocka_unit_test(bad_files_are_not_believed),
		cmocka_unit_test(another_name_for_a_destination_is_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
