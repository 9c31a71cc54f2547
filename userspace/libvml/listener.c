/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Events of the family, over the comings and goings of its module.
 *
 * The socket is a member of two groups: the family's own, which is left when
 * the family goes, and the controller's, which tells when it is back. Both
 * come in order, since it is one socket.
 */
#include <linux/genetlink.h>
#include <string.h>

#include <linux/ip_vs_vml.h>

#include "family.h"
#include "libvml.h"
#include "parse.h"

/* Room for the destinations of a large service, added one after another. */
#define RECEIVE_SIZE (8 * 1024 * 1024)

#define OPEN_TIMEOUT_NS (VML_DEFAULT_TIMEOUT_MS * NSEC_PER_MSEC)

struct vml_listener {
	struct vml_socket sock;
	uint16_t family_id;	/* 0: the family is absent */
	struct vml_datagram datagram;
};

static const char *const event_names[] = {
	[VML_EVENT_SERVICE_BOUND] = "service-bound",
	[VML_EVENT_SERVICE_UNBOUND] = "service-unbound",
	[VML_EVENT_DESTINATION_ADDED] = "destination-added",
	[VML_EVENT_DESTINATION_REMOVED] = "destination-removed",
	[VML_EVENT_SCALES_COMMITTED] = "scales-committed",
	[VML_EVENT_LEASE_EXPIRED] = "lease-expired",
	[VML_EVENT_LOST] = "lost",
};

const char *vml_event_type_name(enum vml_event_type type)
{
	return (size_t)type < ARRAY_SIZE(event_names) ? event_names[type] :
							"unknown";
}

static int join(struct vml_listener *listener, const struct vml_family *family)
{
	int r = vml_socket_join(&listener->sock, family->events_group);

	if (r < 0)
		return r;
	listener->family_id = family->id;
	return 0;
}

int vml_listener_open(struct vml_listener **ret_listener)
{
	_cleanup_(vml_listener_freep) struct vml_listener *listener = NULL;
	_cleanup_(vml_socket_close) struct vml_socket asker = VML_SOCKET_INIT;
	struct vml_family family;
	int r;

	listener = calloc(1, sizeof(*listener));
	if (!listener)
		return -ENOMEM;
	r = vml_socket_open(RECEIVE_SIZE, &listener->sock);
	if (r < 0)
		return r;
	/* Before the family is looked up, lest it go unnoticed in between. */
	r = vml_socket_join(&listener->sock, VML_CONTROLLER_GROUP);
	if (r < 0)
		return r;
	r = vml_socket_open(0, &asker);
	if (r < 0)
		return r;
	r = vml_family_resolve(&asker, now_ns() + OPEN_TIMEOUT_NS, &family);
	if (r < 0)
		return r;
	r = join(listener, &family);
	if (r < 0)
		return r;
	*ret_listener = TAKE_PTR(listener);
	return 0;
}

struct vml_listener *vml_listener_free(struct vml_listener *listener)
{
	if (listener)
		vml_socket_close(&listener->sock);
	free(listener);
	return NULL;
}

void vml_listener_freep(struct vml_listener **listener)
{
	vml_listener_free(*listener);
}

int vml_listener_fd(const struct vml_listener *listener)
{
	return vml_socket_fd(&listener->sock);
}

/*
 * Ask for all families, since a word about ours may be among what was lost.
 * To ask for it by name would load a module that somebody has unloaded.
 */
static void ask_for_families(struct vml_listener *listener)
{
	_cleanup_(nlmsg_freep) struct nl_msg *message = NULL;

	if (vml_message_get_family(NULL, &message) < 0)
		return;
	nlmsg_hdr(message)->nlmsg_type = GENL_ID_CTRL;
	vml_socket_send(&listener->sock, message);
}

static int lost(struct vml_event *ret_event)
{
	*ret_event = (struct vml_event){ .type = VML_EVENT_LOST };
	return 1;
}

/* Follow the family. 1: it has come or gone, which is an event. */
static int hear_controller(struct vml_listener *listener,
			   const struct nlmsghdr *message,
			   struct vml_event *ret_event)
{
	struct vml_family family;
	uint8_t command;
	int r;

	r = vml_parse_command(message, &command);
	if (r < 0)
		return r;
	if (command != CTRL_CMD_NEWFAMILY && command != CTRL_CMD_DELFAMILY)
		return 0;
	r = vml_parse_family(message, IP_VS_VML_GENL_NAME,
			     IP_VS_VML_MCGRP_EVENTS, &family);
	if (r <= 0)
		return r;
	if (command == CTRL_CMD_DELFAMILY) {
		if (family.id != listener->family_id)
			return 0;
		listener->family_id = 0;
		return lost(ret_event);
	}
	if (family.id == listener->family_id)
		return 0;
	r = join(listener, &family);
	/* Gone again; that is told next. */
	if (r == -ENODEV)
		return 0;
	return r < 0 ? r : lost(ret_event);
}

static int hear(struct vml_listener *listener, const struct nlmsghdr *message,
		struct vml_event *ret_event)
{
	if (message->nlmsg_type == GENL_ID_CTRL)
		return hear_controller(listener, message, ret_event);
	if (!listener->family_id || message->nlmsg_type != listener->family_id)
		return 0;
	return vml_parse_event(message, ret_event);
}

int vml_listener_next(struct vml_listener *listener,
		      struct vml_event *ret_event)
{
	const struct nlmsghdr *message;
	size_t size;
	int r;

	for (;;) {
		while ((r = vml_datagram_next(&listener->datagram,
					      &message)) > 0) {
			r = hear(listener, message, ret_event);
			if (r != 0)
				return r;
		}
		listener->datagram = (struct vml_datagram){ 0 };
		if (r < 0)
			return r;
		r = vml_socket_receive(&listener->sock, &size);
		if (r == -ENOBUFS) {
			ask_for_families(listener);
			return lost(ret_event);
		}
		if (r <= 0)
			return r;
		listener->datagram = (struct vml_datagram){
			.next = listener->sock.buffer,
			.left = size,
		};
	}
}
