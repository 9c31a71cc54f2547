/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is learned of a member from samples and events. */
#include "policy/elapsed.h"
#include "policy/fleet.h"
#include "policy/member.h"
#include "util.h"

void member_init(struct member *member, const struct policy_member *config)
{
	*member = (struct member){ .config = *config };
	machine_init(&member->machine);
	speed_init(&member->speed);
	attraction_init(&member->attraction);
}

/* A machine that was out of service for long is as cold as a new one. */
static void begin_slow_start(struct member *member,
			     const struct policy_params *params)
{
	const struct health_state *health = &member->config.health;
	uint64_t started_ns = member->machine.started_ns;

	if ((double)health->outage_ns / (double)NSEC_PER_SEC >=
	    params->cold_pause)
		started_ns = MAX(started_ns, health->recovered_ns);
	slow_start_begin(&member->slow_start, started_ns);
}

void member_update(struct member *member, const struct policy_params *params,
		   const struct policy_member *config)
{
	member->config = *config;
	begin_slow_start(member, params);
}

/* Forget what does not hold for another boot, or another host. */
static void follow_machine(struct member *member,
			   const struct policy_params *params,
			   const struct machine *before)
{
	const struct machine *machine = &member->machine;

	begin_slow_start(member, params);
	/* While it stood still there was nothing to measure. */
	if (machine->state == VM_STATE_RUNNING &&
	    before->state != VM_STATE_RUNNING)
		member->measured_ns = machine->known_ns;
	if (machine->epoch == before->epoch)
		return;
	member->base.valid = false;
	member->measured_ns = machine->known_ns;
	capacity_restart(&member->capacity);
	establish_restart(&member->establish);
	if (machine->started_ns != before->started_ns)
		speed_restart(&member->speed);
	else
		speed_skip(&member->speed);
}

/* The CPU time of booting says nothing about serving: begin anew after it. */
static void step_speed(struct member *member,
		       const struct policy_params *params,
		       const struct interval *interval, uint64_t time_ns)
{
	bool was_booting = member->is_booting;

	/* As they are counted: one that is not active any more. */
	slow_start_serve(&member->slow_start, member->speed.pending,
			 interval->vcpus);
	member->is_booting = member_is_new(member, params, time_ns);
	if (was_booting && !member->is_booting)
		speed_restart(&member->speed);
	else
		speed_step(&member->speed, params, interval);
}

void member_sample(struct member *member, const struct policy_params *params,
		   int host, const struct vm_sample *sample)
{
	const struct machine before = member->machine;
	struct interval interval;
	bool current;

	current = machine_sample(&member->machine, params, host, sample);
	follow_machine(member, params, &before);
	if (!current)
		return;
	if (member->machine.state != VM_STATE_RUNNING) {
		member->base.valid = false;
		return;
	}
	if (sample->has_run)
		member->measured_ns = sample->time_ns;
	switch (interval_next(&member->base, sample, &interval)) {
	case INTERVAL_NOT_YET:
		break;
	case INTERVAL_NEW_BASE:
		speed_skip(&member->speed);
		break;
	case INTERVAL_COMPLETE:
		member->interval = interval;
		capacity_step(&member->capacity, params, &interval);
		step_speed(member, params, &interval, sample->time_ns);
		establish_step(&member->establish, params, &interval);
		break;
	}
}

void member_missing(struct member *member, const struct policy_params *params,
		    uint64_t time_ns)
{
	const struct machine before = member->machine;

	machine_missing(&member->machine, params, time_ns);
	follow_machine(member, params, &before);
	if (member->machine.state != VM_STATE_RUNNING)
		member->base.valid = false;
}

/* For those who ask; an iteration of a migration again and again is one. */
static void note_event(struct member *member, int host,
		       const struct vm_event *event)
{
	size_t at = (member->n_events + POLICY_MAX_EVENTS - 1) %
		    POLICY_MAX_EVENTS;
	struct member_event *last = &member->events[at];

	if (!member->n_events || last->type != event->type ||
	    last->host != host) {
		at = member->n_events++ % POLICY_MAX_EVENTS;
		last = &member->events[at];
		*last = (struct member_event){
			.type = event->type,
			.host = host,
		};
	}
	last->time_ns = event->time_ns;
	last->times++;
}

void member_event(struct member *member, const struct policy_params *params,
		  int host, const struct vm_event *event)
{
	const struct machine before = member->machine;

	note_event(member, host, event);
	machine_event(&member->machine, params, host, event);
	follow_machine(member, params, &before);
}

bool member_is_wanted(const struct member *member)
{
	return member->config.weight > 0 && !member->config.drained;
}

bool member_has_claim(const struct member *member,
		      const struct policy_params *params, uint64_t now_ns)
{
	enum machine_mode mode;

	if (!member_is_wanted(member) || !member->config.has_vm ||
	    member->config.health.unhealthy_ns)
		return false;
	mode = machine_mode(&member->machine, params, now_ns);
	return mode == MACHINE_UP || mode == MACHINE_MIGRATING;
}

bool member_is_new(const struct member *member,
		   const struct policy_params *params, uint64_t now_ns)
{
	return slow_start_factor(&member->slow_start, params, now_ns) < 1;
}

double member_lateness(const struct member *member, uint64_t now_ns)
{
	return elapsed(now_ns, member->capacity.known ?
			       member->measured_ns : member->machine.seen_ns);
}

bool member_is_fresh(const struct member *member,
		     const struct policy_params *params, uint64_t now_ns)
{
	return member->capacity.known &&
	       member->machine.state == VM_STATE_RUNNING &&
	       elapsed(now_ns, member->measured_ns) <= params->late_hold;
}

void member_warm(struct member *member, const struct policy_params *params,
		 const struct fleet *fleet, uint64_t now_ns)
{
	bool at_limit = member_is_fresh(member, params, now_ns) &&
			member->capacity.busy >= params->exponent_to &&
			fleet->busy < params->exponent_from;

	slow_start_look(&member->slow_start, params, at_limit, now_ns);
}
