/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Command lines: what they mean, and what is said of bad ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "arguments.h"

static const struct verb all = {
	.name = "all",
	.options = OPTION_JSON | OPTION_SERVICE | OPTION_SOCKET | OPTION_SET,
};
static const struct verb operation = {
	.name = "operation",
	.options = OPTION_OPERATION | OPTION_SNAPSHOT | OPTION_EVACUATE,
};
static const struct verb plain = { .name = "plain" };

static char error[ARGUMENTS_ERROR_MAX];

/* Parse words separated by blanks, into memory that the next call reuses. */
static int parse(const struct verb *verb, const char *line,
		 struct arguments *ret_arguments)
{
	static char copy[512];
	static char *argv[32];
	char *position;
	int argc = 0;

	snprintf(copy, sizeof(copy), "verb %s", line);
	for (char *word = strtok_r(copy, " ", &position); word;
	     word = strtok_r(NULL, " ", &position))
		argv[argc++] = word;
	argv[argc] = NULL;
	*error = '\0';
	return arguments_parse(verb, argc, argv, ret_arguments, error);
}

static void services_are_named_as_with_ipvsadm(_unused_ void **state)
{
	static const struct {
		const char *line, *key;
	} cases[] = {
		{ "-t 192.0.2.1:80", "tcp 192.0.2.1:80" },
		{ "-u 192.0.2.1:53", "udp 192.0.2.1:53" },
		{ "-t [2001:db8::1]:80", "tcp [2001:db8::1]:80" },
		{ "--sctp-service 192.0.2.1:9", "sctp 192.0.2.1:9" },
		{ "--tcp-service=192.0.2.1:80", "tcp 192.0.2.1:80" },
		{ "-f 7", "fwmark 7" },
		{ "-f 7 -6", "fwmark 7 ipv6" },
		{ "-6 -f 7", "fwmark 7 ipv6" },
		{ "--ipv6 --fwmark-service 4294967295",
		  "fwmark 4294967295 ipv6" },
	};
	char key[VML_KEY_STRING_MAX];
	struct arguments arguments;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(parse(&all, cases[i].line, &arguments), 0);
		assert_true(arguments.has_service);
		assert_string_equal(vml_service_key_format(&arguments.service,
							   key),
				    cases[i].key);
	}
}

static void options_and_operands_may_be_mixed(_unused_ void **state)
{
	struct arguments arguments;

	assert_int_equal(parse(&all,
			       "a=1 -t 192.0.2.1:80 b=2 --lease 2.5 "
			       "--generation 0 --replace -j --socket /s c=3",
			       &arguments), 0);
	assert_int_equal(arguments.n_operands, 3);
	assert_string_equal(arguments.operands[0], "a=1");
	assert_string_equal(arguments.operands[2], "c=3");
	assert_true(arguments.json);
	assert_true(arguments.replace);
	assert_true(arguments.has_lease);
	assert_int_equal(arguments.lease_ms, 2500);
	assert_true(arguments.has_generation);
	assert_int_equal(arguments.generation, 0);
	assert_string_equal(arguments.socket, "/s");
}

static void nothing_is_set_without_options(_unused_ void **state)
{
	struct arguments arguments;

	assert_int_equal(parse(&all, "", &arguments), 0);
	assert_false(arguments.has_service || arguments.json ||
		     arguments.has_lease || arguments.has_generation ||
		     arguments.replace || arguments.help);
	assert_string_equal(arguments.socket, DEFAULT_SOCKET);
	assert_int_equal(arguments.n_operands, 0);
}

static void bad_options_are_named(_unused_ void **state)
{
	static const struct {
		const struct verb *verb;
		const char *line, *error;
	} cases[] = {
		{ &plain, "-t 192.0.2.1:80", "plain takes no option -t" },
		{ &plain, "--json", "plain takes no option -j" },
		{ &plain, "--lease 3", "plain takes no option --lease" },
		{ &all, "--service web", "all takes no option --service" },
		{ &all, "--deadline 3", "all takes no option --deadline" },
		{ &all, "--to hv2", "all takes no option --to" },
		{ &operation, "--deadline -1",
		  "\"-1\" is not a deadline in seconds: 0 to 86400" },
		{ &operation, "--deadline 86401",
		  "\"86401\" is not a deadline in seconds: 0 to 86400" },
		{ &operation, "--kind qcow2",
		  "\"qcow2\" is no kind of snapshot: disk or internal" },
		{ &plain, "-x", "plain takes no option -x" },
		{ &plain, "-xy", "plain takes no option -x" },
		{ &plain, "--nonsense", "plain takes no option --nonsense" },
		{ &all, "--json=5", "all takes no option --json=5" },
		{ &all, "-t", "option -t needs a value" },
		{ &all, "--lease", "option --lease needs a value" },
		{ &all, "-t 192.0.2.1:80 -u 192.0.2.1:80",
		  "more than one service" },
		{ &all, "-6", "-6 belongs to a firewall mark: -f MARK -6" },
		{ &all, "-6 -t [::1]:80",
		  "-6 belongs to a firewall mark: -f MARK -6" },
		{ &all, "-t 192.0.2.1",
		  "\"192.0.2.1\" is not a service: write ADDRESS:PORT, or [IPV6-ADDRESS]:PORT" },
		{ &all, "-f 0",
		  "\"0\" is not a firewall mark: 1 to 4294967295" },
		{ &all, "-f -1",
		  "\"-1\" is not a firewall mark: 1 to 4294967295" },
		{ &all, "-f 4294967296",
		  "\"4294967296\" is not a firewall mark: 1 to 4294967295" },
		{ &all, "-f 7x",
		  "\"7x\" is not a firewall mark: 1 to 4294967295" },
		{ &all, "--generation -1", "\"-1\" is not a generation" },
		{ &all, "--generation 1.5", "\"1.5\" is not a generation" },
	};
	struct arguments arguments;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(parse(cases[i].verb, cases[i].line,
				       &arguments), -EINVAL);
		assert_string_equal(error, cases[i].error);
	}
}

