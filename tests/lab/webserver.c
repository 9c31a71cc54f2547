/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * webserver - the web server of the lab's virtual machines.
 *
 *	webserver PORT
 *
 * GET /work?n=K	burns a fixed amount of CPU, K times 1000 rounds
 * GET /memory		"BOOT-ID TOKEN WRITES intact": that the machine is the same
 *			one as before, and its memory whole (webserver_memory.c)
 * GET /memory?dirty=N	the same, and from now on N pages of it are written a
 *			second
 * GET /		a small page
 * anything else	404
 *
 * While there is a file /status, its first line is the status of each answer, as in
 * "503 Service Unavailable".
 *
 * Each answer names the machine in its X-Backend header. Connections are kept
 * alive as HTTP/1.1 says. One thread a connection: requests in flight share the
 * machine's CPU, as they do in servers that people run.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "webserver.h"

#define REQUEST_MAX	2048
#define STACK_SIZE	(64 * 1024)
#define BACKLOG		512

static char host[65];

/* Returns a number that depends on every round, so none can be left out. */
static uint64_t burn(uint64_t thousands)
{
	uint64_t x = 1;

	for (uint64_t i = 0; i < thousands * 1000; i++)
		x = x * 6364136223846793005u + 1442695040888963407u;
	return x;
}

/* Reads one request's head into buf; false at the end of the connection. */
static bool read_request(int fd, char *buf)
{
	size_t len = 0;

	while (len < REQUEST_MAX - 1) {
		ssize_t n = read(fd, buf + len, REQUEST_MAX - 1 - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		len += (size_t)n;
		buf[len] = '\0';
		if (strstr(buf, "\r\n\r\n"))
			return true;
	}
	return false;
}

static bool respond(int fd, const char *status, const char *body, bool keep)
{
	char out[1024];
	int len = snprintf(out, sizeof(out),
			   "HTTP/1.1 %s\r\n"
			   "Content-Type: text/plain\r\n"
			   "Content-Length: %zu\r\n"
			   "Connection: %s\r\n"
			   "X-Backend: %s\r\n\r\n%s",
			   status, strlen(body), keep ? "keep-alive" : "close",
			   host, body);

	return send(fd, out, (size_t)len, MSG_NOSIGNAL) == len;
}

/* BOOT-ID and the memory's state, as one line */
static void describe_memory(char *body, size_t size)
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "r");
	int len;

	if (!f || !fgets(body, (int)size, f))
		snprintf(body, size, "-\n");
	if (f)
		fclose(f);
	len = (int)strcspn(body, "\n");
	body[len++] = ' ';
	memory_check(body + len, size - (size_t)len - 1);
	strcat(body, "\n");
}

/* True: there is one that all answers are to have. */
static bool read_status(char *status, size_t size)
{
	FILE *f = fopen("/status", "r");
	bool is_read;

	if (!f)
		return false;
	is_read = fgets(status, (int)size, f);
	fclose(f);
	status[strcspn(status, "\n")] = '\0';
	return is_read;
}

static bool answer(int fd, const char *request)
{
	bool keep = strstr(request, " HTTP/1.1\r\n") &&
		    !strcasestr(request, "\r\nConnection: close");
	char body[256], status[64];

	if (read_status(status, sizeof(status)))
		return respond(fd, status, "as told\n", keep) && keep;
	if (!strncmp(request, "GET /work?n=", 12)) {
		uint64_t n = strtoull(request + 12, NULL, 10);

		snprintf(body, sizeof(body), "%016llx computed by %s\n",
			 (unsigned long long)burn(n), host);
		return respond(fd, "200 OK", body, keep) && keep;
	}
	if (!strncmp(request, "GET /memory", 11)) {
		if (!strncmp(request + 11, "?dirty=", 7))
			memory_dirty((unsigned int)atoi(request + 18));
		describe_memory(body, sizeof(body));
		return respond(fd, "200 OK", body, keep) && keep;
	}
	if (!strncmp(request, "GET / ", 6)) {
		snprintf(body, sizeof(body), "hello from %s\n", host);
		return respond(fd, "200 OK", body, keep) && keep;
	}
	return respond(fd, "404 Not Found", "no such page\n", keep) && keep;
}

static void *serve_connection(void *arg)
{
	int fd = (int)(intptr_t)arg, one = 1;
	char request[REQUEST_MAX];

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	while (read_request(fd, request) && answer(fd, request))
		;
	close(fd);
	return NULL;
}

/* An IPv6 socket takes IPv4 too; without IPv6 in the kernel, IPv4 alone. */
static int listen_on(uint16_t port)
{
	struct sockaddr_in6 any6 = {
		.sin6_family = AF_INET6, .sin6_port = htons(port),
	};
	struct sockaddr_in any4 = {
		.sin_family = AF_INET, .sin_port = htons(port),
	};
	int one = 1, fd = socket(AF_INET6, SOCK_STREAM, 0);
	bool v6 = fd >= 0;

	if (!v6)
		fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, v6 ? (struct sockaddr *)&any6 : (struct sockaddr *)&any4,
		 v6 ? sizeof(any6) : sizeof(any4)) ||
	    listen(fd, BACKLOG)) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

int main(int argc, char **argv)
{
	pthread_attr_t attr;
	int listener;

	if (argc != 2) {
		fputs("usage: webserver PORT\n", stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	gethostname(host, sizeof(host) - 1);
	listener = listen_on((uint16_t)atoi(argv[1]));
	if (listener < 0) {
		fprintf(stderr, "webserver: port %s: %s\n", argv[1],
			strerror(-listener));
		return 1;
	}
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	/* Only now: who started us takes our going to the background as ready. */
	if (daemon(1, 1)) {
		perror("webserver: daemon");
		return 1;
	}
	for (;;) {
		pthread_t thread;
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0 && pthread_create(&thread, &attr, serve_connection,
					      (void *)(intptr_t)fd))
			close(fd);
	}
}
