/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests as they are sent, read back the way the kernel reads them. */
#include <arpa/inet.h>
#include <netlink/genl/genl.h>
#include <string.h>

#include <linux/ip_vs_vml.h>

#include "answer.h"
#include "message.h"
#include "parse.h"

static const struct nlattr *attributes(struct nl_msg *message, int *ret_size)
{
	struct nlmsghdr *header = nlmsg_hdr(message);

	*ret_size = genlmsg_attrlen(nlmsg_data(header), 0);
	return genlmsg_attrdata(nlmsg_data(header), 0);
}

static struct vml_scale scale_number(size_t i)
{
	struct vml_scale scale = {
		.key = { .family = AF_INET, .port = (uint16_t)(1 + i % 65535) },
		.scale = (uint32_t)i * 13,
	};

	scale.key.address.ipv4.s_addr = htonl(0x0a000000u + (uint32_t)i);
	return scale;
}

static void ten_thousand_scales_fit_one_message(_unused_ void **state)
{
	static const uint8_t zeros[12];
	enum { COUNT = 10000 };
	const struct vml_service_key service = service_key("tcp 10.0.0.1:80");
	const struct vml_commit commit = {
		.lease_ms = 10000,
		.compare_generation = true,
		.generation = 41,
	};
	_cleanup_(nlmsg_freep) struct nl_msg *message = NULL;
	_cleanup_free_ struct vml_scale *scales = NULL;
	struct nlattr *attribute;
	struct vml_service_key key;
	size_t seen = 0;
	int left, size;

	scales = calloc(COUNT, sizeof(*scales));
	for (size_t i = 0; i < COUNT; i++)
		scales[i] = scale_number(i);
	assert_int_equal(vml_message_scale_set(&service, scales, COUNT, &commit,
					       &message), 0);
	/* 48 bytes a destination: two small attributes, a port, 16 bytes. */
	assert_true(nlmsg_hdr(message)->nlmsg_len >= COUNT * 48);
	assert_true(nlmsg_hdr(message)->nlmsg_len <= COUNT * 48 + 128);
	assert_int_equal(nlmsg_hdr(message)->nlmsg_flags,
			 NLM_F_REQUEST | NLM_F_ACK);
	attribute = (struct nlattr *)attributes(message, &size);
	for (left = size; nla_ok(attribute, left);
	     attribute = nla_next(attribute, &left)) {
		struct vml_destination_key destination;
		struct nlattr *inner;

		assert_int_equal((uintptr_t)attribute % NLA_ALIGNTO, 0);
		switch (nla_type(attribute)) {
		case IP_VS_VML_A_COMMAND_SERVICE:
			assert_true(attribute->nla_type & NLA_F_NESTED);
			assert_int_equal(vml_parse_service_key(attribute, &key),
					 0);
			assert_int_equal(vml_service_key_compare(&key,
								 &service), 0);
			break;
		case IP_VS_VML_A_COMMAND_GENERATION:
			assert_int_equal(nla_get_u32(attribute), 41);
			break;
		case IP_VS_VML_A_COMMAND_LEASE:
			assert_int_equal(nla_get_u32(attribute), 10000);
			break;
		case IP_VS_VML_A_COMMAND_DESTINATION:
			assert_true(attribute->nla_type & NLA_F_NESTED);
			assert_int_equal(vml_parse_destination_key(
						 attribute, &destination), 0);
			assert_int_equal(vml_destination_key_compare(
						 &destination,
						 &scales[seen].key), 0);
			inner = nla_find(nla_data(attribute),
					 nla_len(attribute),
					 IP_VS_VML_A_DESTINATION_SCALE);
			assert_int_equal(nla_get_u32(inner),
					 scales[seen].scale);
			inner = nla_find(nla_data(attribute),
					 nla_len(attribute),
					 IP_VS_VML_A_DESTINATION_ADDRESS);
			assert_int_equal(nla_len(inner), 16);
			assert_memory_equal((uint8_t *)nla_data(inner) + 4,
					    zeros, sizeof(zeros));
			seen++;
			break;
		default:
			fail();
		}
	}
	assert_int_equal(left, 0);
	assert_int_equal(seen, COUNT);
}

