/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A generic netlink socket whose waits are bounded. Deadlines are points of
 * CLOCK_MONOTONIC in nanoseconds.
 */
#ifndef VML_SOCKET_H
#define VML_SOCKET_H

#include <netlink/socket.h>

#include "message.h"
#include "reply.h"

struct vml_socket {
	struct nl_sock *handle;
	size_t send_size;	/* that one message can have */
	void *buffer;		/* for one received datagram */
};

#define VML_SOCKET_INIT ((struct vml_socket){ 0 })

/* receive_size: of the socket's buffer, in bytes; 0: the system's default. */
int vml_socket_open(size_t receive_size, struct vml_socket *ret_socket);
void vml_socket_close(struct vml_socket *sock);

int vml_socket_fd(const struct vml_socket *sock);

/* Wait until there is something to read. -ETIMEDOUT at the deadline. */
int vml_socket_wait(const struct vml_socket *sock, uint64_t deadline);

/*
 * Receive one datagram into the socket's buffer without waiting. 1: there was
 * one from the kernel (its size may be 0 if it was somebody else's), 0: there
 * is none. -ENOBUFS: messages were lost.
 */
int vml_socket_receive(struct vml_socket *sock, size_t *ret_size);

/* Send a message, completing its header, without waiting for the answer. */
int vml_socket_send(struct vml_socket *sock, struct nl_msg *message);

/*
 * Send a request and take in the whole answer. 0 also if the kernel refused
 * (see reply->ack), or if reply->take() gave an error: see reply->error.
 */
int vml_socket_exchange(struct vml_socket *sock, struct nl_msg *message,
			struct vml_reply *reply, uint64_t deadline);

/* -ENODEV: there is no such group (any more). */
int vml_socket_join(struct vml_socket *sock, uint32_t group);

#endif
