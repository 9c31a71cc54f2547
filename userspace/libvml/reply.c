/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "reply.h"

int vml_reply_feed(struct vml_reply *reply, const void *data, size_t size)
{
	struct vml_datagram datagram = { .next = data, .left = size };
	const struct nlmsghdr *message;
	int r;

	while ((r = vml_datagram_next(&datagram, &message)) > 0) {
		if (message->nlmsg_seq != reply->sequence)
			continue;
		if (message->nlmsg_flags & NLM_F_DUMP_INTR)
			reply->torn = true;
		if (message->nlmsg_type == NLMSG_ERROR ||
		    message->nlmsg_type == NLMSG_DONE) {
			r = vml_parse_ack(message, &reply->ack);
			return r < 0 ? r : 1;
		}
		if (message->nlmsg_type != reply->type)
			continue;
		reply->messages++;
		if (reply->error)
			continue;
		reply->error = reply->take(message, reply->userdata);
	}
	return r;
}
