/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>

#include <linux/ip_vs_vml.h>

#include "attributes.h"
#include "control.h"
#include "parse.h"

#define ADDRESS_SIZE 16
#define POLICY_ADDRESS POLICY_EXACT(NLA_UNSPEC, ADDRESS_SIZE)

/* libnl takes them as not const, and does not write to them. */
static struct nla_policy service_policy[] = {
	[IP_VS_VML_A_SERVICE_FAMILY] = POLICY_U16,
	[IP_VS_VML_A_SERVICE_PROTOCOL] = POLICY_U16,
	[IP_VS_VML_A_SERVICE_ADDRESS] = POLICY_ADDRESS,
	[IP_VS_VML_A_SERVICE_PORT] = POLICY_U16,
	[IP_VS_VML_A_SERVICE_FWMARK] = POLICY_U32,
};

static struct nla_policy destination_policy[] = {
	[IP_VS_VML_A_DESTINATION_FAMILY] = POLICY_U16,
	[IP_VS_VML_A_DESTINATION_ADDRESS] = POLICY_ADDRESS,
	[IP_VS_VML_A_DESTINATION_PORT] = POLICY_U16,
	[IP_VS_VML_A_DESTINATION_SCALE] = POLICY_U32,
};

static struct nla_policy command_policy[] = {
	[IP_VS_VML_A_COMMAND_SERVICE] = POLICY_NEST,
	[IP_VS_VML_A_COMMAND_DESTINATION] = POLICY_NEST,
	[IP_VS_VML_A_COMMAND_GENERATION] = POLICY_U32,
	[IP_VS_VML_A_COMMAND_LEASE] = POLICY_U32,
	[IP_VS_VML_A_COMMAND_DESTINATIONS] = POLICY_U32,
	[IP_VS_VML_A_COMMAND_WEIGHT] = POLICY_U32,
	[IP_VS_VML_A_COMMAND_EFFECTIVE_WEIGHT] = POLICY_U64,
	[IP_VS_VML_A_COMMAND_ACTIVE_CONNECTIONS] = POLICY_U32,
	[IP_VS_VML_A_COMMAND_INACTIVE_CONNECTIONS] = POLICY_U32,
	[IP_VS_VML_A_COMMAND_PERSISTENT_CONNECTIONS] = POLICY_U32,
	[IP_VS_VML_A_COMMAND_PICKS] = POLICY_U64,
	[IP_VS_VML_A_COMMAND_OVERLOAD_SKIPS] = POLICY_U64,
	[IP_VS_VML_A_COMMAND_SCANS] = POLICY_U64,
	[IP_VS_VML_A_COMMAND_NO_DESTINATION] = POLICY_U64,
	[IP_VS_VML_A_COMMAND_PAD] = { .type = NLA_UNSPEC },
};

static int get_address(const struct nlattr *attribute, uint16_t family,
		       union vml_address *ret_address)
{
	union vml_address address = { 0 };

	if (family == AF_INET)
		memcpy(&address.ipv4, nla_data(attribute),
		       sizeof(address.ipv4));
	else if (family == AF_INET6)
		memcpy(&address.ipv6, nla_data(attribute),
		       sizeof(address.ipv6));
	else
		return -EBADMSG;
	*ret_address = address;
	return 0;
}

int vml_parse_service_key(const struct nlattr *nest,
			  struct vml_service_key *ret_key)
{
	struct nlattr *table[ARRAY_SIZE(service_policy)];
	struct vml_service_key key = { 0 };

