/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Snapshots and evacuations by the daemon, with hosts and a kernel of ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "daemon_fixture.h"
#include "fake_kernel.h"
#include "fake_operator.h"
#include "operation/operation.h"
#include "state_file.h"

static struct daemon_fixture f;
static struct operations *operations;	/* of the daemon */
static struct fake_kernel kernel;

static void write_config(const char *of_service)
{
	fixture_write(&f, "conf",
		      "poll-interval = 0.1\nstate-directory = \"%1$s/state\"\n"
		      "hypervisor hv1 { uri = \"script://%1$s/hv1\" }\n"
		      "hypervisor hv2 { uri = \"script://%1$s/hv2\"\n"
		      " migration-uri = \"qemu+tcp://other/hv2\" }\n"
		      "service web { address = 10.0.0.100 port = 80 %2$s\n"
		      " members \"web-*\" { } }\n",
		      f.directory, of_service);
}

static void start(void)
{
	fixture_start(&f);
	operations = daemon_operations(f.daemon);
}

static bool is_known(void)
{
	const struct service *service = daemon_service(f.daemon, 0);

	for (size_t i = 0; i < service_n_members(service); i++)
		if (!service_member(service, i, daemon_drains(f.daemon)).uuid)
			return false;
	return service_n_members(service) == 3;
}

