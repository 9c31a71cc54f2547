// SPDX-License-Identifier: GPL-2.0
/*
 * The scheduler's callbacks. vml_schedule() is the fast path: it takes no
 * lock, writes no cache line that another CPU writes, and does not depend on
 * the number of destinations.
 */
#include <linux/module.h>
#include <net/ip_vs.h>

#include "random.h"
#include "registry.h"
#include "sched.h"

/*
 * Of how many destinations, drawn in proportion to their effective weights,
 * the least loaded is chosen.
 */
#define VML_DRAWS	4

/* How many further ones are drawn, singly, if none of them is available. */
#define VML_REDRAWS	4

/*
 * Connections can be given to a destination that is linked, has room, and is
 * not quiesced. This is tested at every pick: IPVS tells nobody of the second,
 * and the table learns of the others later.
 */
static bool vml_is_available(const struct vml_service *service,
			     const struct ip_vs_dest *dest)
{
	if (dest->flags & IP_VS_DEST_F_OVERLOAD) {
		this_cpu_inc(service->counters->overload_skips);
		return false;
	}
	return vml_dest_is_linked(dest) && atomic_read(&dest->weight) > 0;
}

static u32 vml_active_connections(const struct ip_vs_dest *dest)
{
	return max(atomic_read(&dest->activeconns), 0);
}

static bool vml_draw_one(const struct vml_service *service,
			 const struct vml_table *table,
			 struct vml_candidate *candidate)
{
	*candidate = vml_table_draw(table, vml_random_u64() >> 32);
	return vml_is_available(service, candidate->dest);
}

/*
 * Draw, and take the least loaded that is available. The loads are all read
 * before anything depends on one of them, so that their cache misses overlap.
 * Of equally loaded ones the first drawn wins, hence the heavier more often.
 */
static bool vml_draw_least_loaded(const struct vml_service *service,
				  const struct vml_table *table,
				  struct vml_candidate *chosen)
{
	struct vml_candidate candidates[VML_DRAWS];
	u32 connections[VML_DRAWS];
	unsigned int i, best, left;

	BUILD_BUG_ON(VML_DRAWS % 2);
	for (i = 0; i < VML_DRAWS; i += 2) {
		u64 random = vml_random_u64();

		candidates[i] = vml_table_draw(table, random >> 32);
		candidates[i + 1] = vml_table_draw(table, random);
	}
	for (i = 0; i < VML_DRAWS; i++)
		connections[i] = vml_active_connections(candidates[i].dest);

	for (left = VML_DRAWS; left; left--) {
		best = 0;
		for (i = 1; i < left; i++)
			if (vml_less_loaded(connections[i],
					    candidates[i].weight,
					    connections[best],
					    candidates[best].weight))
				best = i;
		*chosen = candidates[best];
		if (vml_is_available(service, chosen->dest))
			return true;
		for (i = best; i + 1 < left; i++) {
			candidates[i] = candidates[i + 1];
			connections[i] = connections[i + 1];
		}
	}
	return false;
}

/*
 * Look at all destinations: take the least loaded that is available or, where
 * connections can't be counted, a random one in proportion to weight.
 */
static bool vml_scan(const struct vml_service *service,
		     const struct vml_table *table, bool counted,
		     struct vml_candidate *chosen)
{
	u32 i, connections, least = 0;
	bool found = false;
	u64 sum = 0;

	this_cpu_inc(service->counters->scans);
	for (i = 0; i < table->n; i++) {
		const struct vml_slot *slot = &table->slots[i];
		bool better;

		if (!vml_is_available(service, slot->dest))
			continue;
		connections = vml_active_connections(slot->dest);
		sum += slot->weight;
		if (counted)
			better = !found ||
				 vml_less_loaded(connections, slot->weight,
						 least, chosen->weight);
		else
			better = mul_u64_u32_shr(sum, vml_random_u64() >> 32,
						 32) < slot->weight;
		if (!better)
			continue;
		found = true;
		least = connections;
		*chosen = (struct vml_candidate){
			.dest = slot->dest,
			.weight = slot->weight,
			.index = i,
		};
	}
	return found;
}

/*
 * A one-packet connection is gone before the next decision, so all loads are
 * 0, and comparing them would always prefer the heaviest: one draw decides.
 */
static bool vml_connections_are_counted(const struct ip_vs_service *svc,
					const struct ip_vs_iphdr *iph)
{
	return !(svc->flags & IP_VS_SVC_F_ONEPACKET) ||
	       iph->protocol != IPPROTO_UDP;
}

static bool vml_choose(const struct vml_service *service,
		       const struct vml_table *table, bool counted,
		       struct vml_candidate *chosen)
{
	unsigned int i;

	if (!table->n)
		return false;
	if (counted ? vml_draw_least_loaded(service, table, chosen) :
		      vml_draw_one(service, table, chosen))
		return true;
	for (i = 0; i < VML_REDRAWS; i++)
		if (vml_draw_one(service, table, chosen))
			return true;
	return vml_scan(service, table, counted, chosen);
}

static struct ip_vs_dest *vml_schedule(struct ip_vs_service *svc,
				       const struct sk_buff *skb,
				       struct ip_vs_iphdr *iph)
{
	const struct vml_service *service = svc->sched_data;
	const struct vml_table *table = rcu_dereference(service->table);
	bool counted = vml_connections_are_counted(svc, iph);
	struct vml_candidate chosen;

	if (!vml_choose(service, table, counted, &chosen)) {
		this_cpu_inc(service->counters->no_destination);
		ip_vs_scheduler_err(svc, "no destination available");
		return NULL;
	}
	this_cpu_inc(service->counters->picks);
	this_cpu_inc(*table->picks[chosen.index]);
	return chosen.dest;
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
