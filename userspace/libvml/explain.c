/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <netlink/attr.h>
#include <string.h>

#include <linux/ip_vs_vml.h>

#include "explain.h"
#include "libvml.h"
#include "parse.h"
#include "util.h"

#define SUBJECT_MAX (VML_KEY_STRING_MAX + 64)

static const char *const service_names[] = {
	[IP_VS_VML_A_SERVICE_FAMILY] = "family",
	[IP_VS_VML_A_SERVICE_PROTOCOL] = "protocol",
	[IP_VS_VML_A_SERVICE_ADDRESS] = "address",
	[IP_VS_VML_A_SERVICE_PORT] = "port",
	[IP_VS_VML_A_SERVICE_FWMARK] = "fwmark",
};

static const char *const destination_names[] = {
	[IP_VS_VML_A_DESTINATION_FAMILY] = "family",
	[IP_VS_VML_A_DESTINATION_ADDRESS] = "address",
	[IP_VS_VML_A_DESTINATION_PORT] = "port",
	[IP_VS_VML_A_DESTINATION_SCALE] = "scale",
};

static const char *const command_names[] = {
	[IP_VS_VML_A_COMMAND_SERVICE] = "service",
	[IP_VS_VML_A_COMMAND_DESTINATION] = "destination",
	[IP_VS_VML_A_COMMAND_GENERATION] = "generation",
	[IP_VS_VML_A_COMMAND_LEASE] = "lease",
};

/* Where an offset into a request leads. */
struct place {
	const struct nlattr *attribute;	/* of the top level */
	const struct nlattr *inner;	/* in it, or NULL: itself */
	size_t number;	/* among the top level's of its type, from 1 */
};

static const char *attribute_name(size_t type, const char *const *names,
				  size_t n)
{
	return type < n && names[type] ? names[type] : NULL;
}

/* Name an attribute of the nest in which it stands, or of the top level. */
static const char *name_in(int nest, size_t type)
{
	switch (nest) {
	case IP_VS_VML_A_COMMAND_SERVICE:
		return attribute_name(type, service_names,
				      ARRAY_SIZE(service_names));
	case IP_VS_VML_A_COMMAND_DESTINATION:
		return attribute_name(type, destination_names,
				      ARRAY_SIZE(destination_names));
	case 0:
		return attribute_name(type, command_names,
				      ARRAY_SIZE(command_names));
	default:
		return NULL;
	}
}

static bool spans(const struct nlattr *attribute, const uint8_t *position)
{
	const uint8_t *start = (const uint8_t *)attribute;

	return position >= start && position < start + attribute->nla_len;
}

static bool find_place(const struct nlmsghdr *request, uint32_t offset,
		       struct place *ret_place)
{
	const uint8_t *position = (const uint8_t *)request + offset;
	const size_t header = NLMSG_HDRLEN + GENL_HDRLEN;
	struct nlattr *attribute, *inner;
	size_t numbers[IP_VS_VML_A_COMMAND_MAX + 1] = { 0 };
	int left, inner_left;

	if (offset < header || offset >= request->nlmsg_len)
		return false;
	nla_for_each_attr(attribute,
			  (struct nlattr *)((uint8_t *)request + header),
			  (int)(request->nlmsg_len - header), left) {
		int type = nla_type(attribute);
		struct place place = { .attribute = attribute };

		if (type > IP_VS_VML_A_COMMAND_MAX)
			continue;
		place.number = ++numbers[type];
		if (!spans(attribute, position))
			continue;
		if (type == IP_VS_VML_A_COMMAND_SERVICE ||
		    type == IP_VS_VML_A_COMMAND_DESTINATION)
			nla_for_each_nested(inner, attribute, inner_left)
				if (spans(inner, position))
					place.inner = inner;
		*ret_place = place;
		return true;
	}
	return false;
}

