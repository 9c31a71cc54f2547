/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The libvirt source, against libvirt's test driver: no daemon is needed. */
#include <libvirt/libvirt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <cmocka.h>

#include "source/libvirt_link.h"
#include "source_watch.h"
#include "util.h"

#define DEFAULT "test:///default"

static void test_inventory(void **state)
{
	const struct vm_inventory *inventory;
	const struct vm_sample *sample;
	struct source_watch watch;
	uint64_t before;

	(void)state;
	source_watch_start(&watch, "hv1", DEFAULT);
	assert_int_equal(source_state(watch.source), SOURCE_CONNECTING);
	assert_int_equal(source_poll(watch.source), -ENOTCONN);
	source_watch_state(&watch, SOURCE_CONNECTED);
	assert_null(source_error(watch.source));

	before = now_ns();
	inventory = source_watch_poll(&watch);
	assert_string_equal(inventory->hypervisor, "hv1");
	assert_true(inventory->time_ns >= before);
	assert_true(inventory->cpus > 0);
	assert_true(inventory->time_ns <= now_ns());
	sample = source_watch_find(inventory, "test");
	assert_int_equal(sample->state, VM_STATE_RUNNING);
	assert_int_equal(sample->boot_id, 1);
	assert_int_equal(sample->started_ns, 0);
	assert_true(sample->time_ns == inventory->time_ns);
	/* It answers with the state alone. */
	assert_false(sample->has_run);
	assert_false(sample->has_steal);
	assert_int_equal(source_capabilities(watch.source),
			 SOURCE_HAS_EVENTS);
	source_watch_stop(&watch);
}

static void test_events(void **state)
{
	const struct vm_sample *sample;
	struct source_watch watch;
	virConnectPtr connection;
	virDomainPtr domain;
	uint64_t before;

	(void)state;
	source_watch_start(&watch, "hv1", DEFAULT);
	source_watch_state(&watch, SOURCE_CONNECTED);
	source_watch_poll(&watch);

	/* Connections to the default host share its domains. */
	connection = virConnectOpen(DEFAULT);
	assert_non_null(connection);
	domain = virDomainLookupByName(connection, "test");
	assert_non_null(domain);

	before = now_ns();
	assert_int_equal(virDomainSuspend(domain), 0);
	source_watch_events(&watch, 1);
	assert_int_equal(watch.events[0].type, VM_EVENT_SUSPENDED);
	assert_string_equal(watch.events[0].name, "test");
	assert_string_equal(watch.events[0].detail, "paused");
	assert_true(watch.events[0].time_ns >= before);
	sample = source_watch_find(source_watch_poll(&watch), "test");
	assert_int_equal(sample->state, VM_STATE_PAUSED);
	assert_int_equal(sample->pause, VM_PAUSE_OTHER);

	assert_int_equal(virDomainResume(domain), 0);
	source_watch_events(&watch, 2);
	assert_int_equal(watch.events[1].type, VM_EVENT_RESUMED);

	assert_int_equal(virDomainDestroy(domain), 0);
	source_watch_events(&watch, 3);
	assert_int_equal(watch.events[2].type, VM_EVENT_STOPPED);
	assert_string_equal(watch.events[2].detail, "destroyed");
	sample = source_watch_find(source_watch_poll(&watch), "test");
	assert_int_equal(sample->state, VM_STATE_SHUTOFF);
	assert_int_equal(sample->boot_id, VM_BOOT_ID_NONE);

	before = now_ns();
	assert_int_equal(virDomainCreate(domain), 0);
	source_watch_events(&watch, 4);
	assert_int_equal(watch.events[3].type, VM_EVENT_STARTED);
	sample = source_watch_find(source_watch_poll(&watch), "test");
	assert_int_equal(sample->state, VM_STATE_RUNNING);
	assert_int_equal(sample->boot_id, watch.events[3].boot_id);
	assert_true(sample->started_ns >= before);

	virDomainFree(domain);
	virConnectClose(connection);
	source_watch_stop(&watch);
}

static void test_two_sources(void **state)
{
	struct source_watch one, two;

	(void)state;
	source_watch_start(&one, "hv1", DEFAULT);
	source_watch_state(&one, SOURCE_CONNECTED);
	source_watch_poll(&one);
	source_watch_stop(&one);

	/* Another loop, after the first one has gone. */
	source_watch_start(&two, "hv2", DEFAULT);
	source_watch_state(&two, SOURCE_CONNECTED);
	assert_string_equal(source_watch_poll(&two)->hypervisor, "hv2");
	source_watch_stop(&two);
}

