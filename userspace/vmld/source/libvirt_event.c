/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include "source/libvirt_event.h"
#include "source/private.h"
#include "util.h"

#define EVENTS_AT_ONCE 16

/* What the epoll instance calls our own descriptors; watches begin at 1. */
#define TIMER_ID 0
#define REAPER_ID UINT64_MAX

struct watch {
	struct watch *next;
	int id;
	int fd;
	bool is_copy;		/* fd is ours: the same one is watched twice */
	bool is_added;		/* to the epoll instance */
	bool is_removed;	/* waits for its free function */
	int events;		/* of virEventHandleType */
	virEventHandleCallback callback;
	void *opaque;
	virFreeCallback free;
};

struct timer {
	struct timer *next;
	int id;
	int interval_ms;	/* -1: off */
	uint64_t due_ns;
	bool is_removed;
	virEventTimeoutCallback callback;
	void *opaque;
	virFreeCallback free;
};

/*
 * libvirt gives its callbacks no context and cannot be made to forget them,
 * so this is one for the process.
 */
static struct {
	pthread_mutex_t lock;	/* of all but what follows loop_source */
	bool is_registered;
	int epoll_fd;
	int timer_fd;
	int reaper_fd;		/* something is removed */
	int last_id;
	struct watch *watches;
	struct timer *timers;
	sd_event_source *loop_source;
	unsigned int refs;
} state = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void unlock(pthread_mutex_t **lock)
{
	pthread_mutex_unlock(*lock);
}

static pthread_mutex_t *lock_state(void)
{
	pthread_mutex_lock(&state.lock);
	return &state.lock;
}

#define _locked_ _cleanup_(unlock) _unused_ pthread_mutex_t *lock = lock_state()

static uint32_t to_epoll(int events)
{
	return (events & VIR_EVENT_HANDLE_READABLE ? EPOLLIN : 0) |
	       (events & VIR_EVENT_HANDLE_WRITABLE ? EPOLLOUT : 0);
}

static int from_epoll(uint32_t events)
{
	return (events & EPOLLIN ? VIR_EVENT_HANDLE_READABLE : 0) |
	       (events & EPOLLOUT ? VIR_EVENT_HANDLE_WRITABLE : 0) |
	       (events & EPOLLERR ? VIR_EVENT_HANDLE_ERROR : 0) |
	       (events & EPOLLHUP ? VIR_EVENT_HANDLE_HANGUP : 0);
}

static struct watch *find_watch(int id)
{
	struct watch *watch = state.watches;

	while (watch && (watch->id != id || watch->is_removed))
		watch = watch->next;
	return watch;
}

static struct timer *find_timer(int id)
{
	struct timer *timer = state.timers;

	while (timer && (timer->id != id || timer->is_removed))
		timer = timer->next;
	return timer;
}

/*
 * A watch for nothing is not in the epoll instance, which would report a
 * hang-up all the same, and for ever.
 */
static int apply_watch(struct watch *watch)
{
	struct epoll_event event = {
		.events = to_epoll(watch->events),
		.data.u64 = (uint64_t)watch->id,
	};
	bool wanted = event.events && !watch->is_removed;
	int operation = watch->is_added ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

	if (!wanted) {
		if (watch->is_added)
			epoll_ctl(state.epoll_fd, EPOLL_CTL_DEL, watch->fd,
				  NULL);
		watch->is_added = false;
		return 0;
	}
	if (epoll_ctl(state.epoll_fd, operation, watch->fd, &event) < 0) {
		int copy;

		if (errno != EEXIST)
			return -errno;
		copy = fcntl(watch->fd, F_DUPFD_CLOEXEC, 3);
		if (copy < 0)
			return -errno;
		if (epoll_ctl(state.epoll_fd, EPOLL_CTL_ADD, copy,
			      &event) < 0) {
			close(copy);
			return -errno;
		}
		watch->fd = copy;
		watch->is_copy = true;
	}
	watch->is_added = true;
	return 0;
}

