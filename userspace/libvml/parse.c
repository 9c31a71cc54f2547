/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <netlink/attr.h>
#include <string.h>

#include <linux/ip_vs_vml.h>

#include "parse.h"
#include "util.h"

#define ADDRESS_SIZE 16
#define EXACT(kind, size) { .type = kind, .minlen = size, .maxlen = size }
#define POLICY_U16 EXACT(NLA_U16, sizeof(uint16_t))
#define POLICY_U32 EXACT(NLA_U32, sizeof(uint32_t))
#define POLICY_U64 EXACT(NLA_U64, sizeof(uint64_t))
#define POLICY_ADDRESS EXACT(NLA_UNSPEC, ADDRESS_SIZE)
#define POLICY_NEST { .type = NLA_NESTED }

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

static struct nla_policy ack_policy[] = {
	[NLMSGERR_ATTR_MSG] = { .type = NLA_STRING },
	[NLMSGERR_ATTR_OFFS] = POLICY_U32,
	[NLMSGERR_ATTR_MISS_TYPE] = POLICY_U32,
	[NLMSGERR_ATTR_MISS_NEST] = POLICY_U32,
};

static struct nla_policy family_policy[] = {
	[CTRL_ATTR_FAMILY_ID] = POLICY_U16,
	[CTRL_ATTR_FAMILY_NAME] = { .type = NLA_STRING,
				    .maxlen = GENL_NAMSIZ },
	[CTRL_ATTR_MCAST_GROUPS] = POLICY_NEST,
};

static struct nla_policy group_policy[] = {
	[CTRL_ATTR_MCAST_GRP_NAME] = { .type = NLA_STRING,
				       .maxlen = GENL_NAMSIZ },
	[CTRL_ATTR_MCAST_GRP_ID] = POLICY_U32,
};

/*
 * nla_parse(), but refusing attributes that are cut off, which it passes over
 * in silence. table has one element for each of the policy.
 */
static int parse_attributes(struct nlattr **table, const void *head,
			    size_t size, struct nla_policy *policy, size_t n)
{
	struct nlattr *attribute;
	int left;

	if (size > INT32_MAX)
		return -EBADMSG;
	nla_for_each_attr(attribute, (struct nlattr *)head, (int)size, left)
		;
	if (left > 0 || nla_parse(table, (int)n - 1, (struct nlattr *)head,
				  (int)size, policy) < 0)
		return -EBADMSG;
	return 0;
}

#define PARSE_ATTRIBUTES(table, head, size, policy)			\
	parse_attributes(table, head, size, policy, ARRAY_SIZE(policy))
#define PARSE_NEST(table, nest, policy)					\
	PARSE_ATTRIBUTES(table, nla_data(nest), (size_t)nla_len(nest), policy)

/* The attributes after the generic netlink header. */
static int parse_message(const struct nlmsghdr *message, struct nlattr **table,
			 struct nla_policy *policy, size_t n)
{
	const size_t header = NLMSG_HDRLEN + GENL_HDRLEN;

	if (message->nlmsg_len < header)
		return -EBADMSG;
	return parse_attributes(table, (const uint8_t *)message + header,
				message->nlmsg_len - header, policy, n);
}

#define PARSE_MESSAGE(message, table, policy)				\
	parse_message(message, table, policy, ARRAY_SIZE(policy))

static uint32_t get_u32(const struct nlattr *attribute)
{
	return attribute ? nla_get_u32(attribute) : 0;
}

/* The kernel aligns them to four bytes, not always to eight. */
static uint64_t get_u64(const struct nlattr *attribute)
{
	uint64_t value = 0;

	if (attribute)
		memcpy(&value, nla_data(attribute), sizeof(value));
	return value;
}

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

int vml_datagram_next(struct vml_datagram *datagram,
		      const struct nlmsghdr **ret_message)
{
	const struct nlmsghdr *message = datagram->next;
	size_t aligned;

	if (!datagram->left)
		return 0;
	if (datagram->left < sizeof(*message) ||
	    message->nlmsg_len < sizeof(*message) ||
	    message->nlmsg_len > datagram->left)
		return -EBADMSG;
	aligned = MIN((size_t)NLMSG_ALIGN((size_t)message->nlmsg_len),
		      datagram->left);
	datagram->next = (const uint8_t *)message + aligned;
	datagram->left -= aligned;
	*ret_message = message;
	return 1;
}