/* *state: what the configuration says of the service besides. */
static int set_up(void **state)
{
	const char *of_service = *state;

	fixture_open(&f);
	fake_operators = (struct fake_operators){};
	fake_kernel_init(&kernel);
	fake_kernel_add(&kernel, "10.0.0.1:80", 10);
	fake_kernel_add(&kernel, "10.0.0.2:80", 10);
	fake_kernel_add(&kernel, "10.0.0.3:80", 10);
	fixture_write(&f, "hv1", "host hv1 cpus 8\n"
		      "vm web-1 hv1 address 10.0.0.1 vcpus 1 state running boot 1\n"
		      "vm web-2 hv1 address 10.0.0.2 vcpus 1 state running boot 1\n"
		      "vm web-3 hv1 address 10.0.0.3 vcpus 1 state running boot 1\n");
	fixture_write(&f, "hv2", "host hv2 cpus 8\n");
	write_config(of_service);
	start();
	wait_for(&f, is_known());
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

static uint32_t scale_of(const char *key)
{
	return fake_kernel_find(&kernel, key)->scale;
}

static unsigned int launch(const struct operation_request *request)
{
	unsigned int id = 0;
	char *error = NULL;

	assert_int_equal(operations_start(operations, request, &id, &error),
			 0);
	assert_null(error);
	return id;
}

static void assert_refused(const struct operation_request *request, int result,
			   const char *why)
{
	unsigned int id = 0;
	char *error = NULL;

	assert_int_equal(operations_start(operations, request, &id, &error),
			 result);
	assert_non_null(error);
	assert_non_null(strstr(error, why));
	free(error);
}

/* As the client does, which keeps it going. */
static bool is_in(unsigned int id, const char *state)
{
	json_t *json;
	bool is;

	assert_int_equal(operations_ask(operations, id, &json), 0);
	is = !strcmp(json_string_value(json_object_get(json, "state")), state);
	json_decref(json);
	return is;
}

static bool says(unsigned int id, const char *words)
{
	json_t *json;
	char *text;
	bool does;

	assert_int_equal(operations_ask(operations, id, &json), 0);
	text = json_dumps(json, 0);
	does = strstr(text, words);
	free(text);
	json_decref(json);
	return does;
}

/* The object of one name in a file of the state directory. */
static size_t kept(const char *name, const char *object)
{
	char path[64];
	json_t *file = NULL, *found;
	size_t n = 0;

	snprintf(path, sizeof(path), "%s/state", f.directory);
	if (state_file_read(path, name, &file) == 0) {
		found = json_object_get(file, object);
		n = json_is_array(found) ? json_array_size(found) :
					   json_object_size(found);
	}
	json_decref(file);
	return n;
}

static void assert_nothing_is_left(void)
{
	assert_int_equal(kept("drains.json", "operations"), 0);
	assert_int_equal(kept("frozen.json", "frozen"), 0);
	assert_int_equal(drains_find(daemon_drains(f.daemon), "web-1"),
			 POLICY_DRAIN_NONE);
	wait_for(&f, scale_of("10.0.0.1:80") && scale_of("10.0.0.2:80") &&
		 scale_of("10.0.0.3:80"));
}

static const struct operation_request of_web_1 = {
	.kind = OPERATION_SNAPSHOT,
	.domain = "web-1",
	.name = "x",
};

/* What has to be so whenever a machine is changed. */
static void assert_drained(const struct vm_call *call)
{
	size_t closed = 0;

	for (size_t i = 0; i < kernel.n; i++)
		closed += !kernel.destinations[i].scale;
	assert_int_equal(closed, 1);
	assert_int_equal(kept("drains.json", "operations"), 1);
	if (call->type != VM_CALL_MIGRATE)
		assert_int_equal(kept("frozen.json", "frozen"), 1);
}

static void a_snapshot_is_taken(void **state)
{
	unsigned int id;

	(void)state;
	fake_operators.on_call = assert_drained;
	id = launch(&of_web_1);
	wait_for(&f, is_in(id, "done"));
	assert_string_equal(fake_operators.did,
			    "freeze hv1, snapshot hv1, thaw hv1");
	assert_true(says(id, "takes new connections again"));
	assert_nothing_is_left();
}

/* Somebody migrates it, and on its new host it waits for its memory. */
static void a_machine_is_where_it_runs(void **state)
{
	unsigned int id;

	(void)state;
	fixture_stop(&f);
	fixture_write(&f, "hv2", "host hv2 cpus 8\n"
		      "vm web-1 hv2 address 10.0.0.1 vcpus 1 state paused pause migration boot 1\n");
	start();
	wait_for(&f, is_known() && daemon_inventory(f.daemon, 1));
	id = launch(&of_web_1);
	wait_for(&f, is_in(id, "done"));
	assert_string_equal(fake_operators.did,
			    "freeze hv1, snapshot hv1, thaw hv1");
	assert_nothing_is_left();
}

static void connections_are_waited_for(void **state)
{
	struct operation_request request = of_web_1;
	unsigned int id;

	(void)state;
	fake_kernel_find(&kernel, "10.0.0.1:80")->active_connections = 7;
	id = launch(&request);
	wait_for(&f, says(id, "waits for 7 connections"));
	assert_int_equal(scale_of("10.0.0.1:80"), 0);
	assert_string_equal(fake_operators.did, "");
	fake_kernel_find(&kernel, "10.0.0.1:80")->active_connections = 0;
	wait_for(&f, is_in(id, "done"));

	request.has_deadline = true;
	request.deadline_ns = NSEC_PER_SEC / 10;
	fake_kernel_find(&kernel, "10.0.0.1:80")->active_connections = 7;
	*fake_operators.did = '\0';
	id = launch(&request);
	wait_for(&f, is_in(id, "failed"));
	assert_true(says(id, "has 7 connections"));
	assert_string_equal(fake_operators.did, "");
	assert_nothing_is_left();
}

static void one_machine_after_the_other_is_out(void **state)
{
	const struct operation_request request = {
		.kind = OPERATION_SNAPSHOT,
		.service = "web",
	};
	unsigned int id;

	(void)state;
	fake_operators.on_call = assert_drained;
	id = launch(&request);
	wait_for(&f, is_in(id, "done"));
	assert_string_equal(fake_operators.did,
			    "freeze hv1, snapshot hv1, thaw hv1, freeze hv1, snapshot hv1, thaw hv1, freeze hv1, snapshot hv1, thaw hv1");
	assert_nothing_is_left();
}

static void the_first_that_fails_ends_snapshots(void **state)
{
	const struct operation_request request = {
		.kind = OPERATION_SNAPSHOT,
		.service = "web",
	};
	unsigned int id;

	(void)state;
	fake_operators.fails = VM_CALL_SNAPSHOT;
	fake_operators.result = -EIO;
	id = launch(&request);
	wait_for(&f, is_in(id, "failed"));
	assert_string_equal(fake_operators.did,
			    "freeze hv1, snapshot hv1, thaw hv1");
	assert_true(says(id, "the snapshot failed: it broke"));
	assert_true(says(id, "\"result\": \"left-out\""));
	assert_nothing_is_left();
}

#define EURO "\xe2\x82\xac"

static void names_that_are_cut_within_a_character_are_told(void **state)
{
	struct operation_request request = of_web_1;
	char name[301] = "";
	unsigned int id;

	(void)state;
	for (int i = 0; i < 100; i++)
		strcat(name, EURO);
	request.name = name;
	id = launch(&request);
	wait_for(&f, is_in(id, "done"));
	assert_true(says(id, "the snapshot \\\"" EURO));
	fake_operators.fails = VM_CALL_SNAPSHOT;
	fake_operators.result = -EIO;
	id = launch(&request);
	wait_for(&f, is_in(id, "failed"));
	assert_true(says(id, "\"error\": \"the snapshot failed: it broke: " EURO));
	assert_nothing_is_left();
}

static void machines_leave_their_host(void **state)
{
	const struct operation_request request = {
		.kind = OPERATION_EVACUATION,
		.host = "hv1",
	};
	unsigned int id;

	(void)state;
	fake_operators.on_call = assert_drained;
	/* They go along. */
	fake_kernel_find(&kernel, "10.0.0.1:80")->active_connections = 7;
	id = launch(&request);
	wait_for(&f, is_in(id, "done"));
	assert_string_equal(fake_operators.did,
			    "migrate hv1, migrate hv1, migrate hv1");
	assert_string_equal(fake_operators.to, "hv2");
	assert_nothing_is_left();
}

static void those_that_can_leave_do(void **state)
{
	const struct operation_request request = {
		.kind = OPERATION_EVACUATION,
		.host = "hv1",
		.to = "hv2",
	};
	unsigned int id;

	(void)state;
	fake_operators.fails = VM_CALL_MIGRATE;
	fake_operators.result = -EIO;
	id = launch(&request);
	wait_for(&f, is_in(id, "failed"));
	assert_string_equal(fake_operators.did,
			    "migrate hv1, migrate hv1, migrate hv1");
	assert_nothing_is_left();
}

static void a_migration_that_is_cancelled_is_aborted(void **state)
{
	const struct operation_request request = {
		.kind = OPERATION_EVACUATION,
		.host = "hv1",
	};
	unsigned int id;

	(void)state;
	fake_operators.hangs = true;
	fake_operators.hanging = VM_CALL_MIGRATE;
	id = launch(&request);
	wait_for(&f, says(id, "migrates to hv2"));
	operations_cancel(operations, id, "was cancelled");
	wait_for(&f, is_in(id, "cancelled"));
	assert_string_equal(fake_operators.did, "migrate hv1, abort hv1");
	assert_nothing_is_left();
}

/* As one that has not begun yet. */
static void a_migration_is_aborted_as_soon_as_it_can_be(void **state)
{
	const struct operation_request request = {
		.kind = OPERATION_EVACUATION,
		.host = "hv1",
	};
	unsigned int id;

	(void)state;
	fake_operators.hangs = true;
	fake_operators.hanging = VM_CALL_MIGRATE;
	fake_operators.fails = VM_CALL_ABORT;
	fake_operators.result = -EIO;
	id = launch(&request);
	wait_for(&f, says(id, "migrates to hv2"));
	operations_cancel(operations, id, "was cancelled");
	wait_for(&f, says(id, "can't be cancelled yet: it broke"));
	assert_true(is_in(id, "undoing"));
	fake_operators.result = 0;
	wait_for(&f, is_in(id, "cancelled"));
	assert_nothing_is_left();
}

static void a_second_one_is_refused(void **state)
{
	struct operation_request other = of_web_1;
	unsigned int id;

	(void)state;
	fake_kernel_find(&kernel, "10.0.0.1:80")->active_connections = 1;
	id = launch(&of_web_1);
	other.domain = "web-2";
	assert_refused(&other, -EBUSY,
		       "snapshot 1 of service \"web\" is under way");
	operations_cancel(operations, id, "was cancelled");
	wait_for(&f, is_in(id, "cancelled"));
	id = launch(&other);
	wait_for(&f, is_in(id, "done"));
	assert_nothing_is_left();
}

static void evacuations_do_not_meet(void **state)
{
	static const struct operation_request first = {
		.kind = OPERATION_EVACUATION,
		.host = "hv1",
	}, back = {
		.kind = OPERATION_EVACUATION,
		.host = "hv2",
		.to = "hv1",
	}, onward = {
		.kind = OPERATION_EVACUATION,
		.host = "hv2",
	};
	unsigned int id;
	size_t members;

	(void)state;
	fake_operators.hangs = true;
	fake_operators.hanging = VM_CALL_MIGRATE;
	assert_int_equal(daemon_drain(f.daemon, "web-2", true, &members), 0);
	id = launch(&first);
	wait_for(&f, says(id, "waits: without it service"));
	assert_refused(&back, -EBUSY, "evacuation 1 of \"hv1\" is under way");
	assert_refused(&onward, -ENOENT, "is not evacuated itself");
	assert_int_equal(daemon_drain(f.daemon, "web-2", false, &members), 0);
	wait_for(&f, says(id, "migrates to hv2"));
	assert_refused(&onward, -EBUSY,
		       "evacuation 1 brings machines to \"hv2\"");
	operations_cancel(operations, id, "was cancelled");
	wait_for(&f, is_in(id, "cancelled"));
	assert_nothing_is_left();
}

/* Else it would be done without the machines that it does not know. */
static void an_evacuation_has_to_know_its_machines(void **state)
{
	struct operation_request request = {
		.kind = OPERATION_EVACUATION,
		.host = "hv1",
	};
	const struct service *service = daemon_service(f.daemon, 0);
	unsigned int id;

	(void)state;
	kernel.bound = false;
	wait_for(&f, service_state(service) == SERVICE_ABSENT);
	assert_refused(&request, -EAGAIN, "service \"web\" is absent");
	request.force = true;
	id = launch(&request);
	wait_for(&f, is_in(id, "done"));
	assert_string_equal(fake_operators.did, "");
	kernel.bound = true;
	wait_for(&f, is_known());
	assert_nothing_is_left();
}

static void what_makes_no_sense_is_refused(void **state)
{
	static const struct {
		struct operation_request request;
		int result;
		const char *why;
	} cases[] = {
		{ { .domain = "db" }, -ENOENT,
		  "no member is backed by a domain named \"db\"" },
		{ { .service = "mail" }, -ENOENT,
		  "there is no service \"mail\"" },
		{ { .domain = "web-1", .name = "../x" }, -EINVAL,
		  "\"../x\" is no name for a snapshot" },
		{ { .domain = "web-1", .name = ".x" }, -EINVAL,
		  "\".x\" is no name for a snapshot" },
		{ { .kind = OPERATION_EVACUATION, .host = "hv9" }, -ENOENT,
		  "no hypervisor \"hv9\" is configured" },
		{ { .kind = OPERATION_EVACUATION, .host = "hv1", .to = "hv9" },
		  -ENOENT, "no hypervisor \"hv9\" is configured" },
		{ { .kind = OPERATION_EVACUATION, .host = "hv1", .to = "hv1" },
		  -EINVAL, "are there already" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_refused(&cases[i].request, cases[i].result,
			       cases[i].why);
	fixture_stop(&f);
	f.options.shadow = true;
	start();
	f.options.shadow = false;
	assert_refused(&of_web_1, -EROFS, "is a shadow");
}

static void a_reload_interrupts_nothing(void **state)
{
	char *errors;
	unsigned int id;

	(void)state;
	fake_kernel_find(&kernel, "10.0.0.1:80")->active_connections = 1;
	id = launch(&of_web_1);
	wait_for(&f, says(id, "waits for 1 connections"));
	write_config("capacity-floor = 0.1");
	assert_int_equal(daemon_reload(f.daemon, &errors), 0);
	assert_true(is_known());
	fake_kernel_find(&kernel, "10.0.0.1:80")->active_connections = 0;
	wait_for(&f, is_in(id, "done"));
	assert_nothing_is_left();
}

static void the_floor_is_not_gone_below(void **state)
{
	unsigned int id;

	(void)state;
	id = launch(&of_web_1);
	wait_for(&f, is_in(id, "failed"));
	assert_true(says(id, "can't keep its capacity-floor of 70 %"));
	assert_string_equal(fake_operators.did, "");
	assert_nothing_is_left();
}

/* Asked for a moment before, it is not in the kernel yet. */
static void drains_at_the_same_moment_count(void **state)
{
	unsigned int id;
	size_t members;

	(void)state;
	assert_int_equal(daemon_drain(f.daemon, "web-2", true, &members), 0);
	id = launch(&of_web_1);
	wait_for(&f, !scale_of("10.0.0.2:80"));
	wait_for(&f, says(id, "waits: without it service"));
	assert_false(says(id, "is drained"));
	assert_int_equal(daemon_drain(f.daemon, "web-2", false, &members), 0);
	wait_for(&f, is_in(id, "done"));
	assert_nothing_is_left();
}

/* As while somebody makes it anew. */
static void a_service_that_is_not_there_has_no_capacity(void **state)
{
	const struct service *service = daemon_service(f.daemon, 0);
	unsigned int id, reads;
	size_t members;

	(void)state;
	assert_int_equal(daemon_drain(f.daemon, "web-2", true, &members), 0);
	id = launch(&of_web_1);
	wait_for(&f, says(id, "waits: without it service"));
	kernel.bound = false;
	wait_for(&f, service_state(service) == SERVICE_ABSENT);
	/* Each time that the operation has looked, the kernel is read again. */
	reads = kernel.reads;
	wait_for(&f, kernel.reads > reads + 20);
	assert_false(says(id, "is drained"));
	kernel.bound = true;
	wait_for(&f, is_known());
	assert_int_equal(daemon_drain(f.daemon, "web-2", false, &members), 0);
	wait_for(&f, is_in(id, "done"));
	assert_nothing_is_left();
}

/* Machines that are down have a weight of 0, which is not the administrator's. */
static void machines_that_are_gone_count(void **state)
{
	unsigned int id;

	(void)state;
	fixture_stop(&f);
	fake_operators = (struct fake_operators){};
	fixture_write(&f, "hv1", "host hv1 cpus 8\n"
		      "vm web-1 hv1 address 10.0.0.1 vcpus 1 state running boot 1\n"
		      "vm web-2 hv1 address 10.0.0.2 vcpus 1 state running boot 1\n"
		      "vm web-3 hv1 address 10.0.0.3 vcpus 1 state shutoff\n");
	start();
	wait_for(&f, is_known());
	wait_for(&f, !fake_kernel_find(&kernel, "10.0.0.3:80")->weight);
	id = launch(&of_web_1);
	wait_for(&f, says(id, "waits: without it service") ||
		 is_in(id, "done"));
	assert_false(says(id, "is drained"));
}

static void a_machine_comes_back_if_others_go(void **state)
{
	struct sink_destination *web_1 = fake_kernel_find(&kernel,
							  "10.0.0.1:80");
	unsigned int id;
	size_t members;

	(void)state;
	web_1->active_connections = 1;
	id = launch(&of_web_1);
	wait_for(&f, says(id, "waits for 1 connections"));
	assert_int_equal(daemon_drain(f.daemon, "web-2", true, &members), 0);
	wait_for(&f, is_in(id, "running") && scale_of("10.0.0.1:80") &&
		 !scale_of("10.0.0.2:80"));
	assert_true(says(id, "33 %"));
	assert_int_equal(kept("drains.json", "operations"), 0);
	web_1->active_connections = 0;
	assert_int_equal(daemon_drain(f.daemon, "web-2", false, &members), 0);
	wait_for(&f, is_in(id, "done"));
	assert_string_equal(fake_operators.did,
			    "freeze hv1, snapshot hv1, thaw hv1");
	assert_nothing_is_left();
}

/* Its migration goes on. */
static void a_machine_comes_back_while_it_migrates(void **state)
{
	const struct operation_request request = {
		.kind = OPERATION_EVACUATION,
		.host = "hv1",
	};
	unsigned int id;
	size_t members;

	(void)state;
	fake_operators.hangs = true;
	fake_operators.hanging = VM_CALL_MIGRATE;
	id = launch(&request);
	wait_for(&f, says(id, "migrates to hv2"));
	assert_int_equal(scale_of("10.0.0.1:80"), 0);
	assert_int_equal(daemon_drain(f.daemon, "web-2", true, &members), 0);
	wait_for(&f, is_in(id, "running") && scale_of("10.0.0.1:80"));
	assert_string_equal(fake_operators.did, "migrate hv1");
	operations_cancel(operations, id, "was cancelled");
	wait_for(&f, is_in(id, "cancelled"));
	assert_int_equal(daemon_drain(f.daemon, "web-2", false, &members), 0);
	assert_nothing_is_left();
}

static void a_drain_of_an_administrator_stays(void **state)
{
	unsigned int id;
	size_t members;

	(void)state;
	assert_int_equal(daemon_drain(f.daemon, "web-1", true, &members), 0);
	wait_for(&f, !scale_of("10.0.0.1:80"));
	id = launch(&of_web_1);
	wait_for(&f, is_in(id, "done"));
	assert_int_equal(drains_find(daemon_drains(f.daemon), "web-1"),
			 POLICY_DRAIN_ADMINISTRATOR);
	assert_int_equal(scale_of("10.0.0.1:80"), 0);
}

/* Killed while it waits for the freeze, of which nobody knows how it ended. */
static void the_next_vmld_undoes_what_one_has_left(void **state)
{
	(void)state;
	fake_operators.hangs = true;
	fake_operators.hanging = VM_CALL_FREEZE;
	launch(&of_web_1);
	wait_for(&f, !strcmp(fake_operators.did, "freeze hv1"));
	assert_int_equal(kept("frozen.json", "frozen"), 1);
	assert_int_equal(kept("drains.json", "operations"), 1);
	fixture_stop(&f);
	start();
	assert_int_equal(kept("drains.json", "operations"), 0);
	wait_for(&f, !strcmp(fake_operators.did, "freeze hv1, thaw hv1"));
	wait_for(&f, !kept("frozen.json", "frozen"));
	wait_for(&f, is_known());
	assert_nothing_is_left();
}

static void a_thaw_is_tried_until_it_works(void **state)
{
	(void)state;
	fake_operators.hangs = true;
	fake_operators.hanging = VM_CALL_FREEZE;
	launch(&of_web_1);
	wait_for(&f, !strcmp(fake_operators.did, "freeze hv1"));
	fixture_stop(&f);
	fake_operators.fails = VM_CALL_THAW;
	fake_operators.result = -ENOTCONN;
	start();
	wait_for(&f, strstr(fake_operators.did, "thaw hv1, thaw hv1"));
	assert_int_equal(kept("frozen.json", "frozen"), 1);
	fake_operators.result = 0;
	wait_for(&f, !kept("frozen.json", "frozen"));
}

/* Started anew on another host since the first one is down. */
static void a_machine_is_thawed_where_it_was_frozen_last(void **state)
{
	/* All but the last digit of those that machines have by themselves. */
	static const char uuid[] = "00000000-0000-0000-0000-00000000000";

	(void)state;
	fake_operators.hangs = true;
	fake_operators.hanging = VM_CALL_FREEZE;
	launch(&of_web_1);
	wait_for(&f, !strcmp(fake_operators.did, "freeze hv1"));
	fixture_stop(&f);
	fixture_write(&f, "hv1", "host hv1 cpus 8\n"
		      "vm web-2 hv1 address 10.0.0.2 vcpus 1 state running uuid %s2\n"
		      "vm web-3 hv1 address 10.0.0.3 vcpus 1 state running uuid %s3\n",
		      uuid, uuid);
	fixture_write(&f, "hv2", "host hv2 cpus 8\n"
		      "vm web-1 hv2 address 10.0.0.1 vcpus 1 state running uuid %s1\n",
		      uuid);
	fake_operators.fails = VM_CALL_THAW;
	fake_operators.result = -ENOTCONN;
	start();
	wait_for(&f, is_known());
	wait_for(&f, scale_of("10.0.0.1:80"));
	launch(&of_web_1);
	wait_for(&f, strstr(fake_operators.did, "freeze hv2"));
	fixture_stop(&f);
	*fake_operators.did = '\0';
	fake_operators.result = 0;
	start();
	wait_for(&f, !kept("frozen.json", "frozen"));
	assert_string_equal(fake_operators.did, "thaw hv2");
}

/* Killed after a freeze; the next one asks for a thaw, and gets no answer. */
static void leave_frozen(void)
{
	fake_operators.hangs = true;
	fake_operators.hanging = VM_CALL_FREEZE;
	launch(&of_web_1);
	wait_for(&f, !strcmp(fake_operators.did, "freeze hv1"));
	fixture_stop(&f);
	fake_operators.hanging = VM_CALL_THAW;
	start();
	wait_for(&f, is_known());
	wait_for(&f, !strcmp(fake_operators.did, "freeze hv1, thaw hv1"));
	wait_for(&f, scale_of("10.0.0.1:80"));
	*fake_operators.did = '\0';
}

/* That its agent is gone now does not thaw it. */
static void what_was_left_frozen_is_thawed_after_all(void **state)
{
	unsigned int id;

	(void)state;
	leave_frozen();
	fake_operators.fails = VM_CALL_FREEZE;
	fake_operators.result = -EOPNOTSUPP;
	id = launch(&of_web_1);
	wait_for(&f, is_in(id, "done"));
	assert_int_equal(kept("frozen.json", "frozen"), 1);
	fake_operators.hangs = false;
	/* It is asked again over another connection. */
	wait_for(&f, !kept("frozen.json", "frozen"));
	assert_non_null(strstr(fake_operators.did, "freeze hv1, snapshot hv1"));
	assert_non_null(strstr(fake_operators.did, "thaw hv1"));
}

/* On its new host nobody would thaw it. */
static void what_was_left_frozen_does_not_leave(void **state)
{
	const struct operation_request request = {
		.kind = OPERATION_EVACUATION,
		.host = "hv1",
	};
	unsigned int id;

	(void)state;
	leave_frozen();
	id = launch(&request);
	wait_for(&f, is_in(id, "failed"));
	assert_true(says(id, "may be frozen"));
	assert_string_equal(fake_operators.did, "migrate hv1, migrate hv1");
}

static void note_end(void *userdata)
{
	*(bool *)userdata = true;
}

static void an_end_waits_until_all_is_undone(void **state)
{
	bool ended = false;
	unsigned int id;

	(void)state;
	fake_kernel_find(&kernel, "10.0.0.1:80")->active_connections = 1;
	id = launch(&of_web_1);
	wait_for(&f, says(id, "waits for 1 connections"));
	operations_end(operations, note_end, &ended);
	wait_for(&f, ended);
	assert_true(says(id, "vmld ends"));
	assert_refused(&of_web_1, -ESHUTDOWN, "about to end");
	assert_nothing_is_left();
}

static void without_operations_it_ends_at_once(void **state)
{
	bool ended = false;

	(void)state;
	operations_end(operations, note_end, &ended);
	assert_true(ended);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST_WITH(name, of_service)					\
		cmocka_unit_test_prestate_setup_teardown(name, set_up,	\
							 tear_down,	\
							 (void *)(of_service))
#define TEST(name) TEST_WITH(name, "")
		TEST(a_snapshot_is_taken),
		TEST(a_machine_is_where_it_runs),
		TEST(connections_are_waited_for),
		TEST_WITH(one_machine_after_the_other_is_out, "capacity-floor = 0.66"),
		TEST(the_first_that_fails_ends_snapshots),
		TEST(names_that_are_cut_within_a_character_are_told),
		TEST(machines_leave_their_host),
		TEST(those_that_can_leave_do),
		TEST(a_migration_that_is_cancelled_is_aborted),
		TEST(a_migration_is_aborted_as_soon_as_it_can_be),
		TEST(a_second_one_is_refused),
		TEST(evacuations_do_not_meet),
		TEST(an_evacuation_has_to_know_its_machines),
		TEST(what_makes_no_sense_is_refused),
		TEST(a_reload_interrupts_nothing),
		TEST_WITH(the_floor_is_not_gone_below, "capacity-floor = 0.7"),
		TEST(drains_at_the_same_moment_count),
		TEST(a_service_that_is_not_there_has_no_capacity),
		TEST_WITH(machines_that_are_gone_count, "mode = destinations weight-per-vcpu = 10"),
		TEST(a_machine_comes_back_if_others_go),
		TEST(a_machine_comes_back_while_it_migrates),
		TEST(a_drain_of_an_administrator_stays),
		TEST(the_next_vmld_undoes_what_one_has_left),
		TEST(a_thaw_is_tried_until_it_works),
		TEST(a_machine_is_thawed_where_it_was_frozen_last),
		TEST(what_was_left_frozen_is_thawed_after_all),
		TEST(what_was_left_frozen_does_not_leave),
		TEST(an_end_waits_until_all_is_undone),
		TEST(without_operations_it_ends_at_once),
	};

	return cmocka_run_group_tests_name("operations", tests, NULL, NULL);
}
