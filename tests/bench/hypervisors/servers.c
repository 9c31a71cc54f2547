/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The servers in the machines of hypervisors/main.c, which are in the loopback
 * of this namespace: machine i, from 0, of host h answers at 10.0.h.(i + 1),
 * port 80, with a page of HTTP to whatever it is sent.
 *
 *	servers HOSTS MACHINES
 *
 * Commands, one a line:
 *
 *	intervals	prints how many seconds were between a server's last
 *			connection and the one before, for all connections since
 *			this was last asked, and then "end"
 *	fail SERVER	it refuses connections from now on
 *	answer SERVER	again
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PORT 80
#define FIRST_MACHINE 0x0a000001u

static const char page[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"
			   "Connection: close\r\n\r\nok\n";

struct server {
	struct sockaddr_in address;
	int listener;
	double asked;		/* seconds; 0: not yet */
};

struct servers {
	struct server *all;
	unsigned int n;
	int epoll;
	double *intervals;
	size_t n_intervals;
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* What becomes readable: a server, or (from servers->n on) a connection. */
static void watch(struct servers *servers, int fd, uint64_t what)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = what };

	if (epoll_ctl(servers->epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
		perror("servers: epoll_ctl");
		exit(1);
	}
}

static void answer(struct servers *servers, unsigned int i)
{
	struct server *server = &servers->all[i];
	int one = 1;

	server->asked = 0;
	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (setsockopt(server->listener, SOL_SOCKET, SO_REUSEADDR, &one,
		       sizeof(one)) < 0 ||
	    bind(server->listener, (struct sockaddr *)&server->address,
		 sizeof(server->address)) < 0 ||
	    listen(server->listener, 128) < 0) {
		perror("servers");
		exit(1);
	}
	watch(servers, server->listener, i);
}

static void take(struct servers *servers, unsigned int i)
{
	struct server *server = &servers->all[i];
	int fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK);
	double time = now();

	if (fd < 0)
		return;
	watch(servers, fd, servers->n + (uint64_t)fd);
	if (server->asked) {
		servers->intervals =
			realloc(servers->intervals,
				(servers->n_intervals + 1) * sizeof(double));
		if (!servers->intervals)
			exit(1);
		servers->intervals[servers->n_intervals++] =
			time - server->asked;
	}
	server->asked = time;
}

static void serve(int fd)
{
	char request[4096];

	if (read(fd, request, sizeof(request)) > 0 &&
	    write(fd, page, sizeof(page) - 1) < 0)
		perror("servers: write");
	close(fd);
}

/* False: nobody says anything any more. */
static bool obey(struct servers *servers)
{
	char line[64];
	unsigned int i;

	if (!fgets(line, sizeof(line), stdin))
		return false;
	if (strcmp(line, "intervals\n") == 0) {
		for (size_t j = 0; j < servers->n_intervals; j++)
			printf("%.6f\n", servers->intervals[j]);
		servers->n_intervals = 0;
		puts("end");
		fflush(stdout);
	} else if (sscanf(line, "fail %u", &i) == 1 && i < servers->n) {
		close(servers->all[i].listener);
	} else if (sscanf(line, "answer %u", &i) == 1 && i < servers->n) {
		answer(servers, i);
	} else {
		exit(2);
	}
	return true;
}

int main(int argc, char **argv)
{
	struct servers servers = {};
	struct epoll_event events[64];
	struct rlimit files;
	unsigned int machines;

	if (argc != 3)
		return 2;
	machines = (unsigned int)atoi(argv[2]);
	servers.n = (unsigned int)atoi(argv[1]) * machines;
	servers.all = calloc(servers.n, sizeof(*servers.all));
	servers.epoll = epoll_create1(0);
	if (!servers.all || servers.epoll < 0)
		return 1;
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	/* One command at a time, so that none waits in the buffer. */
	setvbuf(stdin, NULL, _IONBF, 0);
	watch(&servers, STDIN_FILENO, servers.n + STDIN_FILENO);
	for (unsigned int i = 0; i < servers.n; i++) {
		servers.all[i].address = (struct sockaddr_in){
			.sin_family = AF_INET,
			.sin_port = htons(PORT),
			.sin_addr.s_addr = htonl(FIRST_MACHINE +
						 256 * (i / machines) +
						 i % machines),
		};
		answer(&servers, i);
	}
	puts("ready");
	fflush(stdout);
	for (;;) {
		int n = epoll_wait(servers.epoll, events, 64, -1);

		for (int i = 0; i < n; i++) {
			uint64_t what = events[i].data.u64;

			if (what < servers.n)
				take(&servers, (unsigned int)what);
			else if (what > servers.n)
				serve((int)(what - servers.n));
			else if (!obey(&servers))
				return 0;
		}
	}
}
