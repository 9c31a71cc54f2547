/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The section "health" of a service. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "config.h"

#define HYPERVISOR "hypervisor \"hv1\" { uri = \"test:///default\" }\n"
#define SERVICE(more)							\
	HYPERVISOR "service web { address = 10.0.0.1 port = 80\n"	\
	" members \"web-*\" { }\n" more "\n}"

static struct config *parse(const char *text, const char *wanted)
{
	_cleanup_(config_errors_clear) struct config_errors errors = {};
	_cleanup_free_ char *said = NULL;
	struct config *config = NULL;

	config_parse("f", text, &config, &errors);
	said = config_errors_format(&errors, "f");
	assert_string_equal(said, wanted);
	return config;
}

static void a_service_is_not_checked_unless_it_says_so(void **state)
{
	struct config *config = parse(SERVICE(""), "");

	(void)state;
	assert_false(config->services[0]->has_health);
	config_free(config);
}

static void defaults_are_as_documented(void **state)
{
	struct config *config = parse(SERVICE("health http { }"), "");
	const struct health_config *health = &config->services[0]->health;

	(void)state;
	assert_true(config->services[0]->has_health);
	assert_int_equal(health->type, HEALTH_HTTP);
	assert_int_equal(health->port, 0);
	assert_int_equal(health->delay_loop_ns, 5 * NSEC_PER_SEC);
	assert_int_equal(health->delay_before_retry_ns, NSEC_PER_SEC);
	assert_int_equal(health->connect_timeout_ns, 3 * NSEC_PER_SEC);
	assert_int_equal(health->warmup_ns, 5 * NSEC_PER_SEC);
	assert_int_equal(health->retry, 2);
	assert_int_equal(health->hysteresis, 2);
	assert_string_equal(health->path, "/");
	assert_null(health->virtualhost);
	assert_int_equal(health->n_codes, 1);
	assert_int_equal(health->codes[0].first, 200);
	assert_int_equal(health->codes[0].last, 299);
	config_free(config);
}

static void all_options_are_read(void **state)
{
	struct config *config = parse(
		SERVICE("health http { port = 8080 delay-loop = 1\n"
			" delay-before-retry = 0.5 connect-timeout = 2\n"
			" warmup = 0 retry = 0 hysteresis = 4 path = \"/up?a=1\"\n"
			" virtualhost = \"www.example.org\"\n"
			" status-code = { \"200-204\", 401 } }"), "");
	const struct health_config *health = &config->services[0]->health;

	(void)state;
	assert_int_equal(health->port, 8080);
	assert_int_equal(health->delay_loop_ns, NSEC_PER_SEC);
	assert_int_equal(health->delay_before_retry_ns, NSEC_PER_SEC / 2);
	assert_int_equal(health->connect_timeout_ns, 2 * NSEC_PER_SEC);
	assert_int_equal(health->warmup_ns, 0);
	assert_int_equal(health->retry, 0);
	assert_int_equal(health->hysteresis, 4);
	assert_string_equal(health->path, "/up?a=1");
	assert_string_equal(health->virtualhost, "www.example.org");
	assert_int_equal(health->n_codes, 2);
	assert_int_equal(health->codes[0].last, 204);
	assert_int_equal(health->codes[1].first, 401);
	assert_int_equal(health->codes[1].last, 401);
	config_free(config);
}

