/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Services and destinations as IPVS would hand them to the scheduler's
 * callbacks, without IPVS: each test has a registry of its own, and fails if
 * anything still has a reference to a destination when that is gone.
 */
#ifndef _VML_FIXTURE_H
#define _VML_FIXTURE_H

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <net/ip_vs.h>

#include <uapi/linux/ip_vs_vml.h>

#include "registry.h"

/**
 * struct fixture - what a test has made, in test->priv
 * @ipvs: of the network namespace in which services are made
 * @services: every service made
 * @num_services: their number
 * @dests: every destination made
 * @num_dests: their number
 * @capacity: room in @dests
 */
struct fixture {
	struct netns_ipvs *ipvs;
	struct ip_vs_service *services[600];
	unsigned int num_services;
	struct ip_vs_dest **dests;
	unsigned int num_dests;
	unsigned int capacity;
};

int fixture_init(struct kunit *test);
void fixture_exit(struct kunit *test);

struct ip_vs_service *fixture_service(struct kunit *test);
struct ip_vs_dest *fixture_dest(struct kunit *test, int weight);

struct vml_service *fixture_bind(struct kunit *test,
				 struct ip_vs_service *svc);
void fixture_unbind(struct ip_vs_service *svc);
bool fixture_is_bound(struct ip_vs_service *svc);

void fixture_link(struct ip_vs_service *svc, struct ip_vs_dest *dest);
void fixture_unlink(struct ip_vs_dest *dest);
int fixture_add(struct ip_vs_service *svc, struct ip_vs_dest *dest);
void fixture_remove(struct ip_vs_service *svc, struct ip_vs_dest *dest);

u32 fixture_table_size(struct ip_vs_service *svc);
u32 fixture_table_weight(struct ip_vs_service *svc,
			 const struct ip_vs_dest *dest);
u64 fixture_picks(struct ip_vs_service *svc, const struct ip_vs_dest *dest);
u32 fixture_scale(struct ip_vs_service *svc, const struct ip_vs_dest *dest);

int fixture_set_scales(struct ip_vs_service *svc, struct ip_vs_dest **dests,
		       const u32 *scales, unsigned int n, u32 lease);

struct vml_service *fixture_bind_two(struct kunit *test);
struct ip_vs_dest **fixture_dests(struct kunit *test);
u32 fixture_ratio(struct kunit *test, struct ip_vs_service *svc);

void fixture_seed(u64 seed);
struct ip_vs_dest *fixture_pick(struct ip_vs_service *svc);
void fixture_postpone(struct ip_vs_service *svc);
void fixture_settle(struct ip_vs_service *svc);
void fixture_end_lease(struct ip_vs_service *svc);
void fixture_release_all(void);

void fixture_fail_nth(unsigned int n);
void fixture_fail_own(unsigned int n);
u32 fixture_allocations_left(void);
bool fixture_has_failed(void);

/* Work is done behind the callbacks, and nothing tells when: look often. */
#define EXPECT_EVENTUALLY(test, condition)				\
do {									\
	unsigned long end = jiffies + 5 * HZ;				\
									\
	while (!(condition) && time_before(jiffies, end))		\
		msleep(1);						\
	KUNIT_EXPECT_TRUE(test, condition);				\
} while (0)

#endif /* _VML_FIXTURE_H */
