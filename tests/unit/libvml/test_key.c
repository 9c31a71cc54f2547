/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text forms and order of keys. */
#include <string.h>

#include "answer.h"

static void services_round_trip(_unused_ void **state)
{
	static const char *const texts[] = {
		"tcp 192.0.2.1:80",    "udp 0.0.0.0:0",
		"sctp 255.255.255.255:65535", "tcp [2001:db8::1]:443",
		"udp [::]:53",	       "sctp [fe80::1]:9",
		"fwmark 7",	       "fwmark 4294967295",
		"fwmark 1 ipv6",
	};
	char buffer[VML_KEY_STRING_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct vml_service_key key = service_key(texts[i]);

		assert_string_equal(vml_service_key_format(&key, buffer),
				    texts[i]);
	}
}

static void destinations_round_trip(_unused_ void **state)
{
	static const char *const texts[] = {
		"192.0.2.9:80",
		"10.0.0.1:0",
		"[2001:db8:1:2:3:4:5:6]:65535",
		"[::ffff:192.0.2.1]:80",
	};
	char buffer[VML_KEY_STRING_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct vml_destination_key key = destination_key(texts[i]);

		assert_string_equal(vml_destination_key_format(&key, buffer),
				    texts[i]);
	}
}

static void fields_are_what_the_text_says(_unused_ void **state)
{
	struct vml_service_key key = service_key("udp 192.0.2.1:53");

	assert_int_equal(key.family, AF_INET);
	assert_int_equal(key.protocol, IPPROTO_UDP);
	assert_int_equal(key.port, 53);
	assert_int_equal(key.fwmark, 0);
	assert_memory_equal(&key.address, "\xc0\x00\x02\x01", 4);
	key = service_key("fwmark 7 ipv6");
	assert_int_equal(key.family, AF_INET6);
	assert_int_equal(key.fwmark, 7);
	assert_int_equal(key.protocol, 0);
	assert_int_equal(key.port, 0);
}

static void bad_services_are_refused(_unused_ void **state)
{
	static const char *const texts[] = {
		"",		       "tcp",
		"tcp ",		       "192.0.2.1:80",
		"icmp 192.0.2.1:80",   "tcp  192.0.2.1:80",
		"TCP 192.0.2.1:80",    " tcp 192.0.2.1:80",
		"tcp 192.0.2.1:80 ",   "tc 192.0.2.1:80",
		"fwmark",	       "fwmark 0",
		"fwmark -1",	       "fwmark 4294967296",
		"fwmark 7 ipv4",       "fwmark 7 ipv6 ",
		"fwmark 7x",	       "fwmark  ipv6",
		"fwmark 00000000000000000000000000000000000007",
	};
	struct vml_service_key key, before;

	memset(&key, 0x5a, sizeof(key));
	before = key;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (vml_service_key_parse(texts[i], &key) != -EINVAL)
			fail_msg("\"%s\" is accepted", texts[i]);
	assert_memory_equal(&key, &before, sizeof(key));
}

static void bad_destinations_are_refused(_unused_ void **state)
{
	static const char *const texts[] = {
		"",		      ":",
		":80",		      "192.0.2.1",
		"192.0.2.1:",	      "192.0.2.1:65536",
		"192.0.2.1:-1",	      "192.0.2.1:+80",
		"192.0.2.1: 80",      "192.0.2.1:80x",
		"192.0.2.256:80",     "192.0.2:80",
		"[192.0.2.1]:80",     "2001:db8::1:80",
		"[2001:db8::1]80",    "[2001:db8::1]",
		"[2001:db8::1",	      "[2001:db8::1]:",
		"[2001:db8::1]:80]",  "[]:80",
		"[2001:db8::1%lo]:80", "name:80",
		"[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0]:80",
		"192.0.2.1:99999999999999999999999999999999",
	};
	struct vml_destination_key key;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (vml_destination_key_parse(texts[i], &key) != -EINVAL)
			fail_msg("\"%s\" is accepted", texts[i]);
}

static void unknown_numbers_still_format(_unused_ void **state)
{
	struct vml_service_key key = service_key("tcp 192.0.2.1:80");
	char buffer[VML_KEY_STRING_MAX];

	key.protocol = 47;
	assert_string_equal(vml_service_key_format(&key, buffer),
			    "protocol-47 192.0.2.1:80");
	key.family = 99;
	assert_string_equal(vml_service_key_format(&key, buffer),
			    "protocol-47 (address family 99):80");
}

static void order_is_total_over_sorted_keys(_unused_ void **state)
{
	static const char *const services[] = {
		"tcp 192.0.2.1:80", "tcp 192.0.2.1:81", "tcp 192.0.2.2:80",
		"udp 192.0.2.1:80", "fwmark 1", "fwmark 2",
		"tcp [::1]:80", "fwmark 1 ipv6",
	};
	static const char *const destinations[] = {
		"192.0.2.1:80", "192.0.2.1:81", "192.0.2.2:80", "[::1]:1",
		"[::2]:1",
	};

	for (size_t i = 0; i < ARRAY_SIZE(services); i++)
		for (size_t j = 0; j < ARRAY_SIZE(services); j++) {
			struct vml_service_key a = service_key(services[i]);
			struct vml_service_key b = service_key(services[j]);
			int order = vml_service_key_compare(&a, &b);

			assert_int_equal(COMPARE(order, 0), COMPARE(i, j));
		}
	for (size_t i = 0; i < ARRAY_SIZE(destinations); i++)
		for (size_t j = 0; j < ARRAY_SIZE(destinations); j++) {
			struct vml_destination_key a =
				destination_key(destinations[i]);
			struct vml_destination_key b =
				destination_key(destinations[j]);
			int order = vml_destination_key_compare(&a, &b);

			assert_int_equal(COMPARE(order, 0), COMPARE(i, j));
		}
}

static void bytes_beyond_an_ipv4_address_do_not_count(_unused_ void **state)
{
	struct vml_destination_key a = destination_key("192.0.2.1:80");
	struct vml_destination_key b = a;

	memset((uint8_t *)&b.address + 4, 0xff, sizeof(b.address) - 4);
	assert_int_equal(vml_destination_key_compare(&a, &b), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(services_round_trip),
		cmocka_unit_test(destinations_round_trip),
		cmocka_unit_test(fields_are_what_the_text_says),
		cmocka_unit_test(bad_services_are_refused),
		cmocka_unit_test(bad_destinations_are_refused),
		cmocka_unit_test(unknown_numbers_still_format),
		cmocka_unit_test(order_is_total_over_sorted_keys),
		cmocka_unit_test(bytes_beyond_an_ipv4_address_do_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
