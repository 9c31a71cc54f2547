/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happened on a machine's vCPUs between two of its samples. */
#ifndef VMLD_POLICY_INTERVAL_H
#define VMLD_POLICY_INTERVAL_H

#include "source/source.h"

/* The counters of a sample that the next one is compared with. */
struct interval_base {
	bool valid;
	int64_t boot_id;
	uint64_t time_ns;
	uint32_t vcpus;
	bool has_steal;
	bool has_stall;
	bool has_block;
	uint64_t run_ns;
	uint64_t delay_ns;
	uint64_t stall_ns;
	uint64_t block_requests;
	uint64_t block_ns;
};

struct interval {
	double seconds;		/* > 0 */
	double vcpus;		/* 0: unknown */
	double run;		/* seconds of CPU, summed over the vCPUs */
	bool has_steal;
	double delay;
	bool has_stall;
	double stall;
	bool has_block;
	double requests;	/* of its disks */
	double block;		/* seconds that they took, summed */
	/* What the guest told last, which may be as it was before. */
	bool has_memory;
	uint64_t memory_time;
	uint64_t swapped_in;
};

enum interval_result {
	INTERVAL_NOT_YET,	/* base stays, for the next sample */
	INTERVAL_NEW_BASE,	/* not comparable: base is the sample now */
	INTERVAL_COMPLETE,	/* likewise, and *ret_interval is set */
};

enum interval_result interval_next(struct interval_base *base,
				   const struct vm_sample *sample,
				   struct interval *ret_interval);

#endif