static int add_handle(int fd, int events, virEventHandleCallback callback,
		      void *opaque, virFreeCallback free_opaque)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	_locked_;

	if (!watch)
		return -1;
	*watch = (struct watch){
		.id = ++state.last_id,
		.fd = fd,
		.events = events,
		.callback = callback,
		.opaque = opaque,
		.free = free_opaque,
	};
	if (apply_watch(watch) < 0) {
		free(watch);
		return -1;
	}
	watch->next = state.watches;
	state.watches = watch;
	return watch->id;
}

static void update_handle(int id, int events)
{
	struct watch *watch;
	_locked_;

	watch = find_watch(id);
	if (!watch)
		return;
	watch->events = events;
	apply_watch(watch);
}

/* Free functions are called by the loop, never by what removes. */
static void call_reaper(void)
{
	eventfd_write(state.reaper_fd, 1);
}

static int remove_handle(int id)
{
	struct watch *watch;
	_locked_;

	watch = find_watch(id);
	if (!watch)
		return -1;
	watch->is_removed = true;
	apply_watch(watch);
	call_reaper();
	return 0;
}

static void arm_timers(void)
{
	struct itimerspec when = {};
	uint64_t first = UINT64_MAX;

	for (struct timer *timer = state.timers; timer; timer = timer->next)
		if (!timer->is_removed && timer->interval_ms >= 0)
			first = MIN(first, timer->due_ns);
	if (first != UINT64_MAX) {
		when.it_value.tv_sec = (time_t)(first / NSEC_PER_SEC);
		when.it_value.tv_nsec = (long)(first % NSEC_PER_SEC);
	}
	timerfd_settime(state.timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static void set_timer(struct timer *timer, int interval_ms)
{
	timer->interval_ms = interval_ms;
	if (interval_ms >= 0)
		timer->due_ns = now_ns() +
				(uint64_t)interval_ms * NSEC_PER_MSEC;
	arm_timers();
}

static int add_timeout(int interval_ms, virEventTimeoutCallback callback,
		       void *opaque, virFreeCallback free_opaque)
{
	struct timer *timer = calloc(1, sizeof(*timer));
	_locked_;

	if (!timer)
		return -1;
	*timer = (struct timer){
		.next = state.timers,
		.id = ++state.last_id,
		.callback = callback,
		.opaque = opaque,
		.free = free_opaque,
	};
	state.timers = timer;
	set_timer(timer, interval_ms);
	return timer->id;
}

static void update_timeout(int id, int interval_ms)
{
	struct timer *timer;
	_locked_;

	timer = find_timer(id);
	if (timer)
		set_timer(timer, interval_ms);
}

static int remove_timeout(int id)
{
	struct timer *timer;
	_locked_;

	timer = find_timer(id);
	if (!timer)
		return -1;
	timer->is_removed = true;
	arm_timers();
	call_reaper();
	return 0;
}

static void dispatch_watch(int id, uint32_t events)
{
	struct watch *watch, copy;

	pthread_mutex_lock(&state.lock);
	watch = find_watch(id);
	if (watch)
		copy = *watch;
	pthread_mutex_unlock(&state.lock);
	if (watch)
		copy.callback(copy.id, copy.fd, from_epoll(events),
			      copy.opaque);
}

/* The first that is due after that one, in the order of ids. */
static bool take_due_timer(int after, uint64_t now, struct timer *ret_timer)
{
	struct timer *next = NULL;
	_locked_;

	for (struct timer *timer = state.timers; timer; timer = timer->next) {
		if (timer->is_removed || timer->interval_ms < 0 ||
		    timer->due_ns > now || timer->id <= after)
			continue;
		if (!next || timer->id < next->id)
			next = timer;
	}
	if (!next)
		return false;
	next->due_ns = now + (uint64_t)next->interval_ms * NSEC_PER_MSEC;
	*ret_timer = *next;
	return true;
}

static void dispatch_timers(void)
{
	uint64_t now = now_ns(), expirations;
	struct timer timer = { .id = 0 };

	if (read(state.timer_fd, &expirations, sizeof(expirations)) < 0)
		return;
	while (take_due_timer(timer.id, now, &timer))
		timer.callback(timer.id, timer.opaque);
	pthread_mutex_lock(&state.lock);
	arm_timers();
	pthread_mutex_unlock(&state.lock);
}

static struct watch *take_removed_watch(void)
{
	struct watch **at;
	_locked_;

	for (at = &state.watches; *at; at = &(*at)->next) {
		struct watch *watch = *at;

		if (!watch->is_removed)
			continue;
		*at = watch->next;
		return watch;
	}
	return NULL;
}

static struct timer *take_removed_timer(void)
{
	struct timer **at;
	_locked_;

	for (at = &state.timers; *at; at = &(*at)->next) {
		struct timer *timer = *at;

		if (!timer->is_removed)
			continue;
		*at = timer->next;
		return timer;
	}
	return NULL;
}

static void reap(void)
{
	struct watch *watch;
	struct timer *timer;
	eventfd_t count;

	eventfd_read(state.reaper_fd, &count);
	while ((watch = take_removed_watch())) {
		if (watch->free)
			watch->free(watch->opaque);
		if (watch->is_copy)
			close(watch->fd);
		free(watch);
	}
	while ((timer = take_removed_timer())) {
		if (timer->free)
			timer->free(timer->opaque);
		free(timer);
	}
}

static int on_ready(_unused_ sd_event_source *source, int fd,
		    _unused_ uint32_t revents, _unused_ void *userdata)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	int n = epoll_wait(fd, events, ARRAY_SIZE(events), 0);

	for (int i = 0; i < n; i++) {
		if (events[i].data.u64 == TIMER_ID)
			dispatch_timers();
		else if (events[i].data.u64 == REAPER_ID)
			reap();
		else
			dispatch_watch((int)events[i].data.u64,
				       events[i].events);
	}
	return 0;
}

static int watch_own(int fd, uint64_t id)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = id };

	return epoll_ctl(state.epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ?
	       -errno : 0;
}

