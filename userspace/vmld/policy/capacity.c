/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>

#include "policy/capacity.h"
#include "policy/elapsed.h"

static double steal_share(const struct capacity *capacity,
			  const struct policy_params *params,
			  const struct interval *interval)
{
	double wanted = interval->run + interval->delay;
	double vcpus = interval->vcpus > 0 ? interval->vcpus : 1;

	if (!interval->has_steal)
		return 0;
	if (wanted >= params->idle_share * interval->seconds * vcpus &&
	    wanted > 0)
		return clip(interval->delay / wanted, 0, 1);
	/* Nothing was wanted, so nothing was learned: believe the last less. */
	if (!capacity->known)
		return 0;
	return capacity->steal * pow(params->idle_decay, interval->seconds);
}

static double busy_share(const struct interval *interval)
{
	double vcpus = interval->vcpus > 0 ? interval->vcpus : 1;

	return clip((interval->run + interval->delay) /
		    (interval->seconds * vcpus), 0, 1);
}

/*
 * First order autoregression. How much of the present deviation from the mean
 * will still be there at the next poll is learned from the deviations so far;
 * the prior lets a deviation count nearly in full until much is known.
 */
static double predict(struct capacity *capacity,
		      const struct policy_params *params,
		      double before, double value, double seconds)
{
	double gain = 1 - exp(-seconds / params->predictor_memory);
	double last = before - capacity->mean;
	double deviation = value - capacity->mean;
	double phi;

	capacity->mean += gain * deviation;
	capacity->variance +=
		gain * (deviation * deviation - capacity->variance);
	capacity->covariance +=
		gain * (deviation * last - capacity->covariance);

	phi = (capacity->covariance +
	       params->predictor_prior_phi * params->predictor_prior) /
	      (capacity->variance + params->predictor_prior);
	return capacity->mean +
	       clip(phi, 0, 1) * (value - capacity->mean);
}

void capacity_step(struct capacity *capacity,
		   const struct policy_params *params,
		   const struct interval *interval)
{
	double before = capacity->value;
	bool fresh = !capacity->known || capacity->restart;

	if (capacity->restart)
		capacity->known = false;
	capacity->steal = steal_share(capacity, params, interval);
	if (fresh)
		stall_restart(&capacity->stall);
	stall_step(&capacity->stall, params, interval);
	capacity->busy = busy_share(interval);
	capacity->value = (1 - capacity->steal) *
			  (1 - stall_share(&capacity->stall));
	capacity->known = true;
	capacity->restart = false;
	if (fresh) {
		capacity->mean = capacity->value;
		capacity->variance = 0;
		capacity->covariance = 0;
		capacity->forecast = capacity->value;
		return;
	}
	capacity->forecast = clip(predict(capacity, params, before,
					  capacity->value,
					  interval->seconds), 0, 1);
}

void capacity_restart(struct capacity *capacity)
{
	capacity->restart = true;
}