int vml_parse_ack(const struct nlmsghdr *message, struct vml_ack *ret_ack)
{
	struct nlattr *table[ARRAY_SIZE(ack_policy)];
	struct vml_ack ack = { 0 };
	const uint8_t *payload = (const uint8_t *)message + NLMSG_HDRLEN;
	size_t size, skip = sizeof(int);

	size = message->nlmsg_len - NLMSG_HDRLEN;
	if (size < sizeof(int))
		return -EBADMSG;
	memcpy(&ack.error, payload, sizeof(int));
	/* A dump ends with its result; some handlers give a positive one. */
	if (message->nlmsg_type == NLMSG_DONE && ack.error > 0)
		ack.error = 0;
	if (ack.error > 0 || ack.error < -4095)
		return -EBADMSG;
	if (message->nlmsg_type == NLMSG_ERROR) {
		const struct nlmsgerr *error = (const void *)payload;

		if (size < sizeof(*error))
			return -EBADMSG;
		skip = sizeof(*error);
		if (!(message->nlmsg_flags & NLM_F_CAPPED)) {
			if (error->msg.nlmsg_len < sizeof(error->msg))
				return -EBADMSG;
			skip += NLMSG_ALIGN((size_t)error->msg.nlmsg_len) -
				sizeof(error->msg);
		}
		if (skip > size)
			return -EBADMSG;
	}
	if (message->nlmsg_flags & NLM_F_ACK_TLVS) {
		if (PARSE_ATTRIBUTES(table, payload + skip, size - skip,
				     ack_policy) < 0)
			return -EBADMSG;
		if (table[NLMSGERR_ATTR_MSG])
			nla_strlcpy(ack.text, table[NLMSGERR_ATTR_MSG],
				    sizeof(ack.text));
		ack.has_offset = table[NLMSGERR_ATTR_OFFS];
		ack.offset = get_u32(table[NLMSGERR_ATTR_OFFS]);
		ack.has_missing = table[NLMSGERR_ATTR_MISS_TYPE];
		ack.missing_type = get_u32(table[NLMSGERR_ATTR_MISS_TYPE]);
		ack.missing_nest = get_u32(table[NLMSGERR_ATTR_MISS_NEST]);
	}
	*ret_ack = ack;
	return 0;
}

int vml_parse_command(const struct nlmsghdr *message, uint8_t *ret_command)
{
	const struct genlmsghdr *header = NLMSG_DATA(message);

	if (message->nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN)
		return -EBADMSG;
	*ret_command = header->cmd;
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

/* A destination's key and, if ret_scale is given, its scale, which is then
 * mandatory.
 */
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

/* Whether a string attribute, which may lack its NUL, is this text. */
static bool string_is(const struct nlattr *attribute, const char *text)
{
	char string[GENL_NAMSIZ + 1];

	nla_strlcpy(string, attribute, sizeof(string));
	return !strcmp(string, text);
}

static int parse_groups(const struct nlattr *nest, const char *name,
			uint32_t *ret_group)
{
	struct nlattr *table[ARRAY_SIZE(group_policy)];
	struct nlattr *group;
	uint32_t found = 0;
	int left;

	nla_for_each_nested(group, nest, left) {
		if (PARSE_NEST(table, group, group_policy) < 0 ||
		    !table[CTRL_ATTR_MCAST_GRP_NAME] ||
		    !table[CTRL_ATTR_MCAST_GRP_ID])
			return -EBADMSG;
		if (string_is(table[CTRL_ATTR_MCAST_GRP_NAME], name))
			found = get_u32(table[CTRL_ATTR_MCAST_GRP_ID]);
	}
	if (left > 0)
		return -EBADMSG;
	*ret_group = found;
	return 0;
}

int vml_parse_family(const struct nlmsghdr *message, const char *name,
		     const char *group, struct vml_family *ret_family)
{
	struct nlattr *table[ARRAY_SIZE(family_policy)];
	struct vml_family family = { 0 };
	int r;

	if (PARSE_MESSAGE(message, table, family_policy) < 0 ||
	    !table[CTRL_ATTR_FAMILY_ID] || !table[CTRL_ATTR_FAMILY_NAME])
		return -EBADMSG;
	if (!string_is(table[CTRL_ATTR_FAMILY_NAME], name))
		return 0;
	family.id = nla_get_u16(table[CTRL_ATTR_FAMILY_ID]);
	if (family.id < NLMSG_MIN_TYPE)
		return -EBADMSG;
	if (table[CTRL_ATTR_MCAST_GROUPS]) {
		r = parse_groups(table[CTRL_ATTR_MCAST_GROUPS], group,
				 &family.events_group);
		if (r < 0)
			return r;
	}
	*ret_family = family;
	return 1;
}
