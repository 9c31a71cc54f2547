/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>

#include "policy/elapsed.h"
#include "policy/machine.h"

void machine_init(struct machine *machine)
{
	*machine = (struct machine){
		.host = MACHINE_NO_HOST,
		.other_host = MACHINE_NO_HOST,
		.boot_id = VM_BOOT_ID_NONE,
	};
}

static void set_state(struct machine *machine, enum vm_state state,
		      uint64_t time_ns)
{
	if (machine->state != state) {
		machine->since_ns = time_ns;
		machine->agent_lost_ns = 0;
	}
	machine->state = state;
	machine->pause = VM_PAUSE_OTHER;
	machine->was_up |= state == VM_STATE_RUNNING;
	machine->known_ns = time_ns;
	machine->moved = false;
}

static void set_down(struct machine *machine, enum vm_state state,
		     uint64_t time_ns)
{
	set_state(machine, state, time_ns);
	machine->migrating_ns = 0;
}

/* The pause belongs to a migration: it is not down. */
static bool is_blackout(enum vm_state state, enum vm_pause pause)
{
	return state == VM_STATE_PAUSED && (pause == VM_PAUSE_MIGRATION ||
					    pause == VM_PAUSE_POSTCOPY);
}

static void set_paused(struct machine *machine, enum vm_pause pause,
		       uint64_t time_ns)
{
	bool was_blackout = is_blackout(machine->state, machine->pause);

	set_state(machine, VM_STATE_PAUSED, time_ns);
	machine->pause = pause;
	if (is_blackout(machine->state, pause))
		return;
	machine->migrating_ns = 0;
	/* It may have run elsewhere until now. */
	if (was_blackout)
		machine->since_ns = time_ns;
}

static void set_moved(struct machine *machine, uint64_t time_ns)
{
	set_down(machine, VM_STATE_UNKNOWN, time_ns);
	machine->moved = true;
}

static void set_running(struct machine *machine,
			const struct policy_params *params, uint64_t time_ns)
{
	/* Away for long, and not started anew: its caches are cold. */
	if (machine->state == VM_STATE_PAUSED &&
	    !is_blackout(machine->state, machine->pause) &&
	    elapsed(time_ns, machine->since_ns) >= params->cold_pause)
		machine->started_ns = time_ns;
	set_state(machine, VM_STATE_RUNNING, time_ns);
}

static bool is_migrating(const struct machine *machine,
			 const struct policy_params *params, uint64_t now_ns)
{
	return machine->migrating_ns &&
	       elapsed(now_ns, machine->migrating_ns) <
			params->migration_silence;
}

static void sign_of_migration(struct machine *machine,
			      const struct policy_params *params,
			      uint64_t time_ns)
{
	if (time_ns <= machine->ended_ns)
		return;
	if (!is_migrating(machine, params, time_ns))
		machine->throttled = 0;
	machine->migrating_ns = time_ns;
}

/* Another host waits for it, and would say so if it ran there. */
static void sign_of_waiting(struct machine *machine,
			    const struct policy_params *params,
			    uint64_t time_ns)
{
	machine->awaited_ns = time_ns;
	if (machine->state == VM_STATE_RUNNING)
		sign_of_migration(machine, params, time_ns);
}

static void end_migration(struct machine *machine, uint64_t time_ns)
{
	machine->migrating_ns = 0;
	machine->ended_ns = time_ns;
}

static bool is_known_up(const struct machine *machine)
{
	return machine->state == VM_STATE_RUNNING ||
	       is_blackout(machine->state, machine->pause) || machine->moved;
}

/* It runs on host now, where it did not start. */
static void move_to(struct machine *machine,
		    const struct policy_params *params, int host,
		    int64_t boot_id, uint64_t time_ns)
{
	machine->arrived_ns = is_known_up(machine) ? time_ns : 0;
	machine->host = host;
	machine->epoch++;
	machine->boot_id = boot_id;
	machine->agent_lost_ns = 0;
	machine->other_host = MACHINE_NO_HOST;
	machine->migrating_ns = 0;
	set_running(machine, params, time_ns);
	machine->seen_ns = time_ns;
}

