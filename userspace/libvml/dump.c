/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dumps into arrays, read again if what is dumped changed meanwhile. */
#include <string.h>

#include "client.h"

#define ATTEMPTS 8

struct elements {
	int (*parse)(const struct nlmsghdr *message, void *element);
	size_t size;		/* of one, in bytes */
	uint8_t *data;
	size_t n, room;
};

static int take_element(const struct nlmsghdr *message, void *userdata)
{
	struct elements *elements = userdata;
	int r;

	if (elements->n == elements->room) {
		size_t room = MAX(2 * elements->room, (size_t)64);
		uint8_t *data = reallocarray(elements->data, room,
					     elements->size);

		if (!data)
			return -ENOMEM;
		elements->data = data;
		elements->room = room;
	}
	r = elements->parse(message,
			    elements->data + elements->n * elements->size);
	if (r < 0)
		return r;
	elements->n++;
	return 0;
}

int vml_client_dump(struct vml_client *client, uint8_t command,
		    const struct vml_service_key *service, size_t element_size,
		    int (*parse)(const struct nlmsghdr *message, void *element),
		    void **ret_elements, size_t *ret_n)
{
	_cleanup_(nlmsg_freep) struct nl_msg *message = NULL;
	const uint64_t deadline = vml_client_deadline(client);
	int r;

	r = vml_message_get(command, NLM_F_DUMP, service, NULL, &message);
	if (r < 0)
		return vml_client_bad_request(client, r);
	for (int i = 0; i < ATTEMPTS; i++) {
		struct elements elements = {
			.parse = parse,
			.size = element_size,
		};
		struct vml_reply reply = {
			.take = take_element,
			.userdata = &elements,
		};

		r = vml_client_request(client, message, &reply, deadline);
		if (r >= 0 && !reply.torn) {
			*ret_elements = elements.data;
			*ret_n = elements.n;
			return 0;
		}
		free(elements.data);
		if (r < 0 && r != -EINTR)
			return r;
	}
	return vml_client_fail(client, -EAGAIN,
			       "what was to be read kept changing");
}
