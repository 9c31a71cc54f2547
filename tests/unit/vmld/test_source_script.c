/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The scripted source, in real time: it behaves as a hypervisor's does. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "source_watch.h"
#include "util.h"

static char path[] = "/tmp/vml-test-XXXXXX";
static char *uri;

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	if (fd < 0)
		return -1;
	close(fd);
	return asprintf(&uri, "script://%s", path) < 0 ? -1 : 0;
}

static int remove_file(void **state)
{
	(void)state;
	free(uri);
	return unlink(path);
}

static void write_script(const char *text)
{
	_cleanup_fclose_ FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
}

static void test_inventory(void **state)
{
	const struct vm_inventory *inventory;
	const struct vm_sample *sample;
	struct source_watch watch;
	uint64_t run_ns, time_ns;

	(void)state;
	write_script("host hv1\nhost hv2 no-steal\n"
		     "vm web-1 hv1 vcpus 2 run 0.5 delay 0.25 address 10.77.0.21 mac 52:54:00:77:00:15\n"
		     "vm web-2 hv2\nvm web-3 hv1 state shutoff\n");
	source_watch_start(&watch, "hv1", uri);
	assert_int_equal(source_state(watch.source), SOURCE_CONNECTING);
	source_watch_state(&watch, SOURCE_CONNECTED);
	inventory = source_watch_poll(&watch);
	assert_int_equal(inventory->n_samples, 2);
	sample = source_watch_find(inventory, "web-1");
	assert_int_equal(sample->state, VM_STATE_RUNNING);
	assert_int_equal(sample->n_addresses, 1);
	assert_int_equal(sample->n_macs, 1);
	assert_true(sample->has_run && sample->has_steal);
	run_ns = sample->run_ns;
	time_ns = sample->time_ns;
	sample = source_watch_find(source_watch_poll(&watch), "web-1");
	/* Two vCPUs at a half: one second of CPU a second. */
	assert_true(sample->time_ns > time_ns);
	assert_true(llabs((long long)(sample->run_ns - run_ns) -
			  (long long)(sample->time_ns - time_ns)) < 1000);
	assert_int_equal(source_watch_find(watch.inventory, "web-3")->state,
			 VM_STATE_SHUTOFF);
	source_watch_stop(&watch);

	source_watch_start(&watch, "hv2", uri);
	source_watch_state(&watch, SOURCE_CONNECTED);
	sample = source_watch_find(source_watch_poll(&watch), "web-2");
	assert_true(sample->has_run);
	assert_false(sample->has_steal);
	assert_int_equal(source_capabilities(watch.source),
			 SOURCE_HAS_STATS | SOURCE_HAS_EVENTS |
			 SOURCE_HAS_MIGRATION);
	source_watch_stop(&watch);
}

static void test_events(void **state)
{
	const struct vm_sample *sample;
	struct source_watch watch;

	(void)state;
	write_script("host hv1\nhost hv2\nvm web-1 hv1\nvm web-2 hv2\n"
		     "at 0.01 event web-1 stopped\n"
		     "at 0.02 event web-2 stopped\n"
		     "at 0.05 event web-1 started\n");
	source_watch_start(&watch, "hv1", uri);
	source_watch_events(&watch, 2);
	assert_int_equal(watch.events[0].type, VM_EVENT_STOPPED);
	assert_string_equal(watch.events[0].name, "web-1");
	assert_int_equal(watch.events[1].type, VM_EVENT_STARTED);
	assert_int_equal(watch.events[1].boot_id, 2);
	assert_true(watch.events[1].time_ns - watch.events[0].time_ns ==
		    40 * NSEC_PER_MSEC);
	sample = source_watch_find(source_watch_poll(&watch), "web-1");
	assert_int_equal(sample->boot_id, 2);
	assert_true(sample->started_ns == watch.events[1].time_ns);
	source_watch_stop(&watch);
}

static void test_connection(void **state)
{
	struct source_watch watch;

	(void)state;
	write_script("host hv1\nvm web-1 hv1\n"
		     "at 0.05 lost hv1 Connection refused\n"
		     "at 0.06 event web-1 stopped\n"
		     "at 0.2 connected hv1\n");
	source_watch_start(&watch, "hv1", uri);
	source_watch_state(&watch, SOURCE_CONNECTED);
	source_watch_state(&watch, SOURCE_LOST);
	assert_string_equal(source_error(watch.source), "Connection refused");
	assert_int_equal(source_poll(watch.source), -ENOTCONN);
	source_watch_state(&watch, SOURCE_CONNECTED);
	assert_null(source_error(watch.source));
	assert_int_equal(watch.n_states, 3);
	/* What happened meanwhile is seen by the next poll alone. */
	assert_int_equal(watch.n_events, 0);
	assert_int_equal(source_watch_find(source_watch_poll(&watch),
					   "web-1")->state, VM_STATE_SHUTOFF);
	source_watch_stop(&watch);
}

static void test_silence(void **state)
{
	struct source_watch watch;

	(void)state;
	write_script("host hv1\nvm web-1 hv1\n"
		     "at 0 silent hv1\nat 0.1 event web-1 suspended\n"
		     "at 0.2 answers hv1\n");
	source_watch_start(&watch, "hv1", uri);
	source_watch_state(&watch, SOURCE_CONNECTED);
	assert_int_equal(source_poll(watch.source), 0);
	source_watch_events(&watch, 1);
	assert_int_equal(watch.n_inventories, 0);
	assert_int_equal(source_poll(watch.source), -EBUSY);
	while (!watch.n_inventories)
		assert_true(sd_event_run(watch.loop, 10 * USEC_PER_SEC) > 0);
	assert_int_equal(watch.n_inventories, 1);
	source_watch_stop(&watch);
}

static void test_bad_script(void **state)
{
	struct source_watch watch;

	(void)state;
	write_script("host hv1\nvm web-1\n");
	source_watch_start(&watch, "hv1", uri);
	assert_int_equal(source_state(watch.source), SOURCE_LOST);
	assert_non_null(strstr(source_error(watch.source),
			       ":2: a host is missing"));
	source_watch_stop(&watch);

	write_script("host hv2\n");
	source_watch_start(&watch, "hv1", uri);
	assert_int_equal(source_state(watch.source), SOURCE_LOST);
	assert_string_equal(source_error(watch.source),
			    "the script has no host named \"hv1\"");
	source_watch_stop(&watch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inventory),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_connection),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_bad_script),
	};

	return cmocka_run_group_tests_name("source_script", tests, make_file,
					   remove_file);
}
