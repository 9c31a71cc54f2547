// SPDX-License-Identifier: GPL-2.0
/*
 * Locking. One mutex protects the registry; it is taken inside IPVS's own
 * mutex (the scheduler's callbacks), and alone (netlink, work items):
 *
 *	operation			IPVS mutex	registry	RCU
 *	bind, unbind service		held		taken		-
 *	add, update, remove dest	held		taken		-
 *	get, dump, set scales		-		taken		-
 *	publish, end lease (work)	-		taken		-
 *	schedule			-		-		read
 *	release service (work)		-		-		after
 *
 * IPVS's mutex is one for the host, or one a network namespace since 7.x; the
 * latter lets callbacks of different namespaces meet at the registry's.
 *
 * A service is in the registry exactly while it is bound, and its svc is valid
 * for as long: unbinding takes the registry's mutex. The fast path reaches it
 * through svc->sched_data, which IPVS stops using a grace period after it has
 * unbound the scheduler; so the service and all that it holds go then.
 *
 * The fast path also walks the list of a service's destinations, which is in
 * step with IPVS, where the table it draws from may lag behind. The list
 * changes under the registry's mutex, by the primitives for RCU.
 *
 * A table names destinations without holding them. Each vml_dest holds one
 * reference, and goes a grace period after it has left the list and the first
 * table without it has been published; until then, it waits among the removed.
 */
#include <linux/jhash.h>
#include <linux/jiffies.h>
#include <linux/percpu.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <net/ip_vs.h>

#include <uapi/linux/ip_vs_vml.h>

#include "netlink.h"
#include "registry.h"

/*
 * Changes that follow one another this closely are published together, since a
 * table takes time in proportion to its destinations.
 */
#define VML_PUBLISH_INTERVAL	max(msecs_to_jiffies(4), 1UL)

/* Timers can't be set for as long as a lease may be. */
#define VML_LEASE_TIMER_MAX	(24 * 3600 * MSEC_PER_SEC)

/* After how long what failed for lack of memory is tried again. */
#define VML_RETRY_INTERVAL	msecs_to_jiffies(50)

static DEFINE_MUTEX(vml_registry_mutex);
static struct rb_root vml_services = RB_ROOT;
static struct workqueue_struct *vml_workqueue;
static u32 vml_sequence;
static u64 vml_scale_sets;

void vml_registry_lock(void)
{
	mutex_lock(&vml_registry_mutex);
}

void vml_registry_unlock(void)
{
	mutex_unlock(&vml_registry_mutex);
}

void vml_registry_assert_locked(void)
{
	lockdep_assert_held(&vml_registry_mutex);
}

static u32 vml_registry_advance(void)
{
	lockdep_assert_held(&vml_registry_mutex);

	/* 0 means to netlink that a dump has only begun */
	if (!++vml_sequence)
		vml_sequence++;
	return vml_sequence;
}

static void vml_copy_address(u16 family, union nf_inet_addr *to,
			     const union nf_inet_addr *from)
{
	memset(to, 0, sizeof(*to));
	if (family == AF_INET)
		to->ip = from->ip;
	else
		to->in6 = from->in6;
}

static void vml_service_key_of(const struct ip_vs_service *svc,
			       struct vml_service_key *key)
{
	memset(key, 0, sizeof(*key));
	key->net = svc->ipvs->net;
	key->family = svc->af;
	key->fwmark = svc->fwmark;
	if (key->fwmark)
		return;
	key->protocol = svc->protocol;
	key->port = svc->port;
	vml_copy_address(svc->af, &key->address, &svc->addr);
}

static void vml_dest_key_of(const struct ip_vs_dest *dest,
			    struct vml_dest_key *key)
{
	memset(key, 0, sizeof(*key));
	key->family = dest->af;
	key->port = dest->port;
	vml_copy_address(dest->af, &key->address, &dest->addr);
}

