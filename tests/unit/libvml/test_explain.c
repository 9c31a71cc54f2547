/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's complaint about an offset, in words. */
#include <string.h>

#include <linux/ip_vs_vml.h>

#include "answer.h"
#include "explain.h"
#include "message.h"

#define COUNT 10000

static struct nl_msg *set_message(size_t n)
{
	const struct vml_service_key service = service_key("tcp 10.0.0.1:80");
	const struct vml_commit commit = {
		.lease_ms = 1000,
		.compare_generation = true,
		.generation = 1,
	};
	_cleanup_free_ struct vml_scale *scales = NULL;
	struct nl_msg *message;

	scales = calloc(n + 1, sizeof(*scales));
	for (size_t i = 0; i < n; i++) {
		char text[VML_KEY_STRING_MAX];

		snprintf(text, sizeof(text), "10.1.%zu.%zu:%zu", i / 256,
			 i % 256, 1 + i);
		scales[i].key = destination_key(text);
	}
	assert_int_equal(vml_message_scale_set(&service, scales, n, &commit,
					       &message), 0);
	return message;
}

/* The n-th attribute (from 0) of a type, of the top level or of a nest. */
static const struct nlattr *nth(const void *head, int size, int type, size_t n)
{
	struct nlattr *attribute;
	int left;

	nla_for_each_attr(attribute, (struct nlattr *)head, size, left)
		if (nla_type(attribute) == type && n-- == 0)
			return attribute;
	fail();
	return NULL;
}

static const struct nlattr *top(struct nl_msg *message, int type, size_t n)
{
	struct nlmsghdr *header = nlmsg_hdr(message);

	return nth(nlmsg_attrdata(header, GENL_HDRLEN),
		   nlmsg_attrlen(header, GENL_HDRLEN), type, n);
}

static const struct nlattr *inner(const struct nlattr *nest, int type)
{
	return nth(nla_data(nest), nla_len(nest), type, 0);
}

static void expect(struct nl_msg *message, struct vml_ack ack,
		   const char *sentence)
{
	char buffer[256];

	vml_explain(nlmsg_hdr(message), &ack, buffer, sizeof(buffer));
	assert_string_equal(buffer, sentence);
}

static struct vml_ack complaint(struct nl_msg *message, int error,
				const struct nlattr *attribute,
				const char *text)
{
	struct vml_ack ack = {
		.error = error,
		.has_offset = true,
		.offset = (uint32_t)((const uint8_t *)attribute -
				     (const uint8_t *)nlmsg_hdr(message)),
	};

	strcpy(ack.text, text);
	return ack;
}

static void each_of_many_destinations_is_named(_unused_ void **state)
{
	_cleanup_(nlmsg_freep) struct nl_msg *message = set_message(COUNT);
	static const size_t numbers[] = { 0, 1, 4711, COUNT - 1 };

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		const size_t n = numbers[i];
		char sentence[256];

		snprintf(sentence, sizeof(sentence),
			 "destination 10.1.%zu.%zu:%zu: no such destination in the service",
			 n / 256, n % 256, n + 1);
		expect(message,
		       complaint(message, -ENOENT,
				 top(message, IP_VS_VML_A_COMMAND_DESTINATION,
				     n), ""), sentence);
	}
}

static void the_kernels_words_come_first(_unused_ void **state)
{
	_cleanup_(nlmsg_freep) struct nl_msg *message = set_message(2);

	expect(message,
	       complaint(message, -EEXIST,
			 top(message, IP_VS_VML_A_COMMAND_DESTINATION, 1),
			 "destination named twice"),
	       "destination 10.1.0.1:2: destination named twice");
}

static void attributes_inside_are_named(_unused_ void **state)
{
	_cleanup_(nlmsg_freep) struct nl_msg *message = set_message(2);
	const struct nlattr *destination, *service;

	destination = top(message, IP_VS_VML_A_COMMAND_DESTINATION, 1);
	service = top(message, IP_VS_VML_A_COMMAND_SERVICE, 0);
	expect(message,
	       complaint(message, -ERANGE,
			 inner(destination, IP_VS_VML_A_DESTINATION_SCALE),
			 "integer out of range"),
	       "destination 10.1.0.1:2, attribute scale: integer out of range");
	expect(message,
	       complaint(message, -EINVAL,
			 inner(service, IP_VS_VML_A_SERVICE_PROTOCOL), ""),
	       "service tcp 10.0.0.1:80, attribute protocol: not valid");
	expect(message,
	       complaint(message, -ESTALE,
			 top(message, IP_VS_VML_A_COMMAND_GENERATION, 0), ""),
	       "attribute generation: the generation is not the expected one");
}

