/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * traffic - connections of every kind that a director balances.
 *
 *	traffic serve ADDRESS PORT NAME PROTOCOL...
 *		answers each message with NAME; goes to the background when it
 *		listens, having printed its process id
 *	traffic ask [-n COUNT] [-i MILLISECONDS] [-t SECONDS] [-s SOURCE]
 *		PROTOCOL ADDRESS PORT
 *		COUNT connections (1), one after another, with a message each
 *		and MILLISECONDS (0) in between; prints the names of those who
 *		answered. With -n 0 until SIGTERM, and then only "GOOD ok, BAD
 *		failed". Exit status 1 if one had no answer within SECONDS (5).
 *	traffic hold [-t SECONDS] [-s SOURCE] PROTOCOL ADDRESS PORT
 *		one connection; a message for each line of standard input
 *	traffic burst COUNT ADDRESS PORT
 *		COUNT datagrams that ask for nothing
 *
 * PROTOCOL is tcp, udp or sctp. -s binds to a local address.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define PROTOCOLS_MAX	3
#define FDS_MAX		1024
#define NAME_MAX_LEN	64
#define BURST		64

struct endpoint {
	struct sockaddr_storage address;
	socklen_t len;
};

static volatile sig_atomic_t stopped;

static void on_term(int sig)
{
	(void)sig;
	stopped = 1;
}

static void die(const char *what)
{
	fprintf(stderr, "traffic: %s: %s\n", what, strerror(errno));
	exit(1);
}

static struct endpoint parse_endpoint(const char *address, const char *port)
{
	struct endpoint ep = { .len = 0 };
	struct sockaddr_in *v4 = (struct sockaddr_in *)&ep.address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&ep.address;

	if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)atoi(port));
		ep.len = sizeof(*v4);
	} else if (inet_pton(AF_INET6, address, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)atoi(port));
		ep.len = sizeof(*v6);
	} else {
		fprintf(stderr, "traffic: bad address \"%s\"\n", address);
		exit(2);
	}
	return ep;
}

static int open_socket(const char *protocol, const struct endpoint *ep)
{
	int family = ep->address.ss_family;
	int fd;

	if (!strcmp(protocol, "tcp"))
		fd = socket(family, SOCK_STREAM, IPPROTO_TCP);
	else if (!strcmp(protocol, "udp"))
		fd = socket(family, SOCK_DGRAM, IPPROTO_UDP);
	else if (!strcmp(protocol, "sctp"))
		fd = socket(family, SOCK_STREAM, IPPROTO_SCTP);
	else {
		fprintf(stderr, "traffic: bad protocol \"%s\"\n", protocol);
		exit(2);
	}
	if (fd < 0)
		die(protocol);
	return fd;
}

/* ---- serve ---- */

struct server {
	const char *name;
	struct pollfd fds[FDS_MAX];
	bool listens[FDS_MAX];
	nfds_t n;
};

static void server_add(struct server *s, int fd, bool listens)
{
	if (s->n == FDS_MAX) {
		close(fd);
		return;
	}
	s->fds[s->n] = (struct pollfd){ .fd = fd, .events = POLLIN };
	s->listens[s->n] = listens;
	s->n++;
}

static void server_listen(struct server *s, const char *protocol,
			  const struct endpoint *ep)
{
	int fd = open_socket(protocol, ep), one = 1;
	bool stream = strcmp(protocol, "udp");

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, (const struct sockaddr *)&ep->address, ep->len) ||
	    (stream && listen(fd, 512)))
		die(protocol);
	server_add(s, fd, stream);
}

/* Answers one message; false once the connection is over. */
static bool server_answer(const struct server *s, int fd)
{
	struct endpoint from = { .len = sizeof(from.address) };
	char buf[64];
	ssize_t n = recvfrom(fd, buf, sizeof(buf), 0,
			     (struct sockaddr *)&from.address, &from.len);

	if (n <= 0)
		return false;
	/* Connections have no address to name. */
	if (sendto(fd, s->name, strlen(s->name), MSG_NOSIGNAL,
		   from.len ? (struct sockaddr *)&from.address : NULL,
		   from.len) < 0)
		return false;
	return true;
}

static bool is_datagram(int fd)
{
	socklen_t len = sizeof(int);
	int type = 0;

	getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len);
	return type == SOCK_DGRAM;
}

static void server_turn(struct server *s)
{
	if (poll(s->fds, s->n, -1) < 0)
		return;
	for (nfds_t i = s->n; i-- > 0;) {
		int fd = s->fds[i].fd;

		if (!s->fds[i].revents)
			continue;
		if (s->listens[i]) {
			int conn = accept(fd, NULL, NULL);

			if (conn >= 0)
				server_add(s, conn, false);
		} else if (!server_answer(s, fd) && !is_datagram(fd)) {
			close(fd);
			s->n--;
			s->fds[i] = s->fds[s->n];
			s->listens[i] = s->listens[s->n];
		}
	}
}

