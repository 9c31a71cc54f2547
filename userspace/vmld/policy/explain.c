/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a verdict was made of, in words for a person. */
#include <math.h>
#include <stdarg.h>

#include "policy/elapsed.h"
#include "policy/fleet.h"
#include "policy/hosts.h"
#include "policy/member.h"
#include "util.h"

/* What is asked about, and where the answer goes. */
struct question {
	const struct member *member;
	const struct policy_params *params;
	const struct fleet *fleet;
	const struct hosts *hosts;
	const struct policy_verdict *verdict;
	uint64_t now_ns;
	struct policy_explanation *explanation;
};

_printf_(5, 6)
static void say(const struct question *q, enum policy_layer layer,
		const char *name, double factor, const char *format, ...)
{
	struct policy_explanation *e = q->explanation;
	struct policy_fact *fact;
	va_list arguments;

	if (e->n_facts == POLICY_MAX_FACTS)
		return;
	fact = &e->facts[e->n_facts++];
	fact->layer = layer;
	fact->name = name;
	fact->factor = factor;
	va_start(arguments, format);
	vsnprintf(fact->text, sizeof(fact->text), format, arguments);
	va_end(arguments);
}

/* The factor of a reason that the verdict has, or 1. */
static double factor_of(const struct question *q, enum policy_reason_type type)
{
	for (size_t i = 0; i < q->verdict->n_reasons; i++)
		if (q->verdict->reasons[i].type == type)
			return q->verdict->reasons[i].factor;
	return 1;
}

static bool has(const struct question *q, enum policy_reason_type type)
{
	for (size_t i = 0; i < q->verdict->n_reasons; i++)
		if (q->verdict->reasons[i].type == type)
			return true;
	return false;
}

static const char *host_name(const struct hosts *hosts, int host)
{
	return host >= 0 ? hosts->hosts[host].name : "an unknown hypervisor";
}

static void explain_health(const struct question *q)
{
	const struct policy_member *config = &q->member->config;
	const struct health_state *health = &config->health;
	const char *type = health_type_name(health->type);
	double ago = elapsed(q->now_ns, health->checked_ns);
	char result[HEALTH_RESULT_MAX];

	health_result_format(&health->failure, result);
	if (!config->has_check)
		say(q, POLICY_HEALTH, "health", NAN,
		    "its service is not checked");
	else if (!health->checked_ns)
		say(q, POLICY_HEALTH, "health", NAN,
		    "no check has ended yet: taken for healthy");
	else if (health->unhealthy_ns && health->passed)
		say(q, POLICY_HEALTH, "health", 0,
		    "unhealthy for %.0f s; the %s check passes again, %u times so far",
		    elapsed(q->now_ns, health->unhealthy_ns), type,
		    health->passed);
	else if (health->unhealthy_ns)
		say(q, POLICY_HEALTH, "health", 0,
		    "unhealthy for %.0f s; the %s check failed %u times in a row, %.1f s ago: %s",
		    elapsed(q->now_ns, health->unhealthy_ns), type,
		    health->failed, ago, result);
	else if (health->failed)
		say(q, POLICY_HEALTH, "health", NAN,
		    "healthy yet; the %s check failed %u times in a row, %.1f s ago: %s",
		    type, health->failed, ago, result);
	else
		say(q, POLICY_HEALTH, "health", NAN,
		    "the %s check passed, %.1f s ago", type, ago);
}

static void explain_order(const struct question *q)
{
	static const char *const drains[] = {
		[POLICY_DRAIN_NONE] = "not drained",
		[POLICY_DRAIN_ADMINISTRATOR] = "drained: no new connections",
		[POLICY_DRAIN_SNAPSHOT] =
			"draining for a snapshot: no new connections",
		[POLICY_DRAIN_EVACUATION] =
			"draining for an evacuation: no new connections",
	};
	const struct policy_member *config = &q->member->config;
	const struct machine *machine = &q->member->machine;

	if (config->weight)
		say(q, POLICY_ADMINISTRATOR, "weight", NAN, "weight %u",
		    config->weight);
	else
		say(q, POLICY_ADMINISTRATOR, "weight", 0,
		    "weight 0: no new connections, whatever the scale");
	say(q, POLICY_DRAIN, "drain", config->drained ? 0 : NAN, "%s",
	    drains[config->drained]);
	explain_health(q);
	if (!config->has_vm || machine->host == MACHINE_NO_HOST)
		say(q, POLICY_STATE, "state", NAN,
		    "no machine is known: neutral");
	else
		say(q, POLICY_STATE, "state",
		    q->verdict->decided == POLICY_STATE && !q->verdict->scale ?
			    0 : NAN,
		    "%s for %.0f s on %s, confirmed %.1f s ago",
		    vm_state_name(q->verdict->state),
		    elapsed(q->now_ns, machine->since_ns),
		    host_name(q->hosts, machine->host),
		    elapsed(q->now_ns, machine->known_ns));
}

