/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The load generator's figures, for people and as JSON. */
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "load.h"

static const char *const error_name[ERROR_KINDS] = {
	"connect", "reset", "timeout", "status", "local",
};

void latencies_add(struct latencies *l, double seconds)
{
	if (l->n == l->size) {
		l->size = l->size ? l->size * 2 : 4096;
		l->v = reallocarray(l->v, l->size, sizeof(*l->v));
		if (!l->v) {
			perror("load");
			exit(1);
		}
	}
	l->v[l->n++] = seconds;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void latencies_sort(struct latencies *l)
{
	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), compare_doubles);
}

/* Of sorted latencies, in ms; the smallest one that q of them don't exceed. */
static double percentile_ms(const struct latencies *l, double q)
{
	size_t rank = (size_t)ceil(q * (double)l->n);

	return l->n ? l->v[rank ? rank - 1 : 0] * 1e3 : 0;
}

struct backend *backend_find(struct load *l, const char *name)
{
	struct backend *b;

	for (b = l->backends; b < l->backends + l->backends_n; b++)
		if (!strcmp(b->name, name))
			return b;
	if (l->backends_n == BACKENDS_MAX)
		return &l->backends[BACKENDS_MAX - 1];
	l->backends_n++;
	snprintf(b->name, sizeof(b->name), "%s", name);
	return b;
}

/* One that was due before another can be told later. */
void report_failure(const struct load *l, const struct conn *c,
		    enum error_kind kind)
{
	struct sockaddr_storage own = {};
	socklen_t length = sizeof(own);
	uint16_t port;

	if (!l->failures)
		return;
	getsockname(c->fd, (struct sockaddr *)&own, &length);
	/* At the same place in both families' addresses. */
	port = ntohs(((struct sockaddr_in *)&own)->sin_port);
	fprintf(l->failures, "%.6f %u %s %s\n", c->start + l->realtime, port,
		error_name[kind], c->error ? strerror(c->error) : "-");
}

void report_progress(struct load *l, double t, unsigned int in_flight)
{
	latencies_sort(&l->recent);
	printf("{\"t\":%.1f,\"done\":%zu,\"errors\":%llu,\"in_flight\":%u,\"p50\":%.1f,\"p99\":%.1f,\"backends\":{",
	       t - l->begin, l->recent.n, (unsigned long long)l->recent_errors,
	       in_flight, percentile_ms(&l->recent, .5),
	       percentile_ms(&l->recent, .99));
	for (unsigned int i = 0; i < l->backends_n; i++) {
		printf("%s\"%s\":%llu", i ? "," : "", l->backends[i].name,
		       (unsigned long long)l->backends[i].recent);
		l->backends[i].recent = 0;
	}
	printf("}}\n");
	fflush(stdout);
	l->recent.n = 0;
	l->recent_errors = 0;
}

static const struct {
	const char *name;
	double q;
} percentiles[] = {
	{ "p50", .5 }, { "p90", .9 }, { "p99", .99 }, { "p99.9", .999 },
};

#define PERCENTILES	(sizeof(percentiles) / sizeof(percentiles[0]))

void report_text(struct load *l)
{
	double measured = l->duration - l->warmup;

	latencies_sort(&l->all);
	printf("%zu requests in %.1f s (%.1f/s)\n", l->all.n, measured,
	       measured > 0 ? (double)l->all.n / measured : 0);
	printf("latency ms:");
	for (size_t i = 0; i < PERCENTILES; i++)
		printf(" %s %.1f", percentiles[i].name,
		       percentile_ms(&l->all, percentiles[i].q));
	printf(" max %.1f\nerrors:", percentile_ms(&l->all, 1));
	for (int i = 0; i < ERROR_KINDS; i++)
		printf(" %s %llu", error_name[i],
		       (unsigned long long)l->errors[i]);
	printf("\n");
	for (unsigned int i = 0; i < l->backends_n; i++)
		printf("%s: %llu requests, %llu connections\n",
		       l->backends[i].name,
		       (unsigned long long)l->backends[i].requests,
		       (unsigned long long)l->backends[i].connections);
}

int report_json(struct load *l, const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f)
		return -errno;
	latencies_sort(&l->all);
	fprintf(f, "{\"requests\":%zu,\"seconds\":%.3f,\"latency_ms\":{",
		l->all.n, l->duration - l->warmup);
	for (size_t i = 0; i < PERCENTILES; i++)
		fprintf(f, "\"%s\":%.3f,", percentiles[i].name,
			percentile_ms(&l->all, percentiles[i].q));
	fprintf(f, "\"max\":%.3f},\"errors\":{", percentile_ms(&l->all, 1));
	for (int i = 0; i < ERROR_KINDS; i++)
		fprintf(f, "%s\"%s\":%llu", i ? "," : "", error_name[i],
			(unsigned long long)l->errors[i]);
	fprintf(f, "},\"backends\":{");
	for (unsigned int i = 0; i < l->backends_n; i++)
		fprintf(f, "%s\"%s\":{\"requests\":%llu,\"connections\":%llu}",
			i ? "," : "", l->backends[i].name,
			(unsigned long long)l->backends[i].requests,
			(unsigned long long)l->backends[i].connections);
	fprintf(f, "}}\n");
	return fclose(f) ? -errno : 0;
}