/*
 * The machine stands still, or is gone, where it ran last. A moment ago
 * another host had it running: then it is there, and not down.
 */
static bool follow(struct machine *machine,
		   const struct policy_params *params, uint64_t time_ns)
{
	if (machine->other_host == MACHINE_NO_HOST ||
	    elapsed(time_ns, machine->other_ns) > params->late_hold)
		return false;
	move_to(machine, params, machine->other_host, VM_BOOT_ID_NONE,
		machine->other_ns);
	return true;
}

static bool is_down(const struct machine *machine)
{
	return machine->state == VM_STATE_SHUTOFF ||
	       machine->state == VM_STATE_CRASHED;
}

static uint64_t start_of(const struct machine *machine,
			 const struct vm_sample *sample)
{
	if (sample->started_ns)
		return sample->started_ns;
	/* 0: it may have run for long before anybody looked. */
	return machine->state == VM_STATE_UNKNOWN ? 0 : sample->time_ns;
}

static void sample_elsewhere(struct machine *machine,
			     const struct policy_params *params, int host,
			     const struct vm_sample *sample)
{
	if (is_blackout(sample->state, sample->pause)) {
		sign_of_waiting(machine, params, sample->time_ns);
		return;
	}
	if (sample->state != VM_STATE_RUNNING)
		return;
	/*
	 * Two hosts that both have it running see it at two moments. The one
	 * known already stays, until it says otherwise or says nothing.
	 */
	if (machine->state == VM_STATE_RUNNING &&
	    elapsed(sample->time_ns, machine->seen_ns) <= params->late_hold) {
		machine->other_host = host;
		machine->other_ns = sample->time_ns;
		return;
	}
	/* Down so far may mean no more than that it is defined there, too. */
	if (is_down(machine))
		machine->started_ns = machine->was_up ?
				      start_of(machine, sample) :
				      sample->started_ns;
	move_to(machine, params, host, sample->boot_id, sample->time_ns);
}

/* The boot id tells of a start of which there was no event. */
static void sample_boot(struct machine *machine,
			const struct vm_sample *sample)
{
	bool first = machine->boot_id == VM_BOOT_ID_NONE;

	if (sample->boot_id == machine->boot_id)
		return;
	/* An event said that it runs here, but not as which boot. */
	if (!first || machine->state != VM_STATE_RUNNING) {
		machine->started_ns = start_of(machine, sample);
		machine->epoch++;
	}
	machine->boot_id = sample->boot_id;
}

/*
 * What waits on its host for a migration is not to be here before that ends, if
 * it was not here so far: until then it runs where nobody looks.
 */
static bool runs_out_of_sight(const struct machine *machine)
{
	return machine->state == VM_STATE_UNKNOWN || is_down(machine);
}

static void sample_here(struct machine *machine,
			const struct policy_params *params,
			const struct vm_sample *sample)
{
	machine->seen_ns = sample->time_ns;
	if (is_blackout(sample->state, sample->pause) &&
	    runs_out_of_sight(machine)) {
		if (!machine->moved)
			set_moved(machine, sample->time_ns);
		return;
	}
	switch (sample->state) {
	case VM_STATE_RUNNING:
	case VM_STATE_MIGRATING:
		sample_boot(machine, sample);
		set_running(machine, params, sample->time_ns);
		break;
	case VM_STATE_PAUSED:
		sample_boot(machine, sample);
		set_paused(machine, sample->pause, sample->time_ns);
		break;
	case VM_STATE_SHUTOFF:
		machine_missing(machine, params, sample->time_ns);
		break;
	case VM_STATE_CRASHED:
		set_down(machine, VM_STATE_CRASHED, sample->time_ns);
		break;
	case VM_STATE_UNKNOWN:
	case _VM_STATE_MAX:
		break;
	}
}

