/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/elapsed.h"
#include "policy/interval.h"

/* Two samples nearer than that say more about the clock than the machine. */
#define SHORTEST_INTERVAL 0.05

/*
 * Counters are read a moment after time_ns, at one poll later than at
 * another. Beyond that no more CPU can have been used than there are vCPUs.
 */
#define READ_JITTER 2.0

static void base_set(struct interval_base *base,
		     const struct vm_sample *sample)
{
	*base = (struct interval_base){
		.valid = sample->has_run,
		.boot_id = sample->boot_id,
		.time_ns = sample->time_ns,
		.vcpus = sample->vcpus,
		.has_steal = sample->has_steal,
		.has_stall = sample->has_stall,
		.run_ns = sample->run_ns,
		.delay_ns = sample->delay_ns,
		.stall_ns = sample->stall_ns,
		.has_block = sample->has_block,
		.block_requests = sample->block_requests,
		.block_ns = sample->block_ns,
	};
}

static double seconds(uint64_t after_ns, uint64_t before_ns)
{
	return (double)(after_ns - before_ns) / (double)NSEC_PER_SEC;
}

static bool possible(const struct interval *interval)
{
	double most = interval->vcpus * (interval->seconds + READ_JITTER);

	return interval->vcpus == 0 ||
	       interval->run + interval->delay <= most;
}

enum interval_result interval_next(struct interval_base *base,
				   const struct vm_sample *sample,
				   struct interval *ret_interval)
{
	const struct interval_base before = *base;
	struct interval interval;

	/* Busy with something else, it has answered in part. */
	if (!sample->has_run && before.boot_id == sample->boot_id)
		return INTERVAL_NOT_YET;
	if (before.valid && before.boot_id == sample->boot_id &&
	    elapsed(sample->time_ns, before.time_ns) < SHORTEST_INTERVAL)
		return INTERVAL_NOT_YET;

	base_set(base, sample);
	if (!before.valid || !base->valid ||
	    before.boot_id != base->boot_id || before.vcpus != base->vcpus ||
	    base->time_ns <= before.time_ns || base->run_ns < before.run_ns)
		return INTERVAL_NEW_BASE;

	interval = (struct interval){
		.seconds = elapsed(base->time_ns, before.time_ns),
		.vcpus = base->vcpus,
		.run = seconds(base->run_ns, before.run_ns),
		.has_memory = sample->has_memory,
		.memory_time = sample->memory_time,
		.swapped_in = sample->swapped_in,
		.has_steal = before.has_steal && base->has_steal &&
			     base->delay_ns >= before.delay_ns,
		.has_stall = before.has_stall && base->has_stall &&
			     base->stall_ns >= before.stall_ns,
		.has_block = before.has_block && base->has_block &&
			     base->block_requests >= before.block_requests &&
			     base->block_ns >= before.block_ns,
	};
	if (interval.has_steal)
		interval.delay = seconds(base->delay_ns, before.delay_ns);
	if (interval.has_stall)
		interval.stall = seconds(base->stall_ns, before.stall_ns);
	if (interval.has_block) {
		interval.requests = (double)(base->block_requests -
					     before.block_requests);
		interval.block = seconds(base->block_ns, before.block_ns);
	}
	if (!possible(&interval))
		return INTERVAL_NEW_BASE;
	*ret_interval = interval;
	return INTERVAL_COMPLETE;
}