static void test_cannot_connect(void **state)
{
	struct source_watch watch;

	(void)state;
	source_watch_start(&watch, "hv1", "test:///does/not/exist");
	source_watch_state(&watch, SOURCE_LOST);
	assert_non_null(source_error(watch.source));
	assert_non_null(strstr(source_error(watch.source), "does/not/exist"));
	assert_int_equal(source_poll(watch.source), -ENOTCONN);
	assert_int_equal(watch.n_states, 1);
	source_watch_stop(&watch);
}

static void test_reconnects(void **state)
{
	_cleanup_free_ char *uri = NULL;
	char path[] = "/tmp/vml-test-XXXXXX";
	_cleanup_close_ int fd = mkstemp(path);
	static const char host[] =
		"<node><domain type='test'><name>late</name>"
		"<memory>1</memory><os><type>hvm</type></os></domain></node>";
	struct source_watch watch;

	(void)state;
	assert_true(fd >= 0);
	assert_true(asprintf(&uri, "test://%s", path) > 0);
	source_watch_start(&watch, "hv1", uri);
	source_watch_state(&watch, SOURCE_LOST);
	/* It becomes a host; the source notices by itself. */
	assert_int_equal(write(fd, host, strlen(host)), strlen(host));
	source_watch_state(&watch, SOURCE_CONNECTED);
	assert_null(source_error(watch.source));
	source_watch_find(source_watch_poll(&watch), "late");
	source_watch_stop(&watch);
	unlink(path);
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&address,
			      sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

/* A libvirtd that takes connections and never says a word. */
static void test_hung_hypervisor(void **state)
{
	char folder[] = "/tmp/vml-test-XXXXXX";
	_cleanup_free_ char *path = NULL, *uri = NULL;
	struct source_watch watch;
	int fd, accepted;
	uint64_t before;

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_true(asprintf(&path, "%s/socket", folder) > 0);
	assert_true(asprintf(&uri, "qemu+unix:///system?socket=%s",
			     path) > 0);
	fd = listen_at(path);
	source_watch_start(&watch, "hv1", uri);
	/* The worker is inside of libvirt now. */
	accepted = accept(fd, NULL, NULL);
	assert_true(accepted >= 0);
	assert_int_equal(source_state(watch.source), SOURCE_CONNECTING);
	before = now_ns();
	source_watch_stop(&watch);
	assert_true(now_ns() - before < NSEC_PER_SEC);
	close(accepted);
	close(fd);
	unlink(path);
	rmdir(folder);
}

static void test_pending_poll(void **state)
{
	struct link_message *message;
	struct link *link;

	(void)state;
	assert_int_equal(link_new("hv1", DEFAULT, &link), 0);
	assert_int_equal(link_ask_poll(link), 0);
	assert_int_equal(link_ask_poll(link), -EBUSY);
	assert_int_equal(link_wait(link), LINK_POLL);
	assert_int_equal(link_ask_poll(link), -EBUSY);
	link_send_inventory(link, NULL, "busy", SOURCE_HAS_STATS);
	assert_int_equal(link_ask_poll(link), 0);
	link_set_closed(link, VIR_CONNECT_CLOSE_REASON_EOF);
	assert_int_equal(link_wait(link), LINK_CLOSED);
	link_stop(link);
	assert_int_equal(link_wait(link), LINK_STOP);
	assert_false(link_pause(link, 60000));

	message = link_receive(link);
	assert_non_null(message);
	assert_int_equal(message->type, LINK_INVENTORY);
	assert_int_equal(message->capabilities, SOURCE_HAS_STATS);
	assert_string_equal(message->error, "busy");
	link_message_free(message);
	assert_null(link_receive(link));
	/* A message that nobody fetches is freed with the link. */
	link_send_state(link, SOURCE_LOST, "gone", 0);
	link_unref(link);
}

static void *do_nothing(void *userdata)
{
	return userdata;
}

static int count_threads(void **state)
{
	static nlink_t threads;
	pthread_t thread;

	/* With the first one a sanitizer begins one of its own, which stays. */
	if (pthread_create(&thread, NULL, do_nothing, NULL) ||
	    pthread_join(thread, NULL))
		return -1;
	threads = source_watch_threads();
	*state = &threads;
	return 0;
}

static int wait_for_workers(void **state)
{
	source_watch_wait_for_workers(*(const nlink_t *)*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inventory),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_two_sources),
		cmocka_unit_test(test_cannot_connect),
		cmocka_unit_test(test_reconnects),
		cmocka_unit_test(test_hung_hypervisor),
		cmocka_unit_test(test_pending_poll),
	};

	return cmocka_run_group_tests_name("source_libvirt", tests,
					   count_threads, wait_for_workers);
}