/* A key by itself, any other attribute by its name. */
static void name_place(const struct place *place, char *buffer, size_t size)
{
	struct vml_destination_key destination;
	struct vml_service_key service;
	char key[VML_KEY_STRING_MAX];
	int type = nla_type(place->attribute);
	const char *inner = NULL;

	if (place->inner)
		inner = name_in(type, (size_t)nla_type(place->inner));
	if (type == IP_VS_VML_A_COMMAND_SERVICE &&
	    vml_parse_service_key(place->attribute, &service) == 0) {
		snprintf(buffer, size, "service %s",
			 vml_service_key_format(&service, key));
	} else if (type == IP_VS_VML_A_COMMAND_DESTINATION) {
		if (vml_parse_destination_key(place->attribute,
					      &destination) == 0)
			vml_destination_key_format(&destination, key);
		else
			snprintf(key, sizeof(key), "number %zu",
				 place->number);
		snprintf(buffer, size, "destination %s", key);
	} else {
		const char *name = name_in(0, (size_t)type);

		if (name)
			snprintf(buffer, size, "attribute %s", name);
		else
			snprintf(buffer, size, "attribute %d", type);
	}
	if (inner) {
		size_t used = strlen(buffer);

		snprintf(buffer + used, size - used, ", attribute %s", inner);
	}
}

static void name_missing(const struct nlmsghdr *request,
			 const struct vml_ack *ack, char *buffer, size_t size)
{
	struct place place;
	const char *name;
	int nest = 0;
	size_t used;

	*buffer = '\0';
	if (ack->missing_nest &&
	    find_place(request, ack->missing_nest, &place)) {
		nest = nla_type(place.attribute);
		place.inner = NULL;
		name_place(&place, buffer, size);
	}
	used = strlen(buffer);
	name = name_in(nest, ack->missing_type);
	if (name)
		snprintf(buffer + used, size - used,
			 "%sattribute %s is missing", used ? ", " : "", name);
	else
		snprintf(buffer + used, size - used,
			 "%sattribute %u is missing", used ? ", " : "",
			 ack->missing_type);
}

/* The service that the request is about. */
static bool find_service(const struct nlmsghdr *request,
			 struct place *ret_place)
{
	const int header = NLMSG_HDRLEN + GENL_HDRLEN;
	struct nlattr *attribute;

	attribute = nla_find((struct nlattr *)((uint8_t *)request + header),
			     (int)request->nlmsg_len - header,
			     IP_VS_VML_A_COMMAND_SERVICE);
	if (!attribute)
		return false;
	*ret_place = (struct place){ .attribute = attribute };
	return true;
}

static const char *reason(const struct vml_ack *ack, int subject)
{
	if (*ack->text)
		return ack->text;
	switch (-ack->error) {
	case ENOENT:
		if (subject == IP_VS_VML_A_COMMAND_DESTINATION)
			return "no such destination in the service";
		return "no such service, or its scheduler is not vml";
	case EEXIST:
		return "named twice";
	case ESTALE:
		return "the generation is not the expected one";
	case EPERM:
		return "CAP_NET_ADMIN is needed, in the user namespace that owns the network namespace";
	case EINVAL:
		return "not valid";
	default:
		return strerrordesc_np(-ack->error) ?: "unknown error";
	}
}

void vml_explain(const struct nlmsghdr *request, const struct vml_ack *ack,
		 char *buffer, size_t size)
{
	char subject[SUBJECT_MAX] = "";
	struct place place;
	int type = 0;

	if ((ack->has_offset && find_place(request, ack->offset, &place)) ||
	    (ack->error == -ENOENT && find_service(request, &place))) {
		type = nla_type(place.attribute);
		name_place(&place, subject, sizeof(subject));
	} else if (ack->has_missing) {
		name_missing(request, ack, subject, sizeof(subject));
		if (!*ack->text) {
			snprintf(buffer, size, "%s", subject);
			return;
		}
	}
	snprintf(buffer, size, "%s%s%s", subject, *subject ? ": " : "",
		 reason(ack, type));
}
