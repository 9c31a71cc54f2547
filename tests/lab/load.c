/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load - HTTP load from one process, measured honestly.
 *
 *	load [OPTION...] URL
 *	  -r RATE	open loop: RATE requests a second, arriving at random
 *			(Poisson); the latency counts from the moment at which
 *			the request was due, so a stall is not hidden
 *	  -c N		closed loop: N clients, each sends when it is answered
 *	  -g SECONDS	with -c: all that are answered send together, so often
 *	  -d SECONDS	for how long (10); ends early on SIGINT or SIGTERM
 *	  -w SECONDS	leave the first SECONDS out of the final figures
 *	  -k		keep connections alive; otherwise one a request
 *	  -n N		with -k: at most N requests a connection
 *	  -t SECONDS	a request without an answer for so long is an error (10)
 *	  -s SEED	of the arrivals: the same seed, the same arrivals
 *	  -p		one JSON object a second on standard output as it goes
 *	  -j FILE	the final figures as JSON, too
 *	  -f FILE	a line for each request that failed: when it was due, in
 *			seconds of CLOCK_REALTIME, the client's port, what
 *			became of it, and the system's word for that
 *
 * Exit status 0 also if requests failed: errors are figures. 1 if nothing
 * could be measured.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

#define EVENTS_MAX	256

static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
	(void)sig;
	stopped = 1;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

/* CLOCK_REALTIME when CLOCK_MONOTONIC was 0 */
static double realtime(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9 - now();
}

static bool counts(const struct load *l, const struct conn *c)
{
	return c->start - l->begin >= l->warmup;
}

static void conn_free(struct conn *c)
{
	close(c->fd);
	free(c);
}

/* The request is over, well or badly; a closed-loop client goes on. */
static void request_over(struct load *l, struct conn *c, bool reusable)
{
	TAILQ_REMOVE(&l->busy, c, entry);
	c->busy = false;
	if (reusable && !c->closing && c->requests < l->requests_per_conn)
		TAILQ_INSERT_HEAD(&l->idle, c, entry);
	else
		conn_free(c);
}

static void count_error(struct load *l, bool count, enum error_kind kind)
{
	if (count)
		l->errors[kind]++;
	l->recent_errors++;
}

static void request_failed(struct load *l, struct conn *c,
			   enum error_kind kind)
{
	count_error(l, counts(l, c), kind);
	report_failure(l, c, kind);
	request_over(l, c, false);
}

static void request_done(struct load *l, struct conn *c)
{
	double latency = now() - c->start;
	struct backend *b = backend_find(l, c->backend);

	if (c->status != 200) {
		request_failed(l, c, ERROR_STATUS);
		return;
	}
	latencies_add(&l->recent, latency);
	b->recent += c->requests == 1;
	if (counts(l, c)) {
		latencies_add(&l->all, latency);
		b->requests++;
		b->connections += c->requests == 1;
	}
	request_over(l, c, true);
}

static bool conn_send(struct load *l, struct conn *c)
{
	/* A request is smaller than any socket buffer. */
	c->sent = true;
	return send(c->fd, l->request, l->request_len, MSG_NOSIGNAL) ==
	       (ssize_t)l->request_len;
}

static struct conn *conn_open(struct load *l)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLET };
	struct conn *c = calloc(1, sizeof(*c));
	int one = 1;

	if (!c)
		return NULL;
	c->fd = socket(l->address.ss_family,
		       SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0) {
		free(c);
		return NULL;
	}
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	ev.data.ptr = c;
	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &ev) ||
	    (connect(c->fd, (struct sockaddr *)&l->address, l->address_len) &&
	     errno != EINPROGRESS)) {
		conn_free(c);
		return NULL;
	}
	return c;
}

static void begin_request(struct load *l, double start)
{
	struct conn *c = TAILQ_FIRST(&l->idle);
	bool reused = c;

	if (c)
		TAILQ_REMOVE(&l->idle, c, entry);
	else
		c = conn_open(l);
	if (!c) {
		count_error(l, start - l->begin >= l->warmup, ERROR_LOCAL);
		return;
	}
	c->busy = true;
	c->sent = c->in_body = c->closing = false;
	c->head_len = 0;
	c->start = start;
	c->requests++;
	TAILQ_INSERT_TAIL(&l->busy, c, entry);
	if (reused && !conn_send(l, c))
		request_failed(l, c, ERROR_RESET);
}

static const char *header(const char *head, const char *name)
{
	const char *p = strcasestr(head, name);

	return p ? p + strlen(name) : NULL;
}

