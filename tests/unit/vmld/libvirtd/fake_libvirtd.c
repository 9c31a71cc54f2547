/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "fake_libvirtd.h"
#include "fake_machines.h"

#define REMOTE_PROGRAM 0x20008086
#define KEEPALIVE_PROGRAM 0x6b656570
#define KEEPALIVE_PONG 2
#define VERSION 1

enum { TYPE_CALL, TYPE_REPLY, TYPE_MESSAGE };
enum { STATUS_OK, STATUS_ERROR };

/* What it says of itself when it is asked for its features. */
#define FEATURE_KEEPALIVE 10
#define FEATURE_EVENT_CALLBACK 14
#define FEATURE_CLOSE_CALLBACK 15

#define MAX_CONNECTIONS 16
#define MAX_CALL 65536
#define XML_SIZE 4096

struct header {
	uint32_t length;
	uint32_t program;
	uint32_t version;
	uint32_t procedure;
	uint32_t type;
	uint32_t serial;
	uint32_t status;
};

#define HEADER_WORDS (sizeof(struct header) / sizeof(uint32_t))

struct fake_libvirtd {
	struct fake_machines machines;
	struct fake_stats *stats;
	pthread_t thread;
	int fds[MAX_CONNECTIONS];	/* listens, wakes, connections */
	unsigned int n_fds;
	int last_callback;
	atomic_bool refuses;
	atomic_uint unanswered;

	pthread_mutex_t lock;		/* of all below */
	pthread_cond_t hears;
	unsigned int told, heard;	/* how often, and by the thread */
	bool hangs;
	bool stops;
	unsigned int calls[_FAKE_PROCEDURE_MAX];
};

static void check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "fake libvirtd: %s: %s\n", what, strerror(errno));
	abort();
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static bool read_all(int fd, void *data, size_t n)
{
	for (size_t got = 0; got < n;) {
		ssize_t more = read(fd, (char *)data + got, n - got);

		if (more <= 0)
			return false;
		got += (size_t)more;
	}
	return true;
}

static bool write_all(int fd, struct iovec *parts, size_t n)
{
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = n };

	while (message.msg_iovlen) {
		ssize_t put = sendmsg(fd, &message, MSG_NOSIGNAL);

		if (put < 0)
			return false;
		for (; message.msg_iovlen &&
		       (size_t)put >= message.msg_iov->iov_len;
		     message.msg_iov++, message.msg_iovlen--)
			put -= (ssize_t)message.msg_iov->iov_len;
		if (!message.msg_iovlen)
			break;
		message.msg_iov->iov_base =
			(char *)message.msg_iov->iov_base + put;
		message.msg_iov->iov_len -= (size_t)put;
	}
	return true;
}

static bool answer(int fd, const struct header *call, uint32_t procedure,
		   uint32_t type, uint32_t status, const struct fx *body)
{
	uint32_t words[HEADER_WORDS] = {
		htonl((uint32_t)(sizeof(words) + body->length)),
		htonl(call->program), htonl(call->version), htonl(procedure),
		htonl(type), htonl(call->serial), htonl(status),
	};

	/* In one: else the second waits until the first is acknowledged. */
	return write_all(fd, (struct iovec[]){
		{ .iov_base = words, .iov_len = sizeof(words) },
		{ .iov_base = body->data, .iov_len = body->length },
	}, 2);
}

static void add_error(struct fx *body, int code, const char *text)
{
	fx_int(body, (uint32_t)code);
	fx_int(body, VIR_FROM_RPC);
	fx_int(body, 1);
	fx_text(body, text);
	fx_int(body, VIR_ERR_ERROR);
	/* No domain, no strings, no numbers, no network. */
	for (int i = 0; i < 7; i++)
		fx_int(body, 0);
}

static void add_node_info(struct fx *body)
{
	/* The model: 32 characters, each a word. */
	for (int i = 0; i < 32; i++)
		fx_int(body, i < 6 ? (uint32_t)"x86_64"[i] : 0);
	fx_hyper(body, 1 << 28);
	for (int i = 0; i < 6; i++)
		fx_int(body, (const uint32_t[]){ 64, 2450, 1, 1, 32, 2 }[i]);
}

/* Of the domain with which the arguments begin: the last word of its id. */
static unsigned int machine_of(const uint32_t *arguments, size_t words,
			       const uint32_t **ret_next)
{
	size_t at = 1 + (ntohl(arguments[0]) + 3) / 4 + VIR_UUID_BUFLEN / 4;

	check(at < words, "the call names no domain");
	*ret_next = &arguments[at + 1];
	return ntohl(arguments[at]) - 1;
}

