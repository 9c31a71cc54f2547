/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The answer to one request, taken in datagram by datagram, up to the
 * acknowledgement or the end of the dump.
 */
#ifndef VML_REPLY_H
#define VML_REPLY_H

#include "control.h"

struct vml_reply {
	/* Of the request; other messages are passed over. */
	uint32_t sequence;
	uint16_t type;

	/* Takes one message, and returns 0 or a negative errno. */
	int (*take)(const struct nlmsghdr *message, void *userdata);
	void *userdata;

	/* What has come of it. */
	size_t messages;
	bool torn;		/* a dump of what changed meanwhile */
	int error;		/* the first that take() returned */
	struct vml_ack ack;
};

/*
 * 1: the answer is complete, 0: more is to come, -EBADMSG. After an error of
 * take() the rest is still taken in, so that nothing of it is left to mix
 * with the next answer.
 */
int vml_reply_feed(struct vml_reply *reply, const void *data, size_t size);

#endif
