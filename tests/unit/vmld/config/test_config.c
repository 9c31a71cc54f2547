/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every mistake of a configuration is reported, with its own line. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <arpa/inet.h>

#include <cmocka.h>

#include "config.h"

#define HYPERVISOR "hypervisor \"hv1\" { uri = \"test:///default\" }\n"
#define MEMBERS " members \"web-*\" { } "
#define SERVICE								\
	"service \"web\" { address = 10.0.0.1 port = 80" MEMBERS "}\n"

/* All that is said of a text, or "" if it is good. */
static char *errors_of(const char *text)
{
	struct config_errors errors = {};
	struct config *config = NULL;
	char *said;
	int r;

	r = config_parse("f", text, &config, &errors);
	said = config_errors_format(&errors, "f");
	assert_non_null(said);
	assert_int_equal(r, *said ? -EINVAL : 0);
	assert_true(*said ? !config : !!config);
	config_free(config);
	config_errors_clear(&errors);
	return said;
}

static void assert_errors(const char *text, const char *expected)
{
	char *said = errors_of(text);

	assert_string_equal(said, expected);
	free(said);
}

static struct config *good(const char *text)
{
	struct config_errors errors = {};
	struct config *config = NULL;
	char *said;

	config_parse("f", text, &config, &errors);
	said = config_errors_format(&errors, "f");
	assert_string_equal(said, "");
	free(said);
	config_errors_clear(&errors);
	return config;
}

static void defaults_are_as_documented(void **state)
{
	struct config *config = good(HYPERVISOR SERVICE);
	const struct config_service *service = config->services[0];

	(void)state;
	assert_string_equal(config->path, "f");
	assert_int_equal(config->poll_interval_ns, 1000000000);
	assert_int_equal(config->lease_ms, 10000);
	assert_int_equal(config->sink, CONFIG_SINK_MODULE);
	assert_string_equal(config->socket, "/run/vml/vmld.sock");
	assert_string_equal(config->state_directory, "/var/lib/vml");
	assert_int_equal(config->n_hypervisors, 1);
	assert_string_equal(config->hypervisors[0].name, "hv1");
	assert_string_equal(config->hypervisors[0].uri, "test:///default");
	assert_int_equal(config->n_services, 1);
	assert_string_equal(service->name, "web");
	assert_int_equal(service->key.protocol, IPPROTO_TCP);
	assert_int_equal(service->key.family, AF_INET);
	assert_int_equal(service->key.port, 80);
	assert_int_equal(service->mode, CONFIG_MODE_WEIGHTS);
	assert_string_equal(service->scheduler, "vml");
	assert_int_equal(service->weight_per_vcpu, 100);
	assert_true(service->attraction_limit == 2);
	assert_float_equal(service->capacity_floor, 0.5, 0);
	assert_int_equal(config->drain_deadline_ns, 60000000000);
	assert_null(config->hypervisors[0].migration_uri);
	assert_int_equal(service->n_rules, 1);
	assert_string_equal(service->rules[0].domain, "web-*");
	assert_int_equal(service->rules[0].port, 80);
	assert_int_equal(service->rules[0].weight, CONFIG_WEIGHT_BY_VCPUS);
	assert_int_equal(service->rules[0].n_hypervisors, 0);
	assert_false(service->rules[0].has_subnet);
	assert_false(service->rules[0].has_address);
	/* The virtual address is no member's, also where members have it. */
	assert_int_equal(service->rules[0].excluded.family, AF_INET);
	assert_int_equal(service->rules[0].excluded.address.ipv4.s_addr,
			 inet_addr("10.0.0.1"));
	config_free(config);
}

