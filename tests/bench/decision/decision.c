// SPDX-License-Identifier: GPL-2.0
/*
 * What one scheduling decision costs, for every scheduler that is registered:
 * schedule() in a loop, on services and destinations of our own that no packet
 * ever sees. Loading the module measures, and prints a line for each
 * scheduler, number of destinations and state of the caches:
 *
 *	vml_bench: <scheduler> <destinations> <warm|cold> <picoseconds>
 *
 * or, where a scheduler does not take so many destinations, "error" with a
 * negative errno instead. Loading ends in an error, since nothing is left that
 * could be unloaded.
 */
#define pr_fmt(fmt) "vml_bench: " fmt

#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <net/ip_vs.h>
#include <net/net_namespace.h>

#define BENCH_MAX_DESTINATIONS	8192
#define BENCH_BATCHES		15
#define BENCH_WARM_NS		(2 * NSEC_PER_MSEC)
#define BENCH_COLD_DECISIONS	64
#define BENCH_EVICT_BYTES	(64UL << 20)

static const unsigned int bench_sizes[] = { 2, 16, 128, 1024, 8192 };

static u8 *bench_evict;

/* Our own entry of IPVS's list of schedulers, from which the others are found. */
static struct ip_vs_scheduler bench_scheduler = {
	.name	= "vml_bench",
	.refcnt	= ATOMIC_INIT(0),
	.module	= THIS_MODULE,
	.n_list	= LIST_HEAD_INIT(bench_scheduler.n_list),
};

struct bench_service {
	struct ip_vs_service *svc;
	struct ip_vs_dest **dests;
	unsigned int n;
};

static void bench_service_free(struct bench_service *bench)
{
	unsigned int i;

	for (i = 0; i < bench->n; i++)
		ip_vs_dest_put_and_free(bench->dests[i]);
	kvfree(bench->dests);
	kfree(bench->svc);
}

static int bench_service_alloc(struct bench_service *bench, unsigned int n)
{
	struct ip_vs_service *svc;

	bench->n = 0;
	bench->dests = kvcalloc(n, sizeof(*bench->dests), GFP_KERNEL);
	svc = kzalloc(sizeof(*svc), GFP_KERNEL);
	bench->svc = svc;
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
		struct ip_vs_dest *dest = kzalloc(sizeof(*dest), GFP_KERNEL);

		if (!dest)
			return -ENOMEM;
		dest->af = AF_INET;
		dest->port = htons(80);
		dest->addr.ip = htonl(0x0a000001 + bench->n);
#ifdef IP_VS_DEST_CF_AVAILABLE
		dest->cflags = IP_VS_DEST_CF_AVAILABLE;
#else
		dest->flags = IP_VS_DEST_F_AVAILABLE;
#endif
		atomic_set(&dest->weight, 100 + bench->n % 7 * 50);
		atomic_set(&dest->last_weight, atomic_read(&dest->weight));
		atomic_set(&dest->activeconns, 1 + bench->n * 7919 % 64);
		refcount_set(&dest->refcnt, 1);
		bench->dests[bench->n] = dest;
		list_add_rcu(&dest->n_list, &svc->destinations);
		svc->num_dests++;
	}
	return 0;
}

