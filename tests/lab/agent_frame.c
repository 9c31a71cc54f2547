/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The frames of the agent's protocol. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"

int write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -EIO;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int read_all(int fd, void *data, size_t len)
{
	char *p = data;

	while (len) {
		ssize_t n = read(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -EIO;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int frame_send(int fd, enum frame_type type, const void *data, size_t len)
{
	unsigned char head[5] = { (unsigned char)type };
	uint32_t be = htonl((uint32_t)len);
	int err;

	memcpy(head + 1, &be, sizeof(be));
	err = write_all(fd, head, sizeof(head));
	return err ? err : write_all(fd, data, len);
}

ssize_t frame_receive(int fd, enum frame_type *ret_type, char *data)
{
	unsigned char head[5];
	uint32_t len;

	if (read_all(fd, head, sizeof(head)))
		return -EIO;
	memcpy(&len, head + 1, sizeof(len));
	len = ntohl(len);
	if (len > FRAME_MAX)
		return -EBADMSG;
	if (read_all(fd, data, len))
		return -EIO;
	*ret_type = head[0];
	return (ssize_t)len;
}

int parse_address(const char *address, const char *port,
		  struct sockaddr_in *ret)
{
	struct sockaddr_in sa = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(port)),
	};

	if (inet_pton(AF_INET, address, &sa.sin_addr) != 1) {
		fprintf(stderr, "agent: bad address \"%s\"\n", address);
		return -EINVAL;
	}
	*ret = sa;
	return 0;
}