static bool is_feature(uint32_t feature)
{
	return feature == FEATURE_KEEPALIVE ||
	       feature == FEATURE_EVENT_CALLBACK ||
	       feature == FEATURE_CLOSE_CALLBACK;
}

/* The agent of one machine hangs. */
static bool is_answered(struct fake_libvirtd *fake, uint32_t procedure,
			const uint32_t *arguments, size_t words)
{
	const uint32_t *next;
	unsigned int i;

	if (procedure != FAKE_DOMAIN_INTERFACE_ADDRESSES)
		return true;
	i = machine_of(arguments, words, &next);
	if (i != fake->machines.hung ||
	    ntohl(*next) != VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT)
		return true;
	fake->unanswered++;
	return false;
}

/* False: no such procedure. */
static bool add_answer(struct fake_libvirtd *fake, uint32_t procedure,
		       const uint32_t *arguments, size_t words,
		       struct fx *body)
{
	const uint32_t *next;
	char xml[XML_SIZE];
	unsigned int i;

	switch (procedure) {
	case FAKE_CONNECT_OPEN:
	case FAKE_CONNECT_CLOSE:
	case FAKE_EVENT_DEREGISTER:
	case FAKE_REGISTER_CLOSE_CALLBACK:
	case FAKE_UNREGISTER_CLOSE_CALLBACK:
		return true;
	case FAKE_AUTH_LIST:
		fx_int(body, 1);
		fx_int(body, 0);
		return true;
	case FAKE_CONNECT_SUPPORTS_FEATURE:
		fx_int(body, is_feature(ntohl(arguments[0])));
		return true;
	case FAKE_CONNECT_GET_TYPE:
		fx_text(body, "QEMU");
		return true;
	case FAKE_NODE_GET_INFO:
		add_node_info(body);
		return true;
	case FAKE_EVENT_REGISTER:
		fx_int(body, (uint32_t)++fake->last_callback);
		return true;
	case FAKE_DOMAIN_GET_XML_DESC:
		i = machine_of(arguments, words, &next);
		if (fake->machines.xml_ms)
			usleep(1000 * fake->machines.xml_ms);
		fake_machine_xml(i, i == fake->machines.hung, xml,
				 sizeof(xml));
		fx_text(body, xml);
		return true;
	case FAKE_DOMAIN_INTERFACE_ADDRESSES:
		i = machine_of(arguments, words, &next);
		if (ntohl(*next) == VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP &&
		    i != fake->machines.hung)
			fake_machine_addresses(i, body);
		else
			fx_int(body, 0);
		return true;
	default:
		return false;
	}
}

static void count(struct fake_libvirtd *fake, uint32_t procedure)
{
	pthread_mutex_lock(&fake->lock);
	if (procedure < _FAKE_PROCEDURE_MAX)
		fake->calls[procedure]++;
	pthread_mutex_unlock(&fake->lock);
}

/* False: the connection has ended. */
static bool serve_call(struct fake_libvirtd *fake, int fd)
{
	uint32_t words[HEADER_WORDS], arguments[MAX_CALL / 4];
	struct fx body = {};
	uint32_t status = STATUS_ERROR;
	struct header call;
	bool good;
	size_t n;

	if (!read_all(fd, words, sizeof(words)))
		return false;
	for (size_t i = 0; i < HEADER_WORDS; i++)
		words[i] = ntohl(words[i]);
	memcpy(&call, words, sizeof(call));
	n = call.length - sizeof(words);
	check(call.length >= sizeof(words) && n <= MAX_CALL &&
	      call.version == VERSION, "a call of another protocol");
	if (!read_all(fd, arguments, n))
		return false;
	if (call.program == KEEPALIVE_PROGRAM)
		return answer(fd, &call, KEEPALIVE_PONG, TYPE_MESSAGE,
			      STATUS_OK, &body);
	count(fake, call.procedure);
	if (!is_answered(fake, call.procedure, arguments, n / 4))
		return true;
	if (call.procedure == FAKE_GET_ALL_DOMAIN_STATS && !fake->refuses)
		return answer(fd, &call, call.procedure, TYPE_REPLY, STATUS_OK,
			      fake_stats_now(fake->stats, now()));
	if (call.procedure == FAKE_GET_ALL_DOMAIN_STATS)
		add_error(&body, VIR_ERR_INTERNAL_ERROR,
			  "the fake libvirtd refuses");
	else if (add_answer(fake, call.procedure, arguments, n / 4, &body))
		status = STATUS_OK;
	else
		add_error(&body, VIR_ERR_NO_SUPPORT,
			  "the fake libvirtd does not know that");
	good = answer(fd, &call, call.procedure, TYPE_REPLY, status, &body);
	fx_done(&body);
	return good;
}

