/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The scale that a member is to have, with all reasons for it. */
#include <math.h>

#include "policy/elapsed.h"
#include "policy/fleet.h"
#include "policy/member.h"
#include "policy/shape.h"
#include "policy/staleness.h"
#include "util.h"

void verdict_add(struct policy_verdict *verdict,
		 const struct policy_reason *reason)
{
	if (verdict->n_reasons < POLICY_MAX_REASONS)
		verdict->reasons[verdict->n_reasons++] = *reason;
}

#define because(verdict, ...) \
	verdict_add(verdict, &(struct policy_reason){ __VA_ARGS__ })

/*
 * What its host can give it when all want it, in proportion to the member that
 * has most of that. A machine that is starved already is not starved twice.
 */
static double judge_colocation(const struct member *member,
			       const struct fleet *fleet, double forecast,
			       struct policy_verdict *verdict)
{
	const struct colocation *host = fleet_colocation(fleet, member);
	double most = host ? host->part / fleet->part : 1;

	if (most >= forecast)
		return forecast;
	if (is_notable(most / forecast))
		because(verdict, .type = POLICY_REASON_COLOCATED,
			.of = host->claimed, .cores = host->budget,
			.factor = most / forecast);
	return most;
}

static void judge_share(enum policy_reason_type type, double share,
			struct policy_verdict *verdict)
{
	if (share >= POLICY_NOTABLE)
		because(verdict, .type = type, .share = share,
			.factor = 1 - share);
}

static double judge_capacity(const struct member *member,
			     const struct policy_params *params,
			     const struct fleet *fleet, uint64_t now_ns,
			     struct policy_verdict *verdict)
{
	const struct capacity *capacity = &member->capacity;
	double late = member_lateness(member, now_ns);
	double forecast = capacity->known ? capacity->forecast : 1;

	if (!capacity->known && member->base.valid)
		because(verdict, .type = POLICY_REASON_NO_METRICS);
	judge_share(POLICY_REASON_STEAL, capacity->steal, verdict);
	judge_share(POLICY_REASON_STALL, capacity->stall.given, verdict);
	judge_share(POLICY_REASON_STORAGE, capacity->stall.storage, verdict);
	judge_share(POLICY_REASON_SWAP, capacity->stall.swap, verdict);
	if (fabs(capacity->forecast - capacity->value) >= POLICY_NOTABLE &&
	    capacity->value > 0)
		because(verdict, .type = POLICY_REASON_PREDICTED,
			.factor = capacity->forecast / capacity->value);

	forecast = judge_colocation(member, fleet, forecast, verdict);
	forecast = staleness_relax(forecast, staleness_belief(params, late));
	if (late > params->late_hold)
		because(verdict, .type = POLICY_REASON_LATE_DRIFT,
			.seconds = late, .factor = forecast);
	else if (late > params->late_notice)
		because(verdict, .type = POLICY_REASON_LATE_HOLD,
			.seconds = late);
	return forecast;
}

/* From the brown-out on the one host up to what the other has for it. */
static double judge_migration(const struct member *member,
			      const struct policy_params *params,
			      uint64_t now_ns, bool migrating,
			      struct policy_verdict *verdict)
{
	double arrived = machine_arrived(&member->machine, params, now_ns);
	double factor = params->migration_factor;

	if (migrating) {
		factor *= 1 - member->machine.throttled;
		because(verdict, .type = POLICY_REASON_MIGRATING,
			.share = member->machine.throttled, .factor = factor);
		return factor;
	}
	factor += (1 - factor) * arrived;
	if (is_notable(factor))
		because(verdict, .type = POLICY_REASON_ARRIVED,
			.seconds = arrived * params->arrival,
			.of = params->arrival, .factor = factor);
	return factor;
}

static double judge_slow_start(const struct member *member,
			       const struct policy_params *params,
			       const struct fleet *fleet, uint64_t now_ns,
			       struct policy_verdict *verdict)
{
	double done = slow_start_done(&member->slow_start, params, now_ns);
	/*
	 * Only the proportion between members counts, so that none is slowed
	 * down when all of them are new.
	 */
	double factor = slow_start_factor(&member->slow_start, params, now_ns) /
			fleet->slow_start;