	if (PARSE_NEST(table, nest, service_policy) < 0 ||
	    !table[IP_VS_VML_A_SERVICE_FAMILY])
		return -EBADMSG;
	key.family = nla_get_u16(table[IP_VS_VML_A_SERVICE_FAMILY]);
	if (table[IP_VS_VML_A_SERVICE_FWMARK]) {
		key.fwmark = get_u32(table[IP_VS_VML_A_SERVICE_FWMARK]);
		if (!key.fwmark ||
		    (key.family != AF_INET && key.family != AF_INET6))
			return -EBADMSG;
	} else {
		if (!table[IP_VS_VML_A_SERVICE_PROTOCOL] ||
		    !table[IP_VS_VML_A_SERVICE_ADDRESS] ||
		    !table[IP_VS_VML_A_SERVICE_PORT] ||
		    get_address(table[IP_VS_VML_A_SERVICE_ADDRESS], key.family,
				&key.address) < 0)
			return -EBADMSG;
		key.protocol = nla_get_u16(table[IP_VS_VML_A_SERVICE_PROTOCOL]);
		key.port = ntohs(nla_get_u16(table[IP_VS_VML_A_SERVICE_PORT]));
	}
	*ret_key = key;
	return 0;
}

/* A key and, if ret_scale is given, the scale, which must be there then. */
static int parse_destination_nest(const struct nlattr *nest,
				  struct vml_destination_key *ret_key,
				  uint32_t *ret_scale)
{
	struct nlattr *table[ARRAY_SIZE(destination_policy)];
	struct vml_destination_key key = { 0 };

	if (PARSE_NEST(table, nest, destination_policy) < 0 ||
	    !table[IP_VS_VML_A_DESTINATION_FAMILY] ||
	    !table[IP_VS_VML_A_DESTINATION_ADDRESS] ||
	    !table[IP_VS_VML_A_DESTINATION_PORT] ||
	    (ret_scale && !table[IP_VS_VML_A_DESTINATION_SCALE]))
		return -EBADMSG;
	key.family = nla_get_u16(table[IP_VS_VML_A_DESTINATION_FAMILY]);
	key.port = ntohs(nla_get_u16(table[IP_VS_VML_A_DESTINATION_PORT]));
	if (get_address(table[IP_VS_VML_A_DESTINATION_ADDRESS], key.family,
			&key.address) < 0)
		return -EBADMSG;
	if (ret_scale)
		*ret_scale = get_u32(table[IP_VS_VML_A_DESTINATION_SCALE]);
	*ret_key = key;
	return 0;
}

int vml_parse_destination_key(const struct nlattr *nest,
			      struct vml_destination_key *ret_key)
{
	return parse_destination_nest(nest, ret_key, NULL);
}

int vml_parse_service(const struct nlmsghdr *message,
		      struct vml_service *ret_service)
{
	struct nlattr *table[ARRAY_SIZE(command_policy)];
	struct vml_service service = { 0 };

	if (PARSE_MESSAGE(message, table, command_policy) < 0 ||
	    !table[IP_VS_VML_A_COMMAND_SERVICE] ||
	    !table[IP_VS_VML_A_COMMAND_GENERATION] ||
	    !table[IP_VS_VML_A_COMMAND_DESTINATIONS] ||
	    vml_parse_service_key(table[IP_VS_VML_A_COMMAND_SERVICE],
				  &service.key) < 0)
		return -EBADMSG;
	service.generation = get_u32(table[IP_VS_VML_A_COMMAND_GENERATION]);
	service.destinations = get_u32(table[IP_VS_VML_A_COMMAND_DESTINATIONS]);
	service.has_lease = table[IP_VS_VML_A_COMMAND_LEASE];
	service.lease_ms = get_u32(table[IP_VS_VML_A_COMMAND_LEASE]);
	service.picks = get_u64(table[IP_VS_VML_A_COMMAND_PICKS]);
	service.overload_skips =
		get_u64(table[IP_VS_VML_A_COMMAND_OVERLOAD_SKIPS]);
	service.scans = get_u64(table[IP_VS_VML_A_COMMAND_SCANS]);
	service.no_destination =
		get_u64(table[IP_VS_VML_A_COMMAND_NO_DESTINATION]);
	*ret_service = service;
	return 0;
}

int vml_parse_destination(const struct nlmsghdr *message,
			  struct vml_destination *ret_destination)
{
	struct nlattr *table[ARRAY_SIZE(command_policy)];
	struct vml_destination result = { 0 };

