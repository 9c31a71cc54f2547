/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/netlink.h>
#include <netlink/genl/genl.h>
#include <poll.h>
#include <sys/socket.h>

#include "socket.h"

/* The kernel makes no datagram of a dump or a notification larger. */
#define DATAGRAM_MAX 65536

static int set_option(int fd, int option)
{
	const int on = 1;

	if (setsockopt(fd, SOL_NETLINK, option, &on, sizeof(on)) < 0)
		return -errno;
	return 0;
}

/*
 * Past the system's limit if we may, within it otherwise. What came of it is
 * seen when it is used.
 */
static void set_buffer(int fd, int forced, int plain, size_t size)
{
	const int value = (int)size;

	if (setsockopt(fd, SOL_SOCKET, forced, &value, sizeof(value)) < 0)
		setsockopt(fd, SOL_SOCKET, plain, &value, sizeof(value));
}

int vml_socket_open(size_t receive_size, struct vml_socket *ret_socket)
{
	struct vml_socket sock = VML_SOCKET_INIT;
	int fd, r;

	sock.handle = nl_socket_alloc();
	sock.buffer = malloc(DATAGRAM_MAX);
	if (!sock.handle || !sock.buffer) {
		r = -ENOMEM;
		goto fail;
	}
	nl_socket_disable_auto_ack(sock.handle);
	errno = 0;
	if (genl_connect(sock.handle) < 0) {
		r = errno ? -errno : -EIO;
		goto fail;
	}
	fd = nl_socket_get_fd(sock.handle);
	r = set_option(fd, NETLINK_EXT_ACK);
	if (r >= 0)
		r = set_option(fd, NETLINK_CAP_ACK);
	if (r >= 0)
		r = set_option(fd, NETLINK_GET_STRICT_CHK);
	if (r < 0)
		goto fail;
	if (receive_size)
		set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, receive_size);
	*ret_socket = sock;
	return 0;
fail:
	vml_socket_close(&sock);
	return r;
}

void vml_socket_close(struct vml_socket *sock)
{
	if (sock->handle)
		nl_socket_free(sock->handle);
	free(sock->buffer);
	*sock = VML_SOCKET_INIT;
}

int vml_socket_fd(const struct vml_socket *sock)
{
	return nl_socket_get_fd(sock->handle);
}

int vml_socket_wait(const struct vml_socket *sock, uint64_t deadline)
{
	struct pollfd poll_fd = {
		.fd = vml_socket_fd(sock),
		.events = POLLIN,
	};

	for (;;) {
		uint64_t now = now_ns();
		struct timespec left;
		int n;

		if (now >= deadline)
			return -ETIMEDOUT;
		left.tv_sec = (time_t)((deadline - now) / NSEC_PER_SEC);
		left.tv_nsec = (long)((deadline - now) % NSEC_PER_SEC);
		n = ppoll(&poll_fd, 1, &left, NULL);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
	}
}

int vml_socket_receive(struct vml_socket *sock, size_t *ret_size)
{
	struct sockaddr_nl from = { 0 };
	struct iovec vector = {
		.iov_base = sock->buffer,
		.iov_len = DATAGRAM_MAX,
	};
	struct msghdr header = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &vector,
		.msg_iovlen = 1,
	};
	ssize_t n;

	do
		n = recvmsg(vml_socket_fd(sock), &header, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	if (header.msg_flags & MSG_TRUNC)
		return -EMSGSIZE;
	/* Other processes can send to us too; only the kernel is believed. */
	*ret_size = from.nl_pid ? 0 : (size_t)n;
	return 1;
}

int vml_socket_send(struct vml_socket *sock, struct nl_msg *message)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct nlmsghdr *header = nlmsg_hdr(message);
	int fd = vml_socket_fd(sock);
	ssize_t n;

	header->nlmsg_seq = NL_AUTO_SEQ;
	nl_complete_msg(sock->handle, message);
	if (header->nlmsg_len > sock->send_size) {
		/* The kernel keeps a little of the buffer for itself. */
		set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF,
			   header->nlmsg_len + 4096);
		sock->send_size = header->nlmsg_len;
	}
	do
		n = sendto(fd, header, header->nlmsg_len, 0,
			   (struct sockaddr *)&kernel, sizeof(kernel));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return 0;
}

/* Throw away what is left of an answer that was given up. */
static int discard(struct vml_socket *sock, uint64_t deadline)
{
	size_t size;
	int r;

	do {
		r = vml_socket_receive(sock, &size);
		if (now_ns() >= deadline)
			return -ETIMEDOUT;
	} while (r > 0 || r == -ENOBUFS || r == -EMSGSIZE);
	return r;
}

int vml_socket_exchange(struct vml_socket *sock, struct nl_msg *message,
			struct vml_reply *reply, uint64_t deadline)
{
	struct nlmsghdr *header = nlmsg_hdr(message);
	size_t size;
	int r;

	r = discard(sock, deadline);
	if (r < 0)
		return r;
	r = vml_socket_send(sock, message);
	if (r < 0)
		return r;
	reply->sequence = header->nlmsg_seq;
	reply->type = header->nlmsg_type;
	for (;;) {
		r = vml_socket_wait(sock, deadline);
		if (r < 0)
			return r;
		r = vml_socket_receive(sock, &size);
		if (r < 0)
			return r;
		if (r == 0)
			continue;
		r = vml_reply_feed(reply, sock->buffer, size);
		if (r != 0)
			return r < 0 ? r : 0;
	}
}

int vml_socket_join(struct vml_socket *sock, uint32_t group)
{
	int value = (int)group;

	if (setsockopt(vml_socket_fd(sock), SOL_NETLINK,
		       NETLINK_ADD_MEMBERSHIP, &value, sizeof(value)) == 0)
		return 0;
	/* The numbers of groups are used again; none is held for us. */
	if (errno == EINVAL || errno == ENOENT)
		return -ENODEV;
	return -errno;
}
