/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "source/private.h"
#include "util.h"

int source_init(struct source *source, const char *name, const char *uri,
		sd_event *loop)
{
	source->name = strdup(name);
	source->uri = strdup(uri);
	if (!source->name || !source->uri)
		return -ENOMEM;
	source->loop = sd_event_ref(loop);
	source->state = SOURCE_CONNECTING;
	return 0;
}

void source_done(struct source *source)
{
	sd_event_unref(source->loop);
	free(source->name);
	free(source->uri);
	free(source->error);
}

void source_set_error(struct source *source, const char *error)
{
	free(source->error);
	source->error = error ? strdup(error) : NULL;
}

void source_set_state(struct source *source, enum source_state state,
		      const char *error)
{
	bool changed = source->state != state;

	source->state = state;
	source_set_error(source, error);
	if (changed)
		source->callbacks->state(source, source->userdata);
}

void source_set_capabilities(struct source *source, unsigned int capabilities)
{
	if (source->capabilities == capabilities)
		return;
	source->capabilities = capabilities;
	source->callbacks->state(source, source->userdata);
}

int source_new(const char *name, const char *uri, sd_event *loop,
	       const struct source_callbacks *callbacks, void *userdata,
	       struct source **ret_source)
{
	struct source *source;
	int r;

	if (strncmp(uri, "script:", 7) == 0)
		r = script_source_new(name, uri, loop, &source);
	else
		r = libvirt_source_new(name, uri, loop, &source);
	if (r < 0)
		return r;
	source->callbacks = callbacks;
	source->userdata = userdata;
	*ret_source = source;
	return 0;
}

int source_start(struct source *source)
{
	return source->ops->start(source);
}

int source_poll(struct source *source)
{
	return source->ops->poll(source);
}

struct source *source_free(struct source *source)
{
	if (source)
		source->ops->free(source);
	return NULL;
}

void source_freep(struct source **source)
{
	source_free(*source);
}

const char *source_name(const struct source *source)
{
	return source->name;
}

const char *source_uri(const struct source *source)
{
	return source->uri;
}

enum source_state source_state(const struct source *source)
{
	return source->state;
}

const char *source_error(const struct source *source)
{
	return source->error;
}

unsigned int source_capabilities(const struct source *source)
{
	return source->capabilities;
}
