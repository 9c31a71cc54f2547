// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/slab.h>
#include <net/net_namespace.h>

#include "fixture.h"
#include "peek.h"
#include "random.h"

/**
 * fixture_init - a registry and room for what a test makes
 * @test: the test
 *
 * Return: 0, or a negative errno.
 */
int fixture_init(struct kunit *test)
{
	struct fixture *fixture;

	fixture = kunit_kzalloc(test, sizeof(*fixture), GFP_KERNEL);
	if (!fixture)
		return -ENOMEM;
	fixture->ipvs = kunit_kzalloc(test, sizeof(*fixture->ipvs), GFP_KERNEL);
	if (!fixture->ipvs)
		return -ENOMEM;
	fixture->ipvs->net = &init_net;
	fixture->capacity = 4096;
	fixture->dests = kunit_kcalloc(test, fixture->capacity,
				       sizeof(*fixture->dests), GFP_KERNEL);
	if (!fixture->dests)
		return -ENOMEM;
	test->priv = fixture;

	fixture_seed(1);
	return vml_registry_init();
}

/**
 * fixture_seed - make what the fast path draws the same in each run
 * @seed: any number
 */
void fixture_seed(u64 seed)
{
	int cpu;

	for_each_possible_cpu(cpu)
		per_cpu(vml_random_state, cpu) = seed + ((u64)cpu << 32);
}

/**
 * fixture_exit - unbind what is bound, and look for references left behind
 * @test: the test
 */
void fixture_exit(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	unsigned int i;

	if (!fixture)
		return;
	for (i = 0; i < fixture->num_services; i++)
		if (fixture_is_bound(fixture->services[i]))
			fixture_unbind(fixture->services[i]);
	vml_registry_exit();

	for (i = 0; i < fixture->num_dests; i++) {
		struct ip_vs_dest *dest = fixture->dests[i];

		KUNIT_EXPECT_EQ(test, refcount_read(&dest->refcnt), 1);
		ip_vs_dest_put_and_free(dest);
	}
}

/**
 * fixture_service - make a service: TCP, 192.0.2.1, ports from 80 on
 * @test: the test
 *
 * Return: the service, not bound.
 */
struct ip_vs_service *fixture_service(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct ip_vs_service *svc;

	KUNIT_ASSERT_LT(test, (size_t)fixture->num_services,
			ARRAY_SIZE(fixture->services));
	svc = kunit_kzalloc(test, sizeof(*svc), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, svc);
	svc->af = AF_INET;
	svc->protocol = IPPROTO_TCP;
	svc->addr.ip = htonl(0xc0000201);
	svc->port = htons(80 + fixture->num_services);
	svc->ipvs = fixture->ipvs;
	INIT_LIST_HEAD(&svc->destinations);
	fixture->services[fixture->num_services++] = svc;
	return svc;
}

/**
 * fixture_dest - make a destination: 10.0.0.0 and so on, port 8080
 * @test: the test
 * @weight: its weight
 *
 * Return: the destination, of which the test has one reference.
 */
struct ip_vs_dest *fixture_dest(struct kunit *test, int weight)
{
	struct fixture *fixture = test->priv;
	struct ip_vs_dest *dest;

	KUNIT_ASSERT_LT(test, fixture->num_dests, fixture->capacity);
	dest = kzalloc(sizeof(*dest), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, dest);
	dest->af = AF_INET;
	dest->addr.ip = htonl(0x0a000000 + fixture->num_dests);
	dest->port = htons(8080);
	atomic_set(&dest->weight, weight);
	refcount_set(&dest->refcnt, 1);
	fixture->dests[fixture->num_dests++] = dest;
	return dest;
}

/**
 * fixture_bind - bind a service
 * @test: the test
 * @svc: the service
 *
 * Return: what the registry has made of it.
 */
struct vml_service *fixture_bind(struct kunit *test,
				 struct ip_vs_service *svc)
{
	KUNIT_ASSERT_EQ(test, vml_service_bind(svc), 0);
	KUNIT_ASSERT_TRUE(test, fixture_is_bound(svc));
	return svc->sched_data;
}

/**
 * fixture_unbind - unbind a service
 * @svc: the service
 */