	factor = fmin(factor, 1);
	if (is_notable(factor))
		because(verdict, .type = POLICY_REASON_SLOW_START,
			.seconds = done * params->slow_start,
			.of = params->slow_start, .factor = factor);
	return factor;
}

static double judge_speed(struct member *member,
			  const struct policy_params *params,
			  const struct fleet *fleet, uint64_t now_ns,
			  struct policy_verdict *verdict)
{
	struct speed *speed = &member->speed;
	double late = member_lateness(member, now_ns);
	double factor;

	speed_judge(speed, params, fleet_rate(fleet),
		    fleet_rate_of_others(fleet, params, member, now_ns),
		    now_ns);
	/* It is learned from metrics, and believed as long as they are. */
	factor = staleness_relax(speed->factor, staleness_belief(params, late));
	if (member->is_booting)
		factor = fmax(factor, 1);
	if (is_notable(factor))
		because(verdict, .type = POLICY_REASON_SPEED,
			.factor = factor);
	return factor;
}

/*
 * The first that a guest in trouble lets go may be its agent, and so it is in one
 * that shuts down. But somebody may have stopped it, and nothing else.
 */
static double judge_agent(const struct member *member,
			  const struct policy_params *params, uint64_t now_ns,
			  struct policy_verdict *verdict)
{
	uint64_t lost_ns = member->machine.agent_lost_ns;

	if (!lost_ns || elapsed(now_ns, lost_ns) >= params->agent_silence)
		return 1;
	because(verdict, .type = POLICY_REASON_AGENT_LOST,
		.seconds = elapsed(now_ns, lost_ns),
		.factor = params->agent_factor);
	return params->agent_factor;
}

/* Of a member that runs. */
static uint32_t judge_worth(struct member *member,
			    const struct policy_params *params,
			    const struct fleet *fleet, uint64_t now_ns,
			    bool migrating, struct policy_verdict *verdict)
{
	const struct speed *speed = &member->speed;
	struct establish *establish = &member->establish;
	double worth = judge_capacity(member, params, fleet, now_ns, verdict);

	worth *= judge_migration(member, params, now_ns, migrating, verdict);
	worth *= judge_agent(member, params, now_ns, verdict);
	worth *= judge_speed(member, params, fleet, now_ns, verdict);
	worth *= judge_slow_start(member, params, fleet, now_ns, verdict);

	establish_judge(establish, params,
			fleet_unseen_of_others(fleet, member), now_ns);
	if (establish_is_held(establish, now_ns)) {
		worth = params->floor;
		because(verdict, .type = POLICY_REASON_UNESTABLISHED,
			.seconds = elapsed(establish->hold_until_ns, now_ns));
	} else if (speed_is_guarded(speed, now_ns)) {
		worth = params->floor;
		because(verdict, .type = POLICY_REASON_FAIL_FAST,
			.seconds = elapsed(speed->guard_until_ns, now_ns));
	} else if (worth < params->floor) {
		because(verdict, .type = POLICY_REASON_FLOOR,
			.factor = worth);
	}
	if (is_notable(fleet->exponent))
		because(verdict, .type = POLICY_REASON_SATURATED,
			.share = fleet->busy, .factor = fleet->exponent);
	return shape_scale(params, worth, fleet->exponent);
}

static enum vm_state shown_state(const struct machine *machine,
				 enum machine_mode mode)
{
	switch (mode) {
	case MACHINE_MIGRATING:
	case MACHINE_BLACKOUT:
		return VM_STATE_MIGRATING;
	case MACHINE_MOVED:
	case MACHINE_UNKNOWN:
		return VM_STATE_UNKNOWN;
	case MACHINE_UP:
	case MACHINE_DOWN:
		break;
	}
	return machine->state;
}

/* True: the layer decides, and the scale is set. */
typedef bool (*layer_t)(struct member *member,
			const struct policy_params *params,
			const struct fleet *fleet, uint64_t now_ns,
			enum machine_mode mode, struct policy_verdict *verdict);

static bool judge_administrator(struct member *member,
				_unused_ const struct policy_params *params,
				_unused_ const struct fleet *fleet,
				_unused_ uint64_t now_ns,
				_unused_ enum machine_mode mode,
				struct policy_verdict *verdict)
{
	if (member->config.weight == 0)
		because(verdict, .type = POLICY_REASON_WEIGHT_ZERO);
	return false;
}

