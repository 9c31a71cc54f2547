/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel sends: read right, and refused where it is malformed. */
#include <string.h>

#include <linux/ip_vs_vml.h>

#include "answer.h"
#include "control.h"
#include "message.h"
#include "parse.h"

static void a_service_is_read(_unused_ void **state)
{
	_cleanup_(nlmsg_freep) struct nl_msg *message =
		answer_service("tcp [2001:db8::1]:80");
	const struct vml_service_key key = service_key("tcp [2001:db8::1]:80");
	struct vml_service service;

	assert_int_equal(vml_parse_service(nlmsg_hdr(message), &service), 0);
	assert_int_equal(vml_service_key_compare(&service.key, &key), 0);
	assert_int_equal(service.generation, 7);
	assert_true(service.has_lease);
	assert_int_equal(service.lease_ms, 2500);
	assert_int_equal(service.destinations, 3);
	assert_int_equal(service.picks, 1ULL << 40);
	assert_int_equal(service.overload_skips, 11);
	assert_int_equal(service.scans, 12);
	assert_int_equal(service.no_destination, 13);
}

static void a_service_without_a_lease_has_none(_unused_ void **state)
{
	_cleanup_(nlmsg_freep) struct nl_msg *message =
		answer_new(TEST_FAMILY_ID, 0, IP_VS_VML_CMD_SERVICE_GET);
	struct vml_service service;

	answer_put_service(message, "fwmark 9");
	nla_put_u32(message, IP_VS_VML_A_COMMAND_GENERATION, 0);
	nla_put_u32(message, IP_VS_VML_A_COMMAND_DESTINATIONS, 0);
	assert_int_equal(vml_parse_service(nlmsg_hdr(message), &service), 0);
	assert_false(service.has_lease);
	assert_int_equal(service.key.fwmark, 9);
}

static void a_destination_is_read(_unused_ void **state)
{
	_cleanup_(nlmsg_freep) struct nl_msg *message =
		answer_destination("192.0.2.9:8080");
	const struct vml_destination_key key = destination_key("192.0.2.9:8080");
	struct vml_destination destination;

	assert_int_equal(vml_parse_destination(nlmsg_hdr(message),
					       &destination), 0);
	assert_int_equal(vml_destination_key_compare(&destination.key, &key),
			 0);
	assert_int_equal(destination.weight, 100);
	assert_int_equal(destination.scale, 32768);
	assert_int_equal(destination.effective_weight, 3276800);
	assert_int_equal(destination.active_connections, 4);
	assert_int_equal(destination.inactive_connections, 5);
	assert_int_equal(destination.persistent_connections, 6);
	assert_int_equal(destination.picks, 1234);
}

/*
 * Cut off anywhere, a message is refused or, where an attribute ends, taken
 * with what it has; the cut copy has its own end of memory, for sanitizers.
 */
static void truncated_messages_are_refused(_unused_ void **state)
{
	_cleanup_(nlmsg_freep) struct nl_msg *service =
		answer_service("tcp 192.0.2.1:80");
	_cleanup_(nlmsg_freep) struct nl_msg *destination =
		answer_destination("192.0.2.9:80");
	struct nl_msg *const messages[] = { service, destination };

	for (size_t i = 0; i < ARRAY_SIZE(messages); i++) {
		const struct nlmsghdr *whole = nlmsg_hdr(messages[i]);
		size_t refused = 0;

		for (uint32_t size = NLMSG_HDRLEN; size < whole->nlmsg_len;
		     size++) {
			_cleanup_free_ struct nlmsghdr *cut = malloc(size);
			struct vml_destination d;
			struct vml_service s;
			struct vml_event e;
			int r;

			memcpy(cut, whole, size);
			cut->nlmsg_len = size;
			r = i ? vml_parse_destination(cut, &d) :
				vml_parse_service(cut, &s);
			refused += r == -EBADMSG;
			if (size % NLA_ALIGNTO)
				assert_int_equal(r, -EBADMSG);
			vml_parse_event(cut, &e);
		}
		assert_true(refused > whole->nlmsg_len / 2);
	}
}

