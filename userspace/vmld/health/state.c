/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "health/state.h"

static bool fail(struct health_state *state,
		 const struct health_config *config,
		 const struct health_result *result, uint64_t time_ns)
{
	state->passed = 0;
	state->failed++;
	state->failure = *result;
	if (state->unhealthy_ns ||
	    (state->has_passed && state->failed <= config->retry))
		return false;
	state->unhealthy_ns = time_ns;
	return true;
}

static bool pass(struct health_state *state,
		 const struct health_config *config, uint64_t time_ns)
{
	state->has_passed = true;
	state->failed = 0;
	state->passed++;
	if (!state->unhealthy_ns || state->passed < config->hysteresis)
		return false;
	state->recovered_ns = time_ns;
	state->outage_ns = time_ns - state->unhealthy_ns;
	state->unhealthy_ns = 0;
	return true;
}

bool health_state_check(struct health_state *state,
			const struct health_config *config,
			const struct health_result *result, uint64_t time_ns)
{
	/* Of before the one that is known. */
	if (time_ns < state->checked_ns)
		return false;
	state->type = config->type;
	state->checked_ns = time_ns;
	if (result->outcome == HEALTH_PASSED)
		return pass(state, config, time_ns);
	return fail(state, config, result, time_ns);
}

uint64_t health_state_pause(const struct health_state *state,
			    const struct health_config *config)
{
	/* What speaks against it is looked into soon. */
	bool undecided = state->unhealthy_ns ? state->passed : state->failed;

	return undecided ? config->delay_before_retry_ns :
			   config->delay_loop_ns;
}

uint64_t health_next_beat(uint64_t due_ns, uint64_t pause_ns, uint64_t time_ns)
{
	uint64_t earliest = time_ns + pause_ns / 4;
	uint64_t missed = 0;

	if (pause_ns && earliest > due_ns)
		missed = (earliest - due_ns) / pause_ns;
	return due_ns + (missed + 1) * pause_ns;
}
