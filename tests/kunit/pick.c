// SPDX-License-Identifier: GPL-2.0-or-later
/* The scheduler's callbacks are static: this is the way to the fast path. */
#include "sched.c"

#include "fixture.h"

/**
 * fixture_pick - have the fast path decide
 * @svc: a bound service
 *
 * Return: the destination chosen, or NULL.
 */
struct ip_vs_dest *fixture_pick(struct ip_vs_service *svc)
{
	struct ip_vs_iphdr iph = { .protocol = svc->protocol };
	struct ip_vs_dest *dest;

	rcu_read_lock();
	dest = vml_scheduler.schedule(svc, NULL, &iph);
	rcu_read_unlock();
	return dest;
}