/* Whatever one byte of a message becomes, nothing beyond it is read. */
static void damaged_messages_do_no_harm(_unused_ void **state)
{
	struct nl_msg *sources[] = {
		answer_service("tcp 192.0.2.1:80"),
		answer_destination("[2001:db8::9]:80"),
		answer_ack(NLMSG_ERROR, -ENOENT, "no such thing", 100),
		answer_ack(NLMSG_DONE, -ENOENT, "no such thing", 0),
		answer_family("ip_vs_vml", 0x30, "events", 12),
	};

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		const uint32_t size = nlmsg_hdr(sources[i])->nlmsg_len;
		_cleanup_free_ uint8_t *copy = malloc(size);

		for (uint32_t at = 0; at < size * 8; at++) {
			struct vml_datagram datagram = { copy, size };
			const struct nlmsghdr *message;
			struct vml_destination d;
			struct vml_family f;
			struct vml_service s;
			struct vml_event e;
			struct vml_ack a;

			memcpy(copy, nlmsg_hdr(sources[i]), size);
			copy[at / 8] ^= (uint8_t)(1u << at % 8);
			while (vml_datagram_next(&datagram, &message) > 0) {
				vml_parse_service(message, &s);
				vml_parse_destination(message, &d);
				vml_parse_event(message, &e);
				vml_parse_family(message, "ip_vs_vml",
						 "events", &f);
				if (message->nlmsg_type == NLMSG_ERROR ||
				    message->nlmsg_type == NLMSG_DONE)
					vml_parse_ack(message, &a);
			}
		}
		nlmsg_free(sources[i]);
	}
}

static void attributes_of_another_size_are_refused(_unused_ void **state)
{
	static const struct {
		int type;
		int size;
	} wrong[] = {
		{ IP_VS_VML_A_COMMAND_GENERATION, 2 },
		{ IP_VS_VML_A_COMMAND_GENERATION, 8 },
		{ IP_VS_VML_A_COMMAND_DESTINATIONS, 0 },
		{ IP_VS_VML_A_COMMAND_LEASE, 3 },
		{ IP_VS_VML_A_COMMAND_PICKS, 4 },
		{ IP_VS_VML_A_COMMAND_SCANS, 12 },
		{ IP_VS_VML_A_COMMAND_SERVICE, 4 },
	};
	const uint8_t bytes[16] = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		_cleanup_(nlmsg_freep) struct nl_msg *message =
			answer_service("tcp 192.0.2.1:80");
		struct vml_service service;

		/* The last of a type counts. */
		nla_put(message, wrong[i].type, wrong[i].size, bytes);
		assert_int_equal(vml_parse_service(nlmsg_hdr(message),
						   &service), -EBADMSG);
	}
}

static void a_destination_needs_its_scale_and_weights(_unused_ void **state)
{
	_cleanup_(nlmsg_freep) struct nl_msg *message =
		answer_new(TEST_FAMILY_ID, 0, IP_VS_VML_CMD_DESTINATION_GET);
	struct vml_destination destination;

	answer_put_destination(message, "192.0.2.9:80", NULL);
	nla_put_u32(message, IP_VS_VML_A_COMMAND_WEIGHT, 1);
	nla_put_u64(message, IP_VS_VML_A_COMMAND_EFFECTIVE_WEIGHT, 1);
	assert_int_equal(vml_parse_destination(nlmsg_hdr(message),
					       &destination), -EBADMSG);
}

static void unknown_address_families_are_refused(_unused_ void **state)
{
	_cleanup_(nlmsg_freep) struct nl_msg *message =
		answer_destination("192.0.2.9:80");
	struct nlattr *nest = nlmsg_find_attr(nlmsg_hdr(message), GENL_HDRLEN,
					      IP_VS_VML_A_COMMAND_DESTINATION);
	struct nlattr *family = nla_find(nla_data(nest), nla_len(nest),
					 IP_VS_VML_A_DESTINATION_FAMILY);
	struct vml_destination destination;

	*(uint16_t *)nla_data(family) = AF_UNIX;
	assert_int_equal(vml_parse_destination(nlmsg_hdr(message),
					       &destination), -EBADMSG);
}