static void an_unknown_service_is_named_without_an_offset(_unused_ void **state)
{
	_cleanup_(nlmsg_freep) struct nl_msg *message = set_message(1);

	expect(message, (struct vml_ack){ .error = -ENOENT },
	       "service tcp 10.0.0.1:80: no such service, or its scheduler is not vml");
}

static void offsets_outside_lead_nowhere(_unused_ void **state)
{
	_cleanup_(nlmsg_freep) struct nl_msg *message = set_message(1);
	const uint32_t size = nlmsg_hdr(message)->nlmsg_len;
	const uint32_t offsets[] = { 0, 4, NLMSG_HDRLEN, size, size + 1,
				     UINT32_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		struct vml_ack ack = {
			.error = -EINVAL,
			.has_offset = true,
			.offset = offsets[i],
			.text = "odd",
		};

		expect(message, ack, "odd");
	}
}

static void missing_attributes_are_named(_unused_ void **state)
{
	_cleanup_(nlmsg_freep) struct nl_msg *message = set_message(1);
	struct vml_ack ack = {
		.error = -EINVAL,
		.has_missing = true,
		.missing_type = IP_VS_VML_A_COMMAND_SERVICE,
	};
	const struct nlattr *nest;

	expect(message, ack, "attribute service is missing");
	nest = top(message, IP_VS_VML_A_COMMAND_DESTINATION, 0);
	ack.missing_type = IP_VS_VML_A_DESTINATION_PORT;
	ack.missing_nest = (uint32_t)((const uint8_t *)nest -
				      (const uint8_t *)nlmsg_hdr(message));
	expect(message, ack,
	       "destination 10.1.0.0:1, attribute port is missing");
	ack.missing_type = 1000;
	expect(message, ack,
	       "destination 10.1.0.0:1, attribute 1000 is missing");
}

static void a_destination_that_cannot_be_read_is_counted(_unused_ void **state)
{
	_cleanup_(nlmsg_freep) struct nl_msg *message = set_message(3);
	const struct nlattr *nest;

	nest = top(message, IP_VS_VML_A_COMMAND_DESTINATION, 2);
	*(uint16_t *)nla_data(inner(nest, IP_VS_VML_A_DESTINATION_FAMILY)) = 99;
	expect(message,
	       complaint(message, -EINVAL,
			 inner(nest, IP_VS_VML_A_DESTINATION_FAMILY),
			 "not an address family"),
	       "destination number 3, attribute family: not an address family");
}

static void errors_without_any_word_are_explained(_unused_ void **state)
{
	_cleanup_(nlmsg_freep) struct nl_msg *message = set_message(0);

	expect(message, (struct vml_ack){ .error = -EPERM },
	       "CAP_NET_ADMIN is needed, in the user namespace that owns the network namespace");
	expect(message, (struct vml_ack){ .error = -ENOMEM },
	       "Cannot allocate memory");
	expect(message, (struct vml_ack){ .error = -4000 }, "unknown error");
}

static void a_small_buffer_is_not_overrun(_unused_ void **state)
{
	_cleanup_(nlmsg_freep) struct nl_msg *message = set_message(1);
	struct vml_ack ack = complaint(
		message, -ENOENT,
		top(message, IP_VS_VML_A_COMMAND_DESTINATION, 0), "gone");
	char *small = malloc(12);

	vml_explain(nlmsg_hdr(message), &ack, small, 12);
	assert_string_equal(small, "destination");
	free(small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_of_many_destinations_is_named),
		cmocka_unit_test(the_kernels_words_come_first),
		cmocka_unit_test(attributes_inside_are_named),
		cmocka_unit_test(an_unknown_service_is_named_without_an_offset),
		cmocka_unit_test(offsets_outside_lead_nowhere),
		cmocka_unit_test(missing_attributes_are_named),
		cmocka_unit_test(a_destination_that_cannot_be_read_is_counted),
		cmocka_unit_test(errors_without_any_word_are_explained),
		cmocka_unit_test(a_small_buffer_is_not_overrun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