static bool judge_drain(struct member *member,
			_unused_ const struct policy_params *params,
			_unused_ const struct fleet *fleet,
			_unused_ uint64_t now_ns,
			_unused_ enum machine_mode mode,
			struct policy_verdict *verdict)
{
	static const enum policy_reason_type reasons[] = {
		[POLICY_DRAIN_ADMINISTRATOR] = POLICY_REASON_DRAINED,
		[POLICY_DRAIN_SNAPSHOT] = POLICY_REASON_SNAPSHOT,
		[POLICY_DRAIN_EVACUATION] = POLICY_REASON_EVACUATION,
	};

	if (member->config.drained)
		because(verdict, .type = reasons[member->config.drained]);
	return member->config.drained;
}

static bool judge_state(struct member *member,
			_unused_ const struct policy_params *params,
			_unused_ const struct fleet *fleet, uint64_t now_ns,
			enum machine_mode mode, struct policy_verdict *verdict)
{
	const struct machine *machine = &member->machine;

	switch (mode) {
	case MACHINE_UNKNOWN:
		because(verdict, .type = POLICY_REASON_UNKNOWN);
		verdict->scale = VML_SCALE_ONE;
		return true;
	case MACHINE_MOVED:
		because(verdict, .type = POLICY_REASON_MOVED);
		verdict->scale = VML_SCALE_ONE;
		return true;
	case MACHINE_DOWN:
		because(verdict, .type = POLICY_REASON_STATE,
			.state = machine->state, .pause = machine->pause,
			.seconds = elapsed(now_ns, machine->since_ns));
		return true;
	case MACHINE_BLACKOUT:
		because(verdict, .type = POLICY_REASON_BLACKOUT);
		return true;
	case MACHINE_MIGRATING:
	case MACHINE_UP:
		break;
	}
	return false;
}

/* What its machine is like is worth knowing, too. */
static bool judge_health(struct member *member,
			 const struct policy_params *params,
			 const struct fleet *fleet, uint64_t now_ns,
			 enum machine_mode mode, struct policy_verdict *verdict)
{
	const struct health_state *health = &member->config.health;

	if (!health->unhealthy_ns)
		return false;
	because(verdict, .type = POLICY_REASON_UNHEALTHY,
		.check = health->type, .result = health->failure,
		.seconds = elapsed(now_ns, health->unhealthy_ns));
	if (mode == MACHINE_DOWN || mode == MACHINE_BLACKOUT)
		judge_state(member, params, fleet, now_ns, mode, verdict);
	return true;
}

static bool judge_metrics(struct member *member,
			  const struct policy_params *params,
			  const struct fleet *fleet, uint64_t now_ns,
			  enum machine_mode mode,
			  struct policy_verdict *verdict)
{
	verdict->scale = judge_worth(member, params, fleet, now_ns,
				     mode == MACHINE_MIGRATING, verdict);
	return true;
}

/* The one place where the order of precedence becomes code. */
static const layer_t layers[_POLICY_LAYER_MAX] = {
	[POLICY_ADMINISTRATOR] = judge_administrator,
	[POLICY_DRAIN] = judge_drain,
	[POLICY_HEALTH] = judge_health,
	[POLICY_STATE] = judge_state,
	[POLICY_METRICS] = judge_metrics,
};

void member_judge(struct member *member, const struct policy_params *params,
		  const struct fleet *fleet, uint64_t now_ns,
		  struct policy_verdict *ret_verdict)
{
	enum machine_mode mode = MACHINE_UNKNOWN;
	int layer = 0;

	if (member->config.has_vm)
		mode = machine_mode(&member->machine, params, now_ns);
	*ret_verdict = (struct policy_verdict){
		.key = member->config.key,
		.state = shown_state(&member->machine, mode),
	};
	while (!layers[layer](member, params, fleet, now_ns, mode,
			      ret_verdict))
		layer++;
	ret_verdict->decided = layer;
	attraction_cap(&member->attraction,
		       shape_scale(params, params->floor, fleet->exponent),
		       ret_verdict);
}