static int vml_compare(u64 a, u64 b)
{
	return a < b ? -1 : a > b;
}

static int vml_service_compare(const struct vml_service_key *a,
			       const struct vml_service_key *b)
{
	return vml_compare((unsigned long)a->net, (unsigned long)b->net) ?:
	       vml_compare(a->fwmark, b->fwmark) ?:
	       vml_compare(a->family, b->family) ?:
	       vml_compare(a->protocol, b->protocol) ?:
	       memcmp(&a->address, &b->address, sizeof(a->address)) ?:
	       vml_compare(ntohs(a->port), ntohs(b->port));
}

static int vml_dest_compare(const struct vml_dest_key *a,
			    const struct vml_dest_key *b)
{
	return vml_compare(a->family, b->family) ?:
	       memcmp(&a->address, &b->address, sizeof(a->address)) ?:
	       vml_compare(ntohs(a->port), ntohs(b->port));
}

static int vml_service_compare_node(const void *key,
				    const struct rb_node *node)
{
	return vml_service_compare(key,
				   &rb_entry(node, struct vml_service,
					     node)->key);
}

static int vml_net_compare_node(const void *net, const struct rb_node *node)
{
	const struct vml_service *service = rb_entry(node, struct vml_service,
						     node);

	return vml_compare((unsigned long)net,
			   (unsigned long)service->key.net);
}

static int vml_service_compare_nodes(struct rb_node *a,
				     const struct rb_node *b)
{
	return vml_service_compare_node(&rb_entry(a, struct vml_service,
						  node)->key, b);
}

static int vml_dest_compare_node(const void *key, const struct rb_node *node)
{
	return vml_dest_compare(key,
				&rb_entry(node, struct vml_dest, node)->key);
}

static int vml_dest_compare_nodes(struct rb_node *a, const struct rb_node *b)
{
	return vml_dest_compare_node(&rb_entry(a, struct vml_dest, node)->key,
				     b);
}

/**
 * vml_service_find - look up a service
 * @key: what it is known by
 *
 * Return: the service, valid while the registry is locked, or NULL.
 */
struct vml_service *vml_service_find(const struct vml_service_key *key)
{
	struct rb_node *node;

	lockdep_assert_held(&vml_registry_mutex);

	node = rb_find(key, &vml_services, vml_service_compare_node);
	return rb_entry_safe(node, struct vml_service, node);
}

/**
 * vml_service_next - walk the services of a network namespace
 * @net: the network namespace
 * @service: a service of it, or NULL to begin
 *
 * Return: the next service in the order of the keys, or NULL.
 */
struct vml_service *vml_service_next(const struct net *net,
				     struct vml_service *service)
{
	struct rb_node *node;

	lockdep_assert_held(&vml_registry_mutex);

	node = service ? rb_next(&service->node) :
			 rb_find_first(net, &vml_services,
				       vml_net_compare_node);
	service = rb_entry_safe(node, struct vml_service, node);
	return service && service->key.net == net ? service : NULL;
}

/**
 * vml_services_sequence - tell whether a network namespace's services change
 * @net: the network namespace
 *
 * What others do must not show, and must not disturb.
 *
 * Return: a number, never 0, that no earlier state of these services had, but
 * for a chance of 2^-32.
 */
u32 vml_services_sequence(const struct net *net)
{
	struct vml_service *service = NULL;
	u32 hash = 0;

	while ((service = vml_service_next(net, service)))
		hash = jhash_1word(service->sequence, hash);
	return hash ?: 1;
}

/**
 * vml_service_lease_left - tell how long the scales remain valid
 * @service: a service that has a lease
 *
 * Return: milliseconds.
 */
u32 vml_service_lease_left(const struct vml_service *service)
{
	lockdep_assert_held(&vml_registry_mutex);

	return clamp(ktime_ms_delta(service->lease_end, ktime_get()), 0LL,
		     (s64)U32_MAX);
}