static void explain_capacity(const struct question *q)
{
	const struct capacity *capacity = &q->member->capacity;
	const struct interval *interval = &q->member->interval;
	const struct stall *stall = &capacity->stall;
	double vcpus = interval->vcpus > 0 ? interval->vcpus : 1;
	double wall = interval->seconds * vcpus;

	if (!capacity->known || interval->seconds <= 0) {
		say(q, POLICY_METRICS, "cpu", NAN,
		    "nothing is measured yet: it takes two polls");
		return;
	}
	say(q, POLICY_METRICS, "cpu", NAN,
	    "%.0f vCPUs ran %.0f %% and waited %.0f %% of %.1f s, measured %.1f s ago",
	    interval->vcpus, interval->run / wall * 100,
	    interval->delay / wall * 100, interval->seconds,
	    elapsed(q->now_ns, q->member->measured_ns));
	say(q, POLICY_METRICS, "steal", 1 - capacity->steal,
	    interval->has_steal ?
		    "of the CPU time that it wanted it did not get %.0f %%" :
		    "its hypervisor does not tell what it had to wait for (%.0f %%)",
	    capacity->steal * 100);
	if (interval->has_stall)
		say(q, POLICY_METRICS, "stall", 1 - stall->given,
		    "%.0f %% of the time it could not go on for I/O",
		    stall->given * 100);
	if (interval->has_block)
		say(q, POLICY_METRICS, "storage", 1 - stall->storage,
		    "%.0f requests of %.2f ms each, usually %.2f ms; up to twice that, or %.0f ms, is fine",
		    interval->requests, interval->requests < 1 ?
		    0 : interval->block / interval->requests * 1e3,
		    stall->usual * 1e3, q->params->latency_least * 1e3);
	if (stall->has_memory)
		say(q, POLICY_METRICS, "swap", 1 - stall->swap,
		    "%.0f pages a second are read back from swap",
		    stall->pages);
	say(q, POLICY_METRICS, "forecast",
	    factor_of(q, POLICY_REASON_PREDICTED),
	    "capacity %.2f, mean of the last minute %.2f: %.2f at the next poll",
	    capacity->value, capacity->mean, capacity->forecast);
}

static void explain_colocation(const struct question *q)
{
	const struct colocation *host = fleet_colocation(q->fleet, q->member);

	if (!host)
		return;
	say(q, POLICY_METRICS, "co-location",
	    factor_of(q, POLICY_REASON_COLOCATED),
	    "%s has %.0f cores, others use %.1f: %.1f for members with %.0f vCPUs, %.2f each; the best host has %.2f",
	    host_name(q->hosts, q->member->machine.host), host->cores,
	    host->used_by_others, host->budget, host->claimed, host->part,
	    q->fleet->part);
}

static void explain_late(const struct question *q)
{
	const struct capacity *capacity = &q->member->capacity;
	double forecast = capacity->known ? capacity->forecast : 1;
	double late = member_lateness(q->member, q->now_ns);

	if (has(q, POLICY_REASON_LATE_DRIFT))
		say(q, POLICY_METRICS, "late", NAN,
		    "metrics are %.0f s late: capacity drifts from %.2f to 1, and is %.2f",
		    late, forecast * factor_of(q, POLICY_REASON_COLOCATED),
		    factor_of(q, POLICY_REASON_LATE_DRIFT));
	else if (has(q, POLICY_REASON_LATE_HOLD))
		say(q, POLICY_METRICS, "late", NAN,
		    "metrics are %.0f s late: held until %.0f s", late,
		    q->params->late_hold);
}

static void explain_speed(const struct question *q)
{
	const struct speed *speed = &q->member->speed;
	double expected = speed->cpu * fleet_rate(q->fleet);
	const struct establish *establish = &q->member->establish;
	double unseen = fleet_unseen_of_others(q->fleet, q->member);

	say(q, POLICY_METRICS, "speed", factor_of(q, POLICY_REASON_SPEED),
	    "closed %.0f connections in %.1f s of CPU time; the fleet's average member would close %.0f",
	    fmax(speed->closed, 0), speed->cpu, expected);
	if (establish->unseen >= 1)
		say(q, POLICY_METRICS, "established", NAN,
		    "%.0f connections since one was seen active; no other member had more than %.0f%s",
		    establish->unseen, unseen,
		    establish_is_held(establish, q->now_ns) ?
			    ": at the floor" : "");
	if (speed_is_guarded(speed, q->now_ns))
		say(q, POLICY_METRICS, "fail-fast", NAN,
		    "closed far more than its CPU time accounts for: at the floor for %.0f s more",
		    ceil(elapsed(speed->guard_until_ns, q->now_ns)));
}