	if (PARSE_MESSAGE(message, table, command_policy) < 0 ||
	    !table[IP_VS_VML_A_COMMAND_DESTINATION] ||
	    !table[IP_VS_VML_A_COMMAND_WEIGHT] ||
	    !table[IP_VS_VML_A_COMMAND_EFFECTIVE_WEIGHT] ||
	    parse_destination_nest(table[IP_VS_VML_A_COMMAND_DESTINATION],
				   &result.key, &result.scale) < 0)
		return -EBADMSG;
	result.weight = get_u32(table[IP_VS_VML_A_COMMAND_WEIGHT]);
	result.effective_weight =
		get_u64(table[IP_VS_VML_A_COMMAND_EFFECTIVE_WEIGHT]);
	result.active_connections =
		get_u32(table[IP_VS_VML_A_COMMAND_ACTIVE_CONNECTIONS]);
	result.inactive_connections =
		get_u32(table[IP_VS_VML_A_COMMAND_INACTIVE_CONNECTIONS]);
	result.persistent_connections =
		get_u32(table[IP_VS_VML_A_COMMAND_PERSISTENT_CONNECTIONS]);
	result.picks = get_u64(table[IP_VS_VML_A_COMMAND_PICKS]);
	*ret_destination = result;
	return 0;
}

int vml_parse_generation(const struct nlmsghdr *message,
			 uint32_t *ret_generation)
{
	struct nlattr *table[ARRAY_SIZE(command_policy)];

	if (PARSE_MESSAGE(message, table, command_policy) < 0 ||
	    !table[IP_VS_VML_A_COMMAND_GENERATION])
		return -EBADMSG;
	*ret_generation = get_u32(table[IP_VS_VML_A_COMMAND_GENERATION]);
	return 0;
}

/* What each notification carries besides its service. */
static const struct {
	uint8_t command;
	enum vml_event_type type;
	bool destination;
	bool generation;
} events[] = {
	{ IP_VS_VML_CMD_SERVICE_BOUND, VML_EVENT_SERVICE_BOUND, false, false },
	{ IP_VS_VML_CMD_SERVICE_UNBOUND, VML_EVENT_SERVICE_UNBOUND, false,
	  false },
	{ IP_VS_VML_CMD_DESTINATION_ADDED, VML_EVENT_DESTINATION_ADDED, true,
	  false },
	{ IP_VS_VML_CMD_DESTINATION_REMOVED, VML_EVENT_DESTINATION_REMOVED,
	  true, false },
	{ IP_VS_VML_CMD_SCALES_COMMITTED, VML_EVENT_SCALES_COMMITTED, false,
	  true },
	{ IP_VS_VML_CMD_LEASE_EXPIRED, VML_EVENT_LEASE_EXPIRED, false, true },
};

int vml_parse_event(const struct nlmsghdr *message, struct vml_event *ret_event)
{
	struct nlattr *table[ARRAY_SIZE(command_policy)];
	struct vml_event event = { 0 };
	uint8_t command;
	size_t i;

	if (vml_parse_command(message, &command) < 0)
		return -EBADMSG;
	for (i = 0; i < ARRAY_SIZE(events); i++)
		if (events[i].command == command)
			break;
	if (i == ARRAY_SIZE(events))
		return 0;
	event.type = events[i].type;
	if (PARSE_MESSAGE(message, table, command_policy) < 0 ||
	    !table[IP_VS_VML_A_COMMAND_SERVICE] ||
	    vml_parse_service_key(table[IP_VS_VML_A_COMMAND_SERVICE],
				  &event.service) < 0)
		return -EBADMSG;
	if (events[i].destination) {
		struct nlattr *nest = table[IP_VS_VML_A_COMMAND_DESTINATION];

		if (!nest || vml_parse_destination_key(
				     nest, &event.destination) < 0)
			return -EBADMSG;
	}
	if (events[i].generation && !table[IP_VS_VML_A_COMMAND_GENERATION])
		return -EBADMSG;
	event.generation = get_u32(table[IP_VS_VML_A_COMMAND_GENERATION]);
	event.lease_ms = get_u32(table[IP_VS_VML_A_COMMAND_LEASE]);
	*ret_event = event;
	return 1;
}
