/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "discover.h"
#include "discover_match.h"
#include "util.h"

#define MAX_INVENTORIES 2

struct fixture {
	struct discover *discover;
	struct vm_inventory *inventories[MAX_INVENTORIES];
	struct vml_destination_key destinations[8];
	size_t n_destinations;
};

static struct vm_address address_of(const char *text)
{
	struct vm_address address;

	assert_int_equal(vm_address_parse(text, &address), 0);
	return address;
}

static struct vml_destination_key key_of(const char *text)
{
	struct vml_destination_key key;

	assert_int_equal(vml_destination_key_parse(text, &key), 0);
	return key;
}

/* Of port 80. */
static struct discover_rule members(const char *glob, const char *subnet,
				    unsigned int prefix)
{
	return (struct discover_rule){
		.domain = glob,
		.has_subnet = true,
		.subnet = address_of(subnet),
		.prefix = prefix,
		.port = 80,
	};
}

static struct discover_rule member(const char *address, const char *domain)
{
	return (struct discover_rule){
		.domain = domain,
		.has_address = true,
		.address = address_of(address),
		.port = 80,
	};
}

static void begin(struct fixture *fixture, const struct discover_rule *rules,
		  size_t n)
{
	*fixture = (struct fixture){};
	assert_int_equal(discover_new(rules, n, &fixture->discover), 0);
}

static void forget(struct fixture *fixture, size_t host)
{
	fixture->inventories[host] =
		vm_inventory_free(fixture->inventories[host]);
}

static void end(struct fixture *fixture)
{
	for (size_t i = 0; i < MAX_INVENTORIES; i++)
		forget(fixture, i);
	discover_free(fixture->discover);
}

/* The next inventory of hypervisor "hv1" (0) or "hv2" (1), empty. */
static void poll_of(struct fixture *fixture, size_t host)
{
	forget(fixture, host);
	fixture->inventories[host] = vm_inventory_new(host ? "hv2" : "hv1", 1);
	assert_non_null(fixture->inventories[host]);
}

/* addresses: separated by spaces. */
static void add(struct fixture *fixture, size_t host, uint8_t id,
		const char *name, enum vm_state state, const char *addresses)
{
	_cleanup_free_ char *words = strdup(addresses);
	struct vm_sample *sample;
	char *save = NULL;

	sample = vm_inventory_add(fixture->inventories[host]);
	sample->uuid[0] = id;
	sample->name = strdup(name);
	sample->state = state;
	sample->vcpus = id;
	sample->addresses = calloc(8, sizeof(*sample->addresses));
	for (char *word = strtok_r(words, " ", &save); word;
	     word = strtok_r(NULL, " ", &save))
		sample->addresses[sample->n_addresses++] = address_of(word);
}

static void need(struct fixture *fixture, const char *destination)
{
	fixture->destinations[fixture->n_destinations++] = key_of(destination);
}

static void run(struct fixture *fixture)
{
	assert_int_equal(discover_run(fixture->discover,
			 (const struct vm_inventory *const *)
				fixture->inventories, MAX_INVENTORIES,
			 fixture->destinations, fixture->n_destinations), 0);
}

/* "KEY DOMAIN@HYPERVISOR", with "-" for a domain that is not there. */
static void expect(struct fixture *fixture, size_t n,
		   const char *const *wanted)
{
	const struct discover_member *found;
	char text[200], key[VML_KEY_STRING_MAX];
	size_t n_found;

	found = discover_members(fixture->discover, &n_found);
	for (size_t i = 0; i < MIN(n, n_found); i++) {
		snprintf(text, sizeof(text), "%s %s@%s%s",
			 vml_destination_key_format(&found[i].key, key),
			 found[i].domain,
			 found[i].has_vm ? found[i].hypervisor : "-",
			 found[i].has_vm && !found[i].present ? " gone" : "");
		assert_string_equal(text, wanted[i]);
	}
	assert_int_equal(n_found, n);
}

#define EXPECT(fixture, ...)						\
	expect(fixture,							\
	       sizeof((const char *const[]){ __VA_ARGS__ }) /		\
		       sizeof(const char *),				\
	       (const char *const[]){ __VA_ARGS__ })
#define EXPECT_NONE(fixture) expect(fixture, 0, NULL)

static void expect_problems(struct fixture *fixture, size_t n)
{
	size_t found;

	discover_problems(fixture->discover, &found);
	assert_int_equal(found, n);
}

