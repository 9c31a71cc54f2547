/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <string.h>

#include <linux/ip_vs_vml.h>

#include "answer.h"

struct vml_service_key service_key(const char *text)
{
	struct vml_service_key key;

	assert_int_equal(vml_service_key_parse(text, &key), 0);
	return key;
}

struct vml_destination_key destination_key(const char *text)
{
	struct vml_destination_key key;

	assert_int_equal(vml_destination_key_parse(text, &key), 0);
	return key;
}

struct nl_msg *answer_new(uint16_t type, int flags, int command)
{
	struct nl_msg *message = nlmsg_alloc_size(4096);

	assert_non_null(message);
	assert_non_null(nlmsg_put(message, 0, TEST_SEQUENCE, type, 0, flags));
	if (type >= NLMSG_MIN_TYPE) {
		struct genlmsghdr header = {
			.cmd = (uint8_t)command,
			.version = 1,
		};

		assert_int_equal(nlmsg_append(message, &header, sizeof(header),
					      NLMSG_ALIGNTO), 0);
	}
	return message;
}

static void put_address(struct nl_msg *message, int type, uint16_t family,
			const union vml_address *address)
{
	uint8_t bytes[16] = { 0 };

	memcpy(bytes, address, family == AF_INET ? 4 : 16);
	assert_int_equal(nla_put(message, type, sizeof(bytes), bytes), 0);
}

void answer_put_service(struct nl_msg *message, const char *text)
{
	const struct vml_service_key key = service_key(text);
	struct nlattr *nest;

	nest = nla_nest_start(message,
			      NLA_F_NESTED | IP_VS_VML_A_COMMAND_SERVICE);
	nla_put_u16(message, IP_VS_VML_A_SERVICE_FAMILY, key.family);
	if (key.fwmark) {
		nla_put_u32(message, IP_VS_VML_A_SERVICE_FWMARK, key.fwmark);
	} else {
		nla_put_u16(message, IP_VS_VML_A_SERVICE_PROTOCOL,
			    key.protocol);
		put_address(message, IP_VS_VML_A_SERVICE_ADDRESS, key.family,
			    &key.address);
		nla_put_u16(message, IP_VS_VML_A_SERVICE_PORT, htons(key.port));
	}
	nla_nest_end(message, nest);
}

void answer_put_destination(struct nl_msg *message, const char *text,
			    const uint32_t *scale)
{
	const struct vml_destination_key key = destination_key(text);
	struct nlattr *nest;

	nest = nla_nest_start(message,
			      NLA_F_NESTED | IP_VS_VML_A_COMMAND_DESTINATION);
	nla_put_u16(message, IP_VS_VML_A_DESTINATION_FAMILY, key.family);
	put_address(message, IP_VS_VML_A_DESTINATION_ADDRESS, key.family,
		    &key.address);
	nla_put_u16(message, IP_VS_VML_A_DESTINATION_PORT, htons(key.port));
	if (scale)
		nla_put_u32(message, IP_VS_VML_A_DESTINATION_SCALE, *scale);
	nla_nest_end(message, nest);
}

struct nl_msg *answer_service(const char *key)
{
	struct nl_msg *message = answer_new(TEST_FAMILY_ID, NLM_F_MULTI,
					    IP_VS_VML_CMD_SERVICE_GET);

	answer_put_service(message, key);
	nla_put_u32(message, IP_VS_VML_A_COMMAND_GENERATION, 7);
	nla_put_u32(message, IP_VS_VML_A_COMMAND_LEASE, 2500);
	nla_put_u32(message, IP_VS_VML_A_COMMAND_DESTINATIONS, 3);
	nla_put_u64(message, IP_VS_VML_A_COMMAND_PICKS, 1ULL << 40);
	nla_put_u64(message, IP_VS_VML_A_COMMAND_OVERLOAD_SKIPS, 11);
	nla_put_u64(message, IP_VS_VML_A_COMMAND_SCANS, 12);
	nla_put_u64(message, IP_VS_VML_A_COMMAND_NO_DESTINATION, 13);
	return message;
}

struct nl_msg *answer_destination(const char *key)
{
	const uint32_t scale = 32768;
	struct nl_msg *message = answer_new(TEST_FAMILY_ID, NLM_F_MULTI,
					    IP_VS_VML_CMD_DESTINATION_GET);

	answer_put_destination(message, key, &scale);
	nla_put_u32(message, IP_VS_VML_A_COMMAND_WEIGHT, 100);
	nla_put_u64(message, IP_VS_VML_A_COMMAND_EFFECTIVE_WEIGHT,
		    100ULL * 32768);
	nla_put_u32(message, IP_VS_VML_A_COMMAND_ACTIVE_CONNECTIONS, 4);
	nla_put_u32(message, IP_VS_VML_A_COMMAND_INACTIVE_CONNECTIONS, 5);
	nla_put_u32(message, IP_VS_VML_A_COMMAND_PERSISTENT_CONNECTIONS, 6);
	nla_put_u64(message, IP_VS_VML_A_COMMAND_PICKS, 1234);
	return message;
}

struct nl_msg *answer_ack(uint16_t type, int error, const char *text,
			  uint32_t offset)
{
	const bool extended = text || offset;
	int flags = (type == NLMSG_ERROR ? NLM_F_CAPPED : NLM_F_MULTI) |
		    (extended ? NLM_F_ACK_TLVS : 0);
	struct nl_msg *message = answer_new(type, flags, 0);
	struct nlmsgerr ack = { .error = error };

	ack.msg.nlmsg_len = 480000;
	nlmsg_append(message, &ack,
		     type == NLMSG_ERROR ? sizeof(ack) : sizeof(int),
		     NLMSG_ALIGNTO);
	if (text)
		nla_put_string(message, NLMSGERR_ATTR_MSG, text);
	if (offset)
		nla_put_u32(message, NLMSGERR_ATTR_OFFS, offset);
	return message;
}

struct nl_msg *answer_family(const char *name, uint16_t id, const char *group,
			     uint32_t group_id)
{
	struct nl_msg *message = answer_new(GENL_ID_CTRL, 0,
					    CTRL_CMD_NEWFAMILY);
	struct nlattr *groups, *nest;

	nla_put_string(message, CTRL_ATTR_FAMILY_NAME, name);
	nla_put_u16(message, CTRL_ATTR_FAMILY_ID, id);
	groups = nla_nest_start(message, CTRL_ATTR_MCAST_GROUPS);
	nest = nla_nest_start(message, 1);
	nla_put_u32(message, CTRL_ATTR_MCAST_GRP_ID, group_id);
	nla_put_string(message, CTRL_ATTR_MCAST_GRP_NAME, group);
	nla_nest_end(message, nest);
	nla_nest_end(message, groups);
	return message;
}