void fixture_unbind(struct ip_vs_service *svc)
{
	vml_service_unbind(svc);
}

/**
 * fixture_is_bound - tell whether the registry has a service
 * @svc: the service
 *
 * Return: true if so.
 */
bool fixture_is_bound(struct ip_vs_service *svc)
{
	struct vml_service *service = NULL;
	bool bound = false;

	vml_registry_lock();
	while ((service = vml_service_next(svc->ipvs->net, service)))
		bound |= service->svc == svc;
	vml_registry_unlock();
	return bound;
}

/**
 * fixture_link - put a destination into a service, and tell nobody
 * @svc: the service
 * @dest: the destination
 */
void fixture_link(struct ip_vs_service *svc, struct ip_vs_dest *dest)
{
#ifdef IP_VS_DEST_CF_AVAILABLE
	dest->cflags |= IP_VS_DEST_CF_AVAILABLE;
#else
	dest->flags |= IP_VS_DEST_F_AVAILABLE;
#endif
	list_add_rcu(&dest->n_list, &svc->destinations);
	svc->num_dests++;
}

/**
 * fixture_unlink - take a destination out of its service, and tell nobody
 * @dest: the destination
 */
void fixture_unlink(struct ip_vs_dest *dest)
{
#ifdef IP_VS_DEST_CF_AVAILABLE
	dest->cflags &= ~IP_VS_DEST_CF_AVAILABLE;
#else
	dest->flags &= ~IP_VS_DEST_F_AVAILABLE;
#endif
	list_del_rcu(&dest->n_list);
}

/**
 * fixture_postpone - have the changes of a service wait until it is settled
 * @svc: a bound service, of which nothing is to be published yet
 */
void fixture_postpone(struct ip_vs_service *svc)
{
	struct vml_service *service = svc->sched_data;

	schedule_delayed_work(&service->publish_work, 1000 * HZ);
}

/**
 * fixture_settle - have all changes of a service published
 * @svc: a bound service
 */
void fixture_settle(struct ip_vs_service *svc)
{
	struct vml_service *service = svc->sched_data;

	flush_delayed_work(&service->publish_work);
}

/**
 * fixture_end_lease - have the lease of a service's scales run out
 * @svc: a bound service, with a lease
 */
void fixture_end_lease(struct ip_vs_service *svc)
{
	struct vml_service *service = svc->sched_data;

	vml_registry_lock();
	service->lease_end = ktime_get();
	vml_registry_unlock();
	flush_delayed_work(&service->lease_work);
}

/**
 * fixture_release_all - have everything released that nothing needs any more
 *
 * No service is bound.
 */
void fixture_release_all(void)
{
	vml_registry_exit();
	/* there was enough memory for the last one */
	WARN_ON(vml_registry_init());
}

/**
 * fixture_add - add a destination to a bound service, as IPVS does
 * @svc: the service
 * @dest: the destination
 *
 * Return: what the callback returns.
 */
int fixture_add(struct ip_vs_service *svc, struct ip_vs_dest *dest)
{
	fixture_link(svc, dest);
	return vml_dest_add(svc, dest);
}

/**
 * fixture_remove - remove a destination from a bound service, as IPVS does
 * @svc: the service
 * @dest: the destination
 */
void fixture_remove(struct ip_vs_service *svc, struct ip_vs_dest *dest)
{
	fixture_unlink(dest);
	svc->num_dests--;
	vml_dest_remove(svc, dest);
}

/* The table in force; the registry is locked, so it stays. */
static const struct vml_table *fixture_table(struct ip_vs_service *svc)
{
	struct vml_service *service = svc->sched_data;

	vml_registry_assert_locked();
	return rcu_dereference_protected(service->table, true);
}

/**
 * fixture_table_size - tell how many destinations can be drawn
 * @svc: a bound service
 *
 * Return: their number.
 */
u32 fixture_table_size(struct ip_vs_service *svc)
{
	u32 n;

	vml_registry_lock();
	n = fixture_table(svc)->n;
	vml_registry_unlock();
	return n;
}

/**
 * fixture_table_weight - tell a destination's weight in the table in force
 * @svc: a bound service
 * @dest: the destination
 *
 * Return: the weight, 0 if it is not in the table.
 */