/**
 * vml_dest_find - look up a destination
 * @service: its service
 * @key: what it is known by
 *
 * Return: the destination, valid while the registry is locked, or NULL.
 */
struct vml_dest *vml_dest_find(const struct vml_service *service,
			       const struct vml_dest_key *key)
{
	struct rb_node *node;

	lockdep_assert_held(&vml_registry_mutex);

	node = rb_find(key, &service->destinations, vml_dest_compare_node);
	return rb_entry_safe(node, struct vml_dest, node);
}

/**
 * vml_dest_effective_weight - tell what share of connections is due
 * @vdest: the destination, held by the registry's lock or RCU
 *
 * Return: its weight times its scale, fixed point with 16 fractional bits.
 */
u64 vml_dest_effective_weight(const struct vml_dest *vdest)
{
	return mul_u32_u32(max(atomic_read(&vdest->dest->weight), 0),
			   READ_ONCE(vdest->scale));
}

/**
 * vml_dest_picks - count the decisions that chose a destination
 * @vdest: the destination
 *
 * Return: their number since it was added; it wraps with unsigned long.
 */
u64 vml_dest_picks(const struct vml_dest *vdest)
{
	unsigned long picks = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		picks += READ_ONCE(*per_cpu_ptr(vdest->picks, cpu));
	return picks;
}

/**
 * vml_service_picks - count the decisions that chose a destination of a service
 * @service: the service
 *
 * Return: their number since it was bound.
 */
u64 vml_service_picks(const struct vml_service *service)
{
	u64 picks = service->removed_picks;
	const struct vml_dest *vdest;
	struct rb_node *node;

	lockdep_assert_held(&vml_registry_mutex);

	for (node = rb_first(&service->destinations); node;
	     node = rb_next(node))
		picks += vml_dest_picks(rb_entry(node, struct vml_dest, node));
	list_for_each_entry(vdest, &service->removed, removed)
		picks += vml_dest_picks(vdest);
	return picks;
}

static struct vml_dest *vml_dest_alloc(struct ip_vs_dest *dest, gfp_t gfp)
{
	struct vml_dest *vdest = kzalloc(sizeof(*vdest), gfp);

	if (!vdest)
		return NULL;
	vdest->picks = alloc_percpu_gfp(unsigned long, gfp);
	if (!vdest->picks) {
		kfree(vdest);
		return NULL;
	}
	vml_dest_key_of(dest, &vdest->key);
	vdest->scale = IP_VS_VML_SCALE_ONE;
	vdest->dest = dest;
	ip_vs_dest_hold(dest);
	return vdest;
}

static void vml_dest_free(struct vml_dest *vdest)
{
	ip_vs_dest_put_and_free(vdest->dest);
	free_percpu(vdest->picks);
	kfree(vdest);
}

static void vml_dest_free_rcu(struct rcu_head *rcu)
{
	vml_dest_free(container_of(rcu, struct vml_dest, rcu));
}

static void vml_dest_insert(struct vml_service *service, struct vml_dest *vdest)
{
	lockdep_assert_held(&vml_registry_mutex);

	rb_find_add(&vdest->node, &service->destinations,
		    vml_dest_compare_nodes);
	list_add_tail_rcu(&vdest->list, &service->list);
	service->num_destinations++;
}

static void vml_dest_link(struct vml_service *service, struct vml_dest *vdest,
			  gfp_t gfp)
{
	lockdep_assert_held(&vml_registry_mutex);

	vml_dest_insert(service, vdest);
	service->sequence = vml_registry_advance();
	vml_notify_destination_added(service, vdest, gfp);
}

static void vml_dest_unlink(struct vml_service *service,
			    struct vml_dest *vdest)
{
	lockdep_assert_held(&vml_registry_mutex);

