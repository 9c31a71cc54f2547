/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two sides of the agent share: frames, see agent.c. */
#ifndef LAB_AGENT_H
#define LAB_AGENT_H

#include <netinet/in.h>
#include <stddef.h>
#include <sys/types.h>

#define FRAME_MAX	65536	/* bytes of a payload */

enum frame_type {
	FRAME_ARGV = 'A',	/* NUL-terminated strings: the command */
	FRAME_ARGV_PTY = 'T',	/* the same, to run on a terminal */
	FRAME_STDIN = 'I',
	FRAME_STDIN_END = 'E',
	FRAME_STDOUT = 'O',
	FRAME_STDERR = 'R',
	FRAME_EXIT = 'X',	/* big-endian 32-bit exit status */
};

/* agent_frame.c; all return a negative errno if they fail */
int write_all(int fd, const void *data, size_t len);
int frame_send(int fd, enum frame_type type, const void *data, size_t len);
/* Takes up to FRAME_MAX bytes into data and returns how many. */
ssize_t frame_receive(int fd, enum frame_type *ret_type, char *data);
/* Says on standard error what is wrong with the address. */
int parse_address(const char *address, const char *port,
		  struct sockaddr_in *ret);

/* agent_serve.c; returns an exit status, if at all */
int serve(const char *address, const char *port);

#endif
