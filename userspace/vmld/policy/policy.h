/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy of one service: what its members' scales are to be, and why.
 *
 * Pure: no I/O and no clock. What the sources and the kernel say is put in,
 * in any order and as often as one likes; policy_evaluate() gives scales and
 * reasons for a moment. Fed twice with the same sample, it has learned once.
 *
 * All times are nanoseconds of one clock that never goes back. Anything that
 * comes in with a time before what is known already is ignored or harmless.
 *
 * Who wins is enum policy_layer. If that leaves no member that may have a
 * connection, panic: all but the drained ones are neutral.
 */
#ifndef VMLD_POLICY_H
#define VMLD_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "health/state.h"
#include "libvml.h"
#include "source/source.h"

#define POLICY_REASON_STRING_MAX 128
#define POLICY_MAX_REASONS 16

/* Constants of the weight law; times are in seconds, shares are of 1. */
struct policy_params {
	/* capacity: what a vCPU gets of the time that it wants */
	double idle_share;		/* below it steal says nothing */
	double idle_decay;		/* of the last steal, a second */
	double predictor_memory;	/* EWMA */
	double predictor_prior;		/* variance */
	double predictor_prior_phi;
	/* stall: storage and memory */
	double storage_share;		/* busy less than that, it says nothing */
	double latency_ratio;		/* to the usual one: still fine */
	double latency_least;		/* seconds a request: fine in any case */
	double latency_memory;		/* of what is usual */
	unsigned int latency_intervals;	/* until then it is the mean */
	double swap_cost;		/* seconds to read a page back */
	/* co-location */
	double colocation_memory;	/* EWMA of what a machine uses */
	/* migration */
	double migration_factor;	/* of the capacity, in the brown-out */
	double migration_silence;	/* forgotten after that without a sign */
	double blackout_silence;	/* likewise */
	double switch_over;		/* to post-copy: runs nowhere so long */
	double arrival;			/* duration of the ramp after it */
	/* the guest's agent, gone while its machine runs */
	double agent_factor;
	double agent_silence;		/* it is no sign any more after that */
	/* learned speed and the guard against members that fail fast */
	double speed_memory;		/* forgetting of the sums */
	double speed_prior;		/* connections */
	double speed_min;
	double speed_max;
	double guard_connections;	/* less closed ones are no evidence */
	double guard_ratio;		/* to what is expected */
	double guard_slack;		/* connections */
	double guard_hold;
	unsigned int unseen_polls;	/* without an active connection */
	double unseen_ratio;		/* to the most that others had unseen */
	/* the cap on what one attracts */
	double attraction_limit;	/* times what others get; 0: none */
	double attraction_memory;	/* forgetting of the sums */
	double attraction_deviations;	/* of chance, beyond that */
	double attraction_load;		/* active ones, times seconds, of others */
	/* slow start */
	double slow_start;		/* duration */
	double slow_start_from;		/* share at the beginning */
	double slow_start_connections;	/* a vCPU: served, it is warm */
	double cold_pause;		/* a pause this long makes caches cold */
	/* floor and saturation */
	double floor;
	double exponent_min;		/* when the fleet is saturated */
	double exponent_from;		/* busy share where it leaves 1 */
	double exponent_to;		/* busy share where it is exponent_min */
	/* late metrics: since the last poll that showed the machine */
	double late_notice;		/* named among the reasons from then on */
	double late_hold;		/* longer than some polls */
	double late_relax;		/* time constant, after the hold */
	/* pushes */
	double dead_band;		/* relative change not worth a push */
};

extern const struct policy_params policy_default_params;

/*
 * The order of precedence: the first that says something decides. A weight of
 * 0 is in force beside any scale, so that one goes on being found.
 */
enum policy_layer {
	POLICY_ADMINISTRATOR,	/* weight 0: no new connections */
	POLICY_DRAIN,		/* none either */
	POLICY_HEALTH,		/* none while checks fail; good is no news */
	POLICY_STATE,		/* none unless it runs; unknown is neutral */
	POLICY_METRICS,		/* the rest, from the floor upwards */
	_POLICY_LAYER_MAX
};

/* "administrator", "drain", ... */
const char *policy_layer_name(enum policy_layer layer);

/* Who keeps new connections from a machine. */
enum policy_drain {
	POLICY_DRAIN_NONE,
	POLICY_DRAIN_ADMINISTRATOR,	/* also if an operation does, too */
	POLICY_DRAIN_SNAPSHOT,
	POLICY_DRAIN_EVACUATION,
};

