/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * State: what is known of a member's machine, from all hypervisors that speak
 * of it. In a migration there are two, and the order in which they speak is
 * not the order in which things happened.
 */
#ifndef VMLD_POLICY_MACHINE_H
#define VMLD_POLICY_MACHINE_H

#include "policy/policy.h"

#define MACHINE_NO_HOST (-1)

struct machine {
	int host;		/* where it runs, or ran last */
	unsigned int epoch;	/* +1 when it starts, or arrives elsewhere */
	enum vm_state state;	/* never MIGRATING */
	enum vm_pause pause;	/* why state is PAUSED */
	uint64_t since_ns;	/* of state */
	uint64_t known_ns;	/* of the last sign that confirmed the state */
	uint64_t seen_ns;	/* of the last sample from host */
	int64_t boot_id;
	uint64_t started_ns;	/* begin of the slow start; 0: none */
	uint64_t agent_lost_ns;	/* its guest's agent is gone since; 0: it is not */
	uint64_t migrating_ns;	/* last sign of a migration; 0: none */
	double throttled;	/* for that, share of its time; see vm_event */
	uint64_t ended_ns;	/* of the last one: older signs are of that */
	uint64_t arrived_ns;	/* here, by a migration; 0: it started here */
	bool was_up;		/* has run since it is known */
	bool moved;		/* state is UNKNOWN: gone where none looks */
	int other_host;		/* another one that shows it running */
	uint64_t other_ns;	/* when it did */
	uint64_t awaited_ns;	/* another one last said that it waits for it */
};

/* How a machine is to be treated at a moment. */
enum machine_mode {
	MACHINE_UP,
	MACHINE_MIGRATING,
	MACHINE_BLACKOUT,
	MACHINE_DOWN,
	MACHINE_MOVED,
	MACHINE_UNKNOWN,	/* never seen */
};

void machine_init(struct machine *machine);

/*
 * True: the sample is of the host on which the machine is and not older than
 * what is known, so that its counters are of use.
 */
bool machine_sample(struct machine *machine,
		    const struct policy_params *params, int host,
		    const struct vm_sample *sample);

/* A complete poll of its host did not show the machine. */
void machine_missing(struct machine *machine,
		     const struct policy_params *params, uint64_t time_ns);

void machine_event(struct machine *machine, const struct policy_params *params,
		   int host, const struct vm_event *event);

/* Which part of the time after a migration is behind it, 0..1. */
double machine_arrived(const struct machine *machine,
		       const struct policy_params *params, uint64_t now_ns);

enum machine_mode machine_mode(const struct machine *machine,
			       const struct policy_params *params,
			       uint64_t now_ns);

#endif