/* By default libvirt writes each error to stderr; all are reported by us. */
static void be_quiet(_unused_ void *userdata, _unused_ virErrorPtr error)
{
}

static int open_descriptors(void)
{
	_cleanup_close_ int epoll_fd = -1, timer_fd = -1, reaper_fd = -1;

	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	reaper_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (epoll_fd < 0 || timer_fd < 0 || reaper_fd < 0)
		return -errno;
	state.epoll_fd = TAKE_FD(epoll_fd);
	state.timer_fd = TAKE_FD(timer_fd);
	state.reaper_fd = TAKE_FD(reaper_fd);
	return 0;
}

static int register_once(void)
{
	int r;

	if (state.is_registered)
		return 0;
	r = open_descriptors();
	if (r == 0)
		r = watch_own(state.timer_fd, TIMER_ID);
	if (r == 0)
		r = watch_own(state.reaper_fd, REAPER_ID);
	if (r < 0)
		return r;
	if (virInitialize() < 0)
		return -EIO;
	virSetErrorFunc(NULL, be_quiet);
	virEventRegisterImpl(add_handle, update_handle, remove_handle,
			     add_timeout, update_timeout, remove_timeout);
	state.is_registered = true;
	return 0;
}

int libvirt_event_ref(sd_event *loop)
{
	int r;

	r = register_once();
	if (r < 0)
		return r;
	if (!state.refs) {
		r = sd_event_add_io(loop, &state.loop_source, state.epoll_fd,
				    EPOLLIN, on_ready, NULL);
		if (r < 0)
			return r;
	}
	state.refs++;
	return 0;
}

void libvirt_event_unref(void)
{
	if (--state.refs)
		return;
	state.loop_source = sd_event_source_disable_unref(state.loop_source);
}
