// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the benchmarks' programs do while the clock runs: a shared object, for
 * Python is too slow, and a user-mode kernel too slow to start processes. All
 * functions return nanoseconds, or a negative errno.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define DATAGRAMS_MAX	1024
#define CONNECTIONS_MAX	256

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* A client that nobody has seen before: an address of 172.16/12 and a port. */
static struct sockaddr_in next_client(void)
{
	static uint32_t clients;
	uint32_t i = clients++;

	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(1024 + i % 60000),
		.sin_addr.s_addr = htonl(0xac100001 + i / 60000),
	};
}

/* Datagrams of one socket come from all of 172.16/12, as if from many clients. */
struct from {
	struct cmsghdr header;
	struct in_pktinfo info;
};

static void set_source(struct msghdr *message, struct from *from)
{
	static uint32_t sources;

	from->header.cmsg_level = IPPROTO_IP;
	from->header.cmsg_type = IP_PKTINFO;
	from->header.cmsg_len = CMSG_LEN(sizeof(from->info));
	from->info.ipi_spec_dst.s_addr =
		htonl(0xac100000 | (sources++ * 2654435761u) >> 12);
	message->msg_control = from;
	message->msg_controllen = CMSG_SPACE(sizeof(from->info));
}

/**
 * bench_datagrams - send empty datagrams, each from another client
 * @fd: a connected socket
 * @n: how many, at most DATAGRAMS_MAX
 */
int64_t bench_datagrams(int fd, unsigned int n)
{
	static struct mmsghdr messages[DATAGRAMS_MAX];
	static struct from from[DATAGRAMS_MAX];
	unsigned int i, sent = 0;
	int64_t start;

	if (n > DATAGRAMS_MAX)
		return -EINVAL;
	for (i = 0; i < n; i++)
		set_source(&messages[i].msg_hdr, &from[i]);
	start = now();
	while (sent < n) {
		int some = sendmmsg(fd, messages + sent, n - sent, 0);

		if (some < 0)
			return -errno;
		sent += some;
	}
	return now() - start;
}

static int connect_one(const struct sockaddr_in *server, int listener,
		       int *ret_near, int *ret_far)
{
	static const struct linger reset = { .l_onoff = 1 };
	struct sockaddr_in client = next_client();

	*ret_far = -1;
	*ret_near = socket(AF_INET, SOCK_STREAM, 0);
	if (*ret_near < 0 ||
	    bind(*ret_near, (struct sockaddr *)&client, sizeof(client)) ||
	    setsockopt(*ret_near, SOL_SOCKET, SO_LINGER, &reset,
		       sizeof(reset)) ||
	    connect(*ret_near, (const struct sockaddr *)server,
		    sizeof(*server)))
		return -errno;
	*ret_far = accept(listener, NULL, NULL);
	return *ret_far < 0 ? -errno : 0;
}

/**
 * bench_connections - connect, and reset all connections afterwards
 * @address: of the service, in the byte order of the network
 * @port: of the service, in that of the machine
 * @listener: the socket at which all its destinations listen
 * @n: how many, at most CONNECTIONS_MAX; all are open at the same time
 *
 * The time is that until all are established and accepted.
 */
int64_t bench_connections(uint32_t address, uint16_t port, int listener,
			  unsigned int n)
{
	static int near[CONNECTIONS_MAX], far[CONNECTIONS_MAX];
	struct sockaddr_in server = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = address,
	};
	int64_t start = now(), elapsed;
	unsigned int i, open = 0;
	int err = 0;

	if (n > CONNECTIONS_MAX)
		return -EINVAL;
	while (open < n && !err) {
		err = connect_one(&server, listener, &near[open], &far[open]);
		open++;
	}
	elapsed = now() - start;
	for (i = 0; i < open; i++) {
		close(near[i]);
		close(far[i]);
	}
	return err ?: elapsed;
}

/* Read acknowledgements of netlink requests; 0, or the error of the first. */
static int await_acks(int fd, unsigned int n)
{
	static _Alignas(struct nlmsghdr) char buffer[1 << 16];

	while (n) {
		struct nlmsghdr *header = (struct nlmsghdr *)buffer;
		ssize_t length = recv(fd, buffer, sizeof(buffer), 0);

		if (length < 0)
			return -errno;
		for (; NLMSG_OK(header, length);
		     header = NLMSG_NEXT(header, length)) {
			const struct nlmsgerr *ack = NLMSG_DATA(header);

			if (header->nlmsg_type != NLMSG_ERROR)
				continue;
			if (ack->error)
				return ack->error;
			n--;
		}
	}
	return 0;
}

/**
 * bench_request - make netlink requests
 * @fd: a netlink socket
 * @requests: one after another, as netlink takes them
 * @size: of all together
 * @at_once: send all at once, of which the last asks for an acknowledgement;
 *	otherwise one by one, each of which does
 */
int64_t bench_request(int fd, char *requests, size_t size, bool at_once)
{
	struct nlmsghdr *header = (struct nlmsghdr *)requests;
	int64_t start = now();
	size_t left = size;
	int err;

	if (at_once) {
		if (send(fd, requests, size, 0) < 0)
			return -errno;
		err = await_acks(fd, 1);
		return err ?: now() - start;
	}
	for (; NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
		if (send(fd, header, header->nlmsg_len, 0) < 0)
			return -errno;
		err = await_acks(fd, 1);
		if (err)
			return err;
	}
	return now() - start;
}
