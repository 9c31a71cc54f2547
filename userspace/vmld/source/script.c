/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A source that plays one host of a script, in real time from its start. */
#include <string.h>

#include "source/private.h"
#include "source/script.h"
#include "source/world.h"
#include "util.h"

#define PREFIX "script://"

struct script_source {
	struct source source;
	struct script *script;
	struct world *world;
	size_t host;
	uint64_t epoch_ns;
	bool pending;			/* a poll waits for its answer */
	sd_event_source *timer;		/* the next step */
	sd_event_source *begin;		/* tells that it is connected */
	sd_event_source *answer;	/* of a poll, from the event loop */
};

static struct script_source *of(struct source *source)
{
	return (struct script_source *)source;
}

/* Enabled once, if the host is in the mood to answer. */
static void schedule_answer(struct script_source *script)
{
	const struct world_host *host = &script->world->hosts[script->host];

	if (script->pending && !host->silent && !host->lost)
		sd_event_source_set_enabled(script->answer, SD_EVENT_ONESHOT);
}

static int schedule_step(struct script_source *script)
{
	uint64_t next_ns = world_next_ns(script->world);
	int r;

	if (next_ns == UINT64_MAX)
		return 0;
	r = sd_event_source_set_time(script->timer,
				     (script->epoch_ns + next_ns) / 1000 + 1);
	if (r < 0)
		return r;
	return sd_event_source_set_enabled(script->timer, SD_EVENT_ONESHOT);
}

static bool has(const struct script_source *script,
		enum source_capability capability)
{
	return script->source.capabilities & (unsigned int)capability;
}

static bool is_migration(enum vm_event_type type)
{
	return type == VM_EVENT_MIGRATING_OUT ||
	       type == VM_EVENT_MIGRATION_ENDED;
}

static void tell_event(struct script_source *script,
		       const struct script_step *step)
{
	struct source *source = &script->source;
	struct vm_event event;

	world_event(script->world, step, script->epoch_ns, &event);
	if (strcmp(event.hypervisor, source->name) != 0 ||
	    script->world->hosts[script->host].lost ||
	    !has(script, SOURCE_HAS_EVENTS) ||
	    (is_migration(event.type) && !has(script, SOURCE_HAS_MIGRATION)))
		return;
	source->callbacks->event(source, &event, source->userdata);
}

static void tell_step(struct script_source *script,
		      const struct script_step *step)
{
	struct source *source = &script->source;

	if (step->verb == SCRIPT_EVENT) {
		tell_event(script, step);
		return;
	}
	if (step->verb == SCRIPT_ANSWERS)
		schedule_answer(script);
	if (step->host != script->host)
		return;
	if (step->verb == SCRIPT_LOST) {
		script->pending = false;
		source_set_state(source, SOURCE_LOST, step->text);
	} else if (step->verb == SCRIPT_CONNECTED) {
		source_set_state(source, SOURCE_CONNECTED, NULL);
	}
}

static void catch_up(struct script_source *script)
{
	uint64_t now = now_ns() - script->epoch_ns;
	const struct script_step *step;

	while ((step = world_step(script->world, now)))
		tell_step(script, step);
	world_advance(script->world, now);
}

static int on_timer(_unused_ sd_event_source *event, _unused_ uint64_t usec,
		    void *userdata)
{
	struct script_source *script = userdata;

	catch_up(script);
	return schedule_step(script);
}

static int on_answer(_unused_ sd_event_source *event, void *userdata)
{
	struct script_source *script = userdata;
	struct source *source = &script->source;
	struct vm_inventory *inventory;

	catch_up(script);
	if (!script->pending || script->world->hosts[script->host].silent)
		return 0;
	script->pending = false;
	if (world_inventory(script->world, script->host, script->epoch_ns,
			    script->world->now_ns, &inventory) < 0)
		return 0;
	source->callbacks->inventory(source, inventory, source->userdata);
	return 0;
}

static int on_start(_unused_ sd_event_source *event, void *userdata)
{
	struct script_source *script = userdata;
	struct source *source = &script->source;

	source_set_state(source, SOURCE_CONNECTED, NULL);
	return schedule_step(script);
}

static int find_host(struct script_source *script, char **ret_error)
{
	const struct script *loaded = script->script;

	for (size_t i = 0; i < loaded->n_hosts; i++) {
		if (strcmp(loaded->hosts[i].name, script->source.name) == 0) {
			script->host = i;
			return 0;
		}
	}
	if (asprintf(ret_error, "the script has no host named \"%s\"",
		     script->source.name) < 0)
		*ret_error = NULL;
	return -ENOENT;
}

static int add_sources(struct script_source *script)
{
	sd_event *loop = script->source.loop;
	int r;

	r = sd_event_add_time(loop, &script->timer, CLOCK_MONOTONIC, 0, 1000,
			      on_timer, script);
	if (r >= 0)
		r = sd_event_source_set_enabled(script->timer, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_defer(loop, &script->answer, on_answer,
				       script);
	if (r >= 0)
		r = sd_event_source_set_enabled(script->answer, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_defer(loop, &script->begin, on_start,
				       script);
	return r < 0 ? r : 0;
}

static int script_start(struct source *source)
{
	_cleanup_free_ char *error = NULL;
	struct script_source *script = of(source);
	int r;

	r = script_load(source->uri + strlen(PREFIX), &script->script, &error);
	if (r == 0)
		r = find_host(script, &error);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		source_set_state(source, SOURCE_LOST, error);
		return 0;
	}
	r = world_new(script->script, &script->world);
	if (r < 0)
		return r;
	source->capabilities =
		script->script->hosts[script->host].capabilities;
	script->epoch_ns = now_ns();
	return add_sources(script);
}

static int script_poll(struct source *source)
{
	struct script_source *script = of(source);

	if (source->state != SOURCE_CONNECTED)
		return -ENOTCONN;
	if (script->pending)
		return -EBUSY;
	script->pending = true;
	schedule_answer(script);
	return 0;
}

static void script_source_free(struct source *source)
{
	struct script_source *script = of(source);

	sd_event_source_disable_unref(script->timer);
	sd_event_source_disable_unref(script->begin);
	sd_event_source_disable_unref(script->answer);
	world_free(script->world);
	script_free(script->script);
	source_done(source);
	free(script);
}

static const struct source_ops script_ops = {
	.start = script_start,
	.poll = script_poll,
	.free = script_source_free,
};

int script_source_new(const char *name, const char *uri, sd_event *loop,
		      struct source **ret_source)
{
	struct script_source *script;
	int r;

	if (strncmp(uri, PREFIX "/", strlen(PREFIX "/")) != 0)
		return -EINVAL;
	script = calloc(1, sizeof(*script));
	if (!script)
		return -ENOMEM;
	script->source.ops = &script_ops;
	r = source_init(&script->source, name, uri, loop);
	if (r < 0) {
		script_source_free(&script->source);
		return r;
	}
	*ret_source = &script->source;
	return 0;
}
