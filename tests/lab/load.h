/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the load generator share. */
#ifndef LAB_LOAD_H
#define LAB_LOAD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>

#define HEAD_MAX	4096
#define BACKENDS_MAX	64

enum error_kind {
	ERROR_CONNECT,		/* refused or unreachable */
	ERROR_RESET,		/* reset, or closed before the answer's end */
	ERROR_TIMEOUT,
	ERROR_STATUS,		/* an answer, but not 200 */
	ERROR_LOCAL,		/* no socket left here */
	ERROR_KINDS
};

struct backend {
	char name[64];
	uint64_t requests;
	uint64_t connections;	/* of those, the first on their connection */
	uint64_t recent;	/* connections since the last progress line */
};

struct latencies {
	double *v;		/* seconds */
	size_t n, size;
};

/* A connection with its request, if one is under way. */
struct conn {
	TAILQ_ENTRY(conn) entry;	/* busy, oldest first; or idle */
	int fd;
	bool busy;
	bool sent;
	bool in_body;
	unsigned int requests;	/* begun on this connection */
	double start;		/* when the request was due */
	char head[HEAD_MAX];
	size_t head_len;
	size_t body_left;
	bool closing;		/* the server will close it */
	int status;
	int error;		/* the system's, when it failed; 0 if it has none */
	char backend[64];
};

TAILQ_HEAD(conn_list, conn);

struct load {
	/* What to do */
	struct sockaddr_storage address;
	socklen_t address_len;
	char request[1024];
	size_t request_len;
	double rate, duration, warmup, timeout;
	unsigned int clients;
	double gap;		/* between rounds of the clients, seconds */
	unsigned int requests_per_conn;
	bool progress;
	FILE *failures;		/* NULL: none is written */
	double realtime;	/* CLOCK_REALTIME when CLOCK_MONOTONIC was 0 */
	struct drand48_data random;
	/* What is */
	int epoll;
	double begin;
	struct conn_list busy, idle;
	/* What was */
	struct latencies all, recent;
	uint64_t errors[ERROR_KINDS], recent_errors;
	struct backend backends[BACKENDS_MAX];
	unsigned int backends_n;
};

/* load_report.c */
void latencies_add(struct latencies *l, double seconds);
struct backend *backend_find(struct load *l, const char *name);
void report_progress(struct load *l, double t, unsigned int in_flight);
void report_failure(const struct load *l, const struct conn *c,
		    enum error_kind kind);
void report_text(struct load *l);
/* Returns 0 or a negative errno. */
int report_json(struct load *l, const char *path);

#endif
