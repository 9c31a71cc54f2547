/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses of a domain of libvirt's test driver, whose DHCP server knows one. */
#include <libvirt/libvirt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "source/libvirt_address.h"
#include "util.h"

#define MAX_NEIGHBOURS 4

struct fixture {
	virConnectPtr connection;
	virDomainPtr domain;
	struct libvirt_address_sources sources;
	struct libvirt_addresses addresses;
	struct neighbours neighbours;
};

static struct vm_address address_of(const char *text)
{
	struct vm_address address;

	assert_int_equal(vm_address_parse(text, &address), 0);
	return address;
}

static int begin(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	fixture->connection = virConnectOpen("test:///default");
	assert_non_null(fixture->connection);
	fixture->domain = virDomainLookupByName(fixture->connection, "test");
	assert_non_null(fixture->domain);
	fixture->neighbours.is_read = true;
	fixture->neighbours.neighbours =
		calloc(MAX_NEIGHBOURS, sizeof(struct neighbour));
	assert_non_null(fixture->neighbours.neighbours);
	*state = fixture;
	return 0;
}

static int end(void **state)
{
	struct fixture *fixture = *state;

	libvirt_addresses_done(&fixture->addresses);
	neighbours_done(&fixture->neighbours);
	virDomainFree(fixture->domain);
	virConnectClose(fixture->connection);
	free(fixture);
	return 0;
}

static void add_neighbour(struct fixture *fixture, const char *mac,
			  const char *address)
{
	struct neighbours *neighbours = &fixture->neighbours;
	struct neighbour *neighbour = &neighbours->neighbours[neighbours->n++];

	neighbour->address = address_of(address);
	assert_int_equal(vm_mac_parse(mac, neighbour->mac), 0);
}

static void ask(struct fixture *fixture)
{
	libvirt_addresses_ask(&fixture->addresses, &fixture->sources,
			      &fixture->neighbours, fixture->domain);
}

static void expect(const struct fixture *fixture, size_t n,
		   const char *const *wanted)
{
	assert_int_equal(fixture->addresses.n_addresses, n);
	for (size_t i = 0; i < n; i++) {
		struct vm_address address = address_of(wanted[i]);

		assert_true(vm_address_equal(&fixture->addresses.addresses[i],
					     &address));
	}
}

#define EXPECT(fixture, ...)						\
	expect(fixture,							\
	       ARRAY_SIZE(((const char *const[]){ __VA_ARGS__ })),	\
	       (const char *const[]){ __VA_ARGS__ })

#define MAC "aa:bb:cc:dd:ee:ff"
#define LEASED "192.168.122.3"

static void test_other_family_is_a_neighbours(void **state)
{
	struct fixture *fixture = *state;

	add_neighbour(fixture, MAC, "fe80::1");
	add_neighbour(fixture, MAC, "fd77::21");
	add_neighbour(fixture, MAC, "10.77.0.21");
	add_neighbour(fixture, "aa:bb:cc:dd:ee:fe", "fd77::22");
	ask(fixture);
	EXPECT(fixture, LEASED, "fd77::21");
}

static void test_neighbours_alone(void **state)
{
	struct fixture *fixture = *state;

	fixture->sources = (struct libvirt_address_sources){
		.no_lease = true,
		.no_arp = true,
	};
	add_neighbour(fixture, MAC, "10.77.0.21");
	add_neighbour(fixture, MAC, "fd77::21");
	add_neighbour(fixture, MAC, "fd77::31");
	ask(fixture);
	EXPECT(fixture, "10.77.0.21", "fd77::21", "fd77::31");
}

static void test_family_that_nobody_knows_stays(void **state)
{
	struct fixture *fixture = *state;

	add_neighbour(fixture, MAC, "fd77::21");
	add_neighbour(fixture, MAC, "fd77::31");
	ask(fixture);
	EXPECT(fixture, LEASED, "fd77::21", "fd77::31");
	fixture->neighbours.n = 0;
	ask(fixture);
	EXPECT(fixture, LEASED, "fd77::21", "fd77::31");
	add_neighbour(fixture, MAC, "fd77::41");
	ask(fixture);
	EXPECT(fixture, LEASED, "fd77::41");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_other_family_is_a_neighbours, begin, end),
		cmocka_unit_test_setup_teardown(test_neighbours_alone, begin,
						end),
		cmocka_unit_test_setup_teardown(
			test_family_that_nobody_knows_stays, begin, end),
	};

	return cmocka_run_group_tests_name("addresses", tests, NULL, NULL);
}
