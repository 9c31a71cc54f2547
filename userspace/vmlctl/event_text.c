/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <jansson.h>

#include "event_text.h"
#include "kernel.h"

static bool has_destination(const struct vml_event *event)
{
	return event->type == VML_EVENT_DESTINATION_ADDED ||
	       event->type == VML_EVENT_DESTINATION_REMOVED;
}

static bool has_generation(const struct vml_event *event)
{
	return event->type == VML_EVENT_SCALES_COMMITTED ||
	       event->type == VML_EVENT_LEASE_EXPIRED;
}

int event_print(const struct vml_event *event, const struct timespec *when,
		FILE *file)
{
	char key[VML_KEY_STRING_MAX];
	char moment[sizeof("2000-01-01 00:00:00")] = "";
	struct tm local;

	localtime_r(&when->tv_sec, &local);
	strftime(moment, sizeof(moment), "%F %T", &local);
	fprintf(file, "%s.%03ld %s", moment, when->tv_nsec / 1000000,
		vml_event_type_name(event->type));
	if (event->type != VML_EVENT_LOST)
		fprintf(file, " %s", vml_service_key_format(&event->service,
							    key));
	if (has_destination(event))
		fprintf(file, " destination %s",
			vml_destination_key_format(&event->destination, key));
	if (has_generation(event))
		fprintf(file, " generation %u", event->generation);
	if (event->type == VML_EVENT_SCALES_COMMITTED && event->lease_ms)
		fprintf(file, " lease %.1f s", event->lease_ms / 1000.0);
	fputc('\n', file);
	return 0;
}

int event_print_json(const struct vml_event *event, const struct timespec *when,
		     FILE *file)
{
	_cleanup_(json_decrefp) json_t *object = NULL;
	char key[VML_KEY_STRING_MAX];
	int r = 0;

	object = json_pack("{s:f, s:s}", "time",
			   (double)when->tv_sec + (double)when->tv_nsec / 1e9,
			   "event", vml_event_type_name(event->type));
	if (!object)
		return -ENOMEM;
	if (event->type != VML_EVENT_LOST)
		r |= json_object_set_new(
			object, "service",
			json_string(vml_service_key_format(&event->service,
							   key)));
	if (has_destination(event))
		r |= json_object_set_new(
			object, "destination",
			json_string(vml_destination_key_format(
				&event->destination, key)));
	if (has_generation(event))
		r |= json_object_set_new(object, "generation",
					 json_integer(event->generation));
	if (event->type == VML_EVENT_SCALES_COMMITTED)
		r |= json_object_set_new(object, "lease_ms",
					 event->lease_ms ?
						 json_integer(event->lease_ms) :
						 json_null());
	if (r < 0)
		return -ENOMEM;
	if (json_dumpf(object, file, JSON_COMPACT) == 0)
		fputc('\n', file);
	return 0;
}