enum policy_reason_type {
	POLICY_REASON_WEIGHT_ZERO,	/* the administrator quiesced it */
	POLICY_REASON_DRAINED,
	POLICY_REASON_SNAPSHOT,		/* drained while one is taken */
	POLICY_REASON_EVACUATION,	/* drained while it leaves its host */
	POLICY_REASON_UNHEALTHY,	/* .check, .result, .seconds since then */
	POLICY_REASON_UNKNOWN,		/* no machine is known: neutral */
	POLICY_REASON_NO_METRICS,	/* not two samples yet: neutral */
	POLICY_REASON_STATE,		/* .state, .pause, .seconds since then */
	POLICY_REASON_MOVED,		/* migrated to a host not watched */
	POLICY_REASON_BLACKOUT,
	POLICY_REASON_MIGRATING,	/* .share throttled, .factor */
	POLICY_REASON_ARRIVED,		/* .seconds of .of, .factor */
	POLICY_REASON_AGENT_LOST,	/* .seconds since then, .factor */
	POLICY_REASON_STEAL,		/* .share, .factor */
	POLICY_REASON_STALL,		/* .share, .factor */
	POLICY_REASON_STORAGE,		/* .share, .factor */
	POLICY_REASON_SWAP,		/* .share, .factor */
	POLICY_REASON_PREDICTED,	/* .factor: forecast over present */
	POLICY_REASON_COLOCATED,	/* .of vCPUs, .cores for them, .factor */
	POLICY_REASON_SPEED,		/* .factor */
	POLICY_REASON_FAIL_FAST,	/* .seconds left */
	POLICY_REASON_UNESTABLISHED,	/* .seconds left */
	POLICY_REASON_ATTRACTS,		/* .of times its share, .factor */
	POLICY_REASON_SLOW_START,	/* .seconds of .of, .factor */
	POLICY_REASON_FLOOR,		/* .factor it was before */
	POLICY_REASON_SATURATED,	/* .share busy, .factor the exponent */
	POLICY_REASON_LATE_HOLD,	/* .seconds late */
	POLICY_REASON_LATE_DRIFT,	/* .seconds late, .factor now */
	POLICY_REASON_PANIC,
	_POLICY_REASON_MAX
};

struct policy_reason {
	enum policy_reason_type type;
	enum vm_state state;
	enum vm_pause pause;
	enum health_type check;
	struct health_result result;
	double share;
	double factor;
	double seconds;
	double of;
	double cores;
};

/* "steal 47 %: x0.53"; cut off if size is too small. Returns buffer. */
const char *policy_reason_format(const struct policy_reason *reason,
				 char *buffer, size_t size);
/* "steal": a stable word for JSON and metrics. */
const char *policy_reason_name(enum policy_reason_type type);
/* What a person can do about it, or look at; NULL: nothing, it is well. */
const char *policy_reason_advice(enum policy_reason_type type);

/* A destination of the service, and the machine behind it. */
struct policy_member {
	struct vml_destination_key key;
	bool has_vm;		/* a machine is known; else neutral */
	uint8_t uuid[VM_UUID_SIZE];
	uint32_t weight;	/* the administrator's */
	enum policy_drain drained;
	bool has_check;		/* its health is looked at */
	struct health_state health;
};

/* What the kernel counted for a destination. */
struct policy_connections {
	struct vml_destination_key key;
	uint64_t picks;			/* cumulative */
	uint32_t active_connections;	/* now */
};

/* What a member's scale is to be. */
struct policy_verdict {
	struct vml_destination_key key;
	uint32_t scale;			/* 65536 = 1.0 */
	enum vm_state state;		/* UNKNOWN without a machine */
	enum policy_layer decided;	/* by that */
	struct policy_reason reasons[POLICY_MAX_REASONS];
	size_t n_reasons;		/* 0: neutral, nothing to say */
};

struct policy;

int policy_new(const struct policy_params *params, struct policy **ret_policy);
struct policy *policy_free(struct policy *policy);
void policy_freep(struct policy **policy);

/* From the next evaluation on. */
void policy_set_params(struct policy *policy,
		       const struct policy_params *params);

/*
 * Name all members. One that was there before with the same key and machine
 * keeps what is known of it; a new one is neutral until an inventory shows its
 * machine, so give the last ones again. Keys must differ. -EEXIST: they do not;
 * -ENOMEM. On failure nothing changes.
 */
int policy_set_members(struct policy *policy,
		       const struct policy_member *members, size_t n);

/* A complete poll of a hypervisor; machines of non-members are skipped. */
int policy_inventory(struct policy *policy,
		     const struct vm_inventory *inventory);

/* True: it concerns a member, so evaluate now and not at the next poll. */
bool policy_event(struct policy *policy, const struct vm_event *event);

/* Of any or all members, as the kernel just said. */
void policy_connections(struct policy *policy,
			const struct policy_connections *connections,
			size_t n);

/*
 * Verdicts in the order of policy_set_members(), valid until the next call of
 * any function of the policy but itself.
 */
const struct policy_verdict *policy_evaluate(struct policy *policy,
					     uint64_t now_ns, size_t *ret_n);

#define POLICY_FACT_MAX 160
#define POLICY_MAX_FACTS 24
#define POLICY_MAX_EVENTS 8

/* Something that a scale was made of, in words. */
struct policy_fact {
	enum policy_layer layer;
	const char *name;	/* a stable word */
	double factor;		/* in the scale; NAN: none */
	char text[POLICY_FACT_MAX];
};

/* Of what happened to a machine. */
struct policy_past {
	enum vm_event_type type;
	const char *hypervisor;
	uint64_t time_ns;	/* last, if it came several times in a row */
	unsigned int times;
};

/* All that is behind a scale, in the order of precedence. */
struct policy_explanation {
	struct policy_fact facts[POLICY_MAX_FACTS];
	size_t n_facts;
	struct policy_past past[POLICY_MAX_EVENTS];	/* latest first */
	size_t n_past;
};

/*
 * Explain the verdict that the last evaluation gave. Strings are valid as long
 * as the policy. -ENOENT: no such member.
 */
int policy_explain(const struct policy *policy,
		   const struct vml_destination_key *key, uint64_t now_ns,
		   struct policy_explanation *ret_explanation);

/* Of the last evaluation. */
bool policy_is_panic(const struct policy *policy);

/*
 * Whether a scale in force is far enough from the wanted one to be worth a
 * push. Stopping and starting a destination always is.
 */
bool policy_scale_differs(const struct policy_params *params,
			  uint32_t in_force, uint32_t wanted);

#endif
