/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * agent - run commands in the lab's director and its VMs without a login.
 *
 *	agent serve ADDRESS PORT			in the director, as pid 1
 *	agent exec [-t SECONDS] [-p] ADDRESS PORT COMMAND [ARGUMENT...]
 *
 * One TCP connection is one command. Both sides send frames: a type byte, a
 * big-endian 32-bit length, the payload. The client gets the command's exit
 * status only from an explicit frame, so a director that has died or panicked
 * can never look like success.
 *
 * Exit status of "exec": the command's own (128 + N if signal N ended it),
 * 124 when the time ran out, 125 when the director could not be reached or was
 * lost on the way.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"

#define EXIT_TIMEOUT	124
#define EXIT_LOST	125

static struct termios saved_tty;

static void restore_tty(void)
{
	tcsetattr(0, TCSANOW, &saved_tty);
}

static void raw_tty(void)
{
	struct termios raw;

	if (tcgetattr(0, &saved_tty))
		return;
	atexit(restore_tty);
	raw = saved_tty;
	cfmakeraw(&raw);
	tcsetattr(0, TCSANOW, &raw);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static int lost(const char *what)
{
	fprintf(stderr, "agent: %s\n", what);
	return EXIT_LOST;
}

static int timed_out(double seconds, const char *command)
{
	fprintf(stderr, "agent: %s: no end within %g s\n", command, seconds);
	return EXIT_TIMEOUT;
}

/* Connects within the deadline; returns the socket or a negative errno. */
static int connect_within(const struct sockaddr_in *sa, int64_t deadline)
{
	int sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			  0);
	struct pollfd p = { .fd = sock, .events = POLLOUT };
	int one = 1, err = 0;
	socklen_t len = sizeof(err);
	int64_t left = deadline - now_ms();

	if (sock < 0)
		return -errno;
	/* A director that dies without a word ends the connection in ~8 s. */
	setsockopt(sock, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	setsockopt(sock, IPPROTO_TCP, TCP_KEEPIDLE, &(int){ 5 }, sizeof(int));
	setsockopt(sock, IPPROTO_TCP, TCP_KEEPINTVL, &one, sizeof(one));
	setsockopt(sock, IPPROTO_TCP, TCP_KEEPCNT, &(int){ 3 }, sizeof(int));
	setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (!connect(sock, (const struct sockaddr *)sa, sizeof(*sa)))
		goto connected;
	if (errno != EINPROGRESS ||
	    poll(&p, 1, left > 0 ? (int)left : 0) != 1 ||
	    getsockopt(sock, SOL_SOCKET, SO_ERROR, &err, &len) || err) {
		close(sock);
		return -ECONNREFUSED;
	}
connected:
	fcntl(sock, F_SETFL, 0);
	return sock;
}

static int send_command(int sock, bool pty, char **argv)
{
	static char data[FRAME_MAX];
	size_t len = 0;

	for (; *argv; argv++) {
		size_t n = strlen(*argv) + 1;

		if (len + n > sizeof(data))
			return -E2BIG;
		memcpy(data + len, *argv, n);
		len += n;
	}
	return frame_send(sock, pty ? FRAME_ARGV_PTY : FRAME_ARGV, data, len);
}

static int run(const char *address, const char *port, double timeout, bool pty,
	       char **argv)
{
	static char data[FRAME_MAX];
	int64_t deadline = now_ms() + (int64_t)(timeout * 1000);
	struct sockaddr_in sa;
	bool reading = true;
	int sock;

	if (parse_address(address, port, &sa))
		return 2;
	signal(SIGPIPE, SIG_IGN);
	sock = connect_within(&sa, deadline);
	if (sock < 0)
		return lost("the director does not answer");
	if (send_command(sock, pty, argv))
		return lost("the command could not be sent");
	if (pty)
		raw_tty();

	for (;;) {
		struct pollfd p[] = {
			{ .fd = sock, .events = POLLIN },
			{ .fd = reading ? 0 : -1, .events = POLLIN },
		};
		int64_t left = deadline - now_ms();

		if (timeout > 0 && left <= 0)
			return timed_out(timeout, argv[0]);
		if (poll(p, 2, timeout > 0 ? (int)left : -1) < 0 &&
		    errno != EINTR)
			return lost(strerror(errno));
		if (p[0].revents) {
			enum frame_type type;
			ssize_t len = frame_receive(sock, &type, data);
			uint32_t code;

			if (len < 0)
				return lost("the director was lost");
			switch (type) {
			case FRAME_STDOUT:
			case FRAME_STDERR:
				if (write_all(type == FRAME_STDOUT ? 1 : 2,
					      data, (size_t)len))
					return EXIT_LOST;
				break;
			case FRAME_EXIT:
				memcpy(&code, data, sizeof(code));
				return (int)ntohl(code);
			default:
				return lost("the director sent nonsense");
			}
		}
		if (p[1].revents) {
			ssize_t n = read(0, data, sizeof(data));

			reading = n > 0;
			if (frame_send(sock, n > 0 ? FRAME_STDIN
						   : FRAME_STDIN_END,
				       data, n > 0 ? (size_t)n : 0))
				reading = false;
		}
	}
}

static int usage(void)
{
	fputs("usage: agent serve ADDRESS PORT\n"
	      "       agent exec [-t SECONDS] [-p] ADDRESS PORT COMMAND [ARGUMENT...]\n",
	      stderr);
	return 2;
}

int main(int argc, char **argv)
{
	double timeout = 0;
	bool pty = false;
	int opt;

	if (argc == 4 && !strcmp(argv[1], "serve"))
		return serve(argv[2], argv[3]);
	if (argc < 2 || strcmp(argv[1], "exec"))
		return usage();
	optind = 2;
	while ((opt = getopt(argc, argv, "+t:p")) != -1) {
		switch (opt) {
		case 't':
			timeout = atof(optarg);
			break;
		case 'p':
			pty = true;
			break;
		default:
			return usage();
		}
	}
	if (argc - optind < 3)
		return usage();
	return run(argv[optind], argv[optind + 1], timeout, pty,
		   argv + optind + 2);
}