static void events_are_read(_unused_ void **state)
{
	static const struct {
		uint8_t command;
		enum vml_event_type type;
		const char *name;
	} kinds[] = {
		{ IP_VS_VML_CMD_SERVICE_BOUND, VML_EVENT_SERVICE_BOUND,
		  "service-bound" },
		{ IP_VS_VML_CMD_SERVICE_UNBOUND, VML_EVENT_SERVICE_UNBOUND,
		  "service-unbound" },
		{ IP_VS_VML_CMD_DESTINATION_ADDED, VML_EVENT_DESTINATION_ADDED,
		  "destination-added" },
		{ IP_VS_VML_CMD_DESTINATION_REMOVED,
		  VML_EVENT_DESTINATION_REMOVED, "destination-removed" },
		{ IP_VS_VML_CMD_SCALES_COMMITTED, VML_EVENT_SCALES_COMMITTED,
		  "scales-committed" },
		{ IP_VS_VML_CMD_LEASE_EXPIRED, VML_EVENT_LEASE_EXPIRED,
		  "lease-expired" },
	};
	const struct vml_destination_key key = destination_key("[::9]:80");

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		_cleanup_(nlmsg_freep) struct nl_msg *message =
			answer_new(TEST_FAMILY_ID, 0, kinds[i].command);
		struct vml_event event;

		/* Not without its service. */
		assert_int_equal(vml_parse_event(nlmsg_hdr(message), &event),
				 -EBADMSG);
		answer_put_service(message, "sctp 192.0.2.1:9");
		if (i >= 2)	/* Nor without what is its own. */
			assert_int_equal(vml_parse_event(nlmsg_hdr(message),
							 &event), -EBADMSG);
		answer_put_destination(message, "[::9]:80", NULL);
		nla_put_u32(message, IP_VS_VML_A_COMMAND_GENERATION, 5);
		nla_put_u32(message, IP_VS_VML_A_COMMAND_LEASE, 800);
		assert_int_equal(vml_parse_event(nlmsg_hdr(message), &event),
				 1);
		assert_int_equal(event.type, kinds[i].type);
		assert_string_equal(vml_event_type_name(event.type),
				    kinds[i].name);
		assert_int_equal(event.service.protocol, IPPROTO_SCTP);
		assert_int_equal(event.generation, 5);
		assert_int_equal(event.lease_ms, 800);
		if (event.type == VML_EVENT_DESTINATION_ADDED ||
		    event.type == VML_EVENT_DESTINATION_REMOVED)
			assert_int_equal(vml_destination_key_compare(
						 &event.destination, &key), 0);
	}
}

static void commands_of_the_future_are_passed_over(_unused_ void **state)
{
	_cleanup_(nlmsg_freep) struct nl_msg *message =
		answer_new(TEST_FAMILY_ID, 0, IP_VS_VML_CMD_MAX + 1);
	struct vml_event event;

	nla_put_u32(message, IP_VS_VML_A_COMMAND_MAX + 1, 5);
	assert_int_equal(vml_parse_event(nlmsg_hdr(message), &event), 0);
}

static void acknowledgements_are_read(_unused_ void **state)
{
	_cleanup_(nlmsg_freep) struct nl_msg *good =
		answer_ack(NLMSG_ERROR, 0, NULL, 0);
	_cleanup_(nlmsg_freep) struct nl_msg *bad =
		answer_ack(NLMSG_ERROR, -ENOENT, "no such destination", 4711);
	_cleanup_(nlmsg_freep) struct nl_msg *done =
		answer_ack(NLMSG_DONE, -ENOENT, "no such service", 0);
	struct vml_ack ack;

	assert_int_equal(vml_parse_ack(nlmsg_hdr(good), &ack), 0);
	assert_int_equal(ack.error, 0);
	assert_false(ack.has_offset);
	assert_string_equal(ack.text, "");
	assert_int_equal(vml_parse_ack(nlmsg_hdr(bad), &ack), 0);
	assert_int_equal(ack.error, -ENOENT);
	assert_true(ack.has_offset);
	assert_int_equal(ack.offset, 4711);
	assert_string_equal(ack.text, "no such destination");
	assert_int_equal(vml_parse_ack(nlmsg_hdr(done), &ack), 0);
	assert_int_equal(ack.error, -ENOENT);
	assert_string_equal(ack.text, "no such service");
}

