// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/ip_vs_vml.h>

#include "pool.h"
#include "world.h"

#define BUFFER_SIZE (16 * 1024 * 1024)
#define FAMILY_WAIT_MS 20000

void die(const char *what)
{
	perror(what);
	exit(2);
}

static int must(int value, const char *what)
{
	if (value < 0)
		die(what);
	return value;
}

static int netlink_socket(bool whole_requests)
{
	const int size = BUFFER_SIZE, on = 1;
	int sock = must(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
			       NETLINK_GENERIC), "netlink socket");
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };

	must(bind(sock, (struct sockaddr *)&address, sizeof(address)), "bind");
	must(setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)),
	     "SO_RCVBUFFORCE");
	must(setsockopt(sock, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)),
	     "SO_SNDBUFFORCE");
	must(setsockopt(sock, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)),
	     "NETLINK_EXT_ACK");
	if (!whole_requests)
		must(setsockopt(sock, SOL_NETLINK, NETLINK_CAP_ACK, &on,
				sizeof(on)), "NETLINK_CAP_ACK");
	return sock;
}

void world_renew_dump(struct world *world, uint32_t number)
{
	must(setns(world->ns, CLONE_NEWNET), "setns");
	close(world->dumps[number]);
	world->dumps[number] = netlink_socket(true);
}

static void loopback_up(int sock)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };

	must(ioctl(sock, SIOCSIFFLAGS, &request), "SIOCSIFFLAGS");
}

void world_open(struct world *world, const struct families *families)
{
	must(unshare(CLONE_NEWNET), "unshare");
	world->ns = must(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC),
			 "/proc/thread-self/ns/net");
	world->sock = netlink_socket(false);
	for (uint32_t i = 0; i < DUMP_SOCKETS; i++)
		world->dumps[i] = netlink_socket(true);
	world->listener = netlink_socket(false);
	must(setsockopt(world->listener, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
			&families->events, sizeof(families->events)),
	     "NETLINK_ADD_MEMBERSHIP");
	world->udp4 = must(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0),
			   "socket");
	world->udp6 = must(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0),
			   "socket");
	loopback_up(world->udp4);
}

void world_close(struct world *world)
{
	close(world->ns);
	close(world->sock);
	for (uint32_t i = 0; i < DUMP_SOCKETS; i++)
		close(world->dumps[i]);
	close(world->listener);
	close(world->udp4);
	close(world->udp6);
}

bool netlink_send(int sock, const void *bytes, uint32_t size)
{
	if (send(sock, bytes, size, 0) == (ssize_t)size)
		return true;
	if (errno != ENOBUFS && errno != ENOMEM)
		die("send");
	return false;
}

uint32_t netlink_receive(int sock, uint32_t max,
			 void (*take)(const uint8_t *bytes, uint32_t size,
				      void *userdata),
			 void *userdata)
{
	static uint8_t buffers[RECEIVE_MANY][RECEIVE_SIZE]
		__attribute__((aligned(8)));
	static struct mmsghdr headers[RECEIVE_MANY];
	static struct iovec vectors[RECEIVE_MANY];
	uint32_t n = 0;

	while (n < max) {
		uint32_t many = max - n < RECEIVE_MANY ? max - n : RECEIVE_MANY;
		int got;

		for (uint32_t i = 0; i < many; i++) {
			vectors[i] = (struct iovec){ buffers[i], RECEIVE_SIZE };
			headers[i].msg_hdr = (struct msghdr){
				.msg_iov = &vectors[i],
				.msg_iovlen = 1,
			};
		}
		got = recvmmsg(sock, headers, many, MSG_DONTWAIT, NULL);
		if (got < 0 && errno == EAGAIN)
			break;
		/* What was lost is missed by those who expect it. */
		if (got < 0 && errno != ENOBUFS && errno != ENOMEM)
			die("recvmmsg");
		for (int i = 0; i < got; i++)
			take(buffers[i], headers[i].msg_len, userdata);
		n += got > 0 ? (uint32_t)got : 0;
	}
	return n;
}