static void take_connection(struct fake_libvirtd *fake)
{
	int fd = accept4(fake->fds[0], NULL, NULL, SOCK_CLOEXEC);

	check(fd >= 0 && fake->n_fds < MAX_CONNECTIONS, "accept");
	fake->fds[fake->n_fds++] = fd;
}

static bool is_asked_to_stop(struct fake_libvirtd *fake, bool *ret_hangs)
{
	bool stops;

	pthread_mutex_lock(&fake->lock);
	stops = fake->stops;
	*ret_hangs = fake->hangs;
	fake->heard = fake->told;
	pthread_cond_signal(&fake->hears);
	pthread_mutex_unlock(&fake->lock);
	return stops;
}

static void serve(struct fake_libvirtd *fake, const struct pollfd *polled)
{
	eventfd_t woken;

	if (polled[1].revents)
		eventfd_read(fake->fds[1], &woken);
	/* From the end: those that have ended are replaced by the last. */
	for (unsigned int i = fake->n_fds - 1; i >= 2; i--) {
		if (!polled[i].revents || serve_call(fake, fake->fds[i]))
			continue;
		close(fake->fds[i]);
		fake->fds[i] = fake->fds[--fake->n_fds];
	}
	if (polled[0].revents)
		take_connection(fake);
}

static void *run(void *userdata)
{
	struct fake_libvirtd *fake = userdata;
	bool hangs;

	while (!is_asked_to_stop(fake, &hangs)) {
		struct pollfd polled[MAX_CONNECTIONS];

		for (unsigned int i = 0; i < fake->n_fds; i++)
			polled[i] = (struct pollfd){
				.fd = hangs && i != 1 ? -1 : fake->fds[i],
				.events = POLLIN,
			};
		check(poll(polled, fake->n_fds, -1) >= 0, "poll");
		serve(fake, polled);
	}
	return NULL;
}

struct fake_libvirtd *fake_libvirtd_start(const struct sockaddr *address,
					  socklen_t length,
					  const struct fake_machines *machines)
{
	struct fake_libvirtd *fake = calloc(1, sizeof(*fake));
	int one = 1;

	check(fake, "memory");
	fake->machines = *machines;
	fake->stats = fake_stats_new(machines);
	pthread_mutex_init(&fake->lock, NULL);
	pthread_cond_init(&fake->hears, NULL);
	fake->fds[0] = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC,
			      0);
	fake->fds[1] = eventfd(0, EFD_CLOEXEC);
	fake->n_fds = 2;
	check(fake->fds[0] >= 0 && fake->fds[1] >= 0, "socket");
	setsockopt(fake->fds[0], SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	check(bind(fake->fds[0], address, length) == 0, "bind");
	check(listen(fake->fds[0], MAX_CONNECTIONS) == 0, "listen");
	check(pthread_create(&fake->thread, NULL, run, fake) == 0, "thread");
	return fake;
}

/* Until it has heard, the thread might still answer a call that comes now. */
static void tell(struct fake_libvirtd *fake, bool hangs, bool stops)
{
	pthread_mutex_lock(&fake->lock);
	fake->hangs = hangs;
	fake->stops = stops;
	fake->told++;
	eventfd_write(fake->fds[1], 1);
	while (fake->heard != fake->told)
		pthread_cond_wait(&fake->hears, &fake->lock);
	pthread_mutex_unlock(&fake->lock);
}

void fake_libvirtd_hang(struct fake_libvirtd *fake, bool hangs)
{
	tell(fake, hangs, false);
}

void fake_libvirtd_refuse(struct fake_libvirtd *fake, bool refuses)
{
	fake->refuses = refuses;
}

void fake_libvirtd_stop(struct fake_libvirtd *fake)
{
	tell(fake, false, true);
	pthread_join(fake->thread, NULL);
	for (unsigned int i = 0; i < fake->n_fds; i++)
		close(fake->fds[i]);
	fake_stats_free(fake->stats);
	pthread_cond_destroy(&fake->hears);
	pthread_mutex_destroy(&fake->lock);
	free(fake);
}

unsigned int fake_libvirtd_calls(struct fake_libvirtd *fake,
				 enum fake_procedure procedure)
{
	unsigned int n;

	pthread_mutex_lock(&fake->lock);
	n = fake->calls[procedure];
	pthread_mutex_unlock(&fake->lock);
	return n;
}

unsigned int fake_libvirtd_unanswered(struct fake_libvirtd *fake)
{
	return fake->unanswered;
}

unsigned int fake_libvirtd_all_calls(struct fake_libvirtd *fake)
{
	unsigned int n = 0;

	pthread_mutex_lock(&fake->lock);
	for (int i = 0; i < _FAKE_PROCEDURE_MAX; i++)
		n += fake->calls[i];
	pthread_mutex_unlock(&fake->lock);
	return n;
}