	vml_notify_destination_removed(service, vdest);
	rb_erase(&vdest->node, &service->destinations);
	list_del_rcu(&vdest->list);
	list_add(&vdest->removed, &service->removed);
	service->num_destinations--;
	service->sequence = vml_registry_advance();
}

static struct vml_table *vml_service_fill(struct vml_service *service,
					  struct vml_table_builder *builder)
{
	struct rb_node *node;

	lockdep_assert_held(&vml_registry_mutex);

	for (node = rb_first(&service->destinations); node;
	     node = rb_next(node)) {
		struct vml_dest *vdest = rb_entry(node, struct vml_dest, node);

		vml_table_add(builder, vdest->dest,
			      vml_dest_effective_weight(vdest), vdest->picks);
	}
	return vml_table_finish(builder);
}

static void vml_table_free_rcu(struct rcu_head *rcu)
{
	kvfree(container_of(rcu, struct vml_table, rcu));
}

/*
 * kvfree_rcu() collects what it is given for seconds. While an administrator
 * adds thousands of destinations, that would be hundreds of tables of some
 * hundred KiB.
 */
static void vml_service_replace(struct vml_service *service,
				struct vml_table *table)
{
	struct vml_dest *vdest, *next;
	struct vml_table *old;

	old = rcu_replace_pointer(service->table, table,
				  lockdep_is_held(&vml_registry_mutex));
	WRITE_ONCE(service->is_behind, false);
	if (old)
		call_rcu(&old->rcu, vml_table_free_rcu);

	list_for_each_entry_safe(vdest, next, &service->removed, removed) {
		list_del(&vdest->removed);
		service->removed_picks += vml_dest_picks(vdest);
		call_rcu(&vdest->rcu, vml_dest_free_rcu);
	}
}

static int vml_service_publish(struct vml_service *service)
{
	struct vml_table_builder builder;
	int err;

	lockdep_assert_held(&vml_registry_mutex);

	err = vml_table_begin(&builder, service->num_destinations,
			      GFP_KERNEL | __GFP_NOWARN);
	if (err) {
		WRITE_ONCE(service->is_behind, true);
		return err;
	}
	vml_service_replace(service, vml_service_fill(service, &builder));
	return 0;
}

static void vml_service_publish_later(struct vml_service *service,
				      unsigned long delay)
{
	queue_delayed_work(vml_workqueue, &service->publish_work, delay);
}

/*
 * The fast path finds in the list what the table lacks, unless the table is
 * empty: then it does not look, lest each connection to a service that is
 * quiesced cost a walk. So the first that can be drawn must not wait, and if
 * there is no memory for it, the service is marked.
 */
static bool vml_service_can_wait(const struct vml_service *service,
				 const struct vml_dest *vdest)
{
	const struct vml_table *table;

	table = rcu_dereference_protected(service->table,
					  lockdep_is_held(&vml_registry_mutex));
	return table->n || !vml_dest_effective_weight(vdest);
}

/*
 * A change that stands alone takes effect at once, so that who makes it finds
 * it in force; those of a burst are collected.
 */
static void vml_service_changed(struct vml_service *service,
				const struct vml_dest *vdest)
{
	unsigned long now = jiffies;

	if (vml_service_can_wait(service, vdest)) {
		if (delayed_work_pending(&service->publish_work))
			return;
		if (time_before(now, service->published +
				     VML_PUBLISH_INTERVAL)) {
			vml_service_publish_later(service,
						  VML_PUBLISH_INTERVAL);
			return;
		}
	}
	service->published = now;
	if (vml_service_publish(service))
		vml_service_publish_later(service, VML_RETRY_INTERVAL);
}

/*
 * Find the destinations that could not be added. IPVS's mutex can't be taken
 * here, but one that leaves the list meanwhile is removed by a callback that
 * still has to wait for the registry's.
 */