/* The controller's numbers, from the attributes of its answer. */
static void take_family(const uint8_t *bytes, uint32_t size, void *userdata)
{
	uint32_t *numbers = userdata;
	uint32_t at = NLMSG_HDRLEN + GENL_HDRLEN;
	struct nlmsghdr header;
	struct nlattr attribute;

	memcpy(&header, bytes, sizeof(header));
	if (header.nlmsg_type != GENL_ID_CTRL)
		return;
	while (at + sizeof(attribute) <= size) {
		const uint8_t *data = bytes + at + NLA_HDRLEN;

		memcpy(&attribute, bytes + at, sizeof(attribute));
		if (attribute.nla_type == CTRL_ATTR_FAMILY_ID)
			numbers[0] = *(const uint16_t *)data;
		/* The groups, the first of them, its number. */
		if (attribute.nla_type == CTRL_ATTR_MCAST_GROUPS)
			for (int i = 0; i < 2; i++) {
				const struct nlattr *inner =
					(const void *)(data + NLA_HDRLEN);

				if (inner->nla_type ==
				    CTRL_ATTR_MCAST_GRP_ID)
					memcpy(&numbers[1], inner + 1, 4);
				data += NLA_ALIGN(inner->nla_len);
			}
		at += NLA_ALIGN(attribute.nla_len);
	}
}

static void find_family(int sock, const char *name, uint32_t numbers[2])
{
	struct {
		struct nlmsghdr header;
		struct genlmsghdr generic;
		struct nlattr attribute;
		char name[GENL_NAMSIZ];
	} request = {
		.header = {
			.nlmsg_len = sizeof(request),
			.nlmsg_type = GENL_ID_CTRL,
			.nlmsg_flags = NLM_F_REQUEST,
		},
		.generic = { .cmd = CTRL_CMD_GETFAMILY, .version = 1 },
		.attribute = {
			.nla_len = (uint16_t)(NLA_HDRLEN + strlen(name) + 1),
			.nla_type = CTRL_ATTR_FAMILY_NAME,
		},
	};
	const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };

	strcpy(request.name, name);
	request.header.nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN +
				   NLA_ALIGN(request.attribute.nla_len);
	/* A family can come a moment after its module. */
	for (int i = 0; i < FAMILY_WAIT_MS / 10 && !numbers[0]; i++) {
		if (i)
			nanosleep(&pause, NULL);
		netlink_send(sock, &request, request.header.nlmsg_len);
		netlink_receive(sock, RECEIVE_MANY, take_family, numbers);
	}
	if (!numbers[0]) {
		fprintf(stderr, "no netlink family %s\n", name);
		exit(2);
	}
}

void families_find(struct families *families)
{
	int sock = netlink_socket(false);
	uint32_t vml[2] = { 0 }, ipvs[2] = { 0 };

	find_family(sock, "IPVS", ipvs);
	find_family(sock, IP_VS_VML_GENL_NAME, vml);
	close(sock);
	families->ipvs = (uint16_t)ipvs[0];
	families->vml = (uint16_t)vml[0];
	families->events = vml[1];
}

void fail_allocation(uint32_t n)
{
	static int fd = -1;
	char text[16];

	if (fd < 0)
		fd = must(open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC),
			  "/proc/self/fail-nth");
	must((int)pwrite(fd, text, (size_t)snprintf(text, sizeof(text), "%u",
						    n), 0),
	     "/proc/self/fail-nth");
}

void send_packets(const struct world *world, uint32_t service, uint32_t n)
{
	const struct service_key *key = &pool_services[service];
	int sock = key->family == AF_INET ? world->udp4 : world->udp6;
	struct sockaddr_in ipv4 = { .sin_family = AF_INET };
	struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6 };
	struct mmsghdr headers[RECEIVE_MANY] = { 0 };

	ipv4.sin_port = ipv6.sin6_port = key->port ?: htons(9);
	memcpy(&ipv4.sin_addr, key->address, sizeof(ipv4.sin_addr));
	memcpy(&ipv6.sin6_addr, key->address, sizeof(ipv6.sin6_addr));
	if (key->fwmark) {
		ipv4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		ipv6.sin6_addr = in6addr_loopback;
	}
	must(setsockopt(sock, SOL_SOCKET, SO_MARK, &key->fwmark,
			sizeof(key->fwmark)), "SO_MARK");
	for (uint32_t i = 0; i < RECEIVE_MANY; i++)
		headers[i].msg_hdr = (struct msghdr){
			.msg_name = key->family == AF_INET ? (void *)&ipv4
							   : (void *)&ipv6,
			.msg_namelen = key->family == AF_INET ? sizeof(ipv4)
							      : sizeof(ipv6),
		};
	/* Each error ends a call: no destination, or that of an earlier one. */
	while (n) {
		uint32_t many = n < RECEIVE_MANY ? n : RECEIVE_MANY;
		int sent = sendmmsg(sock, headers, many, MSG_DONTWAIT);

		n -= sent > 0 ? (uint32_t)sent : 1;
	}
}
