/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The turn of a machine: its order, and that whatever fails is undone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "operation/turn.h"
#include "util.h"

#define SECOND NSEC_PER_SEC
#define DEADLINE (20 * SECOND)
/* No turn in here takes longer, unless it hangs. */
#define FOR_EVER (2000 * SECOND)

/*
 * A machine as the turn sees it. Calls end at once unless they hang, and fail if
 * fail is their action.
 */
struct world {
	struct turn turn;
	struct turn_view view;
	uint64_t now;
	char did[256];		/* all actions, in their order */
	char said[4096];
	bool drained, frozen, left_frozen, migrating;
	enum turn_action fail;	/* NOTHING: all goes well */
	int error;
	unsigned int failures;	/* so many times; 0: always */
	enum turn_action hangs;
	enum turn_action cancel_at;	/* when that is asked */
	bool stays_closed;	/* does not come back after the undrain */
};

static const char *const names[] = {
	[TURN_DRAIN] = "drain",		[TURN_FREEZE] = "freeze",
	[TURN_SNAPSHOT] = "snapshot",	[TURN_MIGRATE] = "migrate",
	[TURN_THAW] = "thaw",		[TURN_UNDRAIN] = "undrain",
	[TURN_ABORT] = "abort",		[TURN_ABANDON] = "abandon",
	[TURN_LEAVE_FROZEN] = "leave",	[TURN_GIVE_BACK] = "give-back",
};

static void on_say(void *userdata, const char *text)
{
	struct world *w = userdata;

	strncat(w->said, text, sizeof(w->said) - strlen(w->said) - 2);
	strcat(w->said, "\n");
}

static void begin(struct world *w, enum operation_kind kind)
{
	const struct turn_options options = {
		.kind = kind,
		.freezes = kind == OPERATION_SNAPSHOT,
		.waits = kind == OPERATION_SNAPSHOT,
		.deadline_ns = DEADLINE,
	};

	*w = (struct world){
		.now = 1000 * SECOND,
		.view = { .known = true, .wanted = true,
			  .floor_text = "the floor" },
	};
	turn_init(&w->turn, &options, on_say, w);
}

static void end(struct world *w)
{
	turn_clear(&w->turn);
}

static void note(struct world *w, enum turn_action action)
{
	if (*w->did)
		strcat(w->did, " ");
	strcat(w->did, names[action]);
}

static bool fails(struct world *w, enum turn_action action)
{
	if (w->fail != action)
		return false;
	if (w->failures && !--w->failures)
		w->fail = TURN_NOTHING;
	return true;
}

static void finish(struct world *w, enum turn_action action)
{
	bool failed = fails(w, action);

	switch (action) {
	case TURN_DRAIN:
		w->drained = !failed;
		break;
	case TURN_FREEZE:
		/* One that fails may have frozen some. */
		w->frozen = !failed || w->error != -EOPNOTSUPP;
		break;
	case TURN_THAW:
		w->frozen &= failed;
		break;
	case TURN_UNDRAIN:
		w->drained = false;
		break;
	default:
		break;
	}
	turn_result(&w->turn, failed ? w->error : 0,
		    failed ? "it broke" : "there", w->now);
}

static void perform(struct world *w, enum turn_action action)
{
	note(w, action);
	if (w->cancel_at == action) {
		w->cancel_at = TURN_NOTHING;
		turn_cancel(&w->turn, "was cancelled");
	}
	switch (action) {
	case TURN_ABORT:
		if (fails(w, action)) {
			turn_not_aborted(&w->turn, w->now);
			break;
		}
		/* The migration ends, and has failed. */
		w->hangs = TURN_NOTHING;
		w->fail = TURN_MIGRATE;
		w->error = -EIO;
		finish(w, TURN_MIGRATE);
		break;
	case TURN_ABANDON:
		w->hangs = TURN_NOTHING;
		break;
	case TURN_LEAVE_FROZEN:
		w->left_frozen = true;
		break;
	case TURN_GIVE_BACK:
		w->drained = false;
		break;
	default:
		if (w->hangs != action)
			finish(w, action);
		break;
	}
}

/* One moment: the kernel is read, and all is done that can be. */
static void tick(struct world *w)
{
	enum turn_action action;

	w->now += SECOND / 4;
	w->view.read_ns = w->now;
	w->view.closed = w->drained || w->stays_closed;
	while ((action = turn_next(&w->turn, &w->view, w->now)) != TURN_NOTHING)
		perform(w, action);
}