static void vml_service_complete(struct vml_service *service)
{
	struct vml_dest_key key;
	struct ip_vs_dest *dest;
	struct vml_dest *vdest;

	lockdep_assert_held(&vml_registry_mutex);

	service->incomplete = false;
	rcu_read_lock();
	list_for_each_entry_rcu(dest, &service->svc->destinations, n_list) {
		vml_dest_key_of(dest, &key);
		if (vml_dest_find(service, &key))
			continue;
		vdest = vml_dest_alloc(dest, GFP_NOWAIT | __GFP_NOWARN);
		if (!vdest) {
			service->incomplete = true;
			break;
		}
		vml_dest_link(service, vdest, GFP_NOWAIT | __GFP_NOWARN);
	}
	rcu_read_unlock();
}

static void vml_service_publish_work(struct work_struct *work)
{
	struct vml_service *service = container_of(to_delayed_work(work),
						   struct vml_service,
						   publish_work);

	mutex_lock(&vml_registry_mutex);
	if (service->svc) {
		if (service->incomplete)
			vml_service_complete(service);
		service->published = jiffies;
		if (vml_service_publish(service) || service->incomplete)
			vml_service_publish_later(service, VML_RETRY_INTERVAL);
	}
	mutex_unlock(&vml_registry_mutex);
}

/* Until its end, or until this is to be done again. */
static void vml_service_await_lease(struct vml_service *service)
{
	u32 left = min_t(u32, vml_service_lease_left(service),
			 VML_LEASE_TIMER_MAX);

	mod_delayed_work(vml_workqueue, &service->lease_work,
			 msecs_to_jiffies(left) + 1);
}

static void vml_service_end_lease(struct vml_service *service)
{
	struct rb_node *node;

	lockdep_assert_held(&vml_registry_mutex);

	for (node = rb_first(&service->destinations); node;
	     node = rb_next(node))
		WRITE_ONCE(rb_entry(node, struct vml_dest, node)->scale,
			   IP_VS_VML_SCALE_ONE);
	service->has_lease = false;
	service->sequence = vml_registry_advance();
	if (vml_service_publish(service))
		vml_service_publish_later(service, VML_RETRY_INTERVAL);
	vml_notify_lease_expired(service);
}

static void vml_service_lease_work(struct work_struct *work)
{
	struct vml_service *service = container_of(to_delayed_work(work),
						   struct vml_service,
						   lease_work);

	mutex_lock(&vml_registry_mutex);
	/* The lease may have been renewed while this waited for the mutex. */
	if (service->svc && service->has_lease) {
		if (vml_service_lease_left(service))
			vml_service_await_lease(service);
		else
			vml_service_end_lease(service);
	}
	mutex_unlock(&vml_registry_mutex);
}

/* Nobody reads the service any more, and nobody else knows it. */
static void vml_service_free(struct vml_service *service)
{
	struct vml_dest *vdest, *next;

	rbtree_postorder_for_each_entry_safe(vdest, next,
					     &service->destinations, node)
		vml_dest_free(vdest);
	list_for_each_entry_safe(vdest, next, &service->removed, removed)
		vml_dest_free(vdest);
	kvfree(rcu_dereference_protected(service->table, true));
	free_percpu(service->percpu);
	kfree(service);
}

static void vml_service_release_work(struct work_struct *work)
{
	vml_service_free(container_of(to_rcu_work(work), struct vml_service,
				      release_work));
}

static struct vml_service *vml_service_alloc(struct ip_vs_service *svc)
{
	struct vml_service *service = kzalloc(sizeof(*service), GFP_KERNEL);
	int cpu;

	if (!service)
		return NULL;
	service->percpu = alloc_percpu(struct vml_percpu);
	if (!service->percpu) {
		kfree(service);
		return NULL;
	}
	for_each_possible_cpu(cpu)
		per_cpu_ptr(service->percpu, cpu)->sequence = get_random_u32();
	service->svc = svc;
	service->destinations = RB_ROOT;
	INIT_LIST_HEAD(&service->list);
	service->published = jiffies - VML_PUBLISH_INTERVAL;
	vml_service_key_of(svc, &service->key);
	INIT_LIST_HEAD(&service->removed);
	INIT_DELAYED_WORK(&service->lease_work, vml_service_lease_work);
	INIT_DELAYED_WORK(&service->publish_work, vml_service_publish_work);
	INIT_RCU_WORK(&service->release_work, vml_service_release_work);
	return service;
}

