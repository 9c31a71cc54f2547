/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/policy.h"

const struct policy_params policy_default_params = {
	/* Hypervisors count in ticks of 10 ms: it takes some for a ratio. */
	.idle_share = 0.05,
	.idle_decay = 0.8,
	.predictor_memory = 60,
	.predictor_prior = 0.02,
	.predictor_prior_phi = 0.95,
	.colocation_memory = 20,
	.migration_factor = 0.7,
	.migration_silence = 30,
	.blackout_silence = 30,
	.speed_memory = 20,
	.speed_prior = 50,
	.speed_min = 0.25,
	.speed_max = 1.5,
	.guard_connections = 20,
	.guard_ratio = 3,
	.guard_slack = 10,
	.guard_hold = 10,
	.slow_start = 30,
	.slow_start_from = 0.1,
	.cold_pause = 10,
	.floor = 0.05,
	.exponent_min = 0.5,
	.exponent_from = 0.70,
	.exponent_to = 0.95,
	.late_notice = 3,
	.late_hold = 10,
	.late_relax = 30,
	.dead_band = 0.03,
};