static void run_for(struct world *w, uint64_t ns)
{
	uint64_t until = w->now + ns;

	while (w->now < until && w->turn.step != TURN_ENDED)
		tick(w);
}

static void run(struct world *w)
{
	run_for(w, FOR_EVER);
	assert_int_equal(w->turn.step, TURN_ENDED);
	/* Whatever happened. */
	assert_false(w->drained);
	assert_true(!w->frozen || w->left_frozen);
}

static void assert_failed(struct world *w, const char *why)
{
	assert_false(turn_has_succeeded(&w->turn));
	assert_non_null(w->turn.error);
	assert_non_null(strstr(w->turn.error, why));
	end(w);
}

static void a_snapshot_has_its_order(_unused_ void **state)
{
	struct world w;

	begin(&w, OPERATION_SNAPSHOT);
	w.view.active = 3;
	run_for(&w, 5 * SECOND);
	assert_string_equal(w.did, "drain");
	assert_non_null(strstr(w.said, "waits for 3 connections"));
	w.view.active = 0;
	run(&w);
	assert_string_equal(w.did, "drain freeze snapshot thaw undrain");
	assert_true(turn_has_succeeded(&w.turn));
	end(&w);
}

static void a_migration_does_not_wait_for_connections(_unused_ void **state)
{
	struct world w;

	begin(&w, OPERATION_EVACUATION);
	w.view.active = 3;
	run(&w);
	assert_string_equal(w.did, "drain migrate undrain");
	assert_true(turn_has_succeeded(&w.turn));
	end(&w);
}

/* What was read before the drain says nothing, and one look is not enough. */
static void old_readings_do_not_count(_unused_ void **state)
{
	struct world w;
	uint64_t read;

	begin(&w, OPERATION_SNAPSHOT);
	tick(&w);
	assert_string_equal(w.did, "drain");
	w.view.closed = true;
	read = w.view.read_ns;
	for (int i = 0; i < 8; i++) {
		w.now += SECOND;
		assert_int_equal(turn_next(&w.turn, &w.view, w.now),
				 TURN_NOTHING);
	}
	assert_int_equal(w.view.read_ns, read);
	tick(&w);
	assert_string_equal(w.did, "drain");
	/* One that was being set up becomes active. */
	w.view.active = 1;
	tick(&w);
	w.view.active = 0;
	tick(&w);
	tick(&w);
	assert_string_equal(w.did, "drain");
	tick(&w);
	assert_string_equal(w.did, "drain freeze snapshot thaw undrain");
	end(&w);
}

static void a_drain_that_is_not_in_force_is_not_enough(_unused_ void **state)
{
	struct world w;
	enum turn_action action;

	begin(&w, OPERATION_SNAPSHOT);
	while (w.turn.step != TURN_ENDED && w.now < 2000 * SECOND) {
		w.now += SECOND / 4;
		w.view.read_ns = w.now;
		w.view.closed = false;
		while ((action = turn_next(&w.turn, &w.view, w.now)))
			perform(&w, action);
	}
	assert_string_equal(w.did, "drain undrain");
	assert_failed(&w, "not in force");
}

static void connections_at_the_deadline_end_it(_unused_ void **state)
{
	struct world w;

	begin(&w, OPERATION_SNAPSHOT);
	w.view.active = 2;
	run_for(&w, DEADLINE - SECOND);
	assert_string_equal(w.did, "drain");
	run(&w);
	assert_string_equal(w.did, "drain undrain");
	assert_failed(&w, "has 2 connections after 20 s");
}

static void force_goes_on_with_them(_unused_ void **state)
{
	struct world w;

	begin(&w, OPERATION_SNAPSHOT);
	w.turn.options.force = true;
	w.view.active = 2;
	run_for(&w, DEADLINE - SECOND);
	assert_string_equal(w.did, "drain");
	run(&w);
	assert_string_equal(w.did, "drain freeze snapshot thaw undrain");
	assert_true(turn_has_succeeded(&w.turn));
	end(&w);
}

