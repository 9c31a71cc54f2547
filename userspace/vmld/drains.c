/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "drains.h"
#include "state_file.h"
#include "util.h"

#define STATE_FILE "drains.json"

struct drains {
	char *state_directory;	/* NULL: they are not kept */
	json_t *domains;	/* an administrator's: name -> true */
	json_t *operations;	/* name -> enum policy_drain */
};

struct drains *drains_free(struct drains *drains)
{
	if (!drains)
		return NULL;
	json_decref(drains->domains);
	json_decref(drains->operations);
	free(drains->state_directory);
	free(drains);
	return NULL;
}

void drains_freep(struct drains **drains)
{
	drains_free(*drains);
}

int drains_new(struct drains **ret_drains)
{
	_cleanup_(drains_freep) struct drains *drains = NULL;

	drains = calloc(1, sizeof(*drains));
	if (!drains)
		return -ENOMEM;
	drains->domains = json_object();
	drains->operations = json_object();
	if (!drains->domains || !drains->operations)
		return -ENOMEM;
	*ret_drains = TAKE_PTR(drains);
	return 0;
}

/* {"web-1": "snapshot"} */
static int load_operations(struct drains *drains, json_t *operations)
{
	const char *domain;
	json_t *kind;

	if (operations && !json_is_object(operations))
		return -EBADMSG;
	json_object_foreach(operations, domain, kind) {
		const char *text = json_string_value(kind);
		enum policy_drain by = text && !strcmp(text, "evacuation") ?
					       POLICY_DRAIN_EVACUATION :
					       POLICY_DRAIN_SNAPSHOT;

		if (json_object_set_new(drains->operations, domain,
					json_integer(by)))
			return -ENOMEM;
	}
	return 0;
}

bool drains_are_kept(const struct drains *drains, const char *domain)
{
	return domain && json_object_get(drains->domains, domain);
}

enum policy_drain drains_find(const struct drains *drains, const char *domain)
{
	if (!domain)
		return POLICY_DRAIN_NONE;
	if (drains_are_kept(drains, domain))
		return POLICY_DRAIN_ADMINISTRATOR;
	/* 0, which is NONE, if there is none. */
	return (enum policy_drain)json_integer_value(
		json_object_get(drains->operations, domain));
}

bool drains_contain(const struct drains *drains, const char *domain)
{
	return drains_find(drains, domain) != POLICY_DRAIN_NONE;
}

static json_t *operations_to_json(const struct drains *drains)
{
	_cleanup_(json_decrefp) json_t *object = json_object();
	const char *domain;
	json_t *by;

	json_object_foreach(drains->operations, domain, by) {
		bool leaves = json_integer_value(by) == POLICY_DRAIN_EVACUATION;

		if (json_object_set_new(object, domain,
					json_string(leaves ? "evacuation" :
							     "snapshot")))
			return NULL;
	}
	return TAKE_PTR(object);
}

static int save(const struct drains *drains)
{
	_cleanup_(json_decrefp) json_t *file = NULL;

	if (!drains->state_directory)
		return 0;
	file = json_pack("{s:o, s:o}", "drains", drains_to_json(drains),
			 "operations", operations_to_json(drains));
	if (!file)
		return -ENOMEM;
	return state_file_write(drains->state_directory, STATE_FILE, file,
				true);
}

int drains_load(const char *state_directory, bool observes,
		struct drains **ret_drains)
{
	_cleanup_(drains_freep) struct drains *drains = NULL;
	_cleanup_(json_decrefp) json_t *file = NULL;
	json_t *list, *name, *operations;
	size_t i;
	int r;

	r = drains_new(&drains);
	if (r < 0)
		return r;
	drains->state_directory = strdup(state_directory);
	if (!drains->state_directory)
		return -ENOMEM;
	r = state_file_read(state_directory, STATE_FILE, &file);
	if (r < 0 && r != -ENOENT)
		return r;
	list = json_object_get(file, "drains");
	if (file && !json_is_array(list))
		return -EBADMSG;
	json_array_foreach(list, i, name) {
		if (!json_is_string(name))
			return -EBADMSG;
		if (json_object_set_new(drains->domains,
					json_string_value(name), json_true()))
			return -ENOMEM;
	}
	operations = json_object_get(file, "operations");
	r = observes ? load_operations(drains, operations) : 0;
	if (r < 0)
		return r;
	/* If it can't be, those who look on see them until the next change. */
	if (!observes && json_object_size(operations))
		save(drains);
	*ret_drains = TAKE_PTR(drains);
	return 0;
}

int drains_set(struct drains *drains, const char *domain, bool drained)
{
	bool before = drains_are_kept(drains, domain);
	int r;

	if (before == drained)
		return 0;
	if (drained) {
		/* jansson refuses what is no UTF-8, as a name must be. */
		if (json_object_set_new(drains->domains, domain, json_true()))
			return -EINVAL;
	} else {
		json_object_del(drains->domains, domain);
	}
	r = save(drains);
	if (r == 0)
		return 0;
	if (drained)
		json_object_del(drains->domains, domain);
	else
		json_object_set_new(drains->domains, domain, json_true());
	return r;
}

int drains_set_operation(struct drains *drains, const char *domain,
			 enum policy_drain by)
{
	int r;

	if (by == POLICY_DRAIN_NONE) {
		if (json_object_del(drains->operations, domain))
			return 0;
		return save(drains);
	}
	if (json_object_set_new(drains->operations, domain, json_integer(by)))
		return -EINVAL;
	r = save(drains);
	if (r < 0)
		json_object_del(drains->operations, domain);
	return r;
}

/* Each domain of which others says that it is not drained. */
static void tell_others(const struct drains *drains,
			const struct drains *others, bool drained,
			void (*changed)(const char *domain, bool drained,
					void *userdata),
			void *userdata)
{
	const char *domain;
	json_t *value;

	json_object_foreach(drains->domains, domain, value)
		if (!drains_contain(others, domain))
			changed(domain, drained, userdata);
	json_object_foreach(drains->operations, domain, value)
		if (!drains_are_kept(drains, domain) &&
		    !drains_contain(others, domain))
			changed(domain, drained, userdata);
}

void drains_compare(const struct drains *before, const struct drains *after,
		    void (*changed)(const char *domain, bool drained,
				    void *userdata),
		    void *userdata)
{
	static const struct drains none;

	if (!before)
		before = &none;
	tell_others(before, after, false, changed, userdata);
	tell_others(after, before, true, changed, userdata);
}

json_t *drains_to_json(const struct drains *drains)
{
	_cleanup_(json_decrefp) json_t *list = json_array();
	const char *name;
	json_t *value;

	json_object_foreach(drains->domains, name, value)
		if (json_array_append_new(list, json_string(name)))
			return NULL;
	return TAKE_PTR(list);
}