static void all_options_are_read(void **state)
{
	struct config *config = good(
		"poll-interval = .25 lease = 2e1 sink = ipvs\n"
		"socket = '/s' state-directory = \"/d\" drain-deadline = 5\n"
		HYPERVISOR "hypervisor hv2 { uri = \"qemu+tcp://h/system\""
		" migration-uri = \"qemu+tls://i/system\" }\n"
		"service a { protocol = udp address = \"2001:db8::1\" port = 53\n"
		" mode = service scheduler = wlc persistence = 30\n"
		" one-packet = yes forwarding = tunnel weight-per-vcpu = 7"
		" attraction-limit = 1.5"
		" on-failure = expire capacity-floor = .75\n"
		" members x { hypervisors = { hv1, \"hv2\" }\n"
		"  subnet = \"10.1.0.0/16\" weight = 0 }\n"
		" member \"2001:db8::2\" { domain = y } }\n"
		"service b { fwmark = 9 family = ipv6 members z { port = 8 } }");
	const struct config_service *a = config->services[0];
	const struct config_service *b = config->services[1];

	(void)state;
	assert_int_equal(config->poll_interval_ns, 250000000);
	assert_int_equal(config->lease_ms, 20000);
	assert_int_equal(config->sink, CONFIG_SINK_IPVS);
	assert_string_equal(config->socket, "/s");
	assert_int_equal(a->key.protocol, IPPROTO_UDP);
	assert_int_equal(a->key.family, AF_INET6);
	assert_int_equal(a->mode, CONFIG_MODE_SERVICE);
	assert_string_equal(a->scheduler, "wlc");
	assert_int_equal(a->persistence, 30);
	assert_true(a->one_packet);
	assert_int_equal(a->forwarding, CONFIG_FORWARDING_TUNNEL);
	assert_int_equal(a->weight_per_vcpu, 7);
	assert_true(a->attraction_limit == 1.5);
	assert_float_equal(a->capacity_floor, 0.75, 0);
	assert_int_equal(config->drain_deadline_ns, 5000000000);
	assert_string_equal(config->hypervisors[1].migration_uri,
			    "qemu+tls://i/system");
	assert_int_equal(a->on_failure, CONFIG_ON_FAILURE_EXPIRE);
	assert_int_equal(b->on_failure, CONFIG_ON_FAILURE_KEEP);
	assert_int_equal(a->rules[0].n_hypervisors, 2);
	assert_string_equal(a->rules[0].hypervisors[1], "hv2");
	assert_true(a->rules[0].has_subnet);
	assert_int_equal(a->rules[0].prefix, 16);
	assert_int_equal(a->rules[0].subnet.address.ipv4.s_addr,
			 inet_addr("10.1.0.0"));
	assert_int_equal(a->rules[0].weight, 0);
	assert_true(a->rules[1].has_address);
	assert_int_equal(a->rules[1].port, 53);
	assert_string_equal(a->rules[1].domain, "y");
	assert_int_equal(a->rules[1].line, 10);
	assert_int_equal(b->key.fwmark, 9);
	assert_int_equal(b->key.family, AF_INET6);
	assert_int_equal(b->key.protocol, 0);
	assert_int_equal(b->rules[0].port, 8);
	assert_int_equal(b->rules[0].excluded.family, 0);
	config_free(config);
}

static void four_mistakes_are_four_lines(void **state)
{
	(void)state;
	assert_errors(
		"# comment\n"
		"poll-interval = -1.0\n"
		"/* more\n"
		"   comment */ colour = red\n" HYPERVISOR
		"service \"web\" {\n"
		"  address = \"10.77.0.300\"\n"
		"  port = 80" MEMBERS "\n"
		"}\n" SERVICE,
		"f:2: poll-interval \"-1.0\" is negative: from 0.1 to 10 seconds\n"
		"f:4: unknown option \"colour\"\n"
		"f:7: address \"10.77.0.300\" is not an IPv4 or IPv6 address\n"
		"f:10: duplicate service \"web\" (first on line 6)\n");
}

