/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The main thread's side of a libvirt connection. */
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "source/libvirt_event.h"
#include "source/libvirt_link.h"
#include "source/libvirt_worker.h"
#include "source/private.h"
#include "util.h"

struct libvirt_source {
	struct source source;
	struct link *link;
	bool has_loop;
	sd_event_source *messages;
};

static struct libvirt_source *of(struct source *source)
{
	return (struct libvirt_source *)source;
}

static void tell(struct source *source, struct link_message *message)
{
	switch (message->type) {
	case LINK_STATE:
		if (message->state == SOURCE_CONNECTED)
			source->capabilities = message->capabilities;
		source_set_state(source, message->state, message->error);
		break;
	case LINK_INVENTORY:
		source_set_capabilities(source, message->capabilities);
		if (message->inventory)
			source->callbacks->inventory(source,
					TAKE_PTR(message->inventory),
					source->userdata);
		break;
	}
}

static int on_messages(_unused_ sd_event_source *event, int fd,
		       _unused_ uint32_t revents, void *userdata)
{
	struct libvirt_source *libvirt = userdata;
	struct link_message *message;
	eventfd_t count;

	eventfd_read(fd, &count);
	while ((message = link_receive(libvirt->link))) {
		tell(&libvirt->source, message);
		link_message_free(message);
	}
	return 0;
}

static int libvirt_start(struct source *source)
{
	struct libvirt_source *libvirt = of(source);
	int r;

	r = libvirt_event_ref(source->loop);
	if (r < 0)
		return r;
	libvirt->has_loop = true;
	r = link_new(source->name, source->uri, &libvirt->link);
	if (r < 0)
		return r;
	libvirt->link->source = source;
	r = sd_event_add_io(source->loop, &libvirt->messages,
			    libvirt->link->event_fd, EPOLLIN, on_messages,
			    libvirt);
	if (r < 0)
		return r;
	return libvirt_worker_start(libvirt->link);
}

static int libvirt_poll(struct source *source)
{
	if (source->state != SOURCE_CONNECTED)
		return -ENOTCONN;
	return link_ask_poll(of(source)->link);
}

/* The worker is not waited for: libvirt may hold it for as long as it likes. */
static void libvirt_source_free(struct source *source)
{
	struct libvirt_source *libvirt = of(source);

	sd_event_source_disable_unref(libvirt->messages);
	if (libvirt->link) {
		libvirt->link->source = NULL;
		link_stop(libvirt->link);
		link_unref(libvirt->link);
	}
	if (libvirt->has_loop)
		libvirt_event_unref();
	source_done(source);
	free(libvirt);
}

static const struct source_ops libvirt_ops = {
	.start = libvirt_start,
	.poll = libvirt_poll,
	.free = libvirt_source_free,
};

int libvirt_source_new(const char *name, const char *uri, sd_event *loop,
		       struct source **ret_source)
{
	struct libvirt_source *libvirt = calloc(1, sizeof(*libvirt));
	int r;

	if (!libvirt)
		return -ENOMEM;
	libvirt->source.ops = &libvirt_ops;
	r = source_init(&libvirt->source, name, uri, loop);
	if (r < 0) {
		libvirt_source_free(&libvirt->source);
		return r;
	}
	*ret_source = &libvirt->source;
	return 0;
}