u32 fixture_table_weight(struct ip_vs_service *svc,
			 const struct ip_vs_dest *dest)
{
	const struct vml_table *table;
	u32 i, weight = 0;

	vml_registry_lock();
	table = fixture_table(svc);
	for (i = 0; i < table->n; i++)
		if (peek_own(table, i)->dest == dest)
			weight = peek_own(table, i)->weight;
	vml_registry_unlock();
	return weight;
}

static struct vml_dest *fixture_find(struct ip_vs_service *svc,
				     const struct ip_vs_dest *dest)
{
	struct vml_service *service = svc->sched_data;
	struct rb_node *node;

	for (node = rb_first(&service->destinations); node;
	     node = rb_next(node)) {
		struct vml_dest *vdest = rb_entry(node, struct vml_dest, node);

		if (vdest->dest == dest)
			return vdest;
	}
	return NULL;
}

/**
 * fixture_picks - tell how many decisions have chosen a destination
 * @svc: a bound service
 * @dest: a destination of it, or NULL for all that it has or had
 *
 * Return: their number.
 */
u64 fixture_picks(struct ip_vs_service *svc, const struct ip_vs_dest *dest)
{
	u64 picks;

	vml_registry_lock();
	picks = dest ? vml_dest_picks(fixture_find(svc, dest)) :
		       vml_service_picks(svc->sched_data);
	vml_registry_unlock();
	return picks;
}

/**
 * fixture_scale - tell a destination's scale
 * @svc: a bound service
 * @dest: a destination of it
 *
 * Return: the scale, U32_MAX if the registry does not know the destination.
 */
u32 fixture_scale(struct ip_vs_service *svc, const struct ip_vs_dest *dest)
{
	struct vml_dest *vdest;
	u32 scale;

	vml_registry_lock();
	vdest = fixture_find(svc, dest);
	scale = vdest ? vdest->scale : U32_MAX;
	vml_registry_unlock();
	return scale;
}

/**
 * fixture_bind_two - bind a service with two destinations of weight 10
 * @test: the test
 *
 * Return: the registry's service; its destinations are the first two of
 * fixture_dests().
 */
struct vml_service *fixture_bind_two(struct kunit *test)
{
	struct ip_vs_service *svc = fixture_service(test);

	fixture_link(svc, fixture_dest(test, 10));
	fixture_link(svc, fixture_dest(test, 10));
	return fixture_bind(test, svc);
}

/**
 * fixture_dests - get every destination made
 * @test: the test
 *
 * Return: the destinations, in the order in which they were made.
 */
struct ip_vs_dest **fixture_dests(struct kunit *test)
{
	return ((struct fixture *)test->priv)->dests;
}

/**
 * fixture_ratio - compare the weights of the first two destinations made
 * @test: the test
 * @svc: their service
 *
 * Return: how many times the second one's weight in the table the first one's
 * is.
 */
u32 fixture_ratio(struct kunit *test, struct ip_vs_service *svc)
{
	u32 first = fixture_table_weight(svc, fixture_dests(test)[0]);
	u32 second = fixture_table_weight(svc, fixture_dests(test)[1]);

	return second ? first / second : U32_MAX;
}

/**
 * fixture_set_scales - replace the scales of a service, as netlink does
 * @svc: a bound service
 * @dests: the destinations that the set names
 * @scales: their scales
 * @n: their number
 * @lease: in milliseconds, or 0
 *
 * Return: 0, -ENOENT, or what staging returns.
 */
int fixture_set_scales(struct ip_vs_service *svc, struct ip_vs_dest **dests,
		       const u32 *scales, unsigned int n, u32 lease)
{
	struct vml_scale_set set;
	struct vml_dest *vdest;
	unsigned int i;
	int err;

	vml_registry_lock();
	err = vml_scale_set_begin(&set, svc->sched_data);
	for (i = 0; !err && i < n; i++) {
		vdest = fixture_find(svc, dests[i]);
		err = vdest ? vml_scale_set_stage(&set, vdest, scales[i]) :
			      -ENOENT;
		if (err)
			vml_scale_set_abort(&set);
	}
	if (!err)
		vml_scale_set_commit(&set, lease);
	vml_registry_unlock();
	return err;
}