/**
 * vml_service_bind - take a service, with the destinations that it has
 * @svc: the service; IPVS's mutex is held
 *
 * Return: 0, -ENOMEM, or -EEXIST if one with the same key is bound.
 */
int vml_service_bind(struct ip_vs_service *svc)
{
	struct vml_service *service;
	struct ip_vs_dest *dest;
	struct vml_dest *vdest;
	int err = -ENOMEM;

	service = vml_service_alloc(svc);
	if (!service)
		return -ENOMEM;

	mutex_lock(&vml_registry_mutex);
	list_for_each_entry(dest, &svc->destinations, n_list) {
		vdest = vml_dest_alloc(dest, GFP_KERNEL);
		if (!vdest)
			goto err_free;
		vml_dest_insert(service, vdest);
	}
	err = vml_service_publish(service);
	if (err)
		goto err_free;
	if (rb_find_add(&service->node, &vml_services,
			vml_service_compare_nodes)) {
		err = -EEXIST;
		goto err_free;
	}
	service->sequence = vml_registry_advance();
	svc->sched_data = service;
	vml_notify_service_bound(service);
	mutex_unlock(&vml_registry_mutex);
	return 0;

err_free:
	mutex_unlock(&vml_registry_mutex);
	vml_service_free(service);
	return err;
}

/**
 * vml_service_unbind - let go of a service
 * @svc: the service; IPVS's mutex is held
 *
 * svc->sched_data stays: the fast path may still be reading it, and IPVS waits
 * for that before it binds another scheduler.
 */
void vml_service_unbind(struct ip_vs_service *svc)
{
	struct vml_service *service = svc->sched_data;

	mutex_lock(&vml_registry_mutex);
	rb_erase(&service->node, &vml_services);
	service->svc = NULL;
	vml_registry_advance();
	vml_notify_service_unbound(service);
	mutex_unlock(&vml_registry_mutex);

	/* With svc NULL, neither is queued again. */
	cancel_delayed_work_sync(&service->lease_work);
	cancel_delayed_work_sync(&service->publish_work);
	queue_rcu_work(vml_workqueue, &service->release_work);
}

/**
 * vml_dest_add - take a destination that was added or changed
 * @svc: its service; IPVS's mutex is held
 * @dest: the destination
 *
 * Return: 0, or -ENOMEM if it can't be chosen yet; it will be without further
 * calls, as soon as there is memory.
 */
int vml_dest_add(struct ip_vs_service *svc, struct ip_vs_dest *dest)
{
	struct vml_service *service = svc->sched_data;
	struct vml_dest_key key;
	struct vml_dest *vdest;
	int err = 0;

	vml_dest_key_of(dest, &key);

	mutex_lock(&vml_registry_mutex);
	vdest = vml_dest_find(service, &key);
	if (!vdest) {
		vdest = vml_dest_alloc(dest, GFP_KERNEL);
		if (!vdest) {
			service->incomplete = true;
			vml_service_publish_later(service,
						  VML_RETRY_INTERVAL);
			err = -ENOMEM;
			goto out;
		}
		vml_dest_link(service, vdest, GFP_KERNEL);
	} else {
		service->sequence = vml_registry_advance();
	}
	vml_service_changed(service, vdest);
out:
	mutex_unlock(&vml_registry_mutex);
	return err;
}

