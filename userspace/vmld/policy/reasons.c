/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>
#include <stdio.h>

#include "policy/policy.h"
#include "util.h"

static const char *const names[_POLICY_REASON_MAX] = {
	[POLICY_REASON_WEIGHT_ZERO] = "weight-zero",
	[POLICY_REASON_DRAINED] = "drained",
	[POLICY_REASON_SNAPSHOT] = "snapshot",
	[POLICY_REASON_EVACUATION] = "evacuation",
	[POLICY_REASON_UNHEALTHY] = "unhealthy",
	[POLICY_REASON_UNKNOWN] = "unknown",
	[POLICY_REASON_NO_METRICS] = "no-metrics",
	[POLICY_REASON_STATE] = "state",
	[POLICY_REASON_MOVED] = "moved",
	[POLICY_REASON_BLACKOUT] = "blackout",
	[POLICY_REASON_MIGRATING] = "migrating",
	[POLICY_REASON_ARRIVED] = "arrived",
	[POLICY_REASON_AGENT_LOST] = "agent-lost",
	[POLICY_REASON_STEAL] = "steal",
	[POLICY_REASON_STALL] = "stall",
	[POLICY_REASON_STORAGE] = "storage",
	[POLICY_REASON_SWAP] = "swap",
	[POLICY_REASON_PREDICTED] = "predicted",
	[POLICY_REASON_COLOCATED] = "co-located",
	[POLICY_REASON_SPEED] = "speed",
	[POLICY_REASON_FAIL_FAST] = "fail-fast",
	[POLICY_REASON_UNESTABLISHED] = "unestablished",
	[POLICY_REASON_ATTRACTS] = "attracts",
	[POLICY_REASON_SLOW_START] = "slow-start",
	[POLICY_REASON_FLOOR] = "floor",
	[POLICY_REASON_SATURATED] = "saturated",
	[POLICY_REASON_LATE_HOLD] = "late-hold",
	[POLICY_REASON_LATE_DRIFT] = "late-drift",
	[POLICY_REASON_PANIC] = "panic",
};

const char *policy_reason_name(enum policy_reason_type type)
{
	if (type < 0 || type >= _POLICY_REASON_MAX)
		return "unknown-reason";
	return names[type];
}

static const char *const layer_names[_POLICY_LAYER_MAX] = {
	[POLICY_ADMINISTRATOR] = "administrator",
	[POLICY_DRAIN] = "drain",
	[POLICY_HEALTH] = "health",
	[POLICY_STATE] = "state",
	[POLICY_METRICS] = "metrics",
};

const char *policy_layer_name(enum policy_layer layer)
{
	return layer_names[layer];
}

static const char *const advices[_POLICY_REASON_MAX] = {
	[POLICY_REASON_WEIGHT_ZERO] =
		"give it a weight with ipvsadm -e, or see who set it to 0",
	[POLICY_REASON_DRAINED] =
		"end the drain with vmlctl undrain",
	[POLICY_REASON_SNAPSHOT] =
		"wait: it is undrained after its snapshot; the operation says what it waits for",
	[POLICY_REASON_EVACUATION] =
		"wait: it is undrained on its new host; the operation says what it waits for",
	[POLICY_REASON_UNHEALTHY] =
		"see what its service answers to the check",
	[POLICY_REASON_UNKNOWN] =
		"see that a hypervisor knows a machine with this address, and that a members section matches it",
	[POLICY_REASON_NO_METRICS] =
		"wait for two polls of its hypervisor",
	[POLICY_REASON_STATE] =
		"start or resume it on its hypervisor, or see why it is down",
	[POLICY_REASON_MOVED] =
		"add the hypervisor that it went to to the configuration",
	[POLICY_REASON_BLACKOUT] =
		"wait: the migration is about to end",
	[POLICY_REASON_MIGRATING] =
		"wait for the end of the migration",
	[POLICY_REASON_ARRIVED] =
		"wait: it has just been migrated",
	[POLICY_REASON_AGENT_LOST] =
		"see whether the guest is well, or who stopped its agent",
	[POLICY_REASON_STEAL] =
		"its host has more to run than CPUs, or it has a quota: move it or a neighbour",
	[POLICY_REASON_STALL] =
		"see the storage and the memory of its host and its guest",
	[POLICY_REASON_STORAGE] =
		"its storage is slower than usual: see its host's disks, and who else uses them",
	[POLICY_REASON_SWAP] =
		"the guest swaps: give it memory (virsh setmem), or see what takes it there",
	[POLICY_REASON_COLOCATED] =
		"its host has fewer cores than its members have vCPUs: move one of them",
	[POLICY_REASON_SPEED] =
		"if it is slow: see what else runs in the guest, and its host's cores",
	[POLICY_REASON_FAIL_FAST] =
		"see whether its service answers with errors, or refuses",
	[POLICY_REASON_UNESTABLISHED] =
		"see whether its service listens, and what filters packets to it",
	[POLICY_REASON_ATTRACTS] =
		"see whether its service fails, which is quickly done",
	[POLICY_REASON_SLOW_START] =
		"wait: it has just begun",
	[POLICY_REASON_SATURATED] =
		"the whole fleet is busy: add members",
	[POLICY_REASON_LATE_HOLD] =
		"see whether its hypervisor answers: vmlctl status",
	[POLICY_REASON_LATE_DRIFT] =
		"see whether its hypervisor answers: vmlctl status",
	[POLICY_REASON_PANIC] =
		"no member may have a connection: see those that are down",
};

const char *policy_reason_advice(enum policy_reason_type type)
{
	return advices[type];
}

