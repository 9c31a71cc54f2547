/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A virtual service of our own with its destinations, as IPVS would make them,
 * that no packet ever sees.
 */
#ifndef _BENCH_SERVICE_H
#define _BENCH_SERVICE_H

#include <net/ip_vs.h>

/**
 * struct bench_service - a service
 * @scheduler: its scheduler
 * @svc: the service, or NULL if the scheduler has refused it
 * @dests: its destinations
 * @n: their number
 * @decisions: in each piece of a batch
 * @error: why the scheduler has refused it
 */
struct bench_service {
	struct ip_vs_scheduler *scheduler;
	struct ip_vs_service *svc;
	struct ip_vs_dest **dests;
	unsigned int n;
	unsigned int decisions;
	int error;
};

int bench_service_init(struct bench_service *bench,
		       struct ip_vs_scheduler *scheduler, unsigned int n);
void bench_service_exit(struct bench_service *bench);

#endif /* _BENCH_SERVICE_H */
