/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Datagrams and connections, as many as can be. */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include "race.h"

#define BATCH 128u

static struct sockaddr_in address_of(unsigned int i)
{
	const struct vml_service_key key = service_key(i);

	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(key.port),
		.sin_addr = key.address.ipv4,
	};
}

static int listening = -1;

void open_sinks(void)
{
	for (unsigned int i = 0; i < N_SERVICES; i++) {
		int fd = socket(AF_INET, (i ? SOCK_DGRAM : SOCK_STREAM) |
					 SOCK_CLOEXEC, 0);
		struct sockaddr_in address = address_of(i);

		address.sin_addr.s_addr = INADDR_ANY;
		/* What does not fit is dropped; nobody reads it. */
		if (fd < 0 ||
		    setsockopt(fd, SOL_SOCKET, i ? SO_RCVBUF : SO_REUSEADDR,
			       &(int){ 1 }, sizeof(int)) ||
		    bind(fd, (void *)&address, sizeof(address)) ||
		    (!i && listen(fd, 64)))
			err(1, "a socket for the traffic to end at");
		if (!i)
			listening = fd;
	}
}

/*
 * Many in one call, so that the time goes into the kernel. That the service is
 * not there, or has no destination, is not of interest: one that is refused
 * ends the call, and is left out.
 */
static void send_from(int fd, unsigned int service, unsigned int n)
{
	struct sockaddr_in to = address_of(service);
	struct iovec payload = { .iov_base = "", .iov_len = 1 };
	struct mmsghdr messages[BATCH];

	for (unsigned int i = 0; i < BATCH; i++)
		messages[i].msg_hdr = (struct msghdr){
			.msg_name = &to,
			.msg_namelen = sizeof(to),
			.msg_iov = &payload,
			.msg_iovlen = 1,
		};
	while (n) {
		int sent = sendmmsg(fd, messages, MIN(n, BATCH), MSG_DONTWAIT);

		n -= (unsigned int)MAX(sent, 1);
	}
}

void send_datagrams(unsigned int service, unsigned int n)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0)
		err(1, "socket");
	send_from(fd, service, n);
}

void race_datagrams(struct racer *racer)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM, 0);

	while (goes_on(racer)) {
		/* The first of the services is not for datagrams. */
		send_from(fd, MAX(any_service(racer), 1u), BATCH);
		count(racer, DATAGRAMS_SENT);
	}
}

/* Close without leaving anything to wait for. */
static void reset(int fd)
{
	const struct linger linger = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(fd);
}

static bool is_ready(int fd, short events, int timeout_ms)
{
	struct pollfd polled = { .fd = fd, .events = events };

	return poll(&polled, 1, timeout_ms) > 0 && polled.revents & events;
}

/*
 * This end and the other one are of the same process. Some stay open for a
 * while, so that destinations have connections, and are overloaded at times.
 */
void race_connections(struct racer *racer)
{
	enum { KEPT = 64 };
	const struct sockaddr_in to = address_of(0);
	int kept[KEPT][2];
	unsigned int i = 0;

	for (i = 0; i < KEPT; i++)
		kept[i][0] = kept[i][1] = -1;
	for (i = 0; goes_on(racer); i = (i + 1) % KEPT) {
		int near = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		int far = -1;

		if (near < 0)
			err(1, "socket");
		connect(near, (const void *)&to, sizeof(to));
		if (is_ready(near, POLLOUT, 20) &&
		    is_ready(listening, POLLIN, 20))
			far = accept4(listening, NULL, NULL, SOCK_NONBLOCK);
		if (far >= 0 && send(near, "", 1, MSG_NOSIGNAL) == 1 &&
		    is_ready(far, POLLIN, 20))
			count(racer, CONNECTIONS_SERVED);
		for (int end = 0; end < 2; end++)
			if (kept[i][end] >= 0)
				reset(kept[i][end]);
		kept[i][0] = near;
		kept[i][1] = far;
	}
}