bool machine_sample(struct machine *machine,
		    const struct policy_params *params, int host,
		    const struct vm_sample *sample)
{
	if (machine->host == MACHINE_NO_HOST)
		machine->host = host;
	if (sample->time_ns < machine->known_ns)
		return false;
	if (machine->host == host)
		sample_here(machine, params, sample);
	else
		sample_elsewhere(machine, params, host, sample);
	return machine->host == host;
}

void machine_missing(struct machine *machine,
		     const struct policy_params *params, uint64_t time_ns)
{
	if (time_ns < machine->known_ns)
		return;
	machine->seen_ns = time_ns;
	if (follow(machine, params, time_ns))
		return;
	/* It left while the source had no event for it. */
	if (is_blackout(machine->state, machine->pause))
		set_moved(machine, time_ns);
	else if (!machine->moved && machine->state != VM_STATE_CRASHED)
		set_down(machine, VM_STATE_SHUTOFF, time_ns);
	machine->boot_id = VM_BOOT_ID_NONE;
}

static void start(struct machine *machine, int host,
		  const struct vm_event *event)
{
	machine->host = host;
	machine->epoch++;
	machine->boot_id = event->boot_id;
	machine->other_host = MACHINE_NO_HOST;
	machine->migrating_ns = 0;
	machine->arrived_ns = 0;
	machine->started_ns = event->time_ns;
	machine->agent_lost_ns = 0;
	set_state(machine, VM_STATE_RUNNING, event->time_ns);
	machine->seen_ns = event->time_ns;
}

/* Signs that count only from the host on which the machine is. */
static void event_here(struct machine *machine,
		       const struct policy_params *params,
		       const struct vm_event *event)
{
	uint64_t time_ns = event->time_ns;

	switch (event->type) {
	case VM_EVENT_REBOOTED:
		machine->started_ns = time_ns;
		machine->agent_lost_ns = 0;
		break;
	case VM_EVENT_AGENT_LOST:
		machine->agent_lost_ns = time_ns;
		break;
	case VM_EVENT_AGENT_BACK:
		machine->agent_lost_ns = 0;
		break;
	case VM_EVENT_STOPPED:
		/* Moved: what has ended is its coming back. */
		if (!machine->moved)
			set_down(machine, VM_STATE_SHUTOFF, time_ns);
		break;
	case VM_EVENT_CRASHED:
		if (!machine->moved)
			set_down(machine, VM_STATE_CRASHED, time_ns);
		break;
	case VM_EVENT_SUSPENDED:
		set_paused(machine, VM_PAUSE_OTHER, time_ns);
		break;
	case VM_EVENT_IO_ERROR:
		set_paused(machine, VM_PAUSE_IO_ERROR, time_ns);
		break;
	case VM_EVENT_WATCHDOG:
		set_paused(machine, VM_PAUSE_WATCHDOG, time_ns);
		break;
	case VM_EVENT_POSTCOPY_FAILED:
		set_paused(machine, VM_PAUSE_POSTCOPY_FAILED, time_ns);
		break;
	case VM_EVENT_RESUMED:
	case VM_EVENT_MIGRATED_IN:
		/* The first sign of some starts, before the start itself. */
		if (is_down(machine)) {
			start(machine, machine->host, event);
			break;
		}
		/* Here, so that the migration has failed. */
		if (is_blackout(machine->state, machine->pause))
			end_migration(machine, time_ns);
		set_running(machine, params, time_ns);
		break;
	case VM_EVENT_MIGRATING_OUT:
		sign_of_migration(machine, params, time_ns);
		/* Not all signs of one migration know it, and it never falls. */
		machine->throttled = fmax(machine->throttled, event->throttled);
		break;
	case VM_EVENT_BLACKOUT:
		set_paused(machine, VM_PAUSE_MIGRATION, time_ns);
		break;
	case VM_EVENT_POSTCOPY:
		set_paused(machine, VM_PAUSE_POSTCOPY, time_ns);
		break;
	case VM_EVENT_MIGRATED_OUT:
		if (!follow(machine, params, time_ns))
			set_moved(machine, time_ns);
		break;
	case VM_EVENT_MIGRATION_ENDED:
		end_migration(machine, time_ns);
		break;
	default:
		break;
	}
}

