/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <string.h>

#include "operation/turn.h"
#include "util.h"

/*
 * For which there must be no connection: one that was being set up when the
 * drain came into force counts as active only once it is.
 */
#define QUIET_NS (500 * NSEC_PER_MSEC)

/* For which a drain may take to be in force, however short the deadline. */
#define IN_FORCE_NS (5 * NSEC_PER_SEC)

/* For which a call may take, before it is taken for lost. */
#define FREEZE_NS (30 * NSEC_PER_SEC)
#define FROZEN_SNAPSHOT_NS (30 * NSEC_PER_SEC)
#define SNAPSHOT_NS (1800 * NSEC_PER_SEC)
#define THAW_NS (15 * NSEC_PER_SEC)

/* A frozen machine is better drained, but not for ever. */
#define THAW_PATIENCE_NS (60 * NSEC_PER_SEC)
#define THAW_PAUSE_NS (2 * NSEC_PER_SEC)

/* Between attempts to abort a migration. */
#define ABORT_PAUSE_NS (1 * NSEC_PER_SEC)

/* For which a machine may take to be given connections again. */
#define RETURN_NS (30 * NSEC_PER_SEC)

#define TEXT_MAX 256

void turn_init(struct turn *turn, const struct turn_options *options,
	       turn_say_t say, void *userdata)
{
	*turn = (struct turn){
		.options = *options,
		.say = say,
		.userdata = userdata,
	};
}

void turn_clear(struct turn *turn)
{
	free(turn->error);
	turn->error = NULL;
}

_printf_(2, 3)
static void say(struct turn *turn, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	turn->say(turn->userdata, text);
}

static void enter(struct turn *turn, enum turn_step step)
{
	turn->step = step;
	turn->since_ns = 0;
}

/* From here on only what was done is undone. */
_printf_(2, 3)
static void fail(struct turn *turn, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (!turn->error)
		turn->error = strdup(text);
	say(turn, "%s", text);
	if (turn->step < TURN_UNDO)
		enter(turn, TURN_UNDO);
}

static enum turn_action ask(struct turn *turn, enum turn_action action,
			    uint64_t now_ns)
{
	turn->pending = action;
	turn->asked_ns = now_ns;
	return action;
}

static bool is_over(const struct turn *turn, uint64_t limit_ns,
		    uint64_t now_ns)
{
	return now_ns - turn->since_ns >= limit_ns;
}

static double seconds(uint64_t ns)
{
	return (double)ns / (double)NSEC_PER_SEC;
}

/* Others have gone since it was drained. */
static bool is_missed(const struct turn *turn, const struct turn_view *view)
{
	return turn->drained && turn->took && view->floor != FLOOR_KEPT;
}

static enum turn_action give_back(struct turn *turn,
				  const struct turn_view *view,
				  uint64_t now_ns)
{
	turn->drained = false;
	turn->given_back_ns = now_ns;
	say(turn, "is drained no more: %s", view->floor_text);
	return TURN_GIVE_BACK;
}

static enum turn_action wait_for_capacity(struct turn *turn,
					  const struct turn_view *view,
					  uint64_t now_ns)
{
	const char *text = view->known ? view->floor_text :
					 "no service with it can be read";

	/* Only then it is known what it takes. */
	if (view->read_ns <= turn->given_back_ns)
		return TURN_NOTHING;
	if (view->known && view->floor == FLOOR_KEPT) {
		turn->took = !view->closed;
		return ask(turn, TURN_DRAIN, now_ns);
	}
	if (view->floor == FLOOR_NEVER) {
		fail(turn, "%s", text);
	} else if (is_over(turn, turn->options.deadline_ns, now_ns)) {
		fail(turn, "after %.0f s still %s",
		     seconds(turn->options.deadline_ns), text);
	} else if (!turn->said_waiting) {
		say(turn, "waits: %s", text);
		turn->said_waiting = true;
	}
	return TURN_NOTHING;
}

static enum turn_action begin_work(struct turn *turn, uint64_t now_ns)
{
	enter(turn, TURN_WORK);
	turn->since_ns = now_ns;
	if (turn->options.kind == OPERATION_EVACUATION)
		return ask(turn, TURN_MIGRATE, now_ns);
	if (!turn->options.freezes)
		return ask(turn, TURN_SNAPSHOT, now_ns);
	/* From now on it may be. */
	turn->frozen = true;
	return ask(turn, TURN_FREEZE, now_ns);
}

