/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The services that are bound to the scheduler, with their destinations,
 * scales and leases.
 */
#ifndef _VML_REGISTRY_H
#define _VML_REGISTRY_H

#include <linux/in6.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <linux/rbtree.h>
#include <linux/workqueue.h>

#include "table.h"

struct ip_vs_service;
struct net;

/**
 * struct vml_service_key - what a service is known by
 * @net: its network namespace
 * @fwmark: its firewall mark, or 0
 * @family: AF_INET or AF_INET6
 * @protocol: its protocol, 0 with a firewall mark
 * @port: its port, 0 with a firewall mark
 * @address: its address, zero where @family does not use it, and zero with a
 *	firewall mark
 */
struct vml_service_key {
	const struct net *net;
	u32 fwmark;
	u16 family;
	u16 protocol;
	__be16 port;
	union nf_inet_addr address;
};

/**
 * struct vml_dest_key - what a destination of a service is known by
 * @family: its address family, which may differ from its service's
 * @port: its port
 * @address: its address, zero where @family does not use it
 */
struct vml_dest_key {
	u16 family;
	__be16 port;
	union nf_inet_addr address;
};

/**
 * struct vml_dest - a destination of a service
 * @node: in the service's destinations
 * @removed: in the service's removed destinations
 * @list: in the service's list
 * @key: what it is known by
 * @dest: IPVS's destination, of which this holds a reference
 * @scale: the factor on its weight
 * @staged_scale: its scale in the set that is being validated
 * @staged_set: the number of that set
 * @picks: decisions that chose it
 * @rcu: for its release
 *
 * The fast path reads @list, @dest, @scale and @picks under RCU; everything
 * else is protected by the registry's lock.
 */
struct vml_dest {
	union {
		struct rb_node node;
		struct list_head removed;
	};
	struct list_head list;
	struct vml_dest_key key;
	struct ip_vs_dest *dest;
	u32 scale;
	u32 staged_scale;
	u64 staged_set;
	unsigned long __percpu *picks;
	struct rcu_head rcu;
};

/**
 * struct vml_percpu - what the fast path writes, a CPU
 * @sequence: the last number of the sequence that one-packet connections are
 *	spread by
 * @overload_skips: draws passed over because the destination was overloaded
 * @scans: decisions for which no drawn destination was available
 * @no_destination: decisions that found no available destination
 */
struct vml_percpu {
	u32 sequence;
	unsigned long overload_skips;
	unsigned long scans;
	unsigned long no_destination;
};

/**
 * struct vml_service - a service bound to the scheduler
 * @table: what the fast path draws from, never NULL
 * @percpu: what the fast path writes
 * @is_behind: there was no memory for the table that is to replace @table
 * @node: in the registry
 * @key: what the service is known by
 * @svc: IPVS's service, or NULL once it is unbound
 * @destinations: its destinations in the order of their keys
 * @list: the same in the order in which they were added
 * @num_destinations: their number
 * @incomplete: a destination could not be added for lack of memory
 * @removed: destinations that @table may still hold
 * @removed_picks: decisions that chose those that went before
 * @generation: sets of scales committed
 * @sequence: changes whenever something does that a dump shows
 * @has_lease: the scales have a lease
 * @lease_end: its end, by ktime_get()
 * @lease_work: ends the lease
 * @published: when @table was last replaced on a change, in jiffies
 * @publish_work: replaces @table
 * @release_work: frees the service
 *
 * The fast path reads @table, @percpu, @is_behind and @list under RCU;
 * everything else is protected by the registry's lock.
 */
struct vml_service {
	struct vml_table __rcu *table;
	struct vml_percpu __percpu *percpu;
	bool is_behind;

	struct rb_node node ____cacheline_aligned_in_smp;
	struct vml_service_key key;
	struct ip_vs_service *svc;
	struct rb_root destinations;
	struct list_head list;
	u32 num_destinations;
	bool incomplete;
	struct list_head removed;
	u64 removed_picks;
	u32 generation;
	u32 sequence;
	bool has_lease;
	ktime_t lease_end;
	struct delayed_work lease_work;
	unsigned long published;
	struct delayed_work publish_work;
	struct rcu_work release_work;
};

/**
 * struct vml_scale_set - a set of scales that is being validated
 * @service: its service
 * @number: tells its staged scales from those of other sets
 * @builder: the table that is to come
 */
struct vml_scale_set {
	struct vml_service *service;
	u64 number;
	struct vml_table_builder builder;
};

int vml_registry_init(void);
void vml_registry_exit(void);

void vml_registry_lock(void);
void vml_registry_unlock(void);
void vml_registry_assert_locked(void);

int vml_service_bind(struct ip_vs_service *svc);
void vml_service_unbind(struct ip_vs_service *svc);
struct vml_service *vml_service_find(const struct vml_service_key *key);
struct vml_service *vml_service_next(const struct net *net,
				     struct vml_service *service);
u32 vml_services_sequence(const struct net *net);
u32 vml_service_lease_left(const struct vml_service *service);
u64 vml_service_picks(const struct vml_service *service);

int vml_dest_add(struct ip_vs_service *svc, struct ip_vs_dest *dest);
void vml_dest_remove(struct ip_vs_service *svc, struct ip_vs_dest *dest);
struct vml_dest *vml_dest_find(const struct vml_service *service,
			       const struct vml_dest_key *key);
u64 vml_dest_effective_weight(const struct vml_dest *vdest);
u64 vml_dest_picks(const struct vml_dest *vdest);

int vml_scale_set_begin(struct vml_scale_set *set,
			struct vml_service *service);
int vml_scale_set_stage(struct vml_scale_set *set, struct vml_dest *vdest,
			u32 scale);
void vml_scale_set_commit(struct vml_scale_set *set, u32 lease);
void vml_scale_set_abort(struct vml_scale_set *set);

#endif /* _VML_REGISTRY_H */