static void it_waits_for_capacity(_unused_ void **state)
{
	struct world w;

	begin(&w, OPERATION_SNAPSHOT);
	w.view.floor = FLOOR_LACKING;
	run_for(&w, DEADLINE - SECOND);
	assert_string_equal(w.did, "");
	assert_non_null(strstr(w.said, "waits: the floor"));
	w.view.floor = FLOOR_KEPT;
	run(&w);
	assert_string_equal(w.did, "drain freeze snapshot thaw undrain");
	end(&w);

	begin(&w, OPERATION_EVACUATION);
	w.view.floor = FLOOR_LACKING;
	run(&w);
	assert_string_equal(w.did, "");
	assert_failed(&w, "still the floor");

	begin(&w, OPERATION_SNAPSHOT);
	w.turn.options.force = true;
	w.view.floor = FLOOR_NEVER;
	tick(&w);
	run(&w);
	assert_string_equal(w.did, "");
	assert_true(w.now < 1002 * SECOND);
	assert_failed(&w, "the floor");
}

static void what_is_not_known_is_no_capacity(_unused_ void **state)
{
	struct world w;

	begin(&w, OPERATION_SNAPSHOT);
	w.view.known = false;
	run_for(&w, DEADLINE - SECOND);
	assert_string_equal(w.did, "");
	w.view.known = true;
	run(&w);
	assert_true(turn_has_succeeded(&w.turn));
	end(&w);

	begin(&w, OPERATION_SNAPSHOT);
	w.view.known = false;
	run(&w);
	assert_string_equal(w.did, "");
	assert_failed(&w, "no service with it can be read");
}

static void it_comes_back_if_others_go(_unused_ void **state)
{
	struct world w;

	begin(&w, OPERATION_SNAPSHOT);
	w.view.active = 3;
	run_for(&w, 5 * SECOND);
	assert_string_equal(w.did, "drain");
	w.view.floor = FLOOR_LACKING;
	run_for(&w, DEADLINE - SECOND);
	assert_string_equal(w.did, "drain give-back");
	assert_non_null(strstr(w.said, "is drained no more: the floor"));
	assert_false(w.drained);
	w.view.active = 0;
	w.view.floor = FLOOR_KEPT;
	run(&w);
	assert_string_equal(w.did, "drain give-back drain freeze snapshot thaw undrain");
	assert_true(turn_has_succeeded(&w.turn));
	end(&w);

	/* It waits for them no longer than before. */
	begin(&w, OPERATION_SNAPSHOT);
	w.view.active = 3;
	tick(&w);
	w.view.floor = FLOOR_LACKING;
	run(&w);
	assert_string_equal(w.did, "drain give-back");
	assert_failed(&w, "still the floor");
}

/* What takes nothing by itself any more is not missed. */
static void it_does_not_come_back_in_vain(_unused_ void **state)
{
	struct world w;

	begin(&w, OPERATION_SNAPSHOT);
	w.view.active = 3;
	tick(&w);
	w.stays_closed = true;
	w.view.floor = FLOOR_LACKING;
	tick(&w);
	w.view.floor = FLOOR_KEPT;
	tick(&w);
	w.view.floor = FLOOR_LACKING;
	run_for(&w, SECOND);
	assert_string_equal(w.did, "drain give-back drain");
	w.view.active = 0;
	run(&w);
	assert_true(turn_has_succeeded(&w.turn));
	end(&w);
}

static void it_comes_back_while_it_migrates(_unused_ void **state)
{
	struct world w;

	begin(&w, OPERATION_EVACUATION);
	w.hangs = TURN_MIGRATE;
	run_for(&w, SECOND);
	w.view.floor = FLOOR_LACKING;
	run_for(&w, SECOND);
	assert_string_equal(w.did, "drain migrate give-back");
	finish(&w, TURN_MIGRATE);
	run(&w);
	assert_string_equal(w.did, "drain migrate give-back");
	assert_true(turn_has_succeeded(&w.turn));
	end(&w);
}

static void without_an_agent_it_is_not_frozen(_unused_ void **state)
{
	struct world w;

	begin(&w, OPERATION_SNAPSHOT);
	w.fail = TURN_FREEZE;
	w.error = -EOPNOTSUPP;
	run(&w);
	assert_string_equal(w.did, "drain freeze snapshot undrain");
	assert_non_null(strstr(w.said, "has no guest agent"));
	assert_true(turn_has_succeeded(&w.turn));
	end(&w);
}

