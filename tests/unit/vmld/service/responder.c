/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "responder.h"
#include "util.h"

static void need(bool condition)
{
	if (!condition)
		abort();
}

static void hang_up(struct responder_peer *peer)
{
	sd_event_source_disable_unref(peer->source);
	close(peer->fd);
	peer->source = NULL;
	peer->fd = -1;
}

static int on_request(sd_event_source *source, int fd, uint32_t events,
		      void *userdata)
{
	struct responder_peer *peer = userdata;
	struct responder *r = peer->responder;
	ssize_t n = recv(fd, r->request, sizeof(r->request) - 1, 0);

	(void)source;
	(void)events;
	if (n > 0) {
		r->request[n] = '\0';
		r->requests++;
		if (!r->answer)
			return 0;
		/* Whoever has heard enough is gone. */
		for (const char *rest = r->answer; *rest;) {
			ssize_t sent = send(fd, rest, strlen(rest),
					    MSG_NOSIGNAL);

			if (sent < 0)
				break;
			rest += sent;
		}
	}
	hang_up(peer);
	return 0;
}

static int on_connection(sd_event_source *source, int fd, uint32_t events,
			 void *userdata)
{
	struct responder *r = userdata;
	struct responder_peer *peer = NULL;
	int accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)source;
	(void)events;
	if (accepted < 0)
		return 0;
	r->connections++;
	for (unsigned int i = 0; i < RESPONDER_MAX && !peer; i++)
		if (!r->peers[i].source)
			peer = &r->peers[i];
	need(peer);
	peer->responder = r;
	peer->fd = accepted;
	need(sd_event_add_io(r->event, &peer->source, accepted, EPOLLIN,
			     on_request, peer) >= 0);
	return 0;
}

static void listen_at(struct responder *r)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(r->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t size = sizeof(address);
	int one = 1;

	need(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	need(bind(fd, (struct sockaddr *)&address, size) == 0);
	need(listen(fd, RESPONDER_MAX) == 0);
	need(getsockname(fd, (struct sockaddr *)&address, &size) == 0);
	r->port = ntohs(address.sin_port);
	need(sd_event_add_io(r->event, &r->listener, fd, EPOLLIN,
			     on_connection, r) >= 0);
	sd_event_source_set_io_fd_own(r->listener, true);
}

void responder_open(struct responder *responder, sd_event *event)
{
	*responder = (struct responder){
		.event = event,
		.answer = RESPONDER_STATUS("200 OK"),
	};
	listen_at(responder);
}

void responder_close(struct responder *responder)
{
	responder->listener = sd_event_source_disable_unref(
		responder->listener);
	for (unsigned int i = 0; i < RESPONDER_MAX; i++)
		if (responder->peers[i].source)
			hang_up(&responder->peers[i]);
}

void responder_reopen(struct responder *responder)
{
	listen_at(responder);
}
