/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libvirt/virterror.h>
#include <stdatomic.h>
#include <string.h>

#include "random.h"
#include "source/libvirt_known.h"
#include "source/libvirt_leaving.h"
#include "source/libvirt_lifecycle.h"
#include "source/libvirt_stats.h"
#include "source/libvirt_worker.h"
#include "source/private.h"
#include "source/thread.h"
#include "util.h"

#define FIRST_PAUSE_MS 1000
#define LONGEST_PAUSE_MS 30000

/* A dead peer is noticed after (interval) * (count + 1). */
#define KEEPALIVE_INTERVAL_S 2
#define KEEPALIVE_COUNT 3

/*
 * Who is told that a connection has been closed. To unregister takes a call of the
 * host, and if that fails for the host is gone, libvirt's thread may still be on its
 * way here when the worker has ended.
 */
struct closing {
	struct link *link;
	atomic_uint refs;	/* libvirt's and the worker's */
	atomic_bool over;	/* the worker has another connection, or none */
};

struct worker {
	struct link *link;
	virConnectPtr connection;
	struct closing *closing;	/* NULL: there was no memory */
	struct libvirt_lifecycle lifecycle;
	struct libvirt_stats stats;
	struct libvirt_known known;
	struct link_uuids leaving;
	unsigned int capabilities;
	int pause_ms;
};

/* Somewhere between 3/4 and 5/4, so that many daemons do not march in step. */
static int jitter(int ms)
{
	return ms * 3 / 4 + (int)random_below((uint64_t)ms / 2 + 1);
}

static const char *close_reason(struct link *link)
{
	switch (link_close_reason(link)) {
	case VIR_CONNECT_CLOSE_REASON_EOF:
		return "the hypervisor closed the connection";
	case VIR_CONNECT_CLOSE_REASON_KEEPALIVE:
		return "the hypervisor does not answer any more";
	default:
		return "the connection broke";
	}
}

static struct closing *closing_new(struct link *link)
{
	struct closing *closing = calloc(1, sizeof(*closing));

	if (!closing)
		return NULL;
	closing->link = link_ref(link);
	closing->refs = 2;
	return closing;
}

static void closing_unref(void *userdata)
{
	struct closing *closing = userdata;

	if (atomic_fetch_sub(&closing->refs, 1) > 1)
		return;
	link_unref(closing->link);
	free(closing);
}

static void on_closed(_unused_ virConnectPtr connection, int reason,
		      void *userdata)
{
	struct closing *closing = userdata;

	if (!closing->over)
		link_set_closed(closing->link, reason);
}

static void register_closing(struct worker *worker)
{
	worker->closing = closing_new(worker->link);
	if (!worker->closing)
		return;
	if (virConnectRegisterCloseCallback(worker->connection, on_closed,
					    worker->closing,
					    closing_unref) < 0)
		closing_unref(worker->closing);
}

/* Drivers that know no such callback say so nowhere, and never free anything. */
static void unregister_closing(struct worker *worker)
{
	struct closing *closing = worker->closing;

	if (!closing)
		return;
	closing->over = true;
	if (virConnectUnregisterCloseCallback(worker->connection,
					      on_closed) == 0 &&
	    closing->refs == 2)
		closing_unref(closing);
	closing_unref(closing);
	worker->closing = NULL;
}

static bool open_connection(struct worker *worker)
{
	struct link *link = worker->link;

	link_set_opening(link);
	worker->connection = virConnectOpen(link->uri);
	if (!worker->connection) {
		link_set_opened(link);
		return false;
	}
	/* Drivers without a network connection have no keep-alive. */
	virConnectSetKeepAlive(worker->connection, KEEPALIVE_INTERVAL_S,
			       KEEPALIVE_COUNT);
	register_closing(worker);
	worker->capabilities = libvirt_lifecycle_register(&worker->lifecycle,
							  worker->connection,
							  link);
	libvirt_stats_init(&worker->stats, worker->connection);
	link_set_opened(link);
	return true;
}

static void close_connection(struct worker *worker)
{
	libvirt_lifecycle_unregister(&worker->lifecycle, worker->connection);
	unregister_closing(worker);
	virConnectClose(worker->connection);
	worker->connection = NULL;
}

/* False: the connection is of no use any more, and it has said so. */
static bool poll_once(struct worker *worker)
{
	_cleanup_free_ char *error = NULL;
	_cleanup_(vm_inventory_freep) struct vm_inventory *inventory = NULL;
	int r;

	r = libvirt_stats_poll(&worker->stats, worker->connection,
			       worker->link->name, &worker->known, &inventory);
	worker->capabilities |= worker->stats.capabilities;
	/* The next call of libvirt forgets the error of this one. */
	error = strdup(virGetLastErrorMessage());
	if (r < 0 && virConnectIsAlive(worker->connection) != 1) {
		link_send_state(worker->link, SOURCE_LOST, error, 0);
		return false;
	}
	if (r == 0)
		worker->pause_ms = FIRST_PAUSE_MS;
	link_send_inventory(worker->link, TAKE_PTR(inventory),
			    r < 0 ? error : NULL, worker->capabilities);
	libvirt_leaving_poll(&worker->leaving, worker->connection,
			     worker->link);
	return true;
}

/* Until the connection is closed. */
static void serve(struct worker *worker)
{
	link_send_state(worker->link, SOURCE_CONNECTED, NULL,
			worker->capabilities);
	for (;;) {
		switch (link_wait(worker->link)) {
		case LINK_POLL:
			if (poll_once(worker))
				break;
			return;
		case LINK_CLOSED:
			link_send_state(worker->link, SOURCE_LOST,
					close_reason(worker->link), 0);
			return;
		case LINK_STOP:
			return;
		case LINK_NOTHING:
			break;
		}
	}
}

static void *run(void *userdata)
{
	struct link *link = userdata;
	struct worker worker = {
		.link = link,
		.known.sources.agents = link->agents,
		.pause_ms = FIRST_PAUSE_MS,
	};

	do {
		if (open_connection(&worker)) {
			serve(&worker);
			close_connection(&worker);
		} else {
			link_send_state(worker.link, SOURCE_LOST,
					virGetLastErrorMessage(), 0);
		}
		worker.pause_ms = MIN(worker.pause_ms, LONGEST_PAUSE_MS);
		if (!link_pause(worker.link, jitter(worker.pause_ms)))
			break;
		worker.pause_ms *= 2;
	} while (true);
	libvirt_known_done(&worker.known);
	free(worker.leaving.uuids);
	link_finish(worker.link);
	return NULL;
}

int libvirt_worker_start(struct link *link)
{
	int r;

	link_ref(link);
	r = thread_start(run, link);
	if (r < 0)
		link_unref(link);
	return r;
}
