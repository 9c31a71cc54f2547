/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several hypervisors in one event loop, as vmld has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "fake_libvirtd.h"
#include "source/source.h"
#include "util.h"

#define HOSTS 3
#define MACHINES 40
#define XML_MS 10	/* all together more than a poll has time for */
#define POLLS 5
#define TELLING_NS (NSEC_PER_SEC / 2)	/* a host has told all by then */
#define DEADLINE_NS (20 * NSEC_PER_SEC)

struct host {
	char *path;
	struct fake_libvirtd *fake;
	struct source *source;
	unsigned int inventories;
	struct vm_inventory *last;
};

struct hosts {
	char folder[32];
	unsigned int xml_ms;
	unsigned int hung;	/* a machine of the first host */
	sd_event *loop;
	struct host hosts[HOSTS];
};

static void on_inventory(_unused_ struct source *source,
			 struct vm_inventory *inventory, void *userdata)
{
	struct host *host = userdata;

	vm_inventory_free(host->last);
	host->last = inventory;
	host->inventories++;
}

static void on_event(_unused_ struct source *source,
		     _unused_ const struct vm_event *event,
		     _unused_ void *userdata)
{
}

static void on_state(_unused_ struct source *source, _unused_ void *userdata)
{
}

static const struct source_callbacks callbacks = {
	.inventory = on_inventory,
	.event = on_event,
	.state = on_state,
};

/* Run the loop until it is so. */
static void wait_for(struct hosts *all,
		     bool (*is_so)(const struct host *host, unsigned int n),
		     unsigned int first, unsigned int n)
{
	uint64_t end = now_ns() + DEADLINE_NS;

	for (unsigned int i = first; i < HOSTS; i++)
		while (!is_so(&all->hosts[i], n)) {
			assert_true(now_ns() < end);
			assert_true(sd_event_run(all->loop, 100000) >= 0);
		}
}

static bool is_connected(const struct host *host, _unused_ unsigned int n)
{
	return source_state(host->source) == SOURCE_CONNECTED;
}

static bool has_inventories(const struct host *host, unsigned int n)
{
	return host->inventories == n;
}

static void start(struct hosts *all, unsigned int i)
{
	const struct fake_machines machines = {
		.n = MACHINES,
		.first = 1 + i * MACHINES,
		.vcpus = 2,
		.xml_ms = all->xml_ms,
		.hung = all->hung,
	};
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct host *host = &all->hosts[i];
	char name[8], uri[128];

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%u",
		 all->folder, i);
	host->path = strdup(address.sun_path);
	assert_non_null(host->path);
	host->fake = fake_libvirtd_start((struct sockaddr *)&address,
					 sizeof(address), &machines);
	snprintf(name, sizeof(name), "hv%u", i);
	snprintf(uri, sizeof(uri), "qemu+unix:///system?socket=%s",
		 host->path);
	assert_int_equal(source_new(name, uri, all->loop, &callbacks, host,
				    &host->source), 0);
	assert_int_equal(source_start(host->source), 0);
}

static int set_up_with(void **state, unsigned int xml_ms, unsigned int hung)
{
	struct hosts *all = calloc(1, sizeof(*all));

	all->xml_ms = xml_ms;
	all->hung = hung;
	strcpy(all->folder, "/tmp/vml-test-XXXXXX");
	assert_non_null(mkdtemp(all->folder));
	assert_true(sd_event_new(&all->loop) >= 0);
	for (unsigned int i = 0; i < HOSTS; i++)
		start(all, i);
	wait_for(all, is_connected, 0, 0);
	*state = all;
	return 0;
}

static int set_up(void **state)
{
	return set_up_with(state, 0, 0);
}

static int set_up_slow(void **state)
{
	return set_up_with(state, XML_MS, 0);
}

static int set_up_with_hung_agent(void **state)
{
	return set_up_with(state, 0, MACHINES / 2);
}

static int tear_down(void **state)
{
	struct hosts *all = *state;

	for (unsigned int i = 0; i < HOSTS; i++) {
		source_free(all->hosts[i].source);
		vm_inventory_free(all->hosts[i].last);
		fake_libvirtd_stop(all->hosts[i].fake);
		unlink(all->hosts[i].path);
		free(all->hosts[i].path);
	}
	sd_event_unref(all->loop);
	rmdir(all->folder);
	free(all);
	return 0;
}

static unsigned int stats_calls(const struct host *host)
{
	return fake_libvirtd_calls(host->fake, FAKE_GET_ALL_DOMAIN_STATS);
}

static void test_a_poll_is_one_stats_call(void **state)
{
	struct hosts *all = *state;
	const struct vm_sample *sample;

	for (unsigned int n = 1; n <= POLLS; n++) {
		for (unsigned int i = 0; i < HOSTS; i++)
			assert_int_equal(source_poll(all->hosts[i].source), 0);
		wait_for(all, has_inventories, 0, n);
	}
	for (unsigned int i = 0; i < HOSTS; i++) {
		const struct host *host = &all->hosts[i];

		assert_int_equal(stats_calls(host), POLLS);
		assert_non_null(host->last);
		assert_int_equal(host->last->n_samples, MACHINES);
	}
	/* What has come through libvirt is what was told. */
	sample = &all->hosts[0].last->samples[0];
	assert_string_equal(sample->name, "vm-1");
	assert_int_equal(sample->state, VM_STATE_RUNNING);
	assert_int_equal(sample->vcpus, 2);
	assert_true(sample->has_run && sample->has_steal);
	assert_true(sample->has_block && sample->has_memory);
	assert_int_equal(sample->n_addresses, 1);
	assert_int_equal(sample->n_macs, 1);
}