static void mistakes_are_named(void **state)
{
	static const char *const cases[][2] = {
		{ SERVICE("health smtp { }"),
		  "f:4: health \"smtp\" is none of tcp, http\n" },
		{ SERVICE("health { }"),
		  "f:4: section \"health\" needs a name: health \"NAME\" { ... }\n" },
		{ SERVICE("health tcp { }\nhealth http { }"),
		  "f:5: service \"web\" has a health section already\n" },
		{ SERVICE("health tcp { }\nhealth tcp { }"),
		  "f:5: duplicate health \"tcp\" (first on line 4)\n" },
		{ SERVICE("health tcp {\npath = \"/\"\n virtualhost = x\n"
			  "status-code = 200 }"),
		  "f:5: path belongs to health http\n"
		  "f:6: virtualhost belongs to health http\n"
		  "f:7: status-code belongs to health http\n" },
		{ SERVICE("health http {\n path = x\n virtualhost = \"a b\" }"),
		  "f:5: path \"x\" does not begin with /\n"
		  "f:6: virtualhost \"a b\" has blanks in it\n" },
		{ SERVICE("health http { path = \"/a\\r\\nb\" }"),
		  "f:4: path \"/a\r\nb\" has blanks in it\n" },
		{ SERVICE("health http { path = \"/a#b\" virtualhost = \"\" }"),
		  "f:4: path \"/a#b\" has a # in it\n"
		  "f:4: virtualhost \"\" is empty\n" },
		{ SERVICE("health http { status-code = { 99, \"300-200\", x,"
			  " \"200-\" } }"),
		  "f:4: status-code \"99\" is neither a status from 100 to 599 nor FIRST-LAST\n"
		  "f:4: status-code \"300-200\" ends before it begins\n"
		  "f:4: status-code \"x\" is neither a status from 100 to 599 nor FIRST-LAST\n"
		  "f:4: status-code \"200-\" is neither a status from 100 to 599 nor FIRST-LAST\n" },
		{ SERVICE("health http { status-code = { 200, 201, 202, 203,\n"
			  "204, 205, 206, 207, 208 } }"),
		  "f:4: status-code has more than 8 values\n" },
		{ SERVICE("health tcp {\n delay-loop = 0\n connect-timeout = -1\n"
			  " retry = 101\n hysteresis = 0\n port = 0\n"
			  " delay-before-retry = 3601\n warmup = x }"),
		  "f:5: delay-loop \"0\" is too short: from 0.1 to 3600 seconds\n"
		  "f:6: connect-timeout \"-1\" is negative: from 0.1 to 3600 seconds\n"
		  "f:7: retry \"101\" is too large: from 0 to 100\n"
		  "f:8: hysteresis \"0\" is too small: from 1 to 100\n"
		  "f:9: port \"0\" is too small: from 1 to 65535\n"
		  "f:10: delay-before-retry \"3601\" is too long: from 0.1 to 3600 seconds\n"
		  "f:11: warmup \"x\" is not a number of seconds: from 0 to 3600 seconds\n" },
		{ SERVICE("health tcp { timeout = 1 }"),
		  "f:4: unknown option \"timeout\" in section \"health\"\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_null(parse(cases[i][0], cases[i][1]));
}

/* What is checked speaks TCP, at a port. */
static void a_port_is_needed_where_there_is_none(void **state)
{
	static const char *const cases[][2] = {
		{ HYPERVISOR "service d { protocol = udp address = 10.0.0.1 port = 53\n"
		  " members x { }\n health tcp { } }",
		  "f:4: health needs a port, as the service is not of protocol tcp\n" },
		{ HYPERVISOR "service d { fwmark = 3 members x { }\n health tcp { } }",
		  "f:3: health needs a port, as the service has a firewall mark\n" },
		{ HYPERVISOR "service d { address = 10.0.0.1 port = 0\n"
		  " members x { }\n health http { } }",
		  "f:4: health needs a port, as its members have none\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_null(parse(cases[i][0], cases[i][1]));
	config_free(parse(HYPERVISOR "service d { protocol = udp address = 10.0.0.1"
			  " port = 53 members x { } health tcp { port = 53 } }"
			  " service e { fwmark = 3 members x { }"
			  " health http { port = 80 } }", ""));
}

static void a_change_is_seen(void **state)
{
	static const char *const others[] = {
		SERVICE(""), SERVICE("health tcp { }"),
		SERVICE("health http { port = 81 }"),
		SERVICE("health http { path = \"/x\" }"),
		SERVICE("health http { virtualhost = x }"),
		SERVICE("health http { status-code = 200 }"),
		SERVICE("health http { delay-loop = 4 }"),
		SERVICE("health http { delay-before-retry = 4 }"),
		SERVICE("health http { connect-timeout = 4 }"),
		SERVICE("health http { warmup = 4 }"),
		SERVICE("health http { retry = 4 }"),
		SERVICE("health http { hysteresis = 4 }"),
	};
	struct config *one = parse(SERVICE("health http { }"), "");
	struct config *same = parse(SERVICE("health http { path = \"/\" }"), "");

	(void)state;
	assert_true(config_service_equal(one->services[0], same->services[0]));
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		struct config *other = parse(others[i], "");

		assert_false(config_service_equal(one->services[0],
						  other->services[0]));
		/* What is found is the same, as long as but times change. */
		assert_true(health_config_same_check(
				    &one->services[0]->health,
				    &other->services[0]->health) == (i >= 6));
		config_free(other);
	}
	config_free(one);
	config_free(same);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_service_is_not_checked_unless_it_says_so),
		cmocka_unit_test(defaults_are_as_documented),
		cmocka_unit_test(all_options_are_read),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(a_port_is_needed_where_there_is_none),
		cmocka_unit_test(a_change_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
