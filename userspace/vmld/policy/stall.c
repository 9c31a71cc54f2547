/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>

#include "policy/elapsed.h"
#include "policy/stall.h"

#define KIB_A_PAGE 4

static double given_share(const struct interval *interval)
{
	double vcpus = interval->vcpus > 0 ? interval->vcpus : 1;

	if (!interval->has_stall)
		return 0;
	return clip(interval->stall / (interval->seconds * vcpus), 0, 1);
}

/*
 * Slowly towards what is worse, so that bad times do not become usual, and soon
 * towards what is better. At first, it is the mean.
 */
static void learn_usual(struct stall *stall, const struct policy_params *params,
			double seconds)
{
	double memory = stall->latency > stall->usual ? params->latency_memory :
			params->latency_memory / 10;
	double gain = 1 - exp(-seconds / memory);

	if (stall->learned < params->latency_intervals)
		gain = fmax(gain, 1.0 / ++stall->learned);
	stall->usual += gain * (stall->latency - stall->usual);
}

static void step_storage(struct stall *stall,
			 const struct policy_params *params,
			 const struct interval *interval)
{
	double busy = clip(interval->block / interval->seconds, 0, 1);
	double fine;

	/* Little was asked for, so little is known: believe the last less. */
	stall->storage *= pow(params->idle_decay, interval->seconds);
	if (!interval->has_block || interval->requests < 1)
		return;
	stall->latency = interval->block / interval->requests;
	fine = fmax(params->latency_ratio * stall->usual,
		    params->latency_least);
	if (busy >= params->storage_share && stall->learned)
		stall->storage = stall->latency > fine ?
				 busy * (1 - fine / stall->latency) : 0;
	learn_usual(stall, params, interval->seconds);
}

static void step_memory(struct stall *stall, const struct policy_params *params,
			const struct interval *interval)
{
	double pages = 0;

	if (interval->has_memory && stall->has_memory &&
	    interval->memory_time == stall->memory_time)
		return;
	if (interval->has_memory && stall->has_memory &&
	    interval->memory_time > stall->memory_time &&
	    interval->swapped_in >= stall->swapped_in)
		pages = (double)(interval->swapped_in - stall->swapped_in) /
			KIB_A_PAGE /
			(double)(interval->memory_time - stall->memory_time);
	stall->pages = pages;
	stall->swap = clip(pages * params->swap_cost, 0, 1);
	stall->has_memory = interval->has_memory;
	stall->memory_time = interval->memory_time;
	stall->swapped_in = interval->swapped_in;
}

void stall_step(struct stall *stall, const struct policy_params *params,
		const struct interval *interval)
{
	stall->given = given_share(interval);
	step_storage(stall, params, interval);
	step_memory(stall, params, interval);
}

void stall_restart(struct stall *stall)
{
	*stall = (struct stall){};
}

double stall_share(const struct stall *stall)
{
	return 1 - (1 - stall->given) * (1 - stall->storage) *
			   (1 - stall->swap);
}
