// SPDX-License-Identifier: GPL-2.0
/*
 * The scheduler's callbacks. vml_schedule() is the fast path: it takes no
 * lock, writes no cache line that another CPU writes, and does not depend on
 * the number of destinations.
 */
#include <linux/hash.h>
#include <linux/module.h>
#include <net/ip_vs.h>

#include "random.h"
#include "registry.h"
#include "sched.h"

/* How many more are drawn if the destination chosen is not available. */
#define VML_REDRAWS	8

/*
 * Connections can be given to a destination that is linked, has room, and is
 * not quiesced. This is tested at every pick: IPVS tells nobody of the second,
 * and the table learns of the others later.
 */
static bool vml_is_available(const struct ip_vs_dest *dest)
{
	return !(dest->flags & IP_VS_DEST_F_OVERLOAD) &&
	       vml_dest_is_linked(dest) && atomic_read(&dest->weight) > 0;
}

/* The same, and counts what has no room. */
static bool vml_try(const struct vml_service *service,
		    const struct ip_vs_dest *dest)
{
	if (dest->flags & IP_VS_DEST_F_OVERLOAD)
		this_cpu_inc(service->percpu->overload_skips);
	return vml_is_available(dest);
}

static s32 vml_active_connections(const struct vml_choice *choice)
{
	return atomic_read(&choice->dest->activeconns);
}

static bool vml_is_less_loaded(const struct vml_choice *a,
			       const struct vml_choice *b)
{
	return vml_less_loaded(vml_active_connections(a), a->weight,
			       vml_active_connections(b), b->weight);
}

/*
 * The less loaded of two; of equally loaded ones the first. Which one wins is
 * random, so that a branch would be mispredicted half of the time: compilers
 * move conditionally instead if nothing but pointers is selected.
 */
static __always_inline const struct vml_choice *
vml_less_loaded_of(const struct vml_choice *a, const struct vml_choice *b)
{
	return vml_is_less_loaded(b, a) ? b : a;
}

/*
 * Draw four destinations, and take the least loaded. Nothing depends on one of
 * them before all are drawn, so that their cache misses overlap.
 */
static __always_inline const struct vml_choice *
vml_draw_least_loaded(const struct vml_table *table)
{
	u64 random = vml_random_u64();
	const struct vml_choice *a, *b, *c, *d;

	a = vml_table_draw(table, vml_table_place(random, 0));
	b = vml_table_draw(table, vml_table_place(random, 1));
	c = vml_table_draw(table, vml_table_place(random, 2));
	d = vml_table_draw(table, vml_table_place(random, 3));
	return vml_less_loaded_of(vml_less_loaded_of(a, b),
				  vml_less_loaded_of(c, d));
}

/*
 * Draw a destination without regard to load. The sequence of multiples of the
 * golden ratio fills its range more evenly than random numbers do, so that the
 * shares follow the weights closely over few connections, too: see Knuth, The
 * Art of Computer Programming, volume 3, section 6.4, theorem S.
 */
static const struct vml_choice *
vml_draw_in_sequence(const struct vml_service *service,
		     const struct vml_table *table)
{
	return vml_table_draw(table,
			      raw_cpu_add_return(service->percpu->sequence,
						 GOLDEN_RATIO_32));
}

/*
 * Look at all destinations: take the least loaded that is available or, where
 * connections can't be counted, a random one in proportion to weight.
 *
 * This walks the list, and not the table, which learns of some changes later:
 * IPVS may have taken away all that the table holds, and have added others
 * before. It holds its mutex while it calls back, so those are in the list.
 */
static const struct vml_dest *vml_scan(const struct vml_service *service,
				       const struct vml_table *table,
				       bool counted)
{
	const struct vml_dest *vdest, *chosen = NULL;
	struct vml_choice own, least;
	u64 sum = 0;

	this_cpu_inc(service->percpu->scans);
	/* Pairs with IPVS's mutex: if one is gone, those before have come. */
	smp_rmb();
	list_for_each_entry_rcu(vdest, &service->list, list) {
		u64 effective_weight = vml_dest_effective_weight(vdest);

		if (!effective_weight || !vml_try(service, vdest->dest))
			continue;
		own.dest = vdest->dest;
		own.weight = vml_table_normalise(table, effective_weight);
		sum += own.weight;
		if (!chosen ||
		    (counted ? vml_is_less_loaded(&own, &least) :
			       mul_u64_u32_shr(sum, vml_random_u32(), 32) <
			       own.weight)) {
			chosen = vdest;
			least = own;
		}
	}
	return chosen;
}

