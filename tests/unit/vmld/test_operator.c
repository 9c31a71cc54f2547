/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An operator, against libvirt's test driver: no daemon is needed. */
#include <dlfcn.h>
#include <libvirt/libvirt.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "source/operator.h"
#include "util.h"

#define DEFAULT "test:///default"
#define PATIENCE_NS (20 * NSEC_PER_SEC)

static struct fixture {
	sd_event *event;
	struct vm_operator *operator;
	virConnectPtr connection;
	virDomainPtr domain;
	virDomainPtr off;	/* NULL: none is needed */
	bool ended;
	int result;
	char text[256];
} f;

/* What stands between the operator's thread and libvirt. */
static struct gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool closed;		/* nobody gets connected */
	unsigned int waiting;	/* to be connected */
	unsigned int open;	/* connections */
	unsigned int freezes;
} gate = { .lock = PTHREAD_MUTEX_INITIALIZER,
	   .changed = PTHREAD_COND_INITIALIZER };

/* In place of libvirt's. */
virConnectPtr virConnectOpen(const char *name)
{
	virConnectPtr (*real)(const char *name) =
		(virConnectPtr (*)(const char *))dlsym(RTLD_NEXT,
						       "virConnectOpen");
	virConnectPtr connection;

	pthread_mutex_lock(&gate.lock);
	gate.waiting++;
	pthread_cond_broadcast(&gate.changed);
	while (gate.closed)
		pthread_cond_wait(&gate.changed, &gate.lock);
	pthread_mutex_unlock(&gate.lock);
	connection = real(name);
	pthread_mutex_lock(&gate.lock);
	gate.waiting--;
	gate.open += !!connection;
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.lock);
	return connection;
}

int virConnectClose(virConnectPtr connection)
{
	int (*real)(virConnectPtr connection) =
		(int (*)(virConnectPtr))dlsym(RTLD_NEXT, "virConnectClose");
	int r = real(connection);

	pthread_mutex_lock(&gate.lock);
	gate.open--;
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.lock);
	return r;
}

int virDomainFSFreeze(virDomainPtr domain, const char **mountpoints,
		      unsigned int n, unsigned int flags)
{
	int (*real)(virDomainPtr domain, const char **mountpoints,
		    unsigned int n, unsigned int flags) =
		(int (*)(virDomainPtr, const char **, unsigned int,
			 unsigned int))dlsym(RTLD_NEXT, "virDomainFSFreeze");

	pthread_mutex_lock(&gate.lock);
	gate.freezes++;
	pthread_mutex_unlock(&gate.lock);
	return real(domain, mountpoints, n, flags);
}

/* QEMU's driver refuses it to a machine that is paused, as to one that is off. */
int virDomainFSThaw(virDomainPtr domain, const char **mountpoints,
		    unsigned int n, unsigned int flags)
{
	int (*real)(virDomainPtr domain, const char **mountpoints,
		    unsigned int n, unsigned int flags) =
		(int (*)(virDomainPtr, const char **, unsigned int,
			 unsigned int))dlsym(RTLD_NEXT, "virDomainFSThaw");
	int state;

	if (f.off && virDomainGetState(domain, &state, NULL, 0) == 0 &&
	    state == VIR_DOMAIN_PAUSED)
		return real(f.off, mountpoints, n, flags);
	return real(domain, mountpoints, n, flags);
}

static void on_done(_unused_ void *userdata, int result, const char *text)
{
	assert_false(f.ended);
	f.ended = true;
	f.result = result;
	snprintf(f.text, sizeof(f.text), "%s", text ?: "");
}

static int set_up(_unused_ void **state)
{
	f = (struct fixture){};
	assert_true(sd_event_new(&f.event) >= 0);
	assert_int_equal(vm_operator_new(DEFAULT, f.event, on_done, NULL,
					 &f.operator), 0);
	/* Connections to the default host share its domains. */
	f.connection = virConnectOpen(DEFAULT);
	assert_non_null(f.connection);
	f.domain = virDomainLookupByName(f.connection, "test");
	assert_non_null(f.domain);
	return 0;
}

static int tear_down(_unused_ void **state)
{
	vm_operator_free(f.operator);
	sd_event_unref(f.event);
	virDomainFree(f.domain);
	virConnectClose(f.connection);
	return 0;
}

static int call(struct vm_call *call)
{
	uint64_t deadline = now_ns() + PATIENCE_NS;

	f.ended = false;
	assert_int_equal(virDomainGetUUID(f.domain, call->uuid), 0);
	assert_int_equal(vm_operator_ask(f.operator, call), 0);
	assert_int_equal(vm_operator_ask(f.operator, call), -EBUSY);
	while (!f.ended) {
		assert_true(now_ns() < deadline);
		assert_true(sd_event_run(f.event, 10000) >= 0);
	}
	return f.result;
}

static void machines_are_frozen_and_thawed(_unused_ void **state)
{
	struct vm_call freeze = { .type = VM_CALL_FREEZE };
	struct vm_call thaw = { .type = VM_CALL_THAW };

	assert_int_equal(call(&freeze), 0);
	assert_non_null(strstr(f.text, "file systems"));
	assert_int_equal(call(&thaw), 0);
	/* Once more is no mistake. */
	assert_int_equal(call(&thaw), 0);
}