static int serve(int argc, char **argv)
{
	static struct server s;
	struct endpoint ep;
	pid_t pid;

	if (argc < 4)
		return 2;
	ep = parse_endpoint(argv[0], argv[1]);
	s.name = argv[2];
	for (int i = 3; i < argc; i++)
		server_listen(&s, argv[i], &ep);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid) {
		printf("%d\n", pid);
		return 0;
	}
	setsid();
	if (!freopen("/dev/null", "r+", stdin) ||
	    !freopen("/dev/null", "w", stdout))
		_exit(1);
	for (;;)
		server_turn(&s);
}

/* ---- ask and hold ---- */

struct client {
	const char *protocol;
	struct endpoint to, source;
	double timeout;
	long count, interval_ms;
};

static int client_parse(struct client *c, int argc, char **argv)
{
	int opt;

	*c = (struct client){ .timeout = 5, .count = 1 };
	optind = 1;
	while ((opt = getopt(argc, argv, "n:i:t:s:")) != -1) {
		switch (opt) {
		case 'n':
			c->count = atol(optarg);
			break;
		case 'i':
			c->interval_ms = atol(optarg);
			break;
		case 't':
			c->timeout = atof(optarg);
			break;
		case 's':
			c->source = parse_endpoint(optarg, "0");
			break;
		default:
			return 2;
		}
	}
	if (argc - optind != 3)
		return 2;
	c->protocol = argv[optind];
	c->to = parse_endpoint(argv[optind + 1], argv[optind + 2]);
	return 0;
}

static int client_connect(const struct client *c)
{
	struct timeval timeout = {
		.tv_sec = (time_t)c->timeout,
		.tv_usec = (suseconds_t)((c->timeout - (time_t)c->timeout) * 1e6),
	};
	int fd = open_socket(c->protocol, &c->to);

	/* The sending one limits connect(), too. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)))
		die("timeout");
	if (c->source.len &&
	    bind(fd, (const struct sockaddr *)&c->source.address, c->source.len))
		die("source address");
	if (connect(fd, (const struct sockaddr *)&c->to.address, c->to.len)) {
		int err = errno;

		close(fd);
		errno = err;
		return -1;
	}
	return fd;
}

/* One message and its answer. */
static bool exchange(int fd, char name[static NAME_MAX_LEN])
{
	ssize_t n;

	if (send(fd, "?", 1, MSG_NOSIGNAL) != 1)
		return false;
	n = recv(fd, name, NAME_MAX_LEN - 1, 0);
	if (n == 0)
		errno = ECONNRESET;
	if (n <= 0)
		return false;
	name[n] = '\0';
	return true;
}

static int ask(int argc, char **argv)
{
	unsigned long good = 0, bad = 0;
	char name[NAME_MAX_LEN];
	struct client c;

	if (client_parse(&c, argc, argv))
		return 2;
	while (!stopped && (!c.count || good + bad < (unsigned long)c.count)) {
		int fd = client_connect(&c);

		if (fd >= 0 && exchange(fd, name)) {
			good++;
			if (c.count)
				puts(name);
		} else if (!stopped) {
			bad++;
			fprintf(stderr, "traffic: no answer: %s\n",
				strerror(errno));
		}
		if (fd >= 0)
			close(fd);
		if (c.interval_ms && !stopped)
			poll(NULL, 0, (int)c.interval_ms);
	}
	if (!c.count)
		printf("%lu ok, %lu failed\n", good, bad);
	return bad > 0;
}

static int hold(int argc, char **argv)
{
	char name[NAME_MAX_LEN], line[NAME_MAX_LEN];
	struct client c;
	int fd;

	if (client_parse(&c, argc, argv))
		return 2;
	fd = client_connect(&c);
	if (fd < 0)
		die("connect");
	while (fgets(line, sizeof(line), stdin)) {
		if (!exchange(fd, name))
			die("exchange");
		puts(name);
		fflush(stdout);
	}
	return 0;
}

/* ---- burst ---- */

static int burst(int argc, char **argv)
{
	struct iovec iov = { .iov_base = (char[]){ '?' }, .iov_len = 1 };
	struct mmsghdr messages[BURST] = { 0 };
	struct endpoint ep;
	long left;
	int fd;

	if (argc != 3)
		return 2;
	left = atol(argv[0]);
	ep = parse_endpoint(argv[1], argv[2]);
	fd = open_socket("udp", &ep);
	for (int i = 0; i < BURST; i++) {
		messages[i].msg_hdr.msg_name = &ep.address;
		messages[i].msg_hdr.msg_namelen = ep.len;
		messages[i].msg_hdr.msg_iov = &iov;
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	while (left > 0) {
		int n = sendmmsg(fd, messages,
				 left < BURST ? (unsigned int)left : BURST, 0);

		if (n < 0)
			die("send");
		left -= n;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
		int skip;	/* of argv; getopt wants one before the options */
	} verbs[] = {
		{ "serve", serve, 2 },
		{ "ask", ask, 1 },
		{ "hold", hold, 1 },
		{ "burst", burst, 2 },
	};
	struct sigaction term = { .sa_handler = on_term };

	sigaction(SIGTERM, &term, NULL);
	for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(*verbs); i++)
		if (!strcmp(argv[1], verbs[i].name)) {
			int status = verbs[i].run(argc - verbs[i].skip,
						  argv + verbs[i].skip);

			if (status != 2)
				return status;
			break;
		}
	fprintf(stderr, "traffic: see the head of traffic.c for its usage\n");
	return 2;
}