static void whatever_fails_is_undone(_unused_ void **state)
{
	static const struct {
		enum operation_kind kind;
		enum turn_action fails;
		const char *did, *why;
	} cases[] = {
		{ OPERATION_SNAPSHOT, TURN_DRAIN, "drain", "can't be drained" },
		{ OPERATION_SNAPSHOT, TURN_FREEZE, "drain freeze thaw undrain",
		  "can't be frozen" },
		{ OPERATION_SNAPSHOT, TURN_SNAPSHOT,
		  "drain freeze snapshot thaw undrain", "the snapshot failed" },
		{ OPERATION_SNAPSHOT, TURN_UNDRAIN,
		  "drain freeze snapshot thaw undrain", "can't be kept" },
		{ OPERATION_EVACUATION, TURN_MIGRATE, "drain migrate undrain",
		  "the migration failed: it broke" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world w;

		begin(&w, cases[i].kind);
		w.fail = cases[i].fails;
		w.error = -EIO;
		run(&w);
		assert_string_equal(w.did, cases[i].did);
		assert_failed(&w, cases[i].why);
	}
}

static void whatever_is_cancelled_is_undone(_unused_ void **state)
{
	static const struct {
		enum operation_kind kind;
		enum turn_action at;
		bool hangs;
		const char *did;
	} cases[] = {
		{ OPERATION_SNAPSHOT, TURN_DRAIN, false, "drain undrain" },
		{ OPERATION_SNAPSHOT, TURN_FREEZE, false,
		  "drain freeze thaw undrain" },
		{ OPERATION_SNAPSHOT, TURN_SNAPSHOT, false,
		  "drain freeze snapshot thaw undrain" },
		{ OPERATION_SNAPSHOT, TURN_THAW, false,
		  "drain freeze snapshot thaw undrain" },
		{ OPERATION_SNAPSHOT, TURN_UNDRAIN, false,
		  "drain freeze snapshot thaw undrain" },
		{ OPERATION_EVACUATION, TURN_MIGRATE, true,
		  "drain migrate abort undrain" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world w;

		begin(&w, cases[i].kind);
		w.cancel_at = cases[i].at;
		w.hangs = cases[i].hangs ? cases[i].at : TURN_NOTHING;
		run(&w);
		assert_string_equal(w.did, cases[i].did);
		assert_failed(&w, "was cancelled");
	}
}

static void a_migration_is_aborted_until_it_ends(_unused_ void **state)
{
	struct world w;

	begin(&w, OPERATION_EVACUATION);
	w.cancel_at = w.hangs = TURN_MIGRATE;
	w.fail = TURN_ABORT;
	w.failures = 2;
	run(&w);
	assert_string_equal(w.did, "drain migrate abort abort abort undrain");
	assert_failed(&w, "was cancelled");

	/* If it ends well before that can be done, it has migrated. */
	begin(&w, OPERATION_EVACUATION);
	w.cancel_at = w.hangs = TURN_MIGRATE;
	w.fail = TURN_ABORT;
	run_for(&w, SECOND);
	w.fail = TURN_NOTHING;
	finish(&w, TURN_MIGRATE);
	run(&w);
	assert_non_null(strstr(w.said, "has migrated to there"));
	assert_failed(&w, "was cancelled");
}

static void it_is_cancelled_while_it_waits(_unused_ void **state)
{
	struct world w;

	begin(&w, OPERATION_SNAPSHOT);
	w.view.floor = FLOOR_LACKING;
	run_for(&w, SECOND);
	turn_cancel(&w.turn, "was cancelled");
	run(&w);
	assert_string_equal(w.did, "");
	assert_failed(&w, "was cancelled");

	begin(&w, OPERATION_SNAPSHOT);
	w.view.active = 1;
	run_for(&w, SECOND);
	turn_cancel(&w.turn, "was cancelled");
	run(&w);
	assert_string_equal(w.did, "drain undrain");
	assert_failed(&w, "was cancelled");
}

static void a_call_that_hangs_is_abandoned(_unused_ void **state)
{
	static const struct {
		enum turn_action hangs;
		const char *did;
	} cases[] = {
		{ TURN_FREEZE, "drain freeze abandon thaw undrain" },
		{ TURN_SNAPSHOT, "drain freeze snapshot abandon thaw undrain" },
		{ TURN_THAW,
		  "drain freeze snapshot thaw abandon thaw undrain" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world w;

		begin(&w, OPERATION_SNAPSHOT);
		w.hangs = cases[i].hangs;
		run(&w);
		assert_string_equal(w.did, cases[i].did);
		if (cases[i].hangs == TURN_THAW) {
			assert_true(turn_has_succeeded(&w.turn));
			end(&w);
		} else {
			assert_failed(&w, "does not answer");
		}
	}
}

static void a_migration_takes_what_it_takes(_unused_ void **state)
{
	struct world w;

	begin(&w, OPERATION_EVACUATION);
	w.hangs = TURN_MIGRATE;
	run_for(&w, 1500 * SECOND);
	assert_string_equal(w.did, "drain migrate");
	finish(&w, TURN_MIGRATE);
	run(&w);
	assert_true(turn_has_succeeded(&w.turn));
	end(&w);
}

/* It stays drained meanwhile, and is drained no more when that is given up. */
static void a_thaw_is_tried_again(_unused_ void **state)
{
	struct world w;

	begin(&w, OPERATION_SNAPSHOT);
	w.fail = TURN_THAW;
	w.failures = 2;
	w.error = -ENOTCONN;
	run(&w);
	assert_string_equal(w.did,
			    "drain freeze snapshot thaw thaw thaw undrain");
	assert_true(turn_has_succeeded(&w.turn));
	assert_false(w.left_frozen);
	end(&w);

	begin(&w, OPERATION_SNAPSHOT);
	w.fail = TURN_THAW;
	w.error = -ENOTCONN;
	run_for(&w, 40 * SECOND);
	assert_true(w.drained);
	run(&w);
	assert_true(w.left_frozen);
	assert_non_null(strstr(w.did, "thaw leave undrain"));
	assert_failed(&w, "can't be thawed for now");
}

static void it_waits_until_the_machine_is_back(_unused_ void **state)
{
	struct world w;

	begin(&w, OPERATION_SNAPSHOT);
	run_for(&w, SECOND / 4);
	w.stays_closed = true;
	run_for(&w, 10 * SECOND);
	assert_int_equal(w.turn.step, TURN_RETURN);
	w.stays_closed = false;
	run(&w);
	assert_true(turn_has_succeeded(&w.turn));
	end(&w);

	begin(&w, OPERATION_SNAPSHOT);
	run_for(&w, SECOND / 4);
	w.stays_closed = true;
	run(&w);
	assert_failed(&w, "takes no new connections after 30 s");
}

/* An administrator's drain, a weight of 0, or it does not run. */
static void it_does_not_wait_for_what_it_did_not_take(_unused_ void **state)
{
	struct world w;

	begin(&w, OPERATION_SNAPSHOT);
	w.stays_closed = true;
	run_for(&w, 5 * SECOND);
	assert_int_equal(w.turn.step, TURN_ENDED);
	assert_true(turn_has_succeeded(&w.turn));
	end(&w);

	begin(&w, OPERATION_SNAPSHOT);
	run_for(&w, SECOND / 4);
	w.stays_closed = true;
	w.view.wanted = false;
	run_for(&w, 5 * SECOND);
	assert_int_equal(w.turn.step, TURN_ENDED);
	assert_true(turn_has_succeeded(&w.turn));
	end(&w);
}

static void a_cancel_at_the_end_changes_nothing(_unused_ void **state)
{
	struct world w;

	begin(&w, OPERATION_SNAPSHOT);
	run(&w);
	turn_cancel(&w.turn, "was cancelled");
	assert_true(turn_has_succeeded(&w.turn));
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_snapshot_has_its_order),
		cmocka_unit_test(a_migration_does_not_wait_for_connections),
		cmocka_unit_test(old_readings_do_not_count),
		cmocka_unit_test(a_drain_that_is_not_in_force_is_not_enough),
		cmocka_unit_test(connections_at_the_deadline_end_it),
		cmocka_unit_test(force_goes_on_with_them),
		cmocka_unit_test(it_waits_for_capacity),
		cmocka_unit_test(what_is_not_known_is_no_capacity),
		cmocka_unit_test(it_comes_back_if_others_go),
		cmocka_unit_test(it_does_not_come_back_in_vain),
		cmocka_unit_test(it_comes_back_while_it_migrates),
		cmocka_unit_test(without_an_agent_it_is_not_frozen),
		cmocka_unit_test(whatever_fails_is_undone),
		cmocka_unit_test(whatever_is_cancelled_is_undone),
		cmocka_unit_test(a_migration_is_aborted_until_it_ends),
		cmocka_unit_test(it_is_cancelled_while_it_waits),
		cmocka_unit_test(a_call_that_hangs_is_abandoned),
		cmocka_unit_test(a_migration_takes_what_it_takes),
		cmocka_unit_test(a_thaw_is_tried_again),
		cmocka_unit_test(it_waits_until_the_machine_is_back),
		cmocka_unit_test(it_does_not_wait_for_what_it_did_not_take),
		cmocka_unit_test(a_cancel_at_the_end_changes_nothing),
	};

	return cmocka_run_group_tests_name("turn", tests, NULL, NULL);
}