static const char *pause_cause(const struct policy_reason *reason)
{
	if (reason->state != VM_STATE_PAUSED)
		return "";
	switch (reason->pause) {
	case VM_PAUSE_IO_ERROR:
		return " on I/O error";
	case VM_PAUSE_WATCHDOG:
		return " by watchdog";
	case VM_PAUSE_POSTCOPY_FAILED:
		return " in failed post-copy";
	default:
		return "";
	}
}

const char *policy_reason_format(const struct policy_reason *reason,
				 char *buffer, size_t size)
{
	double percent = reason->share * 100;
	char result[HEALTH_RESULT_MAX];

	switch (reason->type) {
	case POLICY_REASON_WEIGHT_ZERO:
		snprintf(buffer, size, "weight 0: quiesced by administrator");
		break;
	case POLICY_REASON_DRAINED:
		snprintf(buffer, size, "drained: x0");
		break;
	case POLICY_REASON_SNAPSHOT:
		snprintf(buffer, size, "draining for a snapshot: x0");
		break;
	case POLICY_REASON_EVACUATION:
		snprintf(buffer, size, "draining for an evacuation: x0");
		break;
	case POLICY_REASON_UNHEALTHY:
		snprintf(buffer, size, "%s check fails for %.0f s (%s): x0",
			 health_type_name(reason->check),
			 floor(reason->seconds),
			 health_result_format(&reason->result, result));
		break;
	case POLICY_REASON_UNKNOWN:
		snprintf(buffer, size, "no machine known: neutral");
		break;
	case POLICY_REASON_NO_METRICS:
		snprintf(buffer, size, "no metrics yet: neutral");
		break;
	case POLICY_REASON_STATE:
		snprintf(buffer, size, "%s%s for %.0f s: x0",
			 vm_state_name(reason->state), pause_cause(reason),
			 floor(reason->seconds));
		break;
	case POLICY_REASON_MOVED:
		snprintf(buffer, size, "migrated out of sight: neutral");
		break;
	case POLICY_REASON_BLACKOUT:
		snprintf(buffer, size, "migration black-out: x0");
		break;
	case POLICY_REASON_MIGRATING:
		if (reason->share > 0)
			snprintf(buffer, size,
				 "migrating, throttled by %.0f %%: x%.2f",
				 percent, reason->factor);
		else
			snprintf(buffer, size, "migrating: x%.2f",
				 reason->factor);
		break;
	case POLICY_REASON_ARRIVED:
		snprintf(buffer, size, "arrived %.0f s of %.0f s: x%.2f",
			 floor(reason->seconds), reason->of, reason->factor);
		break;
	case POLICY_REASON_AGENT_LOST:
		snprintf(buffer, size, "guest agent gone for %.0f s: x%.2f",
			 floor(reason->seconds), reason->factor);
		break;
	case POLICY_REASON_STEAL:
		snprintf(buffer, size, "steal %.0f %%: x%.2f", percent,
			 reason->factor);
		break;
	case POLICY_REASON_STALL:
		snprintf(buffer, size, "stall %.0f %%: x%.2f", percent,
			 reason->factor);
		break;
	case POLICY_REASON_STORAGE:
		snprintf(buffer, size, "slow storage %.0f %%: x%.2f", percent,
			 reason->factor);
		break;
	case POLICY_REASON_SWAP:
		snprintf(buffer, size, "swapping %.0f %%: x%.2f", percent,
			 reason->factor);
		break;
	case POLICY_REASON_PREDICTED:
		snprintf(buffer, size, "forecast: x%.2f", reason->factor);
		break;
	case POLICY_REASON_COLOCATED:
		snprintf(buffer, size,
			 "co-located: %.0f vCPUs share %.1f cores: x%.2f",
			 reason->of, reason->cores, reason->factor);
		break;
	case POLICY_REASON_SPEED:
		snprintf(buffer, size, "learned speed: x%.2f",
			 reason->factor);
		break;
	case POLICY_REASON_FAIL_FAST:
		snprintf(buffer, size, "fails fast: floor for %.0f s",
			 ceil(reason->seconds));
		break;
	case POLICY_REASON_UNESTABLISHED:
		snprintf(buffer, size,
			 "establishes no connection: floor for %.0f s",
			 ceil(reason->seconds));
		break;
	case POLICY_REASON_ATTRACTS:
		snprintf(buffer, size,
			 "attracts %.1f times its share: x%.2f",
			 reason->of, reason->factor);
		break;
	case POLICY_REASON_SLOW_START:
		snprintf(buffer, size, "slow start %.0f s of %.0f s: x%.2f",
			 floor(reason->seconds), reason->of, reason->factor);
		break;
	case POLICY_REASON_FLOOR:
		snprintf(buffer, size, "floor: x%.2f raised",
			 reason->factor);
		break;
	case POLICY_REASON_SATURATED:
		snprintf(buffer, size, "fleet %.0f %% busy: to the power %.2f",
			 percent, reason->factor);
		break;
	case POLICY_REASON_LATE_HOLD:
		snprintf(buffer, size, "metrics %.0f s late: held",
			 floor(reason->seconds));
		break;
	case POLICY_REASON_LATE_DRIFT:
		snprintf(buffer, size,
			 "metrics %.0f s late: drifts to neutral, x%.2f",
			 floor(reason->seconds), reason->factor);
		break;
	case POLICY_REASON_PANIC:
		snprintf(buffer, size, "panic: no member is up: neutral");
		break;
	case _POLICY_REASON_MAX:
		snprintf(buffer, size, "%s", "");
		break;
	}
	return buffer;
}
