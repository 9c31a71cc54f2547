/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>

#include "policy/fleet.h"
#include "policy/hosts.h"
#include "policy/shape.h"

static bool is_odd(const struct member *member,
		   const struct policy_params *params, uint64_t now_ns)
{
	return speed_is_guarded(&member->speed, now_ns) ||
	       member_is_new(member, params, now_ns);
}

/*
 * A member that fails fast would raise what is expected of the others, and one
 * that boots would lower it: they take no part, as long as there are others.
 */
static void measure_speed(struct fleet *fleet,
			  const struct policy_params *params,
			  const struct member *members, size_t n,
			  uint64_t now_ns)
{
	double closed[2] = {}, cpu[2] = {};

	for (size_t i = 0; i < n; i++) {
		const struct member *member = &members[i];
		bool odd = is_odd(member, params, now_ns);

		if (!member_is_fresh(member, params, now_ns))
			continue;
		closed[odd] += fmax(member->speed.closed, 0);
		cpu[odd] += member->speed.cpu;
	}
	fleet->of_odd = cpu[false] <= 0;
	fleet->closed = closed[fleet->of_odd];
	fleet->cpu = cpu[fleet->of_odd];
}

double fleet_rate(const struct fleet *fleet)
{
	return fleet->cpu > 0 ? fleet->closed / fleet->cpu : 0;
}

double fleet_rate_of_others(const struct fleet *fleet,
			    const struct policy_params *params,
			    const struct member *member, uint64_t now_ns)
{
	double closed = fleet->closed, cpu = fleet->cpu;

	if (is_odd(member, params, now_ns) == fleet->of_odd) {
		closed -= fmax(member->speed.closed, 0);
		cpu -= member->speed.cpu;
	}
	/* What is left of the member itself is but rounding. */
	if (cpu < 1e-6 * (1 + member->speed.cpu))
		return NAN;
	return fmax(closed, 0) / cpu;
}

/* Of those of which enough was seen to compare with. */
static void measure_unseen(struct fleet *fleet,
			   const struct policy_params *params,
			   const struct member *members, size_t n,
			   uint64_t now_ns)
{
	fleet->unseen_most = NULL;
	fleet->unseen[0] = fleet->unseen[1] = NAN;
	for (size_t i = 0; i < n; i++) {
		double longest = members[i].establish.longest;

		if (members[i].establish.seen < params->guard_connections ||
		    !member_is_wanted(&members[i]) ||
		    !member_is_fresh(&members[i], params, now_ns))
			continue;
		if (!(longest <= fleet->unseen[0])) {
			fleet->unseen[1] = fleet->unseen[0];
			fleet->unseen[0] = longest;
			fleet->unseen_most = &members[i];
		} else {
			fleet->unseen[1] = fmax(fleet->unseen[1], longest);
		}
	}
}

double fleet_unseen_of_others(const struct fleet *fleet,
			      const struct member *member)
{
	return fleet->unseen[member == fleet->unseen_most];
}

static double fleet_busy(const struct policy_params *params,
			 const struct member *members, size_t n,
			 uint64_t now_ns)
{
	double busy = 0, vcpus = 0;

	for (size_t i = 0; i < n; i++) {
		const struct member *member = &members[i];
		double weight;

		if (!member_is_wanted(member) ||
		    !member_is_fresh(member, params, now_ns))
			continue;
		weight = member->base.vcpus > 0 ? member->base.vcpus : 1;
		busy += member->capacity.busy * weight;
		vcpus += weight;
	}
	return vcpus > 0 ? busy / vcpus : 0;
}

/* The furthest that a member that may have connections has got. */
static double fleet_slow_start(const struct policy_params *params,
			       const struct member *members, size_t n,
			       uint64_t now_ns)
{
	double most = 0;

	for (size_t i = 0; i < n; i++) {
		const struct member *member = &members[i];
		const struct machine *machine = &member->machine;
		enum machine_mode mode = machine_mode(machine, params, now_ns);
		double factor = 1;

		if (!member_is_wanted(member) || mode == MACHINE_DOWN ||
		    mode == MACHINE_BLACKOUT ||
		    member->config.health.unhealthy_ns)
			continue;
		if (member->config.has_vm)
			factor = slow_start_factor(&member->slow_start, params,
						   now_ns);
		most = fmax(most, factor);
	}
	return most > 0 ? most : 1;
}

const struct colocation *fleet_colocation(const struct fleet *fleet,
					  const struct member *member)
{
	int host = member->machine.host;
	const struct colocation *colocation;

	if (host == MACHINE_NO_HOST)
		return NULL;
	colocation = &fleet->hosts->hosts[host].colocation;
	return colocation->cores > 0 ? colocation : NULL;
}

/* The largest part of its vCPUs that a member may count on. */
static double fleet_part(const struct fleet *fleet,
			 const struct policy_params *params,
			 const struct member *members, size_t n,
			 uint64_t now_ns)
{
	double most = 0;

	for (size_t i = 0; i < n; i++) {
		const struct colocation *colocation =
			fleet_colocation(fleet, &members[i]);

		if (colocation && member_has_claim(&members[i], params, now_ns))
			most = fmax(most, colocation->part);
	}
	return most > 0 ? most : 1;
}

void fleet_measure(struct fleet *fleet, const struct policy_params *params,
		   const struct hosts *hosts, const struct member *members,
		   size_t n, uint64_t now_ns)
{
	fleet->hosts = hosts;
	fleet->part = fleet_part(fleet, params, members, n, now_ns);
	measure_speed(fleet, params, members, n, now_ns);
	measure_unseen(fleet, params, members, n, now_ns);
	fleet->busy = fleet_busy(params, members, n, now_ns);
	fleet->exponent = shape_exponent(params, fleet->busy);
	fleet->slow_start = fleet_slow_start(params, members, n, now_ns);
}