static void test_glob_and_subnet(void **state)
{
	struct discover_rule rule = members("web-*", "10.77.0.0", 24);
	const struct discover_member *found;
	struct fixture fixture;
	size_t n;

	(void)state;
	begin(&fixture, &rule, 1);
	run(&fixture);
	EXPECT_NONE(&fixture);

	poll_of(&fixture, 0);
	add(&fixture, 0, 2, "web-2", VM_STATE_RUNNING, "192.0.2.1 10.77.0.22");
	add(&fixture, 0, 1, "web-1", VM_STATE_RUNNING, "10.77.0.21");
	add(&fixture, 0, 3, "web-3", VM_STATE_RUNNING, "10.77.1.23");
	add(&fixture, 0, 4, "db-1", VM_STATE_RUNNING, "10.77.0.24");
	add(&fixture, 0, 5, "web-5", VM_STATE_RUNNING, "");
	poll_of(&fixture, 1);
	add(&fixture, 1, 6, "web-6", VM_STATE_SHUTOFF, "10.77.0.26");
	run(&fixture);
	EXPECT(&fixture, "10.77.0.21:80 web-1@hv1", "10.77.0.22:80 web-2@hv1",
	       "10.77.0.26:80 web-6@hv2");
	expect_problems(&fixture, 0);

	found = discover_members(fixture.discover, &n);
	assert_true(found[0].has_vm);
	assert_int_equal(found[0].uuid[0], 1);
	assert_int_equal(found[1].vcpus, 2);
	assert_int_equal(found[2].state, VM_STATE_SHUTOFF);
	assert_ptr_equal(found[0].rule, &rule);
	end(&fixture);
}

static void test_hypervisors(void **state)
{
	const char *only[] = { "hv2" };
	struct discover_rule rule = members("*", "10.77.0.0", 24);
	struct fixture fixture;

	(void)state;
	rule.hypervisors = only;
	rule.n_hypervisors = 1;
	begin(&fixture, &rule, 1);
	poll_of(&fixture, 0);
	add(&fixture, 0, 1, "web-1", VM_STATE_RUNNING, "10.77.0.21");
	poll_of(&fixture, 1);
	add(&fixture, 1, 2, "web-2", VM_STATE_RUNNING, "10.77.0.22");
	run(&fixture);
	EXPECT(&fixture, "10.77.0.22:80 web-2@hv2");
	end(&fixture);
}

