/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "kernel.h"
#include "output.h"
#include "unite.h"

/* An object with the elements of an array by the text of their member. */
static json_t *index_new(json_t *array, const char *member)
{
	_cleanup_(json_decrefp) json_t *index = json_object();
	json_t *element;
	size_t i;

	if (!index)
		return NULL;
	json_array_foreach(array, i, element)
		if (json_object_set(index, member_string(element, member),
				    element) < 0)
			return NULL;
	return TAKE_PTR(index);
}

static int copy(json_t *to, const json_t *from, const char *const *names,
		size_t n)
{
	for (size_t i = 0; i < n; i++) {
		json_t *value = json_object_get(from, names[i]);

		if (value && json_object_set(to, names[i], value) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* A shadow's scales are not the kernel's. */
static int annotate(json_t *destination, const json_t *member, bool shadow)
{
	static const char *const names[] = {
		"domain", "uuid", "hypervisor", "vm_state", "drained", "reasons",
	};

	json_t *scale = json_object_get(member, "scale");

	if (shadow && scale &&
	    json_object_set(destination, "shadow_scale", scale) < 0)
		return -ENOMEM;
	return copy(destination, member, names, ARRAY_SIZE(names));
}

/* A destination that the kernel part lacks. */
static int append_member(json_t *destinations, const json_t *member,
			 bool shadow)
{
	static const char *const names[] = { "destination", "weight", "scale" };
	size_t n = ARRAY_SIZE(names) - shadow;
	json_t *destination = json_object();
	long long effective;

	if (json_array_append_new(destinations, destination) < 0 ||
	    copy(destination, member, names, n) < 0 ||
	    annotate(destination, member, shadow) < 0)
		return -ENOMEM;
	/* The kernel has no weight and no scale for which it would not fit. */
	if (shadow ||
	    __builtin_mul_overflow(member_integer(member, "weight"),
				   member_integer(member, "scale"),
				   &effective))
		return 0;
	return json_object_set_new(destination, "effective_weight",
				   json_integer(effective)) < 0 ? -ENOMEM : 0;
}

static int unite_service(json_t *service, const json_t *known, bool shadow)
{
	static const char *const names[] = { "name", "mode", "state" };
	json_t *destinations = json_object_get(service, "destinations");
	_cleanup_(json_decrefp) json_t *index =
		index_new(destinations, "destination");
	json_t *destination, *member;
	size_t i;

	if (!index || copy(service, known, names, ARRAY_SIZE(names)) < 0)
		return -ENOMEM;
	json_array_foreach(json_object_get(known, "members"), i, member) {
		int r;

		destination = json_object_get(
			index, member_string(member, "destination"));
		r = destination ? annotate(destination, member, shadow) :
				  append_member(destinations, member, shadow);
		if (r < 0)
			return r;
	}
	return 0;
}

static int append_service(json_t *services, const json_t *known, bool shadow)
{
	json_t *service = json_pack("{s:s, s:[]}", "key",
				    member_string(known, "key"),
				    "destinations");

	if (json_array_append_new(services, service) < 0)
		return -ENOMEM;
	return unite_service(service, known, shadow);
}

static json_t *daemon_part(const json_t *daemon)
{
	_cleanup_(json_decrefp) json_t *part = NULL;

	if (!daemon)
		return json_null();
	part = json_copy((json_t *)daemon);
	if (!part)
		return NULL;
	json_object_del(part, "services");
	return TAKE_PTR(part);
}

json_t *status_unite(const json_t *kernel, const json_t *daemon,
		     const char *only)
{
	_cleanup_(json_decrefp) json_t *document = NULL;
	_cleanup_(json_decrefp) json_t *index = NULL;
	bool shadow = json_is_true(json_object_get(daemon, "shadow"));
	json_t *services, *known;
	size_t i;

	services = kernel ? json_deep_copy(kernel) : json_array();
	document = json_pack("{s:o, s:o}", "daemon", daemon_part(daemon),
			     "services", services);
	index = index_new(services, "key");
	if (!document || !index)
		return NULL;
	json_array_foreach(json_object_get(daemon, "services"), i, known) {
		const char *key = member_string(known, "key");
		json_t *service = json_object_get(index, key);
		int r = 0;

		if (service)
			r = unite_service(service, known, shadow);
		else if (!only || !strcmp(key, only))
			r = append_service(services, known, shadow);
		if (r < 0)
			return NULL;
	}
	return TAKE_PTR(document);
}
