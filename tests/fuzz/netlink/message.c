// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/genetlink.h>
#include <linux/ip_vs.h>
#include <linux/netlink.h>
#include <string.h>

#include <linux/ip_vs_vml.h>

#include "message.h"

void message_begin(struct message *message, uint8_t command, uint16_t flags)
{
	memset(message, 0, offsetof(struct message, pool));
	message->command = command;
	message->flags = NLM_F_REQUEST | flags;
	message->version = IP_VS_VML_GENL_VERSION;
}

static struct attribute *take(struct message *message)
{
	const size_t n = sizeof(message->pool) / sizeof(message->pool[0]);

	return message->n < n ? &message->pool[message->n++] : NULL;
}

struct attribute *message_add(struct message *message, struct attribute **list,
			      uint16_t type, const void *data, size_t size)
{
	struct attribute *attribute = list ? take(message) : NULL;

	if (!attribute)
		return NULL;
	while (*list)
		list = &(*list)->next;
	*attribute = (struct attribute){
		.type = type,
		.size = (uint16_t)size,
	};
	if (size)
		memcpy(attribute->data, data, size);
	return *list = attribute;
}

struct attribute *message_add_u16(struct message *message,
				  struct attribute **list, uint16_t type,
				  uint16_t value)
{
	return message_add(message, list, type, &value, sizeof(value));
}

struct attribute *message_add_u32(struct message *message,
				  struct attribute **list, uint16_t type,
				  uint32_t value)
{
	return message_add(message, list, type, &value, sizeof(value));
}

struct attribute *message_copy(struct message *message,
			       const struct attribute *attribute)
{
	struct attribute *copy = take(message);
	const struct attribute *child;
	struct attribute **end;

	if (!copy)
		return NULL;
	*copy = *attribute;
	copy->next = NULL;
	copy->children = NULL;
	end = &copy->children;
	for (child = attribute->children; child; child = child->next) {
		*end = message_copy(message, child);
		if (!*end)
			break;
		end = &(*end)->next;
	}
	return copy;
}

static struct attribute *add_nest(struct message *message, uint16_t type)
{
	return message_add(message, &message->attributes,
			   NLA_F_NESTED | type, NULL, 0);
}

static struct attribute **inside(struct attribute *nest)
{
	return nest ? &nest->children : NULL;
}

struct attribute *message_add_service(struct message *message,
				      const struct service_key *key)
{
	struct attribute *nest = add_nest(message, IP_VS_VML_A_COMMAND_SERVICE);
	struct attribute **list = inside(nest);

	message_add_u16(message, list, IP_VS_VML_A_SERVICE_FAMILY, key->family);
	if (key->fwmark) {
		message_add_u32(message, list, IP_VS_VML_A_SERVICE_FWMARK,
				key->fwmark);
		return nest;
	}
	message_add_u16(message, list, IP_VS_VML_A_SERVICE_PROTOCOL,
			key->protocol);
	message_add(message, list, IP_VS_VML_A_SERVICE_ADDRESS, key->address,
		    sizeof(key->address));
	message_add_u16(message, list, IP_VS_VML_A_SERVICE_PORT, key->port);
	return nest;
}

struct attribute *message_add_destination(struct message *message,
					  const struct destination_key *key,
					  const uint32_t *scale)
{
	struct attribute *nest = add_nest(message,
					  IP_VS_VML_A_COMMAND_DESTINATION);
	struct attribute **list = inside(nest);

	message_add_u16(message, list, IP_VS_VML_A_DESTINATION_FAMILY,
			key->family);
	message_add(message, list, IP_VS_VML_A_DESTINATION_ADDRESS,
		    key->address, sizeof(key->address));
	message_add_u16(message, list, IP_VS_VML_A_DESTINATION_PORT, key->port);
	if (scale)
		message_add_u32(message, list, IP_VS_VML_A_DESTINATION_SCALE,
				*scale);
	return nest;
}

struct attribute *message_add_ipvs_service(struct message *message,
					   const struct service_key *key)
{
	struct attribute *nest = add_nest(message, IPVS_CMD_ATTR_SERVICE);
	struct attribute **list = inside(nest);

	message_add_u16(message, list, IPVS_SVC_ATTR_AF, key->family);
	if (key->fwmark) {
		message_add_u32(message, list, IPVS_SVC_ATTR_FWMARK,
				key->fwmark);
		return nest;
	}
	message_add_u16(message, list, IPVS_SVC_ATTR_PROTOCOL, key->protocol);
	message_add(message, list, IPVS_SVC_ATTR_ADDR, key->address,
		    sizeof(key->address));
	message_add_u16(message, list, IPVS_SVC_ATTR_PORT, key->port);
	return nest;
}

struct attribute *
message_add_ipvs_destination(struct message *message,
			     const struct destination_key *key)
{
	struct attribute *nest = add_nest(message, IPVS_CMD_ATTR_DEST);
	struct attribute **list = inside(nest);

	message_add(message, list, IPVS_DEST_ATTR_ADDR, key->address,
		    sizeof(key->address));
	message_add_u16(message, list, IPVS_DEST_ATTR_PORT, key->port);
	message_add_u16(message, list, IPVS_DEST_ATTR_ADDR_FAMILY, key->family);
	return nest;
}

static uint32_t write_list(const struct attribute *attribute, uint8_t *bytes,
			   uint32_t room)
{
	uint32_t used = 0;

	for (; attribute; attribute = attribute->next) {
		struct nlattr header = { .nla_type = attribute->type };
		uint32_t size = NLA_HDRLEN + attribute->size +
				attribute->padding;
		uint32_t inner;

		if (NLA_ALIGN(size) > room - used)
			break;
		memset(bytes + used, 0, NLA_ALIGN(size));
		memcpy(bytes + used + NLA_HDRLEN, attribute->data,
		       attribute->size);
		inner = write_list(attribute->children,
				   bytes + used + NLA_ALIGN(size),
				   room - used - NLA_ALIGN(size));
		if (inner)
			size = NLA_ALIGN(size) + inner;
		/* which need not fit, and is cut off then */
		header.nla_len = (uint16_t)(size + (uint32_t)attribute->lie);
		memcpy(bytes + used, &header, sizeof(header));
		used += NLA_ALIGN(size);
	}
	return used;
}

uint32_t message_write(const struct message *message, uint8_t *bytes,
		       uint32_t room)
{
	const uint32_t headers = NLMSG_HDRLEN + GENL_HDRLEN;
	struct genlmsghdr generic = {
		.cmd = message->command,
		.version = message->version,
		.reserved = message->reserved,
	};
	struct nlmsghdr header = { .nlmsg_flags = message->flags };
	uint32_t size;

	size = headers + write_list(message->attributes, bytes + headers,
				    room - headers);
	header.nlmsg_len = size + (uint32_t)message->lie;
	memcpy(bytes, &header, sizeof(header));
	memcpy(bytes + NLMSG_HDRLEN, &generic, sizeof(generic));
	return size;
}