static struct ip_vs_dest *vml_take(struct ip_vs_dest *dest,
				   unsigned long __percpu *picks)
{
	/*
	 * One instruction on x86. Where it is more, those may go uncounted that
	 * this CPU chooses while it is interrupted between: that is rare, and
	 * better than the price of turning interrupts off.
	 */
	raw_cpu_inc(*picks);
	return dest;
}

/*
 * What was chosen, if anything, is not available: draw others with an eye on
 * that, and look at all of them if that is of no use either.
 *
 * An empty table is not looked behind unless something is known to be there.
 * All that calls something is here, so that the fast path needs no stack frame.
 */
static noinline struct ip_vs_dest *
vml_choose_available(struct ip_vs_service *svc, const struct vml_table *table,
		     const struct vml_choice *choice, bool counted)
{
	const struct vml_service *service = svc->sched_data;
	const struct vml_dest *vdest = NULL;
	unsigned int i;

	for (i = 0; choice && i <= VML_REDRAWS; i++) {
		if (vml_try(service, choice->dest))
			return vml_take(choice->dest, choice->picks);
		choice = vml_table_draw(table, vml_random_u32());
	}
	if (choice || READ_ONCE(service->is_behind))
		vdest = vml_scan(service, table, counted);
	if (vdest)
		return vml_take(vdest->dest, vdest->picks);

	this_cpu_inc(service->percpu->no_destination);
	ip_vs_scheduler_err(svc, "no destination available");
	return NULL;
}

/*
 * A one-packet connection is gone before the next decision, so all loads are
 * 0, and comparing them would always prefer the heaviest.
 */
static bool vml_connections_are_counted(const struct ip_vs_service *svc,
					const struct ip_vs_iphdr *iph)
{
	return !(svc->flags & IP_VS_SVC_F_ONEPACKET) ||
	       iph->protocol != IPPROTO_UDP;
}

static struct ip_vs_dest *vml_schedule(struct ip_vs_service *svc,
				       const struct sk_buff *skb,
				       struct ip_vs_iphdr *iph)
{
	const struct vml_service *service = svc->sched_data;
	const struct vml_table *table = rcu_dereference(service->table);
	bool counted = vml_connections_are_counted(svc, iph);
	const struct vml_choice *choice;

	if (unlikely(!table->n))
		return vml_choose_available(svc, table, NULL, counted);
	if (likely(counted))
		choice = vml_draw_least_loaded(table);
	else
		choice = vml_draw_in_sequence(service, table);
	if (unlikely(!vml_is_available(choice->dest)))
		return vml_choose_available(svc, table, choice, counted);
	return vml_take(choice->dest, choice->picks);
}

static int vml_init_service(struct ip_vs_service *svc)
{
	return vml_service_bind(svc);
}

static void vml_done_service(struct ip_vs_service *svc)
{
	vml_service_unbind(svc);
}

static int vml_add_dest(struct ip_vs_service *svc, struct ip_vs_dest *dest)
{
	return vml_dest_add(svc, dest);
}

static int vml_del_dest(struct ip_vs_service *svc, struct ip_vs_dest *dest)
{
	vml_dest_remove(svc, dest);
	return 0;
}

static struct ip_vs_scheduler vml_scheduler = {
	.name		= "vml",
	.refcnt		= ATOMIC_INIT(0),
	.module		= THIS_MODULE,
	.n_list		= LIST_HEAD_INIT(vml_scheduler.n_list),
	.init_service	= vml_init_service,
	.done_service	= vml_done_service,
	.add_dest	= vml_add_dest,
	.del_dest	= vml_del_dest,
	.upd_dest	= vml_add_dest,
	.schedule	= vml_schedule,
};

/**
 * vml_sched_init - offer the scheduler to IPVS
 *
 * Return: 0, or a negative errno.
 */
int vml_sched_init(void)
{
	return register_ip_vs_scheduler(&vml_scheduler);
}

/**
 * vml_sched_exit - withdraw the scheduler; no service is bound to it any more
 */
void vml_sched_exit(void)
{
	unregister_ip_vs_scheduler(&vml_scheduler);
}