static void test_one_that_hangs_delays_no_other(void **state)
{
	struct hosts *all = *state;
	struct host *hung = &all->hosts[0];

	fake_libvirtd_hang(hung->fake, true);
	assert_int_equal(source_poll(hung->source), 0);
	for (unsigned int n = 1; n <= POLLS; n++) {
		for (unsigned int i = 1; i < HOSTS; i++)
			assert_int_equal(source_poll(all->hosts[i].source), 0);
		wait_for(all, has_inventories, 1, n);
		assert_int_equal(source_poll(hung->source), -EBUSY);
	}
	assert_int_equal(hung->inventories, 0);
	assert_int_equal(stats_calls(hung), 0);
	assert_int_equal(source_state(hung->source), SOURCE_CONNECTED);

	/* What it owes comes when it answers again, and no more than that. */
	fake_libvirtd_hang(hung->fake, false);
	while (!hung->inventories)
		assert_true(sd_event_run(all->loop, DEADLINE_NS / 1000) > 0);
	assert_int_equal(stats_calls(hung), 1);
	assert_int_equal(hung->last->n_samples, MACHINES);
}

/*
 * Or the answer to the first would be taken for that of the second, and nobody
 * would notice that the second has none.
 */
static void test_the_next_poll_waits_for_the_callback(void **state)
{
	struct hosts *all = *state;
	struct host *host = &all->hosts[0];
	uint64_t end = now_ns() + TELLING_NS;

	assert_int_equal(source_poll(host->source), 0);
	while (now_ns() < end) {
		assert_int_equal(source_poll(host->source), -EBUSY);
		usleep(1000);
	}
	while (!host->inventories)
		assert_true(sd_event_run(all->loop, DEADLINE_NS / 1000) > 0);
	assert_int_equal(source_poll(host->source), 0);
}

static unsigned int machines_found(const struct vm_inventory *inventory)
{
	unsigned int n = 0;

	assert_non_null(inventory);
	for (size_t i = 0; i < inventory->n_samples; i++)
		n += inventory->samples[i].n_addresses > 0;
	return n;
}

static void test_nobody_is_asked_again_while_others_wait(void **state)
{
	struct hosts *all = *state;
	struct host *host = &all->hosts[0];
	unsigned int polls = 0, found;

	do {
		assert_int_equal(source_poll(host->source), 0);
		polls++;
		while (host->inventories < polls)
			assert_true(sd_event_run(all->loop,
						 DEADLINE_NS / 1000) > 0);
		found = machines_found(host->last);
		assert_int_equal(fake_libvirtd_calls(host->fake,
						     FAKE_DOMAIN_GET_XML_DESC),
				 found);
		/* Each poll finds some. */
		assert_true(found >= polls);
	} while (found < MACHINES);
	assert_true(polls > 1);
}

/* Of one: another worker takes over, which does not wait for it again. */
static void test_an_agent_that_hangs_delays_one_poll(void **state)
{
	struct hosts *all = *state;
	struct host *host = &all->hosts[0];
	uint64_t end = now_ns() + DEADLINE_NS;

	while (host->inventories < POLLS) {
		int r = source_poll(host->source);

		assert_true(r == 0 || r == -EBUSY);
		assert_true(now_ns() < end);
		assert_int_equal(source_state(host->source), SOURCE_CONNECTED);
		assert_true(sd_event_run(all->loop, 10000) >= 0);
	}
	assert_int_equal(machines_found(host->last), MACHINES - 1);
	assert_int_equal(fake_libvirtd_unanswered(host->fake), 1);
}

static void test_polls_that_fail_say_why(void **state)
{
	struct hosts *all = *state;
	struct host *host = &all->hosts[0];
	uint64_t end = now_ns() + DEADLINE_NS;

	fake_libvirtd_refuse(host->fake, true);
	assert_int_equal(source_poll(host->source), 0);
	while (!source_error(host->source)) {
		assert_true(now_ns() < end);
		assert_true(sd_event_run(all->loop, 100000) >= 0);
	}
	assert_non_null(strstr(source_error(host->source), "refuses"));
	assert_int_equal(source_state(host->source), SOURCE_CONNECTED);
	assert_int_equal(host->inventories, 0);

	fake_libvirtd_refuse(host->fake, false);
	assert_int_equal(source_poll(host->source), 0);
	while (!host->inventories) {
		assert_true(now_ns() < end);
		assert_true(sd_event_run(all->loop, 100000) >= 0);
	}
	assert_null(source_error(host->source));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_poll_is_one_stats_call,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_one_that_hangs_delays_no_other, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			test_the_next_poll_waits_for_the_callback, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			test_nobody_is_asked_again_while_others_wait,
			set_up_slow, tear_down),
		cmocka_unit_test_setup_teardown(
			test_an_agent_that_hangs_delays_one_poll,
			set_up_with_hung_agent, tear_down),
		cmocka_unit_test_setup_teardown(test_polls_that_fail_say_why,
						set_up, tear_down),
	};

	return cmocka_run_group_tests_name("hosts", tests, NULL, NULL);
}