/* The drain is in force, and the kernel was read since. */
static bool is_closed(const struct turn *turn, const struct turn_view *view)
{
	return view->known && view->closed && view->read_ns > turn->since_ns;
}

static enum turn_action wait_for_connections(struct turn *turn,
					     const struct turn_view *view,
					     uint64_t now_ns)
{
	bool closed = is_closed(turn, view);

	if (is_missed(turn, view)) {
		turn->quiet_ns = 0;
		turn->said_active = 0;
		turn->said_waiting = true;
		enter(turn, TURN_CAPACITY);
		return give_back(turn, view, now_ns);
	}
	if (!closed || view->active)
		turn->quiet_ns = 0;
	else if (!turn->quiet_ns)
		turn->quiet_ns = view->read_ns;
	if (turn->quiet_ns && view->read_ns - turn->quiet_ns >= QUIET_NS) {
		say(turn, "has no connection any more");
		return begin_work(turn, now_ns);
	}
	/* A migration needs no more than that no new one comes in its midst. */
	if (closed && !turn->options.waits)
		return begin_work(turn, now_ns);
	if (!closed) {
		uint64_t limit = MAX(turn->options.deadline_ns, IN_FORCE_NS);

		if (is_over(turn, limit, now_ns))
			fail(turn, "the drain is not in force after %.0f s",
			     seconds(limit));
		return TURN_NOTHING;
	}
	if (view->active &&
	    is_over(turn, turn->options.deadline_ns, now_ns)) {
		if (!turn->options.force) {
			fail(turn, "has %u connections after %.0f s",
			     view->active, seconds(turn->options.deadline_ns));
			return TURN_NOTHING;
		}
		say(turn, "has %u connections after %.0f s: goes on",
		    view->active, seconds(turn->options.deadline_ns));
		return begin_work(turn, now_ns);
	}
	if (view->active &&
	    (!turn->said_active || view->active < turn->said_active / 2)) {
		say(turn, "waits for %u connections", view->active);
		turn->said_active = view->active;
	}
	return TURN_NOTHING;
}

static enum turn_action undo(struct turn *turn, uint64_t now_ns)
{
	if (turn->frozen && now_ns < turn->retry_ns)
		return TURN_NOTHING;
	if (turn->frozen && turn->thaw_ns &&
	    now_ns - turn->thaw_ns >= THAW_PATIENCE_NS) {
		turn->frozen = false;
		fail(turn, "can't be thawed for now: that is tried again until it can");
		return TURN_LEAVE_FROZEN;
	}
	if (turn->frozen) {
		if (!turn->thaw_ns)
			turn->thaw_ns = now_ns;
		return ask(turn, TURN_THAW, now_ns);
	}
	if (turn->drained)
		return ask(turn, TURN_UNDRAIN, now_ns);
	enter(turn, turn->error ? TURN_ENDED : TURN_RETURN);
	return TURN_NOTHING;
}

static enum turn_action wait_for_return(struct turn *turn,
					const struct turn_view *view,
					uint64_t now_ns)
{
	if (view->known && view->read_ns > turn->since_ns &&
	    (!view->closed || !view->wanted || !turn->took)) {
		say(turn, view->closed ? "takes no new connections, as before" :
					 "takes new connections again");
		enter(turn, TURN_ENDED);
	} else if (is_over(turn, RETURN_NS, now_ns)) {
		fail(turn, "takes no new connections after %.0f s",
		     seconds(RETURN_NS));
		enter(turn, TURN_ENDED);
	}
	return TURN_NOTHING;
}

static uint64_t patience(const struct turn *turn)
{
	switch (turn->pending) {
	case TURN_FREEZE:
		return FREEZE_NS;
	case TURN_SNAPSHOT:
		return turn->frozen ? FROZEN_SNAPSHOT_NS : SNAPSHOT_NS;
	case TURN_THAW:
		return THAW_NS;
	default:
		/* A migration takes what it takes. */
		return UINT64_MAX;
	}
}