static void leases_are_seconds(_unused_ void **state)
{
	static const char *const bad[] = {
		"-1", "x", "1s", "1e3", "0.0001", "4294968", "nan", "",
	};
	struct arguments arguments;
	char line[64];

	assert_int_equal(parse(&all, "--lease 0", &arguments), 0);
	assert_int_equal(arguments.lease_ms, 0);
	assert_int_equal(parse(&all, "--lease 4294967", &arguments), 0);
	assert_int_equal(arguments.lease_ms, 4294967000u);
	assert_int_equal(parse(&all, "--lease .001", &arguments), 0);
	assert_int_equal(arguments.lease_ms, 1);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		snprintf(line, sizeof(line), "--lease=%s", bad[i]);
		assert_int_equal(parse(&all, line, &arguments), -EINVAL);
	}
}

static void operations_have_options(_unused_ void **state)
{
	struct arguments arguments;

	assert_int_equal(parse(&operation, "", &arguments), 0);
	assert_false(arguments.has_deadline || arguments.force);
	assert_null(arguments.service_name);
	assert_null(arguments.name);
	assert_null(arguments.kind);
	assert_null(arguments.to);
	assert_int_equal(parse(&operation,
			       "--service web --name x --kind internal --deadline 1.5 --force --to hv2",
			       &arguments), 0);
	assert_true(arguments.has_deadline);
	assert_float_equal(arguments.deadline_s, 1.5, 0);
	assert_true(arguments.force);
	assert_string_equal(arguments.service_name, "web");
	assert_string_equal(arguments.name, "x");
	assert_string_equal(arguments.kind, "internal");
	assert_string_equal(arguments.to, "hv2");
}

static void help_is_taken_by_every_verb(_unused_ void **state)
{
	struct arguments arguments;

	assert_int_equal(parse(&plain, "--help", &arguments), 0);
	assert_true(arguments.help);
	assert_int_equal(parse(&plain, "-h", &arguments), 0);
	assert_true(arguments.help);
}

static void scales_are_factors(_unused_ void **state)
{
	static const struct {
		const char *text;
		int result;
		uint32_t scale;
	} cases[] = {
		{ "1", 0, 65536 },
		{ "0", 0, 0 },
		{ "0.5", 0, 32768 },
		{ ".5", 0, 32768 },
		{ "2.", 0, 131072 },
		{ "0.53", 0, 34734 },
		{ "0.00001", 0, 1 },
		{ "65535.99998", 0, UINT32_MAX },
		{ "65536", -ERANGE, 0 },
		/* It would be 0, which is something else. */
		{ "0.000007", -ERANGE, 0 },
		{ "0.000008", 0, 1 },
		{ "99999999999999999999999999", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ ".", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ "1,5", -EINVAL, 0 },
		{ "1e2", -EINVAL, 0 },
		{ "0x1", -EINVAL, 0 },
		{ "inf", -EINVAL, 0 },
		{ "1.2.3", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "50%", -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t scale = 0;

		assert_int_equal(scale_parse(cases[i].text, &scale),
				 cases[i].result);
		assert_int_equal(scale, cases[i].scale);
	}
}

static void assignments_are_read_or_explained(_unused_ void **state)
{
	static const struct {
		const char *text, *error;
	} bad[] = {
		{ "192.0.2.9:80",
		  "\"192.0.2.9:80\" is not of the form DESTINATION=SCALE" },
		{ "192.0.2.9=1",
		  "\"192.0.2.9\" is not a destination: write ADDRESS:PORT, or [IPV6-ADDRESS]:PORT" },
		{ "192.0.2.9:80=", "scale \"\" of 192.0.2.9:80 is not a factor like 0.5" },
		{ "192.0.2.9:80=half",
		  "scale \"half\" of 192.0.2.9:80 is not a factor like 0.5" },
		{ "192.0.2.9:80=70000",
		  "scale \"70000\" of 192.0.2.9:80 is neither 0 nor from 0.00001 to 65535" },
	};
	struct vml_scale scale;
	char key[VML_KEY_STRING_MAX];
	char name[400];

	assert_int_equal(assignment_parse("[2001:db8::9]:80=0.25", &scale,
					  error), 0);
	assert_int_equal(scale.scale, 16384);
	assert_string_equal(vml_destination_key_format(&scale.key, key),
			    "[2001:db8::9]:80");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(assignment_parse(bad[i].text, &scale, error),
				 -EINVAL);
		assert_string_equal(error, bad[i].error);
	}
	memset(name, '1', sizeof(name));
	strcpy(name + sizeof(name) - 3, "=1");
	assert_int_equal(assignment_parse(name, &scale, error), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(services_are_named_as_with_ipvsadm),
		cmocka_unit_test(options_and_operands_may_be_mixed),
		cmocka_unit_test(nothing_is_set_without_options),
		cmocka_unit_test(bad_options_are_named),
		cmocka_unit_test(leases_are_seconds),
		cmocka_unit_test(operations_have_options),
		cmocka_unit_test(help_is_taken_by_every_verb),
		cmocka_unit_test(scales_are_factors),
		cmocka_unit_test(assignments_are_read_or_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