static void numbers_are_finite_and_in_range(void **state)
{
	static const struct {
		const char *value, *why;
	} bad[] = {
		{ "nan", "is not a number of seconds" },
		{ "inf", "is not a number of seconds" },
		{ "-inf", "is not a number of seconds" },
		{ "0x10", "is not a number of seconds" },
		{ "1e", "is not a number of seconds" },
		{ "1.0.0", "is not a number of seconds" },
		{ "\"\"", "is not a number of seconds" },
		{ "1s", "is not a number of seconds" },
		{ "0", "is too short" },
		{ "1e-9", "is too short" },
		{ "-1e-9", "is negative" },
		{ "1e400", "is too long" },
		{ "86401", "is too long" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char text[512], expected[256];
		const char *shown =
			strcmp(bad[i].value, "\"\"") ? bad[i].value : "";

		snprintf(text, sizeof(text), "\nlease = %s\n%s%s",
			 bad[i].value, HYPERVISOR, SERVICE);
		snprintf(expected, sizeof(expected),
			 "f:2: lease \"%s\" %s: from 1 to 86400 seconds\n",
			 shown, bad[i].why);
		assert_errors(text, expected);
	}
}

static void whole_numbers_are_whole(void **state)
{
	static const struct {
		const char *value, *why;
	} bad[] = {
		{ "-1", "is negative" },
		{ "65536", "is too large" },
		{ "99999999999999999999999", "is too large" },
		{ "80.0", "is not a whole number" },
		{ ".5", "is not a whole number" },
		{ "-", "is not a whole number" },
		{ "http", "is not a whole number" },
		{ "0x50", "is not a whole number" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char text[512], expected[256];

		snprintf(text, sizeof(text),
			 HYPERVISOR "service s { address = 10.0.0.1\n"
				    " port = %s" MEMBERS "}",
			 bad[i].value);
		snprintf(expected, sizeof(expected),
			 "f:3: port \"%s\" %s: from 0 to 65535\n",
			 bad[i].value, bad[i].why);
		assert_errors(text, expected);
	}
}

static void a_limit_is_a_number_or_none(void **state)
{
	static const struct {
		const char *value, *why;
	} bad[] = {
		{ "0", "is too small" },
		{ "-2", "is too small" },
		{ "1", "is too small" },
		{ "101", "is too large" },
		{ "1e400", "is too large" },
		{ "nan", "is not a number" },
		{ "2x", "is not a number" },
	};
	struct config *config = good(
		HYPERVISOR "service s { address = 10.0.0.1 port = 80"
			   " attraction-limit = none" MEMBERS "}");

	(void)state;
	assert_true(config->services[0]->attraction_limit == 0);
	config_free(config);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char text[512], expected[256];

		snprintf(text, sizeof(text),
			 HYPERVISOR "service s { address = 10.0.0.1 port = 80\n"
				    " attraction-limit = %s" MEMBERS "}",
			 bad[i].value);
		snprintf(expected, sizeof(expected),
			 "f:3: attraction-limit \"%s\" %s: from 1.1 to 100, or none\n",
			 bad[i].value, bad[i].why);
		assert_errors(text, expected);
	}
}

static void addresses_are_of_hosts(void **state)
{
	static const char *const bad[] = {
		"0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "ff02::1",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char text[512], expected[256];

		snprintf(text, sizeof(text),
			 HYPERVISOR "service s { address = \"%s\" port = 1"
				    MEMBERS "}", bad[i]);
		snprintf(expected, sizeof(expected),
			 "f:2: address \"%s\" is not the address of a host\n",
			 bad[i]);
		assert_errors(text, expected);
	}
	assert_errors(HYPERVISOR
		      "service s { address = 10.0.0.1 port = 1\n"
		      "  member web-1 { domain = x } }",
		      "f:3: member \"web-1\" is not an IPv4 or IPv6 address\n");
}

static void subnets_have_a_prefix_that_fits(void **state)
{
	static const struct {
		const char *value, *why;
	} bad[] = {
		{ "10.0.0.0", "is not ADDRESS/PREFIX" },
		{ "10.0.0.0/", "has a prefix that is not from 0 to 32" },
		{ "10.0.0.0/33", "has a prefix that is not from 0 to 32" },
		{ "10.0.0.0/-1", "has a prefix that is not from 0 to 32" },
		{ "2001:db8::/129", "has a prefix that is not from 0 to 128" },
		{ "10.0.0/24", "does not begin with an IPv4 or IPv6 address" },
		{ "10.0.0.128/24", "has bits set beyond its prefix" },
		{ "10.0.0.1/0", "has bits set beyond its prefix" },
		{ "2001:db8:0:1::/63", "has bits set beyond its prefix" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char text[512], expected[256];

		snprintf(text, sizeof(text),
			 HYPERVISOR "service s { address = 10.0.0.1 port = 1\n"
				    "members x {\n subnet = \"%s\" } }",
			 bad[i].value);
		snprintf(expected, sizeof(expected), "f:4: subnet \"%s\" %s\n",
			 bad[i].value, bad[i].why);
		assert_errors(text, expected);
	}
}

static void what_is_missing_is_missed_at_its_section(void **state)
{
	(void)state;
	assert_errors("\nhypervisor h {\n}\nservice s {\n}\n"
		      "service t { address = 10.0.0.1\n" MEMBERS "}\n",
		      "f:2: hypervisor \"h\" has no uri\n"
		      "f:4: service \"s\" has neither an address nor a fwmark\n"
		      "f:4: service \"s\" has no members\n"
		      "f:6: service \"t\" has no port\n");
	assert_errors("", "f:1: no hypervisor is defined\n"
			  "f:1: no service is defined\n");
	assert_errors("\n\n" HYPERVISOR, "f:4: no service is defined\n");
}

static void what_excludes_each_other_is_refused(void **state)
{
	(void)state;
	assert_errors(
		HYPERVISOR
		"service s { fwmark = 1\n address = 10.0.0.1\n port = 2\n"
		" protocol = udp" MEMBERS "}\n"
		"service t { address = 10.0.0.1 port = 1\n family = ipv4\n"
		" one-packet = true" MEMBERS "}\n"
		"service u { address = 10.0.0.2\n port = 0\n mode = service\n"
		" scheduler = wlc" MEMBERS "}",
		"f:3: address and fwmark exclude each other\n"
		"f:4: port and fwmark exclude each other\n"
		"f:5: protocol and fwmark exclude each other\n"
		"f:7: family belongs to fwmark: an address has its own\n"
		"f:8: one-packet is for protocol udp\n"
		"f:10: port 0, which is every port, needs persistence\n"
		"f:12: scheduler \"wlc\" can't be with sink module: only vml has scales\n");
}

static void only_some_forwarding_changes_addresses_and_ports(void **state)
{
	(void)state;
	assert_errors(
		HYPERVISOR
		"service s { address = 10.0.0.1 port = 80 mode = destinations\n"
		" forwarding = direct\n"
		" members a {\n  port = 81 }\n"
		" members b {\n  subnet = \"2001:db8::/64\" } }",
		"f:5: only masquerading leads to another port than the service's\n"
		"f:7: only a tunnel leads to another address family than the service's\n");
}

static void references_lead_somewhere(void **state)
{
	(void)state;
	assert_errors(HYPERVISOR
		      "service s { address = 10.0.0.1 port = 1 members x {\n"
		      " hypervisors = { hv1, hv2 } } }",
		      "f:3: hypervisor \"hv2\" is not defined\n");
}

static void duplicates_by_name_and_by_key_are_found(void **state)
{
	(void)state;
	assert_errors(
		HYPERVISOR HYPERVISOR SERVICE
		"service other { protocol = tcp port = 80\n"
		" address = \"10.0.0.1\"" MEMBERS MEMBERS "}\n"
		"lease = 1\nlease = 2",
		"f:2: duplicate hypervisor \"hv1\" (first on line 1)\n"
		"f:4: duplicate service: \"web\" of line 3 is tcp 10.0.0.1:80, too\n"
		"f:5: duplicate members \"web-*\" (first on line 5)\n"
		"f:7: option \"lease\" is given twice (first on line 6)\n");
}

/* However it is written; on another port it is another destination. */
static void members_with_the_same_address_are_found(void **state)
{
	(void)state;
	assert_errors(HYPERVISOR
		      "service s { address = \"2001:db8::100\" port = 80\n"
		      " member \"2001:db8::1\" { }\n"
		      " member \"2001:DB8::1\" { port = 81 }\n"
		      " member \"2001:db8:0::1\" { domain = web-1 } }",
		      "f:5: duplicate member: line 3 is [2001:db8::1]:80, too\n");
}

static void what_is_unknown_is_named_and_skipped_whole(void **state)
{
	(void)state;
	assert_errors(
		HYPERVISOR
		"listen { port = 1 deep \"x\" { list = { a, b } } }\n"
		"service web { address = 10.0.0.1 port = 80\n"
		" colour = { \"}\", 'x' } members x { speed = 1\n"
		" subnet = bad } }\n"
		"uri = x",
		"f:2: unknown section \"listen\"\n"
		"f:4: unknown option \"colour\" in section \"service\"\n"
		"f:4: unknown option \"speed\" in section \"members\"\n"
		"f:5: subnet \"bad\" is not ADDRESS/PREFIX\n"
		"f:6: unknown option \"uri\"\n");
}

static void forms_are_as_the_options_need_them(void **state)
{
	(void)state;
	assert_errors(HYPERVISOR SERVICE
		      "lease { }\nservice = web\nhypervisor { }\n"
		      "sink = { module, ipvs }\nsocket += x",
		      "f:3: \"lease\" is an option, not a section\n"
		      "f:4: \"service\" is a section: service \"NAME\" { ... }\n"
		      "f:5: section \"hypervisor\" needs a name: hypervisor \"NAME\" { ... }\n"
		      "f:6: option \"sink\" takes one value, not a list\n"
		      "f:7: option \"socket\" takes one value: = and not +=\n");
}

static void comments_may_stand_anywhere(void **state)
{
	struct config *config = good(
		"// one\nlease /* two */ = # three\n 5 /* four\n */\n"
		HYPERVISOR "service s { address = 10.0.0.1 port = 1\n"
		"members \"#/*x\" /* \" */ { hypervisors = { # five\n"
		" \"hv1\" /* six */ , // seven }\n hv1 } } }");

	(void)state;
	assert_int_equal(config->lease_ms, 5000);
	assert_string_equal(config->services[0]->rules[0].domain, "#/*x");
	assert_int_equal(config->services[0]->rules[0].n_hypervisors, 2);
	assert_int_equal(config->services[0]->rules[0].line, 7);
	config_free(config);
}

static void choices_are_listed(void **state)
{
	(void)state;
	assert_errors("sink = kernel\n" HYPERVISOR
		      "service s { address = 10.0.0.1 port = 1\n"
		      " protocol = icmp mode = auto\n forwarding = nat"
		      " one-packet = 1 on-failure = drop" MEMBERS "}\n"
		      "service w { address = 10.0.0.2 port = 1\n"
		      " on-failure = expire members v {} }",
		      "f:1: sink \"kernel\" is none of module, ipvs\n"
		      "f:4: protocol \"icmp\" is none of tcp, udp, sctp\n"
		      "f:4: mode \"auto\" is none of weights, destinations, service\n"
		      "f:5: forwarding \"nat\" is none of masquerade, direct, tunnel\n"
		      "f:5: on-failure \"drop\" is none of keep, expire\n"
		      "f:5: one-packet \"1\" is neither true nor false\n"
		      "f:7: on-failure expire removes destinations, which mode weights does not\n");
}

static void a_broken_text_is_reported_where_it_breaks(void **state)
{
	static const struct {
		const char *text, *errors;
	} bad[] = {
		{ "service web {\n port = 1\n",
		  "f:3: the section \"service\" of line 1 is not closed\n" },
		{ "lease = 1\n}\n",
		  "f:2: unexpected \"}\" where the name of an option was expected\n" },
		{ "\nlease = \"1\n\n", "f:2: a quoted text is not closed\n" },
		{ "lease = 1\n/* x\n", "f:2: a comment is not closed\n" },
		{ "lease\n= \n",
		  "f:3: the file ends where a value was expected\n" },
		{ "lease 1\n",
		  "f:2: the file ends where '=' or '{' was expected\n" },
		{ "service s { members x { hypervisors = { a b } } }",
		  "f:1: unexpected \"b\" where ',' or '}' was expected\n" },
		{ "foo = 1\nservice s { members web-* { } }",
		  "f:1: unknown option \"foo\"\n"
		  "f:2: unexpected '*': put a text that contains it in quotes\n" },
		{ "lease = 1\n# caf\xe9\n# caf\xc3\xa9\nservice \"\xff\" { }",
		  "f:2: the line is not UTF-8\nf:4: the line is not UTF-8\n" },
		{ "service \"a\\n\" { }",
		  "f:1: a title can't hold escape sequences or variables\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_errors(bad[i].text, bad[i].errors);
}

static void paths_and_uris_are_checked(void **state)
{
	(void)state;
	assert_errors("socket = vmld.sock\nstate-directory = \"\"\n"
		      "hypervisor h { uri = \"localhost\" }\n" SERVICE,
		      "f:1: socket \"vmld.sock\" is not an absolute path\n"
		      "f:2: state-directory \"\" is not an absolute path\n"
		      "f:3: uri \"localhost\" is not a URI such as qemu+tcp://HOST/system\n");
}

static void equal_services_are_equal_and_others_are_not(void **state)
{
	static const char *const others[] = {
		"service web { address = 10.0.0.1 port = 81" MEMBERS "}",
		"service web { address = 10.0.0.1 port = 80 mode = service" MEMBERS "}",
		"service web { address = 10.0.0.1 port = 80 members \"web-1\" { } }",
		"service web { address = 10.0.0.1 port = 80 members \"web-*\" { hypervisors = hv1 } }",
		"service web { address = 10.0.0.1 port = 80 members \"web-*\" { weight = 1 } }",
		"service web { address = 10.0.0.1 port = 80" MEMBERS "member 10.0.0.2 { } }",
	};
	struct config *a = good(HYPERVISOR SERVICE);
	struct config *b = good("lease = 5\n" HYPERVISOR SERVICE);

	(void)state;
	assert_true(config_service_equal(a->services[0], b->services[0]));
	config_free(b);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		char text[256];

		snprintf(text, sizeof(text), HYPERVISOR "%s", others[i]);
		b = good(text);
		assert_false(
			config_service_equal(a->services[0], b->services[0]));
		config_free(b);
	}
	config_free(a);
}

static void files_are_read(void **state)
{
	char path[] = "/tmp/vmld-config-XXXXXX";
	struct config_errors errors = {};
	struct config *config = NULL;
	int fd = mkstemp(path);

	(void)state;
	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, HYPERVISOR SERVICE, strlen(HYPERVISOR SERVICE)),
			 strlen(HYPERVISOR SERVICE));
	assert_int_equal(config_load(path, &config, &errors), 0);
	assert_string_equal(config->path, path);
	config_free(config);

	assert_int_equal(write(fd, "\n\0x", 3), 3);
	close(fd);
	assert_int_equal(config_load(path, &config, &errors), -EINVAL);
	assert_int_equal(errors.n, 1);
	assert_int_equal(errors.errors[0].line, 4);
	config_errors_clear(&errors);
	unlink(path);
	assert_int_equal(config_load(path, &config, &errors), -ENOENT);
	assert_int_equal(errors.n, 0);
}

static void floors_are_shares(void **state)
{
	static const char *const wrong[] = {
		"-0.1", "1.1", "50", "half", "nan", "0x1", "1e9", ".",
	};
	char text[256], expected[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		snprintf(text, sizeof(text),
			 HYPERVISOR "service web { address = 10.0.0.1 port = 80\n"
			 "capacity-floor = \"%s\" members x { } }", wrong[i]);
		snprintf(expected, sizeof(expected),
			 "f:3: capacity-floor \"%s\" is not a share, from 0 to 1\n",
			 wrong[i]);
		assert_errors(text, expected);
	}
	assert_errors("hypervisor a { uri = \"test:///default\" migration-uri = host }\n"
	    SERVICE,
	    "f:1: migration-uri \"host\" is not a URI such as qemu+tcp://HOST/system\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_as_documented),
		cmocka_unit_test(all_options_are_read),
		cmocka_unit_test(floors_are_shares),
		cmocka_unit_test(four_mistakes_are_four_lines),
		cmocka_unit_test(numbers_are_finite_and_in_range),
		cmocka_unit_test(whole_numbers_are_whole),
		cmocka_unit_test(a_limit_is_a_number_or_none),
		cmocka_unit_test(addresses_are_of_hosts),
		cmocka_unit_test(subnets_have_a_prefix_that_fits),
		cmocka_unit_test(what_is_missing_is_missed_at_its_section),
		cmocka_unit_test(what_excludes_each_other_is_refused),
		cmocka_unit_test(only_some_forwarding_changes_addresses_and_ports),
		cmocka_unit_test(references_lead_somewhere),
		cmocka_unit_test(duplicates_by_name_and_by_key_are_found),
		cmocka_unit_test(members_with_the_same_address_are_found),
		cmocka_unit_test(what_is_unknown_is_named_and_skipped_whole),
		cmocka_unit_test(forms_are_as_the_options_need_them),
		cmocka_unit_test(comments_may_stand_anywhere),
		cmocka_unit_test(choices_are_listed),
		cmocka_unit_test(a_broken_text_is_reported_where_it_breaks),
		cmocka_unit_test(paths_and_uris_are_checked),
		cmocka_unit_test(equal_services_are_equal_and_others_are_not),
		cmocka_unit_test(files_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