/**
 * vml_dest_remove - let go of a destination that was removed
 * @svc: its service; IPVS's mutex is held
 * @dest: the destination, unlinked already
 *
 * Nothing here can fail. The table may hold the destination for a while, but
 * the fast path sees that it is no longer linked; and if the table holds no
 * other that is available, it finds those that were added since in the list.
 */
void vml_dest_remove(struct ip_vs_service *svc, struct ip_vs_dest *dest)
{
	struct vml_service *service = svc->sched_data;
	struct vml_dest_key key;
	struct vml_dest *vdest;

	vml_dest_key_of(dest, &key);

	mutex_lock(&vml_registry_mutex);
	vdest = vml_dest_find(service, &key);
	if (vdest) {
		vml_dest_unlink(service, vdest);
		vml_service_publish_later(service, VML_PUBLISH_INTERVAL);
	}
	mutex_unlock(&vml_registry_mutex);
}

/**
 * vml_scale_set_begin - begin to replace the scales of a service
 * @set: the set
 * @service: the service
 *
 * Nothing changes before the set is committed; the registry stays locked until
 * then.
 *
 * Return: 0, or -ENOMEM.
 */
int vml_scale_set_begin(struct vml_scale_set *set, struct vml_service *service)
{
	lockdep_assert_held(&vml_registry_mutex);

	set->service = service;
	set->number = ++vml_scale_sets;
	return vml_table_begin(&set->builder, service->num_destinations,
			       GFP_KERNEL | __GFP_NOWARN);
}

/**
 * vml_scale_set_stage - name a destination in a set
 * @set: the set
 * @vdest: the destination
 * @scale: its scale
 *
 * Return: 0, or -EEXIST if it is named already.
 */
int vml_scale_set_stage(struct vml_scale_set *set, struct vml_dest *vdest,
			u32 scale)
{
	lockdep_assert_held(&vml_registry_mutex);

	if (vdest->staged_set == set->number)
		return -EEXIST;
	vdest->staged_set = set->number;
	vdest->staged_scale = scale;
	return 0;
}

/**
 * vml_scale_set_commit - put a set into force, all of it at once
 * @set: the set; destinations that it does not name are neutral
 * @lease: for how many milliseconds, 0 for ever
 */
void vml_scale_set_commit(struct vml_scale_set *set, u32 lease)
{
	struct vml_service *service = set->service;
	struct rb_node *node;

	lockdep_assert_held(&vml_registry_mutex);

	for (node = rb_first(&service->destinations); node;
	     node = rb_next(node)) {
		struct vml_dest *vdest = rb_entry(node, struct vml_dest, node);

		WRITE_ONCE(vdest->scale,
			   vdest->staged_set == set->number ?
			   vdest->staged_scale : IP_VS_VML_SCALE_ONE);
	}
	vml_service_replace(service, vml_service_fill(service, &set->builder));
	service->generation++;
	service->sequence = vml_registry_advance();

	service->has_lease = lease;
	if (service->has_lease) {
		service->lease_end = ktime_add_ms(ktime_get(), lease);
		vml_service_await_lease(service);
	} else {
		cancel_delayed_work(&service->lease_work);
	}
}

/**
 * vml_scale_set_abort - give up a set
 * @set: the set; nothing has changed
 */
void vml_scale_set_abort(struct vml_scale_set *set)
{
	vml_table_abort(&set->builder);
}

/**
 * vml_registry_init - get ready for services
 *
 * Return: 0, or -ENOMEM.
 */
int vml_registry_init(void)
{
	vml_sequence = 1;
	vml_workqueue = alloc_workqueue("ip_vs_vml", WQ_UNBOUND, 0);
	return vml_workqueue ? 0 : -ENOMEM;
}

/**
 * vml_registry_exit - wait until everything unbound has been released
 *
 * No service is bound any more, and none can be.
 */
void vml_registry_exit(void)
{
	/* for the fast path, then for releases that wait for it */
	synchronize_rcu();
	rcu_barrier();
	destroy_workqueue(vml_workqueue);
}
