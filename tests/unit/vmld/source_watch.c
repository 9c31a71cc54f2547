/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "source_watch.h"
#include "util.h"

#define PATIENCE_NS (10 * NSEC_PER_SEC)

static void on_inventory(struct source *source, struct vm_inventory *inventory,
			 void *userdata)
{
	struct source_watch *watch = userdata;

	assert_ptr_equal(source, watch->source);
	vm_inventory_free(watch->inventory);
	watch->inventory = inventory;
	watch->n_inventories++;
}

static void on_event(struct source *source, const struct vm_event *event,
		     void *userdata)
{
	struct source_watch *watch = userdata;
	unsigned int n = watch->n_events++;

	assert_true(n < WATCH_MAX_EVENTS);
	assert_string_equal(event->hypervisor, source_name(source));
	watch->events[n].type = event->type;
	watch->events[n].boot_id = event->boot_id;
	watch->events[n].time_ns = event->time_ns;
	snprintf(watch->events[n].name, sizeof(watch->events[n].name), "%s",
		 event->name);
	snprintf(watch->events[n].detail, sizeof(watch->events[n].detail),
		 "%s", event->detail);
}

static void on_state(struct source *source, void *userdata)
{
	struct source_watch *watch = userdata;

	assert_ptr_equal(source, watch->source);
	watch->n_states++;
}

static const struct source_callbacks callbacks = {
	.inventory = on_inventory,
	.event = on_event,
	.state = on_state,
};

void source_watch_start(struct source_watch *watch, const char *name,
			const char *uri)
{
	*watch = (struct source_watch){};
	assert_true(sd_event_new(&watch->loop) >= 0);
	assert_int_equal(source_new(name, uri, watch->loop, &callbacks, watch,
				    &watch->source), 0);
	assert_int_equal(source_start(watch->source), 0);
}

void source_watch_stop(struct source_watch *watch)
{
	watch->source = source_free(watch->source);
	vm_inventory_free(watch->inventory);
	watch->loop = sd_event_unref(watch->loop);
}

nlink_t source_watch_threads(void)
{
	struct stat tasks;

	/* A folder for each thread, and the two that all folders have. */
	assert_int_equal(stat("/proc/self/task", &tasks), 0);
	return tasks.st_nlink;
}

void source_watch_wait_for_workers(nlink_t threads)
{
	uint64_t deadline = now_ns() + PATIENCE_NS;

	while (source_watch_threads() > threads) {
		assert_true(now_ns() < deadline);
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
}

static void run_once(struct source_watch *watch, uint64_t deadline)
{
	uint64_t now = now_ns();

	assert_true(now < deadline);
	assert_true(sd_event_run(watch->loop, (deadline - now) / 1000) >= 0);
}

void source_watch_state(struct source_watch *watch, enum source_state state)
{
	uint64_t deadline = now_ns() + PATIENCE_NS;

	while (source_state(watch->source) != state)
		run_once(watch, deadline);
}

void source_watch_events(struct source_watch *watch, unsigned int n)
{
	uint64_t deadline = now_ns() + PATIENCE_NS;

	while (watch->n_events < n)
		run_once(watch, deadline);
}

const struct vm_inventory *source_watch_poll(struct source_watch *watch)
{
	uint64_t deadline = now_ns() + PATIENCE_NS;
	unsigned int before = watch->n_inventories;

	assert_int_equal(source_poll(watch->source), 0);
	while (watch->n_inventories == before)
		run_once(watch, deadline);
	return watch->inventory;
}

const struct vm_sample *source_watch_find(const struct vm_inventory *inventory,
					  const char *name)
{
	for (size_t i = 0; i < inventory->n_samples; i++)
		if (strcmp(inventory->samples[i].name, name) == 0)
			return &inventory->samples[i];
	fail_msg("no machine is named \"%s\"", name);
	return NULL;
}
