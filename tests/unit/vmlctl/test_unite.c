/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's numbers and the daemon's reasons in one document. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "kernel.h"
#include "output.h"
#include "unite.h"

/* Two services, the first with two destinations. */
static json_t *kernel_services(void)
{
	struct vml_service service = {
		.generation = 17,
		.destinations = 2,
		.has_lease = true,
		.lease_ms = 9000,
		.picks = 5,
	};
	struct vml_destination destinations[2] = {
		{ .weight = 100, .scale = 34734,
		  .effective_weight = 3473400, .active_connections = 3 },
		{ .weight = 0, .scale = VML_SCALE_ONE },
	};
	json_t *array = json_array();

	assert_int_equal(vml_service_key_parse("tcp 10.77.0.100:80",
					       &service.key), 0);
	assert_int_equal(vml_destination_key_parse("10.77.0.21:80",
						   &destinations[0].key), 0);
	assert_int_equal(vml_destination_key_parse("10.77.0.22:80",
						   &destinations[1].key), 0);
	assert_int_equal(json_array_append_new(
				 array, kernel_service_json(&service,
							    destinations, 2)),
			 0);
	service = (struct vml_service){ 0 };
	assert_int_equal(vml_service_key_parse("fwmark 9 ipv6", &service.key),
			 0);
	assert_int_equal(json_array_append_new(
				 array, kernel_service_json(&service, NULL, 0)),
			 0);
	return array;
}

static json_t *daemon_status(void)
{
	json_t *status = json_loads(
		"{\"version\":\"0.1.0\",\"sink\":\"module\","
		"\"hypervisors\":[{\"name\":\"hv1\",\"state\":\"connected\"}],"
		"\"services\":["
		"{\"name\":\"web\",\"key\":\"tcp 10.77.0.100:80\","
		"\"mode\":\"weights\",\"state\":\"balancing\","
		"\"generation\":16,\"members\":["
		"{\"destination\":\"10.77.0.21:80\",\"domain\":\"web-1\","
		"\"hypervisor\":\"hv1\",\"vm_state\":\"running\","
		"\"weight\":90,\"scale\":1,\"drained\":false,"
		"\"reasons\":[\"steal 47 %: x0.53\"]},"
		"{\"destination\":\"10.77.0.29:80\",\"domain\":\"web-9\","
		"\"hypervisor\":null,\"vm_state\":\"unknown\",\"weight\":3,"
		"\"scale\":32768,\"drained\":true,\"reasons\":[]}]},"
		"{\"name\":\"dns\",\"key\":\"udp 10.77.0.100:53\","
		"\"mode\":\"service\",\"state\":\"absent\",\"members\":[]}]}",
		0, NULL);

	assert_non_null(status);
	return status;
}

static const json_t *service_number(const json_t *status, size_t i)
{
	return json_array_get(json_object_get(status, "services"), i);
}

static const json_t *destination_number(const json_t *service, size_t i)
{
	return json_array_get(json_object_get(service, "destinations"), i);
}

static void numbers_are_the_kernels_and_reasons_the_daemons(_unused_ void **state)
{
	_cleanup_(json_decrefp) json_t *kernel = kernel_services();
	_cleanup_(json_decrefp) json_t *daemon = daemon_status();
	_cleanup_(json_decrefp) json_t *status =
		status_unite(kernel, daemon, NULL);
	const json_t *service = service_number(status, 0);
	const json_t *destination = destination_number(service, 0);

	assert_string_equal(member_string(service, "name"), "web");
	assert_string_equal(member_string(service, "state"), "balancing");
	assert_int_equal(member_integer(service, "generation"), 17);
	assert_int_equal(member_integer(service, "lease_ms"), 9000);
	assert_int_equal(member_integer(destination, "weight"), 100);
	assert_int_equal(member_integer(destination, "scale"), 34734);
	assert_int_equal(member_integer(destination, "active_connections"), 3);
	assert_string_equal(member_string(destination, "domain"), "web-1");
	assert_string_equal(
		json_string_value(json_array_get(
			json_object_get(destination, "reasons"), 0)),
		"steal 47 %: x0.53");
	/* One that the daemon doesn't know stays as the kernel has it. */
	destination = destination_number(service, 1);
	assert_string_equal(member_string(destination, "destination"),
			    "10.77.0.22:80");
	assert_null(json_object_get(destination, "domain"));
}

static void what_only_the_daemon_knows_comes_last(_unused_ void **state)
{
	_cleanup_(json_decrefp) json_t *kernel = kernel_services();
	_cleanup_(json_decrefp) json_t *daemon = daemon_status();
	_cleanup_(json_decrefp) json_t *status =
		status_unite(kernel, daemon, NULL);
	const json_t *destination =
		destination_number(service_number(status, 0), 2);

	assert_string_equal(member_string(destination, "domain"), "web-9");
	assert_int_equal(member_integer(destination, "effective_weight"),
			 3 * 32768);
	assert_null(json_object_get(destination, "active_connections"));
	assert_int_equal(json_array_size(json_object_get(status, "services")),
			 3);
	assert_string_equal(member_string(service_number(status, 2), "state"),
			    "absent");
}

