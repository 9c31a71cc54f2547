/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <string.h>

#include <linux/ip_vs_vml.h>

#include "family.h"

#define MODULE_STATE "/sys/module/" IP_VS_VML_GENL_NAME "/initstate"
#define MODULES "/sys/module"

/* For which a family is waited for if the module's state can't be read. */
#define BLIND_WAIT_NS (200 * NSEC_PER_MSEC)

static int take_family(const struct nlmsghdr *message, void *userdata)
{
	int r = vml_parse_family(message, IP_VS_VML_GENL_NAME,
				 IP_VS_VML_MCGRP_EVENTS, userdata);

	return r < 0 ? r : 0;
}

static int look_up(struct vml_socket *sock, uint64_t deadline,
		   struct vml_family *ret_family)
{
	_cleanup_(nlmsg_freep) struct nl_msg *message = NULL;
	struct vml_family family = { 0 };
	struct vml_reply reply = { .take = take_family, .userdata = &family };
	int r;

	r = vml_message_get_family(IP_VS_VML_GENL_NAME, &message);
	if (r < 0)
		return r;
	nlmsg_hdr(message)->nlmsg_type = GENL_ID_CTRL;
	r = vml_socket_exchange(sock, message, &reply, deadline);
	if (r < 0)
		return r;
	if (reply.ack.error == -ENOENT)
		return -ENODEV;
	if (reply.ack.error)
		return reply.ack.error;
	if (reply.error)
		return reply.error;
	if (!family.id)
		return -EBADMSG;
	*ret_family = family;
	return 0;
}

/* Until when it is sensible to wait for the family to be registered. */
static uint64_t patience(uint64_t deadline)
{
	_cleanup_close_ int fd = open(MODULE_STATE, O_RDONLY | O_CLOEXEC);
	char state[16] = "";

	if (fd >= 0)
		return read(fd, state, sizeof(state) - 1) > 0 &&
		       !strncmp(state, "going", strlen("going")) ?
			       0 : deadline;
	if (access(MODULES, F_OK) == 0)
		return 0;
	return MIN(deadline, now_ns() + BLIND_WAIT_NS);
}

int vml_family_resolve(struct vml_socket *sock, uint64_t deadline,
		       struct vml_family *ret_family)
{
	_cleanup_(vml_socket_close) struct vml_socket watch = VML_SOCKET_INIT;
	uint64_t until;
	size_t size;
	int r;

	r = look_up(sock, deadline, ret_family);
	if (r != -ENODEV)
		return r;
	until = patience(deadline);
	if (!until)
		return -ENODEV;
	r = vml_socket_open(0, &watch);
	if (r < 0)
		return r;
	r = vml_socket_join(&watch, VML_CONTROLLER_GROUP);
	if (r < 0)
		return r;
	/* Again first: it may have come before we were listening. */
	for (;;) {
		r = look_up(sock, deadline, ret_family);
		if (r != -ENODEV)
			return r;
		r = vml_socket_wait(&watch, until);
		if (r == -ETIMEDOUT)
			return -ENODEV;
		if (r < 0)
			return r;
		r = vml_socket_receive(&watch, &size);
		if (r < 0 && r != -ENOBUFS)
			return r;
	}
}