static void an_unset_lease_and_generation_are_not_sent(_unused_ void **state)
{
	const struct vml_service_key service = service_key("fwmark 3 ipv6");
	const struct vml_commit commit = { .generation = 5 };
	_cleanup_(nlmsg_freep) struct nl_msg *message = NULL;
	struct vml_service_key key;
	struct nlattr *attribute;
	int size;

	assert_int_equal(vml_message_scale_set(&service, NULL, 0, &commit,
					       &message), 0);
	attribute = (struct nlattr *)attributes(message, &size);
	assert_int_equal(nla_type(attribute), IP_VS_VML_A_COMMAND_SERVICE);
	assert_int_equal(NLA_ALIGN(attribute->nla_len), size);
	assert_int_equal(vml_parse_service_key(attribute, &key), 0);
	assert_int_equal(key.fwmark, 3);
	assert_int_equal(key.family, AF_INET6);
	assert_null(nla_find(nla_data(attribute), nla_len(attribute),
			     IP_VS_VML_A_SERVICE_ADDRESS));
}

static void generation_zero_can_be_expected(_unused_ void **state)
{
	const struct vml_service_key service = service_key("tcp 10.0.0.1:80");
	const struct vml_commit commit = { .compare_generation = true };
	_cleanup_(nlmsg_freep) struct nl_msg *message = NULL;
	const struct nlattr *head;
	struct nlattr *generation;
	int size;

	assert_int_equal(vml_message_scale_set(&service, NULL, 0, &commit,
					       &message), 0);
	head = attributes(message, &size);
	generation = nla_find(head, size, IP_VS_VML_A_COMMAND_GENERATION);
	assert_non_null(generation);
	assert_int_equal(nla_get_u32(generation), 0);
}

static void ports_are_sent_big_endian(_unused_ void **state)
{
	const struct vml_service_key service = service_key("tcp 10.0.0.1:80");
	const struct vml_destination_key key = destination_key("[::2]:258");
	_cleanup_(nlmsg_freep) struct nl_msg *message = NULL;
	struct nlattr *nest, *port;
	const struct nlattr *head;
	int size;

	assert_int_equal(vml_message_get(IP_VS_VML_CMD_DESTINATION_GET,
					 NLM_F_ACK, &service, &key, &message),
			 0);
	head = attributes(message, &size);
	nest = nla_find(head, size, IP_VS_VML_A_COMMAND_DESTINATION);
	assert_non_null(nest);
	port = nla_find(nla_data(nest), nla_len(nest),
			IP_VS_VML_A_DESTINATION_PORT);
	assert_memory_equal(nla_data(port), "\x01\x02", 2);
	assert_null(nla_find(nla_data(nest), nla_len(nest),
			     IP_VS_VML_A_DESTINATION_SCALE));
}

static void keys_without_a_family_are_refused(_unused_ void **state)
{
	const struct vml_service_key good = service_key("tcp 10.0.0.1:80");
	const struct vml_commit commit = { 0 };
	struct vml_service_key service = good;
	struct vml_scale scale = { .scale = 1 };
	struct nl_msg *message = NULL;

	service.family = AF_UNIX;
	assert_int_equal(vml_message_get(IP_VS_VML_CMD_SERVICE_GET, NLM_F_ACK,
					 &service, NULL, &message), -EINVAL);
	assert_int_equal(vml_message_scale_set(&good, &scale, 1, &commit,
					       &message), -EINVAL);
	assert_null(message);
}

static void a_set_beyond_any_message_is_refused(_unused_ void **state)
{
	const struct vml_service_key service = service_key("tcp 10.0.0.1:80");
	const struct vml_commit commit = { 0 };
	struct vml_scale scale = { .scale = 1 };
	struct nl_msg *message = NULL;

	assert_int_equal(vml_message_scale_set(&service, &scale, SIZE_MAX / 48,
					       &commit, &message), -EMSGSIZE);
	assert_int_equal(vml_message_scale_set(&service, &scale,
					       INT32_MAX / 48, &commit,
					       &message), -EMSGSIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_thousand_scales_fit_one_message),
		cmocka_unit_test(an_unset_lease_and_generation_are_not_sent),
		cmocka_unit_test(generation_zero_can_be_expected),
		cmocka_unit_test(ports_are_sent_big_endian),
		cmocka_unit_test(keys_without_a_family_are_refused),
		cmocka_unit_test(a_set_beyond_any_message_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
