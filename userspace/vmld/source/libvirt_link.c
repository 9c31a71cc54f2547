/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include <sys/eventfd.h>

#include "source/libvirt_link.h"
#include "util.h"

static int init_condition(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;
	int r;

	r = pthread_condattr_init(&attributes);
	if (r)
		return -r;
	r = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	if (!r)
		r = pthread_cond_init(condition, &attributes);
	pthread_condattr_destroy(&attributes);
	return -r;
}

int link_new(const char *name, const char *uri, struct link **ret_link)
{
	struct link *link = calloc(1, sizeof(*link));
	int r = -ENOMEM;

	if (!link)
		return r;
	link->refs = 1;
	link->event_fd = -1;
	link->name = strdup(name);
	link->uri = strdup(uri);
	if (!link->name || !link->uri)
		goto fail;
	link->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (link->event_fd < 0) {
		r = -errno;
		goto fail;
	}
	r = init_condition(&link->changed);
	if (r < 0)
		goto fail;
	pthread_mutex_init(&link->lock, NULL);
	*ret_link = link;
	return 0;
fail:
	close_at(&link->event_fd);
	free(link->name);
	free(link->uri);
	free(link);
	return r;
}

struct link *link_ref(struct link *link)
{
	pthread_mutex_lock(&link->lock);
	link->refs++;
	pthread_mutex_unlock(&link->lock);
	return link;
}

struct link_message *link_message_free(struct link_message *message)
{
	if (!message)
		return NULL;
	vm_inventory_free(message->inventory);
	free(message->error);
	free(message->name);
	free(message);
	return NULL;
}

void link_unref(void *userdata)
{
	struct link_message *message;
	struct link *link = userdata;
	unsigned int refs;

	pthread_mutex_lock(&link->lock);
	refs = --link->refs;
	pthread_mutex_unlock(&link->lock);
	if (refs)
		return;
	while ((message = link_receive(link)))
		link_message_free(message);
	close(link->event_fd);
	pthread_cond_destroy(&link->changed);
	pthread_mutex_destroy(&link->lock);
	free(link->leaving.uuids);
	libvirt_agents_unref(link->agents);
	free(link->name);
	free(link->uri);
	free(link);
}

int link_ask_poll(struct link *link)
{
	int r = 0;

	pthread_mutex_lock(&link->lock);
	if (link->poll)
		r = -EBUSY;
	link->poll = true;
	pthread_cond_signal(&link->changed);
	pthread_mutex_unlock(&link->lock);
	return r;
}

void link_stop(struct link *link)
{
	pthread_mutex_lock(&link->lock);
	link->stop = true;
	pthread_cond_signal(&link->changed);
	pthread_mutex_unlock(&link->lock);
}

uint64_t link_opening_for(struct link *link)
{
	uint64_t since;

	pthread_mutex_lock(&link->lock);
	since = link->opening_ns;
	pthread_mutex_unlock(&link->lock);
	return since ? now_ns() - since : 0;
}

bool link_is_finished(struct link *link)
{
	bool finished;

	pthread_mutex_lock(&link->lock);
	finished = link->finished;
	pthread_mutex_unlock(&link->lock);
	return finished;
}

struct link_message *link_receive(struct link *link)
{
	struct link_message *message;

	pthread_mutex_lock(&link->lock);
	message = link->first;
	if (message)
		link->first = message->next;
	if (!link->first)
		link->last = NULL;
	pthread_mutex_unlock(&link->lock);
	return message;
}

/* done: the poll that was asked for is over. */
static void enqueue(struct link *link, struct link_message *message, bool done)
{
	pthread_mutex_lock(&link->lock);
	if (done)
		link->poll = false;
	if (message) {
		if (link->last)
			link->last->next = message;
		else
			link->first = message;
		link->last = message;
		eventfd_write(link->event_fd, 1);
	}
	pthread_mutex_unlock(&link->lock);
}

void link_send_state(struct link *link, enum source_state state,
		     const char *error, unsigned int capabilities)
{
	struct link_message *message = calloc(1, sizeof(*message));

	if (message)
		*message = (struct link_message){
			.type = LINK_STATE,
			.state = state,
			.error = error ? strdup(error) : NULL,
			.capabilities = capabilities,
		};
	enqueue(link, message, true);
}

void link_send_inventory(struct link *link, struct vm_inventory *inventory,
			 const char *error, unsigned int capabilities)
{
	struct link_message *message = calloc(1, sizeof(*message));

	if (message)
		*message = (struct link_message){
			.type = LINK_INVENTORY,
			.error = error ? strdup(error) : NULL,
			.capabilities = capabilities,
			.inventory = inventory,
		};
	else
		vm_inventory_free(inventory);
	enqueue(link, message, true);
}

int64_t link_boot_id(virDomainPtr domain)
{
	unsigned int id = virDomainGetID(domain);

	return id == (unsigned int)-1 ? VM_BOOT_ID_NONE : (int64_t)id;
}

