/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libvirt/virterror.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "source/libvirt_call.h"
#include "source/libvirt_event.h"
#include "source/thread.h"
#include "util.h"

/* As of the connections that are polled. */
#define KEEPALIVE_INTERVAL_S 2
#define KEEPALIVE_COUNT 3

/* What both threads share; it lives as long as one of them needs it. */
struct desk {
	char *uri;
	int event_fd;		/* readable: a call has ended */
	pthread_mutex_t lock;	/* of all below */
	pthread_cond_t changed;	/* for the thread */
	unsigned int refs;
	bool stop;
	bool asked;
	bool ended;
	struct vm_call call;	/* strings are its own */
	int result;
	char *text;
};

struct vm_operator {
	struct desk *desk;
	sd_event_source *io;
	vm_operator_done_t done;
	void *userdata;
	bool busy;
	bool has_loop;
};

static void call_clear(struct vm_call *call)
{
	free((char *)call->name);
	free((char *)call->to);
	*call = (struct vm_call){};
}

static void desk_unref(struct desk *desk)
{
	unsigned int refs;

	pthread_mutex_lock(&desk->lock);
	refs = --desk->refs;
	pthread_mutex_unlock(&desk->lock);
	if (refs)
		return;
	close_at(&desk->event_fd);
	pthread_cond_destroy(&desk->changed);
	pthread_mutex_destroy(&desk->lock);
	call_clear(&desk->call);
	free(desk->text);
	free(desk->uri);
	free(desk);
}

static int desk_new(const char *uri, struct desk **ret_desk)
{
	struct desk *desk = calloc(1, sizeof(*desk));

	if (!desk)
		return -ENOMEM;
	desk->refs = 1;
	pthread_mutex_init(&desk->lock, NULL);
	pthread_cond_init(&desk->changed, NULL);
	desk->uri = strdup(uri);
	desk->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!desk->uri || desk->event_fd < 0) {
		desk_unref(desk);
		return -ENOMEM;
	}
	*ret_desk = desk;
	return 0;
}

/* The next call; false: there is none, and the thread ends. */
static bool take_call(struct desk *desk, struct vm_call *ret_call)
{
	bool goes_on;

	pthread_mutex_lock(&desk->lock);
	while (!desk->stop && !desk->asked)
		pthread_cond_wait(&desk->changed, &desk->lock);
	goes_on = !desk->stop;
	if (goes_on) {
		*ret_call = desk->call;
		desk->call = (struct vm_call){};
		desk->asked = false;
	}
	pthread_mutex_unlock(&desk->lock);
	return goes_on;
}

static void give_result(struct desk *desk, int result, char *text)
{
	pthread_mutex_lock(&desk->lock);
	desk->result = result;
	free(desk->text);
	desk->text = text;
	desk->ended = true;
	pthread_mutex_unlock(&desk->lock);
	eventfd_write(desk->event_fd, 1);
}

static bool is_left(struct desk *desk)
{
	bool left;

	pthread_mutex_lock(&desk->lock);
	left = desk->stop;
	pthread_mutex_unlock(&desk->lock);
	return left;
}

static int ensure_open(const char *uri, virConnectPtr *connection,
		       char **ret_text)
{
	if (*connection && virConnectIsAlive(*connection) != 1) {
		virConnectClose(*connection);
		*connection = NULL;
	}
	if (*connection)
		return 0;
	*connection = virConnectOpen(uri);
	if (!*connection) {
		*ret_text = strdup(virGetLastErrorMessage());
		return -ENOTCONN;
	}
	virConnectSetKeepAlive(*connection, KEEPALIVE_INTERVAL_S,
			       KEEPALIVE_COUNT);
	return 0;
}

static void *run(void *userdata)
{
	struct desk *desk = userdata;
	virConnectPtr connection = NULL;
	struct vm_call call;

	while (take_call(desk, &call)) {
		char *text = NULL;
		int r;

		r = ensure_open(desk->uri, &connection, &text);
		/* That takes minutes if a host is silent. */
		if (r == 0 && is_left(desk))
			r = -ECANCELED;
		if (r == 0)
			r = libvirt_call(connection, &call, &text);
		call_clear(&call);
		give_result(desk, r, text);
	}
	if (connection)
		virConnectClose(connection);
	desk_unref(desk);
	return NULL;
}

static int start_thread(struct desk *desk)
{
	int r;

	desk->refs++;
	r = thread_start(run, desk);
	if (r < 0)
		desk_unref(desk);
	return r;
}

static int on_ended(_unused_ sd_event_source *event, int fd,
		    _unused_ uint32_t revents, void *userdata)
{
	struct vm_operator *operator = userdata;
	struct desk *desk = operator->desk;
	_cleanup_free_ char *text = NULL;
	eventfd_t count;
	bool ended;
	int result;

	eventfd_read(fd, &count);
	pthread_mutex_lock(&desk->lock);
	ended = desk->ended;
	result = desk->result;
	text = TAKE_PTR(desk->text);
	desk->ended = false;
	pthread_mutex_unlock(&desk->lock);
	if (!ended)
		return 0;
	operator->busy = false;
	operator->done(operator->userdata, result,
		       result < 0 && !text ? strerror(-result) : text);
	return 0;
}

int vm_operator_new(const char *uri, sd_event *loop, vm_operator_done_t done,
		    void *userdata, struct vm_operator **ret_operator)
{
	struct vm_operator *operator = calloc(1, sizeof(*operator));
	int r;

	if (!operator)
		return -ENOMEM;
	operator->done = done;
	operator->userdata = userdata;
	/* Keep-alive needs it. */
	r = libvirt_event_ref(loop);
	if (r >= 0) {
		operator->has_loop = true;
		r = desk_new(uri, &operator->desk);
	}
	if (r >= 0)
		r = sd_event_add_io(loop, &operator->io,
				    operator->desk->event_fd, EPOLLIN,
				    on_ended, operator);
	if (r >= 0)
		r = start_thread(operator->desk);
	if (r < 0) {
		vm_operator_free(operator);
		return r;
	}
	*ret_operator = operator;
	return 0;
}

int vm_operator_ask(struct vm_operator *operator, const struct vm_call *call)
{
	struct desk *desk = operator->desk;
	struct vm_call copy = *call;

	if (operator->busy)
		return -EBUSY;
	copy.name = call->name ? strdup(call->name) : NULL;
	copy.to = call->to ? strdup(call->to) : NULL;
	if ((call->name && !copy.name) || (call->to && !copy.to)) {
		call_clear(&copy);
		return -ENOMEM;
	}
	operator->busy = true;
	pthread_mutex_lock(&desk->lock);
	desk->call = copy;
	desk->asked = true;
	pthread_cond_signal(&desk->changed);
	pthread_mutex_unlock(&desk->lock);
	return 0;
}

struct vm_operator *vm_operator_free(struct vm_operator *operator)
{
	if (!operator)
		return NULL;
	sd_event_source_disable_unref(operator->io);
	if (operator->desk) {
		pthread_mutex_lock(&operator->desk->lock);
		operator->desk->stop = true;
		pthread_cond_signal(&operator->desk->changed);
		pthread_mutex_unlock(&operator->desk->lock);
		desk_unref(operator->desk);
	}
	if (operator->has_loop)
		libvirt_event_unref();
	free(operator);
	return NULL;
}