static bool parse_head(struct conn *c)
{
	const char *length = header(c->head, "\r\nContent-Length:");
	const char *backend = header(c->head, "\r\nX-Backend: ");
	const char *connection = header(c->head, "\r\nConnection: close");

	if (sscanf(c->head, "HTTP/1.%*d %d", &c->status) != 1 || !length)
		return false;
	c->body_left = strtoul(length, NULL, 10);
	c->closing = connection;
	snprintf(c->backend, sizeof(c->backend), "%.*s",
		 backend ? (int)strcspn(backend, "\r") : 1,
		 backend ? backend : "?");
	return true;
}

/* Takes len bytes of an answer; false if they make no sense. */
static bool conn_take(struct conn *c, const char *data, size_t len)
{
	size_t room = HEAD_MAX - 1 - c->head_len, n;
	char *end;

	if (c->in_body) {
		c->body_left -= len < c->body_left ? len : c->body_left;
		return true;
	}
	n = len < room ? len : room;
	memcpy(c->head + c->head_len, data, n);
	c->head_len += n;
	c->head[c->head_len] = '\0';
	end = strstr(c->head, "\r\n\r\n");
	if (!end)
		return len <= room;
	c->in_body = true;
	n = c->head_len - (size_t)(end + 4 - c->head) + (len - n);
	end[2] = '\0';
	if (!parse_head(c))
		return false;
	c->body_left -= n < c->body_left ? n : c->body_left;
	return true;
}

static void conn_event(struct load *l, struct conn *c, uint32_t events)
{
	char data[16384];

	if (!c->busy) {
		/* An idle connection says only one thing: it has been closed. */
		if (events & (EPOLLHUP | EPOLLERR | EPOLLIN)) {
			TAILQ_REMOVE(&l->idle, c, entry);
			conn_free(c);
		}
		return;
	}
	if (!c->sent) {
		int err = 0;
		socklen_t len = sizeof(err);

		if (!(events & (EPOLLOUT | EPOLLERR | EPOLLHUP)))
			return;
		getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len);
		if (err || !conn_send(l, c)) {
			c->error = err ?: errno;
			request_failed(l, c, ERROR_CONNECT);
			return;
		}
	}
	for (;;) {
		ssize_t n = read(c->fd, data, sizeof(data));

		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0 || !conn_take(c, data, (size_t)n)) {
			c->error = n < 0 ? errno : 0;
			request_failed(l, c, ERROR_RESET);
			return;
		}
		if (c->in_body && !c->body_left) {
			request_done(l, c);
			return;
		}
	}
}

static void expire(struct load *l, double t)
{
	struct conn *c;

	while ((c = TAILQ_FIRST(&l->busy)) && t - c->start >= l->timeout)
		request_failed(l, c, ERROR_TIMEOUT);
}

/* Seconds from one arrival to the next. */
static double arrival_gap(struct load *l)
{
	double u;

	drand48_r(&l->random, &u);
	return -log(1 - u) / l->rate;
}

static unsigned int in_flight(const struct load *l)
{
	const struct conn *c;
	unsigned int n = 0;

	TAILQ_FOREACH(c, &l->busy, entry)
		n++;
	return n;
}

static void run(struct load *l)
{
	double next_arrival, next_report, next_round, end, t;

	l->begin = next_round = t = now();
	end = l->begin + l->duration;
	next_arrival = l->begin + (l->rate > 0 ? arrival_gap(l) : 0);
	next_report = l->begin + 1;

	/* After the end, wait for the answers that are still to come. */
	while (t < end || !TAILQ_EMPTY(&l->busy)) {
		struct epoll_event ev[EVENTS_MAX];
		double wait, wake = t < end ? end : t + l->timeout;
		int n;

		if (stopped && t < end)
			end = t;
		if (l->rate > 0) {
			for (; next_arrival <= t && next_arrival < end;
			     next_arrival += arrival_gap(l))
				begin_request(l, next_arrival);
		} else if (t < end && t >= next_round) {
			next_round = t + l->gap;
			for (n = (int)in_flight(l); n < (int)l->clients; n++)
				begin_request(l, t);
		}
		expire(l, t);
		if (l->progress && t >= next_report) {
			report_progress(l, t, in_flight(l));
			next_report += 1;
		}
		if (l->rate > 0 && next_arrival < end)
			wake = fmin(wake, next_arrival);
		if (l->gap > 0 && t < end)
			wake = fmin(wake, next_round);
		if (l->progress)
			wake = fmin(wake, next_report);
		if (!TAILQ_EMPTY(&l->busy))
			wake = fmin(wake, TAILQ_FIRST(&l->busy)->start +
						  l->timeout);
		wait = fmax(0, wake - now());
		n = epoll_pwait2(l->epoll, ev, EVENTS_MAX,
				 &(struct timespec){ (time_t)wait,
					(long)(fmod(wait, 1) * 1e9) }, NULL);
		for (int i = 0; i < n; i++)
			conn_event(l, ev[i].data.ptr, ev[i].events);
		t = now();
	}
	l->duration = end - l->begin;
}