static void test_subnets(void **state)
{
	static const struct {
		const char *subnet;
		unsigned int prefix;
		const char *address;
		bool fits;
	} cases[] = {
		{ "10.77.0.0", 24, "10.77.0.255", true },
		{ "10.77.0.0", 24, "10.77.1.0", false },
		{ "10.77.0.0", 23, "10.77.1.0", true },
		{ "10.77.0.64", 27, "10.77.0.95", true },
		{ "10.77.0.64", 27, "10.77.0.96", false },
		{ "10.77.0.64", 32, "10.77.0.64", true },
		{ "10.77.0.64", 32, "10.77.0.65", false },
		{ "0.0.0.0", 0, "203.0.113.1", true },
		{ "0.0.0.0", 0, "2001:db8::1", false },
		{ "0.0.0.0", 0, "127.0.0.1", false },
		{ "0.0.0.0", 0, "169.254.3.4", false },
		{ "2001:db8::", 33, "2001:db8:7fff::1", true },
		{ "2001:db8::", 33, "2001:db8:8000::1", false },
		{ "2001:db8::5", 128, "2001:db8::5", true },
		{ "::", 0, "fe80::1", false },
		{ "::", 0, "::1", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct discover_rule rule = members("*", cases[i].subnet,
						    cases[i].prefix);
		struct vm_address address = address_of(cases[i].address);

		if (discover_match_address(&rule, &address) != cases[i].fits)
			fail_msg("%s/%u and %s", cases[i].subnet,
				 cases[i].prefix, cases[i].address);
	}
}

static void test_bad_prefix(void **state)
{
	struct discover_rule rule = members("*", "10.0.0.0", 33);
	struct discover *discover;

	(void)state;
	assert_int_equal(discover_new(&rule, 1, &discover), -EINVAL);
	rule.prefix = 32;
	assert_int_equal(discover_new(&rule, 1, &discover), 0);
	discover_free(discover);
}

/* The service's own address is on each machine with direct routing. */
static void test_excluded(void **state)
{
	struct discover_rule rule = members("*", "10.77.0.0", 24);
	struct fixture fixture;

	(void)state;
	rule.excluded = address_of("10.77.0.100");
	begin(&fixture, &rule, 1);
	poll_of(&fixture, 0);
	add(&fixture, 0, 1, "web-1", VM_STATE_RUNNING,
	    "10.77.0.100 10.77.0.21");
	add(&fixture, 0, 2, "web-2", VM_STATE_RUNNING,
	    "10.77.0.22 10.77.0.100");
	run(&fixture);
	EXPECT(&fixture, "10.77.0.21:80 web-1@hv1", "10.77.0.22:80 web-2@hv1");
	expect_problems(&fixture, 0);
	end(&fixture);
}

static void test_explicit(void **state)
{
	const struct discover_rule rules[] = {
		members("*", "10.77.0.0", 24),
		member("10.77.0.50", "db-1"),
		member("10.77.0.51", "nobody"),
	};
	struct fixture fixture;

	(void)state;
	begin(&fixture, rules, ARRAY_SIZE(rules));
	poll_of(&fixture, 0);
	add(&fixture, 0, 1, "db-1", VM_STATE_RUNNING, "");
	/* Not the one that the configuration names. */
	add(&fixture, 0, 2, "web-1", VM_STATE_RUNNING, "10.77.0.50");
	run(&fixture);
	EXPECT(&fixture, "10.77.0.50:80 db-1@hv1", "10.77.0.51:80 nobody@-");
	expect_problems(&fixture, 0);

	/* Gone, and no destination needs it; but the configuration does. */
	poll_of(&fixture, 0);
	run(&fixture);
	EXPECT(&fixture, "10.77.0.50:80 db-1@hv1 gone",
	       "10.77.0.51:80 nobody@-");
	end(&fixture);
}

static void test_gone_is_remembered(void **state)
{
	struct discover_rule rule = members("web-*", "10.77.0.0", 24);
	const struct discover_member *found;
	struct fixture fixture;
	size_t n;

	(void)state;
	begin(&fixture, &rule, 1);
	need(&fixture, "10.77.0.21:80");
	poll_of(&fixture, 0);
	add(&fixture, 0, 1, "web-1", VM_STATE_RUNNING, "10.77.0.21");
	add(&fixture, 0, 2, "web-2", VM_STATE_RUNNING, "10.77.0.22");
	run(&fixture);
	EXPECT(&fixture, "10.77.0.21:80 web-1@hv1", "10.77.0.22:80 web-2@hv1");

	/* It has no address any more, but is there. */
	poll_of(&fixture, 0);
	add(&fixture, 0, 1, "web-1", VM_STATE_SHUTOFF, "");
	add(&fixture, 0, 2, "web-2", VM_STATE_SHUTOFF, "");
	run(&fixture);
	EXPECT(&fixture, "10.77.0.21:80 web-1@hv1", "10.77.0.22:80 web-2@hv1");
	found = discover_members(fixture.discover, &n);
	assert_int_equal(found[0].state, VM_STATE_SHUTOFF);

	/* It is gone: only what the kernel needs is remembered. */
	poll_of(&fixture, 0);
	run(&fixture);
	EXPECT(&fixture, "10.77.0.21:80 web-1@hv1 gone");
	run(&fixture);
	EXPECT(&fixture, "10.77.0.21:80 web-1@hv1 gone");

	/* And until another one has its address. */
	poll_of(&fixture, 0);
	add(&fixture, 0, 3, "web-3", VM_STATE_RUNNING, "10.77.0.21");
	run(&fixture);
	EXPECT(&fixture, "10.77.0.21:80 web-3@hv1");

	/* Which then moves to another address. */
	poll_of(&fixture, 0);
	add(&fixture, 0, 3, "web-3", VM_STATE_RUNNING, "10.77.0.99");
	run(&fixture);
	EXPECT(&fixture, "10.77.0.99:80 web-3@hv1");
	end(&fixture);
}

static void test_silent_hypervisor(void **state)
{
	struct discover_rule rule = members("web-*", "10.77.0.0", 24);
	struct fixture fixture;

	(void)state;
	begin(&fixture, &rule, 1);
	poll_of(&fixture, 0);
	add(&fixture, 0, 1, "web-1", VM_STATE_RUNNING, "10.77.0.21");
	run(&fixture);
	forget(&fixture, 0);
	poll_of(&fixture, 1);
	run(&fixture);
	EXPECT(&fixture, "10.77.0.21:80 web-1@hv1");
	end(&fixture);
}

static void test_ambiguous(void **state)
{
	struct discover_rule rule = members("*", "10.77.0.0", 24);
	const char *const *problems;
	struct fixture fixture;
	size_t n;

	(void)state;
	begin(&fixture, &rule, 1);
	poll_of(&fixture, 0);
	add(&fixture, 0, 1, "web-1", VM_STATE_RUNNING, "10.77.0.21");
	add(&fixture, 0, 2, "web-2", VM_STATE_RUNNING, "10.77.0.21");
	run(&fixture);
	EXPECT_NONE(&fixture);
	problems = discover_problems(fixture.discover, &n);
	assert_int_equal(n, 1);
	assert_string_equal(problems[0],
			    "10.77.0.21:80 is claimed by domain \"web-1\" of hypervisor \"hv1\" and by domain \"web-2\" of hypervisor \"hv1\": neither gets it");
	/* It is said once, as long as it is so. */
	run(&fixture);
	expect_problems(&fixture, 0);

	/* One that runs has it, rather than one that does not. */
	poll_of(&fixture, 0);
	add(&fixture, 0, 1, "web-1", VM_STATE_RUNNING, "10.77.0.21");
	add(&fixture, 0, 2, "web-2", VM_STATE_SHUTOFF, "10.77.0.21");
	run(&fixture);
	EXPECT(&fixture, "10.77.0.21:80 web-1@hv1");
	expect_problems(&fixture, 0);

	/* Two that are down had it one after the other. */
	poll_of(&fixture, 0);
	add(&fixture, 0, 3, "web-3", VM_STATE_SHUTOFF, "10.77.0.23");
	add(&fixture, 0, 4, "web-4", VM_STATE_SHUTOFF, "10.77.0.23");
	run(&fixture);
	EXPECT_NONE(&fixture);
	expect_problems(&fixture, 0);

	poll_of(&fixture, 0);
	add(&fixture, 0, 1, "web-1", VM_STATE_RUNNING, "10.77.0.21");
	run(&fixture);

	/* The one that has it keeps it against one that comes later. */
	poll_of(&fixture, 0);
	add(&fixture, 0, 1, "web-1", VM_STATE_RUNNING, "10.77.0.21");
	add(&fixture, 0, 2, "web-2", VM_STATE_RUNNING, "10.77.0.21");
	run(&fixture);
	EXPECT(&fixture, "10.77.0.21:80 web-1@hv1");
	expect_problems(&fixture, 1);
	end(&fixture);
}

/* In a migration both hosts show the machine: that is no ambiguity. */
static void test_migration(void **state)
{
	struct discover_rule rule = members("*", "10.77.0.0", 24);
	struct fixture fixture;

	(void)state;
	begin(&fixture, &rule, 1);
	poll_of(&fixture, 0);
	poll_of(&fixture, 1);
	add(&fixture, 0, 1, "web-1", VM_STATE_RUNNING, "10.77.0.21");
	add(&fixture, 1, 1, "web-1", VM_STATE_PAUSED, "");
	run(&fixture);
	EXPECT(&fixture, "10.77.0.21:80 web-1@hv1");

	/* It runs on the new host, which does not know its address yet. */
	poll_of(&fixture, 0);
	poll_of(&fixture, 1);
	add(&fixture, 1, 1, "web-1", VM_STATE_RUNNING, "");
	run(&fixture);
	EXPECT(&fixture, "10.77.0.21:80 web-1@hv2");
	expect_problems(&fixture, 0);
	end(&fixture);
}

/* Where it was it may stay defined, and its address known, and only there. */
static void test_defined_elsewhere(void **state)
{
	const struct discover_rule rules[] = {
		members("web-*", "10.0.0.0", 24),
	};
	const struct discover_member *found;
	struct fixture f;
	size_t n;

	(void)state;
	begin(&f, rules, ARRAY_SIZE(rules));
	poll_of(&f, 0);
	add(&f, 0, 1, "web-1", VM_STATE_SHUTOFF, "10.0.0.1");
	poll_of(&f, 1);
	add(&f, 1, 1, "web-1", VM_STATE_RUNNING, "");
	run(&f);
	EXPECT(&f, "10.0.0.1:80 web-1@hv2");
	found = discover_members(f.discover, &n);
	assert_int_equal(found->state, VM_STATE_RUNNING);

	/* Somebody else's by now: it was so when it was there. */
	add(&f, 1, 2, "web-2", VM_STATE_RUNNING, "10.0.0.1");
	run(&f);
	EXPECT(&f, "10.0.0.1:80 web-2@hv2");
	expect_problems(&f, 0);
	poll_of(&f, 1);
	add(&f, 1, 1, "web-1", VM_STATE_RUNNING, "10.0.0.2");
	run(&f);
	EXPECT(&f, "10.0.0.1:80 web-1@hv1", "10.0.0.2:80 web-1@hv2");

	/* Nor is it known there any more. */
	poll_of(&f, 0);
	add(&f, 0, 1, "web-1", VM_STATE_SHUTOFF, "");
	poll_of(&f, 1);
	add(&f, 1, 1, "web-1", VM_STATE_RUNNING, "");
	run(&f);
	EXPECT(&f, "10.0.0.1:80 web-1@hv2", "10.0.0.2:80 web-1@hv2");
	found = discover_members(f.discover, &n);
	assert_int_equal(found->state, VM_STATE_RUNNING);
	end(&f);
}

static void test_two_ports(void **state)
{
	struct discover_rule rules[] = {
		members("web-*", "10.77.0.0", 24),
		members("web-*", "10.77.0.0", 24),
		members("web-1", "10.77.0.0", 24),
	};
	struct fixture fixture;

	(void)state;
	rules[1].port = 443;
	begin(&fixture, rules, ARRAY_SIZE(rules));
	poll_of(&fixture, 0);
	add(&fixture, 0, 1, "web-1", VM_STATE_RUNNING, "10.77.0.21");
	run(&fixture);
	EXPECT(&fixture, "10.77.0.21:80 web-1@hv1",
	       "10.77.0.21:443 web-1@hv1");
	expect_problems(&fixture, 0);
	end(&fixture);
}

static void test_inherit(void **state)
{
	struct discover_rule before = members("*", "10.77.0.0", 24);
	struct discover_rule after = members("web-*", "10.77.0.0", 24);
	struct fixture fixture;
	struct discover *old;

	(void)state;
	begin(&fixture, &before, 1);
	need(&fixture, "10.77.0.21:80");
	need(&fixture, "10.77.0.22:80");
	poll_of(&fixture, 0);
	add(&fixture, 0, 1, "web-1", VM_STATE_RUNNING, "10.77.0.21");
	add(&fixture, 0, 2, "db-1", VM_STATE_RUNNING, "10.77.0.22");
	run(&fixture);
	/* Killed, and then a new configuration. */
	poll_of(&fixture, 0);
	run(&fixture);
	old = fixture.discover;
	assert_int_equal(discover_new(&after, 1, &fixture.discover), 0);
	assert_int_equal(discover_inherit(fixture.discover, old), 0);
	discover_free(old);
	run(&fixture);
	EXPECT(&fixture, "10.77.0.21:80 web-1@hv1 gone");
	end(&fixture);
}

static size_t candidates(struct fixture *fixture, uint64_t seconds,
			 const char *first)
{
	struct vm_address *addresses, wanted;
	size_t n;

	assert_int_equal(discover_candidates(fixture->discover,
					     seconds * NSEC_PER_SEC,
					     &addresses, &n), 0);
	if (n) {
		wanted = address_of(first);
		assert_true(vm_address_equal(&addresses[0], &wanted));
	}
	free(addresses);
	return n;
}

static void test_candidates(void **state)
{
	struct discover_rule rules[] = {
		members("web-*", "10.77.0.0", 24),
		members("db-*", "10.78.0.0", 16),
	};
	struct fixture fixture;

	(void)state;
	rules[0].excluded = address_of("10.77.0.100");
	begin(&fixture, rules, ARRAY_SIZE(rules));
	assert_int_equal(candidates(&fixture, 0, ""), 0);

	/* The whole subnet, without its ends and the service. */
	poll_of(&fixture, 0);
	add(&fixture, 0, 1, "web-1", VM_STATE_RUNNING, "");
	add(&fixture, 0, 2, "web-2", VM_STATE_SHUTOFF, "");
	add(&fixture, 0, 3, "other", VM_STATE_RUNNING, "");
	run(&fixture);
	assert_int_equal(candidates(&fixture, 100, "10.77.0.1"), 253);
	/* At growing intervals. */
	assert_int_equal(candidates(&fixture, 101, ""), 0);
	assert_int_equal(candidates(&fixture, 102, "10.77.0.1"), 253);
	run(&fixture);
	assert_int_equal(candidates(&fixture, 105, ""), 0);
	assert_int_equal(candidates(&fixture, 106, "10.77.0.1"), 253);

	/* Only destinations without a machine, where there are some. */
	need(&fixture, "10.77.0.20:80");
	need(&fixture, "10.77.0.21:80");
	need(&fixture, "192.0.2.1:80");
	add(&fixture, 0, 4, "web-4", VM_STATE_RUNNING, "10.77.0.20");
	run(&fixture);
	assert_int_equal(candidates(&fixture, 107, "10.77.0.21"), 1);

	/* Nobody is missing any more. */
	poll_of(&fixture, 0);
	add(&fixture, 0, 1, "web-1", VM_STATE_RUNNING, "10.77.0.21");
	run(&fixture);
	assert_int_equal(candidates(&fixture, 1000, ""), 0);

	/* Too many to ask for. */
	add(&fixture, 0, 5, "db-1", VM_STATE_RUNNING, "");
	run(&fixture);
	assert_int_equal(candidates(&fixture, 2000, ""), 0);
	end(&fixture);
}

static void test_both_families(void **state)
{
	const struct discover_rule rules[] = {
		members("web-*", "fd77::", 64),
		{ .domain = "db-*", .port = 80 },
	};
	struct fixture fixture;

	(void)state;
	begin(&fixture, rules, ARRAY_SIZE(rules));
	need(&fixture, "[fd77::21]:80");
	need(&fixture, "[fd77::22]:80");
	poll_of(&fixture, 0);
	add(&fixture, 0, 1, "web-1", VM_STATE_RUNNING, "10.77.0.21");
	run(&fixture);
	assert_int_equal(candidates(&fixture, 100, "fd77::21"), 2);
	poll_of(&fixture, 0);
	add(&fixture, 0, 1, "web-1", VM_STATE_RUNNING, "10.77.0.21 fd77::21");
	run(&fixture);
	EXPECT(&fixture, "[fd77::21]:80 web-1@hv1");
	assert_int_equal(candidates(&fixture, 200, ""), 0);

	/* What it has of IPv4 says nothing about its address of IPv6. */
	poll_of(&fixture, 0);
	add(&fixture, 0, 1, "web-1", VM_STATE_RUNNING, "10.77.0.31");
	run(&fixture);
	EXPECT(&fixture, "[fd77::21]:80 web-1@hv1");
	poll_of(&fixture, 0);
	add(&fixture, 0, 1, "web-1", VM_STATE_RUNNING, "10.77.0.31 fd77::22");
	run(&fixture);
	EXPECT(&fixture, "[fd77::22]:80 web-1@hv1");

	/* Without a subnet either family fits. */
	add(&fixture, 0, 2, "db-1", VM_STATE_RUNNING, "10.77.0.41");
	run(&fixture);
	EXPECT(&fixture, "10.77.0.41:80 db-1@hv1", "[fd77::22]:80 web-1@hv1");
	assert_int_equal(candidates(&fixture, 300, "fd77::21"), 1);
	end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_glob_and_subnet),
		cmocka_unit_test(test_hypervisors),
		cmocka_unit_test(test_subnets),
		cmocka_unit_test(test_bad_prefix),
		cmocka_unit_test(test_excluded),
		cmocka_unit_test(test_explicit),
		cmocka_unit_test(test_gone_is_remembered),
		cmocka_unit_test(test_silent_hypervisor),
		cmocka_unit_test(test_ambiguous),
		cmocka_unit_test(test_migration),
		cmocka_unit_test(test_defined_elsewhere),
		cmocka_unit_test(test_two_ports),
		cmocka_unit_test(test_inherit),
		cmocka_unit_test(test_candidates),
		cmocka_unit_test(test_both_families),
	};

	return cmocka_run_group_tests_name("discover", tests, NULL, NULL);
}