static void send_event(struct link *link, enum vm_event_type type,
		       virDomainPtr domain, uint64_t time_ns, double throttled,
		       const char *detail)
{
	struct link_message *message = calloc(1, sizeof(*message));
	const char *name = virDomainGetName(domain);

	if (message && name)
		message->name = strdup(name);
	if (!message || !message->name ||
	    virDomainGetUUID(domain, message->event.uuid) < 0) {
		link_message_free(message);
		return;
	}
	message->type = LINK_EVENT;
	message->event.type = type;
	message->event.hypervisor = link->name;
	message->event.name = message->name;
	message->event.boot_id = link_boot_id(domain);
	message->event.time_ns = time_ns;
	message->event.throttled = throttled;
	message->event.detail = detail;
	enqueue(link, message, false);
}

void link_send_event(struct link *link, enum vm_event_type type,
		     virDomainPtr domain, uint64_t time_ns, const char *detail)
{
	send_event(link, type, domain, time_ns, 0, detail);
}

void link_send_migrating_out(struct link *link, virDomainPtr domain,
			     uint64_t time_ns, double throttled)
{
	send_event(link, VM_EVENT_MIGRATING_OUT, domain, time_ns, throttled,
		   LINK_MIGRATING_OUT);
}

/* One that finds no memory is followed from its next sign on. */
static void add_uuid(struct link_uuids *all, const uint8_t *uuid)
{
	for (size_t i = 0; i < all->n; i++)
		if (memcmp(all->uuids[i], uuid, VM_UUID_SIZE) == 0)
			return;
	if (all->n == all->room) {
		size_t room = all->room ? 2 * all->room : 4;
		void *grown = reallocarray(all->uuids, room, VM_UUID_SIZE);

		if (!grown)
			return;
		all->uuids = grown;
		all->room = room;
	}
	memcpy(all->uuids[all->n++], uuid, VM_UUID_SIZE);
}

void link_note_leaving(struct link *link, const uint8_t *uuid)
{
	pthread_mutex_lock(&link->lock);
	add_uuid(&link->leaving, uuid);
	pthread_mutex_unlock(&link->lock);
}

void link_take_leaving(struct link *link, struct link_uuids *leaving)
{
	pthread_mutex_lock(&link->lock);
	for (size_t i = 0; i < link->leaving.n; i++)
		add_uuid(leaving, link->leaving.uuids[i]);
	link->leaving.n = 0;
	pthread_mutex_unlock(&link->lock);
}

void link_set_opening(struct link *link)
{
	pthread_mutex_lock(&link->lock);
	link->closed = false;
	link->opening_ns = now_ns();
	pthread_mutex_unlock(&link->lock);
}

void link_set_opened(struct link *link)
{
	pthread_mutex_lock(&link->lock);
	link->opening_ns = 0;
	pthread_mutex_unlock(&link->lock);
}

void link_finish(struct link *link)
{
	pthread_mutex_lock(&link->lock);
	link->finished = true;
	pthread_mutex_unlock(&link->lock);
	link_unref(link);
}

void link_set_closed(struct link *link, int reason)
{
	pthread_mutex_lock(&link->lock);
	link->closed = true;
	link->close_reason = reason;
	pthread_cond_signal(&link->changed);
	pthread_mutex_unlock(&link->lock);
}

static struct timespec deadline_after(int ms)
{
	uint64_t ns = now_ns() + (uint64_t)ms * NSEC_PER_MSEC;

	return (struct timespec){
		.tv_sec = (time_t)(ns / NSEC_PER_SEC),
		.tv_nsec = (long)(ns % NSEC_PER_SEC),
	};
}

static enum link_wish wish_of(const struct link *link)
{
	if (link->stop)
		return LINK_STOP;
	if (link->closed)
		return LINK_CLOSED;
	return link->poll ? LINK_POLL : LINK_NOTHING;
}

bool link_pause(struct link *link, int ms)
{
	struct timespec deadline = deadline_after(ms);
	bool stopped;
	int r = 0;

	pthread_mutex_lock(&link->lock);
	while (!link->stop && r != ETIMEDOUT)
		r = pthread_cond_timedwait(&link->changed, &link->lock,
					   &deadline);
	/* Asked for before the main thread knew that nobody can answer. */
	link->poll = false;
	stopped = link->stop;
	pthread_mutex_unlock(&link->lock);
	return !stopped;
}

enum link_wish link_wait(struct link *link)
{
	enum link_wish wish;

	pthread_mutex_lock(&link->lock);
	while ((wish = wish_of(link)) == LINK_NOTHING)
		pthread_cond_wait(&link->changed, &link->lock);
	pthread_mutex_unlock(&link->lock);
	return wish;
}

int link_close_reason(struct link *link)
{
	int reason;

	pthread_mutex_lock(&link->lock);
	reason = link->close_reason;
	pthread_mutex_unlock(&link->lock);
	return reason;
}
