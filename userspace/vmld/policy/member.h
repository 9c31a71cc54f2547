/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A member: its destination, its machine, and what was learned of both. */
#ifndef VMLD_POLICY_MEMBER_H
#define VMLD_POLICY_MEMBER_H

#include "policy/attraction.h"
#include "policy/capacity.h"
#include "policy/establish.h"
#include "policy/interval.h"
#include "policy/machine.h"
#include "policy/policy.h"
#include "policy/slow_start.h"
#include "policy/speed.h"

struct member {
	struct policy_member config;
	struct machine machine;
	struct interval_base base;
	struct capacity capacity;
	struct speed speed;
	struct establish establish;
	struct attraction attraction;
	struct slow_start slow_start;
	bool is_booting;	/* the speed is that of its slow start */
	uint64_t measured_ns;	/* of the last sample with CPU time */
	struct interval interval;	/* the last; seconds 0: none yet */
	struct member_event {
		enum vm_event_type type;
		int host;
		uint64_t time_ns;
		unsigned int times;
	} events[POLICY_MAX_EVENTS];	/* a ring */
	unsigned int n_events;
};

struct fleet;
struct hosts;

void member_init(struct member *member, const struct policy_member *config);
/* Its destination, weight and the like may have changed, its machine not. */
void member_update(struct member *member, const struct policy_params *params,
		   const struct policy_member *config);
void member_sample(struct member *member, const struct policy_params *params,
		   int host, const struct vm_sample *sample);
/* A poll of its host, complete, did not show its machine. */
void member_missing(struct member *member, const struct policy_params *params,
		    uint64_t time_ns);
void member_event(struct member *member, const struct policy_params *params,
		  int host, const struct vm_event *event);

/* Weight above 0 and not drained: the administrator lets it have some. */
bool member_is_wanted(const struct member *member);
/* Wanted, healthy, and up: it counts on its part of its host. */
bool member_has_claim(const struct member *member,
		      const struct policy_params *params, uint64_t now_ns);
/* Whether its slow start lasts. */
bool member_is_new(const struct member *member,
		   const struct policy_params *params, uint64_t now_ns);
/* Seconds since its metrics were measured, or if there are none, it was seen. */
double member_lateness(const struct member *member, uint64_t now_ns);
/* Whether what was measured of it is recent, and it runs. */
bool member_is_fresh(const struct member *member,
		     const struct policy_params *params, uint64_t now_ns);

/* How its slow start goes on, which is known from now on. */
void member_warm(struct member *member, const struct policy_params *params,
		 const struct fleet *fleet, uint64_t now_ns);
void member_judge(struct member *member, const struct policy_params *params,
		  const struct fleet *fleet, uint64_t now_ns,
		  struct policy_verdict *ret_verdict);

void member_explain(const struct member *member,
		    const struct policy_params *params,
		    const struct fleet *fleet, const struct hosts *hosts,
		    const struct policy_verdict *verdict, uint64_t now_ns,
		    struct policy_explanation *ret_explanation);

/* A factor nearer to 1 than that is no reason for anything. */
#define POLICY_NOTABLE 0.01

static inline bool is_notable(double factor)
{
	return factor <= 1 - POLICY_NOTABLE || factor >= 1 + POLICY_NOTABLE;
}

void verdict_add(struct policy_verdict *verdict,
		 const struct policy_reason *reason);

#endif
