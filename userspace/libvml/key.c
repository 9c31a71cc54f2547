/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text forms and order of service and destination keys. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "libvml.h"
#include "util.h"

static const struct {
	uint16_t protocol;
	const char *name;
} protocols[] = {
	{ IPPROTO_TCP, "tcp" },
	{ IPPROTO_UDP, "udp" },
	{ IPPROTO_SCTP, "sctp" },
};

static const char *protocol_name(uint16_t protocol)
{
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
		if (protocols[i].protocol == protocol)
			return protocols[i].name;
	return NULL;
}

static size_t address_size(uint16_t family)
{
	return family == AF_INET ? sizeof(struct in_addr) :
				   sizeof(struct in6_addr);
}

const char *vml_destination_key_format(const struct vml_destination_key *key,
				       char buffer[static VML_KEY_STRING_MAX])
{
	char address[INET6_ADDRSTRLEN];

	if ((key->family != AF_INET && key->family != AF_INET6) ||
	    !inet_ntop(key->family, &key->address, address, sizeof(address)))
		snprintf(buffer, VML_KEY_STRING_MAX,
			 "(address family %u):%u", key->family, key->port);
	else if (key->family == AF_INET)
		snprintf(buffer, VML_KEY_STRING_MAX, "%s:%u", address,
			 key->port);
	else
		snprintf(buffer, VML_KEY_STRING_MAX, "[%s]:%u", address,
			 key->port);
	return buffer;
}

const char *vml_service_key_format(const struct vml_service_key *key,
				   char buffer[static VML_KEY_STRING_MAX])
{
	struct vml_destination_key endpoint = {
		.family = key->family,
		.port = key->port,
		.address = key->address,
	};
	char text[VML_KEY_STRING_MAX];
	const char *name = protocol_name(key->protocol);

	if (key->fwmark) {
		snprintf(buffer, VML_KEY_STRING_MAX, "fwmark %u%s", key->fwmark,
			 key->family == AF_INET6 ? " ipv6" : "");
		return buffer;
	}
	vml_destination_key_format(&endpoint, text);
	if (name)
		snprintf(buffer, VML_KEY_STRING_MAX, "%s %.64s", name, text);
	else
		snprintf(buffer, VML_KEY_STRING_MAX, "protocol-%u %.64s",
			 key->protocol, text);
	return buffer;
}

/* A decimal number without sign or blanks, the whole text of it. */
static int parse_decimal(const char *text, uint32_t max, uint32_t *ret_value)
{
	uint64_t value = 0;

	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		value = value * 10 + (uint64_t)(*text - '0');
		if (value > max)
			return -EINVAL;
	}
	*ret_value = (uint32_t)value;
	return 0;
}

int vml_destination_key_parse(const char *text,
			      struct vml_destination_key *ret_key)
{
	struct vml_destination_key key = { 0 };
	char address[INET6_ADDRSTRLEN];
	const char *start, *end, *port;
	uint32_t number;

	if (text[0] == '[') {
		key.family = AF_INET6;
		start = text + 1;
		end = strchr(start, ']');
		if (!end || end[1] != ':')
			return -EINVAL;
		port = end + 2;
	} else {
		key.family = AF_INET;
		start = text;
		end = strchr(start, ':');
		if (!end)
			return -EINVAL;
		port = end + 1;
	}
	if ((size_t)(end - start) >= sizeof(address))
		return -EINVAL;
	memcpy(address, start, (size_t)(end - start));
	address[end - start] = '\0';
	if (inet_pton(key.family, address, &key.address) != 1 ||
	    parse_decimal(port, UINT16_MAX, &number) < 0)
		return -EINVAL;
	key.port = (uint16_t)number;
	*ret_key = key;
	return 0;
}

static int parse_fwmark(const char *text, struct vml_service_key *ret_key)
{
	struct vml_service_key key = { .family = AF_INET };
	char number[sizeof("4294967295")];
	const char *end = strchrnul(text, ' ');

	if (*end) {
		if (strcmp(end, " ipv6") != 0)
			return -EINVAL;
		key.family = AF_INET6;
	}
	if ((size_t)(end - text) >= sizeof(number))
		return -EINVAL;
	memcpy(number, text, (size_t)(end - text));
	number[end - text] = '\0';
	if (parse_decimal(number, UINT32_MAX, &key.fwmark) < 0 || !key.fwmark)
		return -EINVAL;
	*ret_key = key;
	return 0;
}

int vml_service_key_parse(const char *text, struct vml_service_key *ret_key)
{
	struct vml_destination_key endpoint;
	const char *blank = strchr(text, ' ');
	size_t length;
	int r;

	if (!blank)
		return -EINVAL;
	length = (size_t)(blank - text);
	if (length == strlen("fwmark") && !strncmp(text, "fwmark", length))
		return parse_fwmark(blank + 1, ret_key);
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
		if (strlen(protocols[i].name) != length ||
		    strncmp(text, protocols[i].name, length) != 0)
			continue;
		r = vml_destination_key_parse(blank + 1, &endpoint);
		if (r < 0)
			return r;
		*ret_key = (struct vml_service_key){
			.family = endpoint.family,
			.protocol = protocols[i].protocol,
			.port = endpoint.port,
			.address = endpoint.address,
		};
		return 0;
	}
	return -EINVAL;
}

int vml_destination_key_compare(const struct vml_destination_key *a,
				const struct vml_destination_key *b)
{
	int order = COMPARE(a->family, b->family);

	if (!order)
		order = memcmp(&a->address, &b->address,
			       address_size(a->family));
	if (!order)
		order = COMPARE(a->port, b->port);
	return order;
}

int vml_service_key_compare(const struct vml_service_key *a,
			    const struct vml_service_key *b)
{
	int order = COMPARE(a->family, b->family);

	if (!order)
		order = COMPARE(a->fwmark, b->fwmark);
	if (order || a->fwmark)
		return order;
	order = COMPARE(a->protocol, b->protocol);
	if (!order)
		order = memcmp(&a->address, &b->address,
			       address_size(a->family));
	if (!order)
		order = COMPARE(a->port, b->port);
	return order;
}
