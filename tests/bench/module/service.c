// SPDX-License-Identifier: GPL-2.0
#include <linux/slab.h>
#include <net/net_namespace.h>

#include "service.h"

/*
 * Allocated one by one and zeroed, by the size that IPVS itself asks for, so
 * that they lie in memory as on a director that was set up in one go.
 */
static struct ip_vs_dest *bench_dest_alloc(unsigned int i)
{
	struct ip_vs_dest *dest = kzalloc(sizeof(*dest), GFP_KERNEL);

	if (!dest)
		return NULL;
	dest->af = AF_INET;
	dest->port = htons(80);
	dest->addr.ip = htonl(0x0a000001 + i);
#ifdef IP_VS_DEST_CF_AVAILABLE
	dest->cflags = IP_VS_DEST_CF_AVAILABLE;
#else
	dest->flags = IP_VS_DEST_F_AVAILABLE;
#endif
	atomic_set(&dest->weight, 100 + i % 7 * 50);
	atomic_set(&dest->last_weight, atomic_read(&dest->weight));
	atomic_set(&dest->activeconns, 1 + i * 7919 % 64);
	refcount_set(&dest->refcnt, 1);
	return dest;
}

static void bench_service_free(struct bench_service *bench)
{
	unsigned int i;

	for (i = 0; i < bench->n; i++)
		ip_vs_dest_put_and_free(bench->dests[i]);
	kvfree(bench->dests);
	kfree(bench->svc);
	bench->dests = NULL;
	bench->svc = NULL;
	bench->n = 0;
}

static int bench_service_alloc(struct bench_service *bench, unsigned int n)
{
	struct ip_vs_service *svc = kzalloc(sizeof(*svc), GFP_KERNEL);

	bench->svc = svc;
	bench->dests = kvcalloc(n, sizeof(*bench->dests), GFP_KERNEL);
	if (!bench->dests || !svc)
		return -ENOMEM;

	svc->af = AF_INET;
	svc->protocol = IPPROTO_TCP;
	svc->addr.ip = htonl(0xc0000201);
	svc->port = htons(80);
	svc->ipvs = net_ipvs(&init_net);
	INIT_LIST_HEAD(&svc->destinations);
	spin_lock_init(&svc->sched_lock);

	for (; bench->n < n; bench->n++) {
		struct ip_vs_dest *dest = bench_dest_alloc(bench->n);

		if (!dest)
			return -ENOMEM;
		bench->dests[bench->n] = dest;
		list_add_rcu(&dest->n_list, &svc->destinations);
		svc->num_dests++;
	}
	return 0;
}

/**
 * bench_service_init - make a service, and bind it to a scheduler
 * @bench: where
 * @scheduler: the scheduler
 * @n: number of destinations
 *
 * Return: 0, also if the scheduler does not take so many destinations, which
 * its @error then says; -ENOMEM.
 */
int bench_service_init(struct bench_service *bench,
		       struct ip_vs_scheduler *scheduler, unsigned int n)
{
	memset(bench, 0, sizeof(*bench));
	bench->scheduler = scheduler;
	bench->decisions = 1;
	if (bench_service_alloc(bench, n)) {
		bench_service_free(bench);
		return -ENOMEM;
	}
	if (scheduler->init_service)
		bench->error = scheduler->init_service(bench->svc);
	if (bench->error)
		bench_service_free(bench);
	return 0;
}

/**
 * bench_service_exit - unbind a service, and free it
 * @bench: the service
 */
void bench_service_exit(struct bench_service *bench)
{
	if (!bench->svc)
		return;
	if (bench->scheduler->done_service)
		bench->scheduler->done_service(bench->svc);
	synchronize_rcu();
	bench_service_free(bench);
}
