/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any datagram as the kernel's answer to a request: the answer as a whole, what
 * it refuses and why, and each message in it as an event or as the description
 * of a family.
 */
#include <assert.h>
#include <netlink/msg.h>
#include <string.h>

#include <linux/ip_vs_vml.h>

#include "explain.h"
#include "message.h"
#include "parse.h"
#include "reply.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SEQUENCE 77
#define FAMILY 0x21

static int take(const struct nlmsghdr *message, void *userdata)
{
	struct vml_destination destination;
	struct vml_service service;
	char text[VML_KEY_STRING_MAX];
	uint32_t generation;
	uint8_t command;
	int r = vml_parse_command(message, &command);

	(void)userdata;
	if (r < 0)
		return r;
	switch (command) {
	case IP_VS_VML_CMD_SERVICE_GET:
		r = vml_parse_service(message, &service);
		if (r == 0)
			assert(strlen(vml_service_key_format(&service.key,
							     text)));
		return r;
	case IP_VS_VML_CMD_DESTINATION_GET:
		r = vml_parse_destination(message, &destination);
		if (r == 0)
			assert(strlen(vml_destination_key_format(
				&destination.key, text)));
		return r;
	default:
		return vml_parse_generation(message, &generation);
	}
}

static struct nl_msg *request(void)
{
	static struct vml_scale scales[3];
	const struct vml_commit commit = { .lease_ms = 10000 };
	struct vml_service_key service;
	struct nl_msg *message;

	assert(!vml_service_key_parse("tcp 192.0.2.1:80", &service));
	assert(!vml_destination_key_parse("192.0.2.9:80", &scales[0].key));
	assert(!vml_destination_key_parse("[2001:db8::9]:80", &scales[1].key));
	assert(!vml_destination_key_parse("192.0.2.10:80", &scales[2].key));
	assert(!vml_message_scale_set(&service, scales, ARRAY_SIZE(scales),
				      &commit, &message));
	return message;
}

static void explain(const struct vml_ack *ack)
{
	static struct nl_msg *message;
	char text[256], few[16];

	if (!message)
		message = request();
	vml_explain(nlmsg_hdr(message), ack, text, sizeof(text));
	assert(*text);
	vml_explain(nlmsg_hdr(message), ack, few, sizeof(few));
	assert(!strncmp(text, few, sizeof(few) - 1));
}

/* As if it had come by itself, to a listener. */
static void hear(const void *datagram, size_t size)
{
	struct vml_datagram left = { .next = datagram, .left = size };
	const struct nlmsghdr *message;
	struct vml_family family;
	struct vml_event event;

	while (vml_datagram_next(&left, &message) > 0) {
		if (vml_parse_event(message, &event) == 1)
			assert(strcmp(vml_event_type_name(event.type),
				      "unknown"));
		if (vml_parse_family(message, IP_VS_VML_GENL_NAME,
				     IP_VS_VML_MCGRP_EVENTS, &family) == 1)
			assert(family.id >= NLMSG_MIN_TYPE);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Its end is the end of an allocation, which is aligned. */
	_cleanup_free_ void *datagram = malloc(size);
	struct vml_reply reply = {
		.sequence = SEQUENCE,
		.type = FAMILY,
		.take = take,
	};

	memcpy(datagram, data, size);
	if (vml_reply_feed(&reply, datagram, size) == 1 && reply.ack.error)
		explain(&reply.ack);
	hear(datagram, size);
	return 0;
}
