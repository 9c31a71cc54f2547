/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <limits.h>
#include <linux/genetlink.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <string.h>

#include <linux/ip_vs_vml.h>

#include "message.h"

#define ADDRESS_SIZE 16

/* Largest encoded sizes, with header and padding. */
#define U16_SIZE NLA_ALIGN(NLA_HDRLEN + sizeof(uint16_t))
#define U32_SIZE NLA_ALIGN(NLA_HDRLEN + sizeof(uint32_t))
#define KEY_SIZE (NLA_HDRLEN + NLA_HDRLEN + ADDRESS_SIZE + 2 * U16_SIZE)
#define SERVICE_SIZE (KEY_SIZE + U16_SIZE + U32_SIZE)
#define DESTINATION_SIZE (KEY_SIZE + U32_SIZE)
#define HEADER_SIZE (NLMSG_HDRLEN + GENL_HDRLEN)

static int message_new(uint8_t command, int flags, size_t attributes_size,
		       struct nl_msg **ret_message)
{
	struct nl_msg *message = nlmsg_alloc_size(HEADER_SIZE +
						  attributes_size);

	if (!message)
		return -ENOMEM;
	if (!genlmsg_put(message, NL_AUTO_PORT, NL_AUTO_SEQ, 0, 0,
			 NLM_F_REQUEST | flags, command,
			 IP_VS_VML_GENL_VERSION)) {
		nlmsg_free(message);
		return -ENOMEM;
	}
	*ret_message = message;
	return 0;
}

/* The address as the family has it: 16 bytes, IPv4 in the first four. */
static int put_address(struct nl_msg *message, int type, uint16_t family,
		       const union vml_address *address)
{
	uint8_t bytes[ADDRESS_SIZE] = { 0 };

	if (family == AF_INET)
		memcpy(bytes, &address->ipv4, sizeof(address->ipv4));
	else if (family == AF_INET6)
		memcpy(bytes, &address->ipv6, sizeof(address->ipv6));
	else
		return -EINVAL;
	return nla_put(message, type, sizeof(bytes), bytes) < 0 ? -ENOMEM : 0;
}

static int put_service(struct nl_msg *message,
		       const struct vml_service_key *key)
{
	struct nlattr *nest;
	int r;

	if (key->family != AF_INET && key->family != AF_INET6)
		return -EINVAL;
	nest = nla_nest_start(message,
			      NLA_F_NESTED | IP_VS_VML_A_COMMAND_SERVICE);
	if (!nest ||
	    nla_put_u16(message, IP_VS_VML_A_SERVICE_FAMILY, key->family) < 0)
		return -ENOMEM;
	if (key->fwmark) {
		if (nla_put_u32(message, IP_VS_VML_A_SERVICE_FWMARK,
				key->fwmark) < 0)
			return -ENOMEM;
	} else {
		if (nla_put_u16(message, IP_VS_VML_A_SERVICE_PROTOCOL,
				key->protocol) < 0)
			return -ENOMEM;
		r = put_address(message, IP_VS_VML_A_SERVICE_ADDRESS,
				key->family, &key->address);
		if (r < 0)
			return r;
		if (nla_put_u16(message, IP_VS_VML_A_SERVICE_PORT,
				htons(key->port)) < 0)
			return -ENOMEM;
	}
	nla_nest_end(message, nest);
	return 0;
}

static int put_destination(struct nl_msg *message,
			   const struct vml_destination_key *key,
			   const uint32_t *scale)
{
	struct nlattr *nest;
	int r;

	nest = nla_nest_start(message,
			      NLA_F_NESTED | IP_VS_VML_A_COMMAND_DESTINATION);
	if (!nest || nla_put_u16(message, IP_VS_VML_A_DESTINATION_FAMILY,
				 key->family) < 0)
		return -ENOMEM;
	r = put_address(message, IP_VS_VML_A_DESTINATION_ADDRESS, key->family,
			&key->address);
	if (r < 0)
		return r;
	if (nla_put_u16(message, IP_VS_VML_A_DESTINATION_PORT,
			htons(key->port)) < 0)
		return -ENOMEM;
	if (scale && nla_put_u32(message, IP_VS_VML_A_DESTINATION_SCALE,
				 *scale) < 0)
		return -ENOMEM;
	nla_nest_end(message, nest);
	return 0;
}

int vml_message_get(uint8_t command, int flags,
		    const struct vml_service_key *service,
		    const struct vml_destination_key *destination,
		    struct nl_msg **ret_message)
{
	_cleanup_(nlmsg_freep) struct nl_msg *message = NULL;
	int r;

	r = message_new(command, flags, SERVICE_SIZE + DESTINATION_SIZE,
			&message);
	if (r < 0)
		return r;
	if (service) {
		r = put_service(message, service);
		if (r < 0)
			return r;
	}
	if (destination) {
		r = put_destination(message, destination, NULL);
		if (r < 0)
			return r;
	}
	*ret_message = TAKE_PTR(message);
	return 0;
}

int vml_message_scale_set(const struct vml_service_key *service,
			  const struct vml_scale *scales, size_t n,
			  const struct vml_commit *commit,
			  struct nl_msg **ret_message)
{
	_cleanup_(nlmsg_freep) struct nl_msg *message = NULL;
	/* The kernel doubles a socket's buffer size, an int. */
	const size_t max = INT_MAX / 2 - HEADER_SIZE - SERVICE_SIZE -
			   2 * U32_SIZE;
	int r;

	if (n > max / DESTINATION_SIZE)
		return -EMSGSIZE;
	r = message_new(IP_VS_VML_CMD_SCALE_SET, NLM_F_ACK,
			SERVICE_SIZE + 2 * U32_SIZE + n * DESTINATION_SIZE,
			&message);
	if (r < 0)
		return r;
	r = put_service(message, service);
	if (r < 0)
		return r;
	if (commit->compare_generation &&
	    nla_put_u32(message, IP_VS_VML_A_COMMAND_GENERATION,
			commit->generation) < 0)
		return -ENOMEM;
	if (commit->lease_ms && nla_put_u32(message, IP_VS_VML_A_COMMAND_LEASE,
					    commit->lease_ms) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		r = put_destination(message, &scales[i].key, &scales[i].scale);
		if (r < 0)
			return r;
	}
	*ret_message = TAKE_PTR(message);
	return 0;
}

int vml_message_get_family(const char *name, struct nl_msg **ret_message)
{
	_cleanup_(nlmsg_freep) struct nl_msg *message = NULL;
	int r;

	r = message_new(CTRL_CMD_GETFAMILY, name ? NLM_F_ACK : NLM_F_DUMP,
			NLA_HDRLEN + GENL_NAMSIZ, &message);
	if (r < 0)
		return r;
	if (name && nla_put_string(message, CTRL_ATTR_FAMILY_NAME, name) < 0)
		return -ENOMEM;
	*ret_message = TAKE_PTR(message);
	return 0;
}