static void an_impossible_weight_has_no_product(_unused_ void **state)
{
	_cleanup_(json_decrefp) json_t *daemon = daemon_status();
	_cleanup_(json_decrefp) json_t *status = NULL;
	json_t *known = json_array_get(json_object_get(daemon, "services"), 0);
	json_t *member = json_array_get(json_object_get(known, "members"), 0);
	const json_t *destination;

	json_object_set_new(member, "weight", json_integer(INT64_MAX));
	json_object_set_new(member, "scale", json_integer(VML_SCALE_ONE));
	status = status_unite(NULL, daemon, NULL);
	destination = destination_number(service_number(status, 0), 0);
	assert_int_equal(member_integer(destination, "weight"), INT64_MAX);
	assert_null(json_object_get(destination, "effective_weight"));
}

static void one_service_may_be_asked_for(_unused_ void **state)
{
	_cleanup_(json_decrefp) json_t *daemon = daemon_status();
	_cleanup_(json_decrefp) json_t *status =
		status_unite(NULL, daemon, "udp 10.77.0.100:53");

	assert_int_equal(json_array_size(json_object_get(status, "services")),
			 1);
	assert_string_equal(member_string(service_number(status, 0), "name"),
			    "dns");
}

static void either_side_may_be_missing(_unused_ void **state)
{
	_cleanup_(json_decrefp) json_t *kernel = kernel_services();
	_cleanup_(json_decrefp) json_t *daemon = daemon_status();
	_cleanup_(json_decrefp) json_t *without_daemon =
		status_unite(kernel, NULL, NULL);
	_cleanup_(json_decrefp) json_t *without_kernel =
		status_unite(NULL, daemon, NULL);

	assert_true(json_is_null(json_object_get(without_daemon, "daemon")));
	assert_true(json_equal(json_object_get(without_daemon, "services"),
			       kernel));
	assert_string_equal(member_string(json_object_get(without_kernel,
							  "daemon"), "sink"),
			    "module");
	assert_int_equal(json_array_size(json_object_get(without_kernel,
							 "services")), 2);
	assert_null(json_object_get(service_number(without_kernel, 0),
				    "generation"));
}

static void the_sources_are_left_as_they_are(_unused_ void **state)
{
	_cleanup_(json_decrefp) json_t *kernel = kernel_services();
	_cleanup_(json_decrefp) json_t *kernel_before = json_deep_copy(kernel);
	_cleanup_(json_decrefp) json_t *daemon = daemon_status();
	_cleanup_(json_decrefp) json_t *daemon_before = json_deep_copy(daemon);
	_cleanup_(json_decrefp) json_t *status =
		status_unite(kernel, daemon, NULL);

	assert_non_null(status);
	assert_true(json_equal(kernel, kernel_before));
	assert_true(json_equal(daemon, daemon_before));
}

static void a_daemon_that_answers_oddly_does_no_harm(_unused_ void **state)
{
	static const char *const answers[] = {
		"{}",
		"{\"services\":null}",
		"{\"services\":[null,1,[],{}]}",
		"{\"services\":{\"key\":\"x\"}}",
		"{\"services\":[{\"key\":7,\"members\":[]}]}",
		"{\"services\":[{\"key\":\"tcp 10.77.0.100:80\","
		"\"members\":[{\"destination\":[]},null,"
		"{\"destination\":\"10.77.0.21:80\",\"reasons\":5}]}]}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		_cleanup_(json_decrefp) json_t *kernel = kernel_services();
		_cleanup_(json_decrefp) json_t *daemon =
			json_loads(answers[i], 0, NULL);
		_cleanup_(json_decrefp) json_t *status = NULL;

		assert_non_null(daemon);
		status = status_unite(kernel, daemon, NULL);
		assert_non_null(status);
		assert_string_equal(member_string(service_number(status, 0),
						  "key"),
				    "tcp 10.77.0.100:80");
	}
}

static void a_shadows_scales_are_not_the_kernels(void **state)
{
	json_t *kernel = kernel_services(), *daemon = daemon_status(), *status;
	const json_t *service, *destination;

	(void)state;
	json_object_set_new(daemon, "shadow", json_true());
	status = status_unite(kernel, daemon, NULL);
	service = service_number(status, 0);
	destination = destination_number(service, 0);
	assert_int_equal(member_integer(destination, "scale"), 34734);
	assert_int_equal(member_integer(destination, "shadow_scale"), 1);
	destination = destination_number(service, 2);
	assert_null(json_object_get(destination, "scale"));
	assert_null(json_object_get(destination, "effective_weight"));
	assert_int_equal(member_integer(destination, "shadow_scale"), 32768);
	json_decref(status);
	json_decref(daemon);
	json_decref(kernel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			numbers_are_the_kernels_and_reasons_the_daemons),
		cmocka_unit_test(what_only_the_daemon_knows_comes_last),
		cmocka_unit_test(an_impossible_weight_has_no_product),
		cmocka_unit_test(one_service_may_be_asked_for),
		cmocka_unit_test(either_side_may_be_missing),
		cmocka_unit_test(the_sources_are_left_as_they_are),
		cmocka_unit_test(a_daemon_that_answers_oddly_does_no_harm),
		cmocka_unit_test(a_shadows_scales_are_not_the_kernels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
