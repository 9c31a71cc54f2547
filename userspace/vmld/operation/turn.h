/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The turn of one machine in an operation: drain it, wait for its connections,
 * take the snapshot or migrate it, and undo what was done to it, whatever
 * happens in between.
 *
 * Pure: no I/O and no clock. turn_next() says what is to be done; whoever does
 * it tells how it ended with turn_result().
 */
#ifndef VMLD_OPERATION_TURN_H
#define VMLD_OPERATION_TURN_H

#include <stdbool.h>
#include <stdint.h>

#include "operation/floor.h"

enum operation_kind {
	OPERATION_SNAPSHOT,
	OPERATION_EVACUATION,
};

/* In the order in which they come; those that don't apply are left out. */
enum turn_step {
	TURN_CAPACITY,		/* waits until the others can do without it */
	TURN_CONNECTIONS,	/* drained; waits for them to go down */
	TURN_WORK,		/* freeze and snapshot, or migration */
	TURN_UNDO,		/* thaw, undrain */
	TURN_RETURN,		/* waits until it takes connections again */
	TURN_ENDED,
};

enum turn_action {
	TURN_NOTHING,		/* ask again later */
	TURN_DRAIN,
	TURN_FREEZE,
	TURN_SNAPSHOT,
	TURN_MIGRATE,
	TURN_THAW,
	TURN_UNDRAIN,
	/* These have no result. */
	TURN_ABORT,		/* the migration under way, which then ends */
	TURN_ABANDON,		/* what was asked for last: it takes too long */
	TURN_LEAVE_FROZEN,	/* see to it that it is thawed some time */
	TURN_GIVE_BACK,		/* undrain it: the others can't do without it */
};

struct turn_options {
	enum operation_kind kind;
	bool freezes;		/* file systems, before a snapshot */
	/* In any case: waits for capacity, and if waits for connections. */
	uint64_t deadline_ns;
	bool waits;		/* for connections to go down */
	bool force;		/* go on with those left at the deadline */
};

/* What is known of the machine's destinations, in all services. */
struct turn_view {
	bool known;		/* there are some, and the kernel was read */
	uint64_t read_ns;	/* when that was: the oldest reading */
	bool closed;		/* none takes new connections */
	bool wanted;		/* one is to, but for the operation */
	uint32_t active;	/* connections */
	/* Without it, also while the operation has it out. */
	enum floor_answer floor;
	const char *floor_text;	/* unless that is KEPT */
};

/* text is one sentence without its subject, which is the machine. */
typedef void (*turn_say_t)(void *userdata, const char *text);

struct turn {
	struct turn_options options;
	turn_say_t say;
	void *userdata;

	enum turn_step step;
	uint64_t since_ns;	/* of the step; 0: it has not begun */
	enum turn_action pending;	/* NOTHING: none */
	uint64_t asked_ns;
	uint64_t quiet_ns;	/* since when no connection; 0: there are some */
	uint32_t said_active;
	bool said_waiting;
	bool drained;
	bool frozen;		/* or may be */
	bool took;		/* new connections, before it was drained */
	uint64_t given_back_ns;	/* the last time; 0: never */
	bool aborting;
	uint64_t thaw_ns;	/* of the first attempt to thaw; 0: none yet */
	uint64_t retry_ns;	/* not before that */
	bool done;		/* the snapshot is taken, or it has migrated */
	bool cancelled;
	char *error;		/* the first; NULL: none */
};

void turn_init(struct turn *turn, const struct turn_options *options,
	       turn_say_t say, void *userdata);
void turn_clear(struct turn *turn);

/*
 * What is to be done at now_ns, to be asked until it is nothing. Each action is
 * to be answered with turn_result(), but for those that have none.
 */
enum turn_action turn_next(struct turn *turn, const struct turn_view *view,
			   uint64_t now_ns);

/*
 * How the pending action ended: 0 or a negative errno with a text; -EOPNOTSUPP
 * of FREEZE: there is nobody in the guest who could. detail, if it went well, is
 * what there is to say about it; NULL: nothing.
 */
void turn_result(struct turn *turn, int result, const char *detail,
		 uint64_t now_ns);

/* ABORT could not be done: perhaps the migration has not begun yet. */
void turn_not_aborted(struct turn *turn, uint64_t now_ns);

/* Undo what was done. Whoever asks first tells why. */
void turn_cancel(struct turn *turn, const char *why);

/* It has ended, and it did what it was for, and nothing is left behind. */
bool turn_has_succeeded(const struct turn *turn);

#endif