static int bench_compare(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static struct ip_vs_iphdr bench_header(union nf_inet_addr *source,
				       union nf_inet_addr *destination,
				       unsigned int i)
{
	source->ip = htonl(0xc6120000 + i * 2654435761u % 131072);
	return (struct ip_vs_iphdr){
		.protocol = IPPROTO_TCP,
		.saddr = *source,
		.daddr = *destination,
	};
}

/* sh and mh look for the source port in the packet. */
static struct sk_buff *bench_packet(void)
{
	struct sk_buff *skb = alloc_skb(128, GFP_KERNEL);

	if (skb)
		skb_put_zero(skb, 128);
	return skb;
}

static u64 bench_run(struct ip_vs_scheduler *scheduler,
		     struct bench_service *bench, const struct sk_buff *skb,
		     u64 decisions, unsigned int *seed)
{
	union nf_inet_addr source = {}, destination = bench->svc->addr;
	u64 start, i;

	start = ktime_get_ns();
	for (i = 0; i < decisions; i++) {
		struct ip_vs_iphdr iph = bench_header(&source, &destination,
						      ++*seed);
		struct ip_vs_dest *dest;

		rcu_read_lock();
		dest = scheduler->schedule(bench->svc, skb, &iph);
		/* what IPVS does with a new connection */
		if (dest)
			atomic_inc(&dest->activeconns);
		rcu_read_unlock();
		if (dest)
			atomic_dec(&dest->activeconns);
	}
	return ktime_get_ns() - start;
}

static u64 bench_warm(struct ip_vs_scheduler *scheduler,
		      struct bench_service *bench, const struct sk_buff *skb)
{
	u64 batches[BENCH_BATCHES], decisions = 16, elapsed;
	unsigned int i, seed = 0;

	for (;;) {
		elapsed = bench_run(scheduler, bench, skb, decisions, &seed);
		if (elapsed >= BENCH_WARM_NS)
			break;
		decisions *= 2;
		cond_resched();
	}
	for (i = 0; i < BENCH_BATCHES; i++) {
		elapsed = bench_run(scheduler, bench, skb, decisions, &seed);
		batches[i] = div64_u64(elapsed * 1000, decisions);
		cond_resched();
	}
	sort(batches, BENCH_BATCHES, sizeof(*batches), bench_compare, NULL);
	return batches[BENCH_BATCHES / 2];
}

/* Each decision after everything else has been put out of the caches. */
static u64 bench_cold(struct ip_vs_scheduler *scheduler,
		      struct bench_service *bench, const struct sk_buff *skb)
{
	u64 single[BENCH_COLD_DECISIONS];
	unsigned int i, seed = 0;
	unsigned long j;

	for (i = 0; i < BENCH_COLD_DECISIONS; i++) {
		for (j = 0; j < BENCH_EVICT_BYTES; j += 64)
			WRITE_ONCE(bench_evict[j], bench_evict[j] + 1);
		single[i] = 1000 * bench_run(scheduler, bench, skb, 1, &seed);
		cond_resched();
	}
	sort(single, BENCH_COLD_DECISIONS, sizeof(*single), bench_compare,
	     NULL);
	return single[BENCH_COLD_DECISIONS / 2];
}

static int bench_one(struct ip_vs_scheduler *scheduler, unsigned int n,
		     const struct sk_buff *skb)
{
	struct bench_service bench;
	int err;

	err = bench_service_alloc(&bench, n);
	if (!err && scheduler->init_service)
		err = scheduler->init_service(bench.svc);
	if (err)
		goto out;

	pr_info("%s %u warm %llu\n", scheduler->name, n,
		bench_warm(scheduler, &bench, skb));
	pr_info("%s %u cold %llu\n", scheduler->name, n,
		bench_cold(scheduler, &bench, skb));
	if (scheduler->done_service)
		scheduler->done_service(bench.svc);
	synchronize_rcu();
out:
	bench_service_free(&bench);
	return err;
}

static int __init bench_init(void)
{
	struct list_head *head, *node;
	struct sk_buff *skb;
	unsigned int i;
	int err;

	skb = bench_packet();
	bench_evict = vzalloc(BENCH_EVICT_BYTES);
	err = skb && bench_evict ? 0 : -ENOMEM;
	if (!err)
		err = register_ip_vs_scheduler(&bench_scheduler);
	if (err)
		goto out;

	/* The newest scheduler is the list's first. */
	head = bench_scheduler.n_list.prev;
	for (node = bench_scheduler.n_list.next; node != head;
	     node = node->next) {
		struct ip_vs_scheduler *scheduler =
			list_entry(node, struct ip_vs_scheduler, n_list);

		for (i = 0; i < ARRAY_SIZE(bench_sizes); i++) {
			err = bench_one(scheduler, bench_sizes[i], skb);
			if (err)
				pr_info("%s %u error %d\n", scheduler->name,
					bench_sizes[i], err);
		}
	}
	unregister_ip_vs_scheduler(&bench_scheduler);
out:
	vfree(bench_evict);
	kfree_skb(skb);
	return err ?: -ECANCELED;
}
module_init(bench_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Cost of an IPVS scheduling decision");