static void explain_rest(const struct question *q)
{
	const struct policy_params *params = q->params;
	const struct slow_start *start = &q->member->slow_start;

	if (has(q, POLICY_REASON_MIGRATING))
		say(q, POLICY_METRICS, "migration",
		    factor_of(q, POLICY_REASON_MIGRATING),
		    q->member->machine.throttled > 0 ?
			    "it is being migrated, and slowed down until its memory can be sent faster than it writes to it" :
			    "it is being migrated, which takes some of its speed");
	if (has(q, POLICY_REASON_ARRIVED))
		say(q, POLICY_METRICS, "migration",
		    factor_of(q, POLICY_REASON_ARRIVED),
		    "it has arrived on another host, whose load is being learned: its share grows for %.0f s",
		    params->arrival);
	if (q->member->machine.agent_lost_ns)
		say(q, POLICY_METRICS, "agent",
		    factor_of(q, POLICY_REASON_AGENT_LOST),
		    "its guest's agent is gone for %.0f s, which is a sign for %.0f s",
		    elapsed(q->now_ns, q->member->machine.agent_lost_ns),
		    params->agent_silence);
	explain_speed(q);
	if (has(q, POLICY_REASON_SLOW_START))
		say(q, POLICY_METRICS, "slow-start",
		    factor_of(q, POLICY_REASON_SLOW_START),
		    "began %.0f s ago: its share grows for %.0f s, %.0f s of which it was at its limit, or until %.0f connections a vCPU (now %.0f)",
		    elapsed(q->now_ns, start->started_ns), params->slow_start,
		    start->held, params->slow_start_connections,
		    start->served);
	if (has(q, POLICY_REASON_FLOOR))
		say(q, POLICY_METRICS, "floor", NAN,
		    "%.3f is raised to %.2f, which keeps it under observation",
		    factor_of(q, POLICY_REASON_FLOOR), params->floor);
	if (has(q, POLICY_REASON_SATURATED))
		say(q, POLICY_METRICS, "saturation", NAN,
		    "the fleet is %.0f %% busy: to the power %.2f, so that differences shrink",
		    q->fleet->busy * 100, q->fleet->exponent);
}

static void explain_attraction(const struct question *q)
{
	const struct attraction *attraction = &q->member->attraction;

	if (isnan(attraction->times) || !q->verdict->scale)
		return;
	say(q, POLICY_METRICS, "attraction", attraction->factor,
	    "got %.0f connections of late, %.0f by its weight: %.2f times what others get for theirs; %.2f times is let be",
	    attraction->picked, attraction->fair, attraction->times,
	    attraction->let);
}

static void explain_past(const struct question *q)
{
	const struct member *member = q->member;
	struct policy_explanation *e = q->explanation;
	unsigned int n = MIN(member->n_events, (unsigned int)POLICY_MAX_EVENTS);

	for (unsigned int i = 0; i < n; i++) {
		const struct member_event *event =
			&member->events[(member->n_events - 1 - i) %
					POLICY_MAX_EVENTS];

		e->past[e->n_past++] = (struct policy_past){
			.type = event->type,
			.hypervisor = host_name(q->hosts, event->host),
			.time_ns = event->time_ns,
			.times = event->times,
		};
	}
}

void member_explain(const struct member *member,
		    const struct policy_params *params,
		    const struct fleet *fleet, const struct hosts *hosts,
		    const struct policy_verdict *verdict, uint64_t now_ns,
		    struct policy_explanation *ret_explanation)
{
	const struct question q = {
		.member = member,
		.params = params,
		.fleet = fleet,
		.hosts = hosts,
		.verdict = verdict,
		.now_ns = now_ns,
		.explanation = ret_explanation,
	};

	*ret_explanation = (struct policy_explanation){};
	explain_order(&q);
	if (verdict->decided == POLICY_METRICS) {
		explain_capacity(&q);
		explain_colocation(&q);
		explain_late(&q);
		explain_rest(&q);
	}
	explain_attraction(&q);
	if (has(&q, POLICY_REASON_PANIC))
		say(&q, verdict->decided, "panic", NAN,
		    "no member may have a connection, so all may but the drained");
	explain_past(&q);
}