static enum turn_action wait_for_result(struct turn *turn,
					const struct turn_view *view,
					uint64_t now_ns)
{
	if (now_ns - turn->asked_ns >= patience(turn)) {
		turn_result(turn, -ETIMEDOUT, "the hypervisor does not answer",
			    now_ns);
		return TURN_ABANDON;
	}
	if (turn->pending == TURN_MIGRATE && turn->cancelled &&
	    !turn->aborting && now_ns >= turn->retry_ns) {
		turn->aborting = true;
		return TURN_ABORT;
	}
	/* It runs, and can take them all the time. */
	if (turn->pending == TURN_MIGRATE && is_missed(turn, view))
		return give_back(turn, view, now_ns);
	return TURN_NOTHING;
}

enum turn_action turn_next(struct turn *turn, const struct turn_view *view,
			   uint64_t now_ns)
{
	if (turn->pending != TURN_NOTHING)
		return wait_for_result(turn, view, now_ns);
	if (!turn->since_ns)
		turn->since_ns = now_ns;
	switch (turn->step) {
	case TURN_CAPACITY:
		return wait_for_capacity(turn, view, now_ns);
	case TURN_CONNECTIONS:
		return wait_for_connections(turn, view, now_ns);
	case TURN_UNDO:
		return undo(turn, now_ns);
	case TURN_RETURN:
		return wait_for_return(turn, view, now_ns);
	case TURN_WORK:
		/* It is frozen, or can't be. */
		return ask(turn, TURN_SNAPSHOT, now_ns);
	case TURN_ENDED:
		break;
	}
	return TURN_NOTHING;
}

static void after_freeze(struct turn *turn, int result, const char *detail)
{
	if (result == -EOPNOTSUPP) {
		turn->frozen = false;
		say(turn, "has no guest agent: its file systems are not frozen");
	} else if (result < 0) {
		fail(turn, "can't be frozen: %s", detail);
	} else {
		say(turn, "is frozen%s%s", detail ? ": " : "", detail ?: "");
	}
}

static void after_thaw(struct turn *turn, int result, const char *detail,
		       uint64_t now_ns)
{
	if (result < 0) {
		say(turn, "can't be thawed: %s", detail);
		turn->retry_ns = now_ns + THAW_PAUSE_NS;
		return;
	}
	turn->frozen = false;
	say(turn, "is thawed");
}

static void after_work(struct turn *turn, int result, const char *detail)
{
	bool snapshot = turn->options.kind == OPERATION_SNAPSHOT;

	if (result < 0) {
		fail(turn, snapshot ? "the snapshot failed: %s" :
				      "the migration failed: %s", detail);
		return;
	}
	turn->done = true;
	if (snapshot)
		say(turn, "the snapshot \"%s\" is taken", detail);
	else
		say(turn, "has migrated to %s", detail);
	enter(turn, TURN_UNDO);
}

void turn_result(struct turn *turn, int result, const char *detail,
		 uint64_t now_ns)
{
	enum turn_action action = turn->pending;

	turn->pending = TURN_NOTHING;
	switch (action) {
	case TURN_DRAIN:
		if (result < 0) {
			fail(turn, "can't be drained: %s", detail);
			break;
		}
		turn->drained = true;
		say(turn, "is drained");
		if (turn->step == TURN_CAPACITY) {
			enter(turn, TURN_CONNECTIONS);
			turn->since_ns = now_ns;
		}
		break;
	case TURN_FREEZE:
		after_freeze(turn, result, detail);
		break;
	case TURN_SNAPSHOT:
	case TURN_MIGRATE:
		after_work(turn, result, detail);
		break;
	case TURN_THAW:
		after_thaw(turn, result, detail, now_ns);
		break;
	case TURN_UNDRAIN:
		turn->drained = false;
		if (result < 0)
			fail(turn, "the end of its drain can't be kept: %s",
			     detail);
		else
			say(turn, "is drained no more");
		break;
	default:
		break;
	}
}

void turn_not_aborted(struct turn *turn, uint64_t now_ns)
{
	turn->aborting = false;
	turn->retry_ns = now_ns + ABORT_PAUSE_NS;
}

void turn_cancel(struct turn *turn, const char *why)
{
	if (turn->cancelled || turn->step == TURN_ENDED)
		return;
	turn->cancelled = true;
	if (!turn->error)
		turn->error = strdup(why);
	say(turn, "%s: undoes what was done", why);
	if (turn->step == TURN_RETURN)
		enter(turn, TURN_ENDED);
	else if (turn->step < TURN_UNDO)
		enter(turn, TURN_UNDO);
}

bool turn_has_succeeded(const struct turn *turn)
{
	return turn->step == TURN_ENDED && turn->done && !turn->error;
}
