/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The main thread's side of a libvirt connection. */
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "source/libvirt_event.h"
#include "source/libvirt_link.h"
#include "source/libvirt_worker.h"
#include "source/private.h"
#include "util.h"

/*
 * The first call that meets a domain whose QEMU hangs is held by libvirt until
 * it answers; only calls after it are spared by NOWAIT. So a worker that takes
 * this long is left to itself, and another one polls instead. If that is as
 * slow, patience grows: then the hypervisor is slow, and nothing hangs.
 */
#define SHORTEST_PATIENCE_NS (2 * NSEC_PER_SEC)
#define LONGEST_PATIENCE_NS (60 * NSEC_PER_SEC)
#define PATIENCE_PER_POLL 4
#define LONGEST_OPEN_NS (15 * NSEC_PER_SEC)

/* How long nobody need know that the new worker has no connection yet. */
#define LONGEST_RELIEF_NS (5 * NSEC_PER_SEC)

/* With that many workers held, it is the hypervisor that hangs. */
#define MAX_ABANDONED 4

#define CHECK_USEC (USEC_PER_SEC / 2)

struct libvirt_source {
	struct source source;
	struct link *link;	/* NULL: it could not be made, try again */
	struct libvirt_agents *agents;
	bool has_loop;
	sd_event_source *messages;
	sd_event_source *check;
	uint64_t asked_ns;	/* when the pending poll was; 0: none is */
	uint64_t patience_ns;	/* with it */
	bool is_open;		/* the link's worker has a connection */
	struct link *abandoned[MAX_ABANDONED];
};

static struct libvirt_source *of(struct source *source)
{
	return (struct libvirt_source *)source;
}

static void tell(struct libvirt_source *libvirt, struct link_message *message)
{
	struct source *source = &libvirt->source;

	if (message->inventory && libvirt->asked_ns)
		libvirt->patience_ns = CLAMP(PATIENCE_PER_POLL *
					     (now_ns() - libvirt->asked_ns),
					     SHORTEST_PATIENCE_NS,
					     LONGEST_PATIENCE_NS);
	if (message->type != LINK_EVENT)
		libvirt->asked_ns = 0;
	switch (message->type) {
	case LINK_STATE:
		libvirt->is_open = message->state == SOURCE_CONNECTED;
		if (libvirt->is_open)
			source->capabilities |= message->capabilities;
		source_set_state(source, message->state, message->error);
		break;
	case LINK_INVENTORY:
		source_set_error(source, message->error);
		source_set_capabilities(source, message->capabilities);
		if (message->inventory)
			source->callbacks->inventory(source,
					TAKE_PTR(message->inventory),
					source->userdata);
		break;
	case LINK_EVENT:
		source->callbacks->event(source, &message->event,
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
		tell(libvirt, message);
		link_message_free(message);
	}
	return 0;
}

/*
 * The worker is not waited for: libvirt may hold it for as long as it likes.
 * The caller gets the reference.
 */
static struct link *abandon_worker(struct libvirt_source *libvirt)
{
	struct link *link = TAKE_PTR(libvirt->link);

	libvirt->messages = sd_event_source_disable_unref(libvirt->messages);
	libvirt->asked_ns = 0;
	libvirt->is_open = false;
	if (link) {
		link->source = NULL;
		link_stop(link);
	}
	return link;
}

static int start_worker(struct libvirt_source *libvirt)
{
	struct source *source = &libvirt->source;
	int r;

	r = link_new(source->name, source->uri, &libvirt->link);
	if (r < 0)
		return r;
	libvirt->link->source = source;
	libvirt->link->agents = libvirt_agents_ref(libvirt->agents);
	r = sd_event_add_io(source->loop, &libvirt->messages,
			    libvirt->link->event_fd, EPOLLIN, on_messages,
			    libvirt);
	if (r >= 0)
		r = libvirt_worker_start(libvirt->link);
	if (r < 0)
		link_unref(abandon_worker(libvirt));
	return r;
}

/* Room for another abandoned worker, or NULL. */
static struct link **find_room(struct libvirt_source *libvirt)
{
	for (size_t i = 0; i < MAX_ABANDONED; i++) {
		struct link **link = &libvirt->abandoned[i];

		if (*link && link_is_finished(*link))
			link_unref(TAKE_PTR(*link));
		if (!*link)
			return link;
	}
	return NULL;
}

static bool is_stuck(struct libvirt_source *libvirt)
{
	if (libvirt->asked_ns)
		return now_ns() - libvirt->asked_ns > libvirt->patience_ns;
	return link_opening_for(libvirt->link) > LONGEST_OPEN_NS;
}

static void check(struct libvirt_source *libvirt)
{
	struct source *source = &libvirt->source;
	struct link **room;
	int r = 0;

	if (libvirt->link && is_stuck(libvirt)) {
		room = find_room(libvirt);
		if (room)
			*room = abandon_worker(libvirt);
		libvirt->patience_ns = MIN(2 * libvirt->patience_ns,
					   LONGEST_PATIENCE_NS);
	}
	if (!libvirt->link)
		r = start_worker(libvirt);
	if (r < 0)
		source_set_state(source, SOURCE_LOST, strerror(-r));
	else if (source->state == SOURCE_CONNECTED && !libvirt->is_open &&
		 link_opening_for(libvirt->link) > LONGEST_RELIEF_NS)
		source_set_state(source, SOURCE_LOST,
				 "the hypervisor does not answer any more");
}

static int on_check(sd_event_source *event, uint64_t usec, void *userdata)
{
	int r;

	check(userdata);
	r = sd_event_source_set_time(event, usec + CHECK_USEC);
	return r < 0 ? r : sd_event_source_set_enabled(event,
						       SD_EVENT_ONESHOT);
}

static int libvirt_start(struct source *source)
{
	struct libvirt_source *libvirt = of(source);
	int r;

	r = libvirt_event_ref(source->loop);
	if (r < 0)
		return r;
	libvirt->has_loop = true;
	r = sd_event_add_time(source->loop, &libvirt->check, CLOCK_MONOTONIC,
			      now_ns() / 1000 + CHECK_USEC, CHECK_USEC / 2,
			      on_check, libvirt);
	return r < 0 ? r : start_worker(libvirt);
}

static int libvirt_poll(struct source *source)
{
	struct libvirt_source *libvirt = of(source);
	int r;

	if (source->state != SOURCE_CONNECTED)
		return -ENOTCONN;
	/* Or the answer that is on its way would be taken for the next one's. */
	if (!libvirt->is_open || libvirt->asked_ns)
		return -EBUSY;
	r = link_ask_poll(libvirt->link);
	if (r == 0)
		libvirt->asked_ns = now_ns();
	return r;
}

static void libvirt_source_free(struct source *source)
{
	struct libvirt_source *libvirt = of(source);
	struct link *link;

	sd_event_source_disable_unref(libvirt->check);
	link = abandon_worker(libvirt);
	if (link)
		link_unref(link);
	for (size_t i = 0; i < MAX_ABANDONED; i++)
		if (libvirt->abandoned[i])
			link_unref(libvirt->abandoned[i]);
	libvirt_agents_unref(libvirt->agents);
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
	libvirt->patience_ns = SHORTEST_PATIENCE_NS;
	libvirt->agents = libvirt_agents_new();
	r = libvirt->agents ? source_init(&libvirt->source, name, uri, loop) :
			      -ENOMEM;
	if (r < 0) {
		libvirt_source_free(&libvirt->source);
		return r;
	}
	*ret_source = &libvirt->source;
	return 0;
}