/*
 * Signs from the other host of a migration: that it has come to nothing, or,
 * if its memory was still on the way when it ran here, that all of it is here.
 */
static void event_elsewhere(struct machine *machine, int host,
			    const struct vm_event *event)
{
	switch (event->type) {
	case VM_EVENT_STOPPED:
	case VM_EVENT_CRASHED:
	case VM_EVENT_MIGRATED_OUT:
		/* Nor is it there to be followed. */
		if (machine->other_host == host)
			machine->other_host = MACHINE_NO_HOST;
		end_migration(machine, event->time_ns);
		break;
	case VM_EVENT_MIGRATION_ENDED:
		end_migration(machine, event->time_ns);
		break;
	default:
		break;
	}
}

/* The migration has failed: what runs is the machine that never left. */
static bool is_back(const struct machine *machine, int host,
		    const struct vm_event *event)
{
	return machine->host == host && !machine->moved &&
	       (machine->boot_id == event->boot_id ||
		event->boot_id == VM_BOOT_ID_NONE);
}

void machine_event(struct machine *machine, const struct policy_params *params,
		   int host, const struct vm_event *event)
{
	if (event->time_ns < machine->known_ns)
		return;
	if (machine->host == MACHINE_NO_HOST)
		machine->host = host;
	switch (event->type) {
	case VM_EVENT_STARTED:
	case VM_EVENT_RESTORED:
		start(machine, host, event);
		break;
	case VM_EVENT_MIGRATED_IN:
		if (is_back(machine, host, event))
			event_here(machine, params, event);
		else
			move_to(machine, params, host, event->boot_id,
				event->time_ns);
		break;
	case VM_EVENT_MIGRATING_IN:
		if (machine->host != host || machine->moved)
			sign_of_waiting(machine, params, event->time_ns);
		else if (runs_out_of_sight(machine))
			set_moved(machine, event->time_ns);
		else
			set_paused(machine, VM_PAUSE_MIGRATION, event->time_ns);
		break;
	default:
		if (machine->host == host)
			event_here(machine, params, event);
		else
			event_elsewhere(machine, host, event);
		break;
	}
}

double machine_arrived(const struct machine *machine,
		       const struct policy_params *params, uint64_t now_ns)
{
	if (!machine->arrived_ns)
		return 1;
	return clip(elapsed(now_ns, machine->arrived_ns) / params->arrival,
		    0, 1);
}

/*
 * It runs by now where nobody looks. In post-copy its old host goes on saying
 * that it is paused, until all of its memory has gone.
 */
static bool is_out_of_sight(const struct machine *machine,
			    const struct policy_params *params, uint64_t now_ns)
{
	/* Nobody says how it ended. */
	if (elapsed(now_ns, machine->known_ns) >= params->blackout_silence)
		return true;
	return machine->pause == VM_PAUSE_POSTCOPY &&
	       elapsed(now_ns, machine->since_ns) >= params->switch_over &&
	       (!machine->awaited_ns ||
		elapsed(now_ns, machine->awaited_ns) > params->late_hold);
}

enum machine_mode machine_mode(const struct machine *machine,
			       const struct policy_params *params,
			       uint64_t now_ns)
{
	switch (machine->state) {
	case VM_STATE_UNKNOWN:
	case _VM_STATE_MAX:
		return machine->moved ? MACHINE_MOVED : MACHINE_UNKNOWN;
	case VM_STATE_RUNNING:
	case VM_STATE_MIGRATING:
		return is_migrating(machine, params, now_ns) ?
		       MACHINE_MIGRATING : MACHINE_UP;
	case VM_STATE_PAUSED:
		if (!is_blackout(machine->state, machine->pause))
			return MACHINE_DOWN;
		return is_out_of_sight(machine, params, now_ns) ?
		       MACHINE_MOVED : MACHINE_BLACKOUT;
	case VM_STATE_SHUTOFF:
	case VM_STATE_CRASHED:
		return MACHINE_DOWN;
	}
	return MACHINE_UNKNOWN;
}