static void what_does_not_run_is_not_frozen(_unused_ void **state)
{
	struct vm_call freeze = { .type = VM_CALL_FREEZE };
	struct vm_call thaw = { .type = VM_CALL_THAW };

	assert_int_equal(virDomainDestroy(f.domain), 0);
	assert_int_equal(call(&freeze), -EOPNOTSUPP);
	assert_int_equal(call(&thaw), 0);
	assert_int_equal(virDomainCreate(f.domain), 0);
}

static void what_is_paused_may_be_frozen(_unused_ void **state)
{
	struct vm_call thaw = { .type = VM_CALL_THAW };

	f.off = virDomainDefineXML(f.connection,
				   "<domain type='test'><name>off</name>"
				   "<memory>1024</memory>"
				   "<os><type>hvm</type></os></domain>");
	assert_non_null(f.off);
	assert_int_equal(virDomainSuspend(f.domain), 0);
	assert_true(call(&thaw) < 0);
	assert_true(*f.text);
	assert_int_equal(virDomainResume(f.domain), 0);
	assert_int_equal(call(&thaw), 0);
	assert_int_equal(virDomainUndefine(f.off), 0);
	virDomainFree(f.off);
}

static void snapshots_have_their_names(_unused_ void **state)
{
	struct vm_call snapshot = {
		.type = VM_CALL_SNAPSHOT,
		.snapshot = VM_SNAPSHOT_INTERNAL,
		.name = "<a> & b",
	};
	virDomainSnapshotPtr made;

	assert_int_equal(call(&snapshot), 0);
	assert_string_equal(f.text, "<a> & b");
	made = virDomainSnapshotLookupByName(f.domain, "<a> & b", 0);
	assert_non_null(made);
	/* There is one of that name. */
	assert_int_equal(call(&snapshot), -EIO);
	assert_true(*f.text);
	assert_int_equal(virDomainSnapshotDelete(made, 0), 0);
	virDomainSnapshotFree(made);
}

/* libvirt says what is the matter. */
static void what_can_not_be_is_said(_unused_ void **state)
{
	struct vm_call migrate = {
		.type = VM_CALL_MIGRATE,
		.to = "test:///default",
	};
	struct vm_call abort = { .type = VM_CALL_ABORT };

	assert_true(call(&migrate) < 0);
	assert_true(*f.text);
	assert_true(call(&abort) < 0);
	assert_true(*f.text);
}

static void a_machine_that_is_gone_needs_no_thaw(_unused_ void **state)
{
	uint64_t deadline = now_ns() + PATIENCE_NS;
	struct vm_call calls[] = {
		{ .type = VM_CALL_THAW, .uuid = { 1, 2, 3 } },
		{ .type = VM_CALL_FREEZE, .uuid = { 1, 2, 3 } },
	};
	const int results[] = { 0, -EIO };

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		f.ended = false;
		assert_int_equal(vm_operator_ask(f.operator, &calls[i]), 0);
		while (!f.ended) {
			assert_true(now_ns() < deadline);
			assert_true(sd_event_run(f.event, 10000) >= 0);
		}
		assert_int_equal(f.result, results[i]);
	}
}

static void a_host_that_is_not_there_is_an_error(_unused_ void **state)
{
	struct vm_call thaw = { .type = VM_CALL_THAW };

	vm_operator_free(f.operator);
	assert_int_equal(vm_operator_new("test:///nonexistent", f.event,
					 on_done, NULL, &f.operator), 0);
	assert_int_equal(call(&thaw), -ENOTCONN);
	assert_true(*f.text);
}

/* Nobody is told, and nothing leaks. */
static void one_can_be_left_in_the_middle(_unused_ void **state)
{
	struct vm_call thaw = { .type = VM_CALL_THAW };

	assert_int_equal(virDomainGetUUID(f.domain, thaw.uuid), 0);
	assert_int_equal(vm_operator_ask(f.operator, &thaw), 0);
	f.operator = vm_operator_free(f.operator);
	sd_event_run(f.event, 10000);
	assert_false(f.ended);
}

/* Until nobody has a connection but the test. */
static void wait_for_rest(void)
{
	while (gate.waiting || gate.open != 1)
		pthread_cond_wait(&gate.changed, &gate.lock);
}

/* Whoever has left may have made up for it: it is too late to freeze. */
static void what_has_not_begun_is_not_done_any_more(_unused_ void **state)
{
	struct vm_call freeze = { .type = VM_CALL_FREEZE };
	unsigned int freezes;

	assert_int_equal(virDomainGetUUID(f.domain, freeze.uuid), 0);
	pthread_mutex_lock(&gate.lock);
	wait_for_rest();
	gate.closed = true;
	gate.freezes = 0;
	assert_int_equal(vm_operator_ask(f.operator, &freeze), 0);
	while (!gate.waiting)
		pthread_cond_wait(&gate.changed, &gate.lock);
	f.operator = vm_operator_free(f.operator);
	gate.closed = false;
	pthread_cond_broadcast(&gate.changed);
	wait_for_rest();
	freezes = gate.freezes;
	pthread_mutex_unlock(&gate.lock);
	assert_int_equal(freezes, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(machines_are_frozen_and_thawed),
		TEST(what_does_not_run_is_not_frozen),
		TEST(what_is_paused_may_be_frozen),
		TEST(snapshots_have_their_names),
		TEST(what_can_not_be_is_said),
		TEST(a_machine_that_is_gone_needs_no_thaw),
		TEST(a_host_that_is_not_there_is_an_error),
		TEST(one_can_be_left_in_the_middle),
		TEST(what_has_not_begun_is_not_done_any_more),
	};

	return cmocka_run_group_tests_name("operator", tests, NULL, NULL);
}