static void the_echo_of_a_request_is_passed_over(_unused_ void **state)
{
	_cleanup_(nlmsg_freep) struct nl_msg *message =
		answer_new(NLMSG_ERROR, NLM_F_ACK_TLVS, 0);
	struct nlmsgerr error = { .error = -EINVAL };
	uint8_t payload[25] = { 0xff };
	struct vml_ack ack;

	error.msg.nlmsg_len = NLMSG_HDRLEN + sizeof(payload);
	nlmsg_append(message, &error, sizeof(error), NLMSG_ALIGNTO);
	nlmsg_append(message, payload, sizeof(payload), NLMSG_ALIGNTO);
	nla_put_string(message, NLMSGERR_ATTR_MSG, "after it");
	assert_int_equal(vml_parse_ack(nlmsg_hdr(message), &ack), 0);
	assert_string_equal(ack.text, "after it");
	/* Longer than the message in which it is. */
	((struct nlmsgerr *)nlmsg_data(nlmsg_hdr(message)))->msg.nlmsg_len =
		UINT32_MAX;
	assert_int_equal(vml_parse_ack(nlmsg_hdr(message), &ack), -EBADMSG);
}

static void families_are_read(_unused_ void **state)
{
	_cleanup_(nlmsg_freep) struct nl_msg *message =
		answer_family("ip_vs_vml", 0x31, "events", 12);
	struct vml_family family;

	assert_int_equal(vml_parse_family(nlmsg_hdr(message), "ip_vs_vml",
					  "events", &family), 1);
	assert_int_equal(family.id, 0x31);
	assert_int_equal(family.events_group, 12);
	assert_int_equal(vml_parse_family(nlmsg_hdr(message), "ip_vs_vml",
					  "other", &family), 1);
	assert_int_equal(family.events_group, 0);
	assert_int_equal(vml_parse_family(nlmsg_hdr(message), "ip_vs",
					  "events", &family), 0);
}

static void the_controllers_own_id_is_not_a_family(_unused_ void **state)
{
	_cleanup_(nlmsg_freep) struct nl_msg *message =
		answer_family("ip_vs_vml", NLMSG_ERROR, "events", 12);
	struct vml_family family;

	assert_int_equal(vml_parse_family(nlmsg_hdr(message), "ip_vs_vml",
					  "events", &family), -EBADMSG);
}

static void datagrams_are_walked(_unused_ void **state)
{
	_cleanup_(nlmsg_freep) struct nl_msg *message =
		answer_ack(NLMSG_ERROR, 0, NULL, 0);
	const uint32_t size = nlmsg_hdr(message)->nlmsg_len;
	_cleanup_free_ uint8_t *data = malloc(2 * size + 4);
	struct vml_datagram datagram = { data, 2 * size };
	const struct nlmsghdr *found;

	memcpy(data, nlmsg_hdr(message), size);
	memcpy(data + size, nlmsg_hdr(message), size);
	memset(data + 2 * size, 0, 4);
	assert_int_equal(vml_datagram_next(&datagram, &found), 1);
	assert_ptr_equal(found, data);
	assert_int_equal(vml_datagram_next(&datagram, &found), 1);
	assert_ptr_equal(found, data + size);
	assert_int_equal(vml_datagram_next(&datagram, &found), 0);
	/* Less than a header is left. */
	datagram = (struct vml_datagram){ data + size, size + 4 };
	assert_int_equal(vml_datagram_next(&datagram, &found), 1);
	assert_int_equal(vml_datagram_next(&datagram, &found), -EBADMSG);
	/* A message longer than its datagram. */
	datagram = (struct vml_datagram){ data, size - 1 };
	assert_int_equal(vml_datagram_next(&datagram, &found), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_service_is_read),
		cmocka_unit_test(a_service_without_a_lease_has_none),
		cmocka_unit_test(a_destination_is_read),
		cmocka_unit_test(truncated_messages_are_refused),
		cmocka_unit_test(damaged_messages_do_no_harm),
		cmocka_unit_test(attributes_of_another_size_are_refused),
		cmocka_unit_test(a_destination_needs_its_scale_and_weights),
		cmocka_unit_test(unknown_address_families_are_refused),
		cmocka_unit_test(events_are_read),
		cmocka_unit_test(commands_of_the_future_are_passed_over),
		cmocka_unit_test(acknowledgements_are_read),
		cmocka_unit_test(the_echo_of_a_request_is_passed_over),
		cmocka_unit_test(families_are_read),
		cmocka_unit_test(the_controllers_own_id_is_not_a_family),
		cmocka_unit_test(datagrams_are_walked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