/* http://HOST[:PORT]/PATH with a numeric host, an IPv6 one in brackets */
static int parse_url(struct load *l, const char *url, bool keep)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&l->address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&l->address;
	char host[64], path[512] = "/";
	unsigned int port = 80;
	const char *rest;
	bool is_v6;
	int n = 0;

	if (strncmp(url, "http://", 7))
		return -EINVAL;
	is_v6 = url[7] == '[';
	if (sscanf(url + 7, is_v6 ? "[%63[0-9a-fA-F:.]]%n"
				  : "%63[0-9.]%n", host, &n) != 1 || !n)
		return -EINVAL;
	rest = url + 7 + n;
	if (*rest == ':' && (sscanf(rest, ":%u%n", &port, &n) != 1 ||
			     port > 65535))
		return -EINVAL;
	rest = strchr(rest, '/');
	if (rest)
		snprintf(path, sizeof(path), "%s", rest);
	if (is_v6) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		l->address_len = sizeof(*v6);
		if (inet_pton(AF_INET6, host, &v6->sin6_addr) != 1)
			return -EINVAL;
	} else {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		l->address_len = sizeof(*v4);
		if (inet_pton(AF_INET, host, &v4->sin_addr) != 1)
			return -EINVAL;
	}
	l->request_len = (size_t)snprintf(l->request, sizeof(l->request),
		"GET %s HTTP/1.1\r\nHost: %s\r\nConnection: %s\r\n\r\n", path,
		host, keep ? "keep-alive" : "close");
	return 0;
}

static int usage(void)
{
	fputs("usage: load (-r RATE | -c CLIENTS) [-d SECONDS] [-w SECONDS] [-k [-n REQUESTS]]\n"
	      "            [-t SECONDS] [-s SEED] [-p] [-j FILE] [-f FILE] URL\n",
	      stderr);
	return 2;
}

int main(int argc, char **argv)
{
	struct load l = {
		.duration = 10, .timeout = 10, .requests_per_conn = UINT32_MAX,
		.busy = TAILQ_HEAD_INITIALIZER(l.busy),
		.idle = TAILQ_HEAD_INITIALIZER(l.idle),
	};
	struct sigaction sa = { .sa_handler = on_signal };
	struct rlimit files;
	const char *json = NULL, *failures = NULL;
	bool keep = false;
	long seed = 1;
	int opt, err;

	while ((opt = getopt(argc, argv, "r:c:g:d:w:kn:t:s:pj:f:")) != -1) {
		switch (opt) {
		case 'r':
			l.rate = atof(optarg);
			break;
		case 'c':
			l.clients = (unsigned int)atoi(optarg);
			break;
		case 'g':
			l.gap = atof(optarg);
			break;
		case 'd':
			l.duration = atof(optarg);
			break;
		case 'w':
			l.warmup = atof(optarg);
			break;
		case 'k':
			keep = true;
			break;
		case 'n':
			l.requests_per_conn = (unsigned int)atoi(optarg);
			break;
		case 't':
			l.timeout = atof(optarg);
			break;
		case 's':
			seed = atol(optarg);
			break;
		case 'p':
			l.progress = true;
			break;
		case 'j':
			json = optarg;
			break;
		case 'f':
			failures = optarg;
			break;
		default:
			return usage();
		}
	}
	if (argc - optind != 1 || (l.rate > 0) == (l.clients > 0))
		return usage();
	if (!keep)
		l.requests_per_conn = 1;
	if (parse_url(&l, argv[optind], keep)) {
		fprintf(stderr, "load: \"%s\" is no http://ADDRESS[:PORT]/PATH\n",
			argv[optind]);
		return 2;
	}
	srand48_r(seed, &l.random);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	if (failures) {
		l.failures = fopen(failures, "w");
		if (!l.failures) {
			perror(failures);
			return 1;
		}
	}
	l.realtime = realtime();
	l.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l.epoll < 0) {
		perror("load: epoll");
		return 1;
	}
	run(&l);
	if (!l.progress)
		report_text(&l);
	if (l.failures)
		fclose(l.failures);
	err = json ? report_json(&l, json) : 0;
	if (err) {
		fprintf(stderr, "load: %s: %s\n", json, strerror(-err));
		return 1;
	}
	return l.all.n ? 0 : 1;
}
