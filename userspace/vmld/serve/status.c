/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "serve/status.h"
#include "utf8.h"
#include "util.h"

static double seconds(uint64_t ns)
{
	return (double)ns / (double)NSEC_PER_SEC;
}

static json_t *capabilities_to_json(unsigned int capabilities)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < SOURCE_N_CAPABILITIES; i++)
		if (capabilities & 1u << i)
			json_array_append_new(list,
					      json_string(source_capability_name(
						      1u << i)));
	return list;
}

static json_t *hypervisor_to_json(const struct daemon *daemon, size_t i)
{
	const struct source *source = daemon_source(daemon, i);
	const struct vm_inventory *inventory = daemon_inventory(daemon, i);

	return json_pack(
		"{s:s, s:o, s:s, s:o, s:o, s:I, s:o}", "name",
		source_name(source), "uri", utf8_to_json(source_uri(source)),
		"state", source_state_name(source_state(source)), "error",
		utf8_to_json(source_error(source)), "capabilities",
		capabilities_to_json(source_capabilities(source)), "domains",
		(json_int_t)(inventory ? inventory->n_samples : 0),
		"last_poll_age",
		inventory ? json_real(seconds(now_ns() - inventory->time_ns))
			  : json_null());
}

static json_t *reasons_to_json(const struct policy_verdict *verdict)
{
	char text[POLICY_REASON_STRING_MAX];
	json_t *list = json_array();

	for (size_t i = 0; i < verdict->n_reasons; i++)
		json_array_append_new(
			list, json_string(policy_reason_format(
				      &verdict->reasons[i], text,
				      sizeof(text))));
	return list;
}

static json_t *member_to_json(const struct service_member *member)
{
	char key[VML_KEY_STRING_MAX], uuid[VM_UUID_STRING_MAX];

	return json_pack(
		"{s:s, s:s?, s:s?, s:s?, s:s, s:I, s:I, s:b, s:o}",
		"destination",
		vml_destination_key_format(&member->destination->key, key),
		"domain", member->domain, "uuid",
		member->uuid ? vm_uuid_format(member->uuid, uuid) : NULL,
		"hypervisor", member->hypervisor, "vm_state",
		vm_state_name(member->verdict->state), "weight",
		(json_int_t)member->destination->weight, "scale",
		(json_int_t)member->destination->scale, "drained",
		member->drained, "reasons", reasons_to_json(member->verdict));
}

static json_t *service_to_json(const struct daemon *daemon,
			       const struct service *service)
{
	const struct config_service *config = service_config(service);
	char key[VML_KEY_STRING_MAX];
	json_t *members = json_array();

	for (size_t i = 0; i < service_n_members(service); i++) {
		struct service_member member =
			service_member(service, i, daemon_drains(daemon));

		json_array_append_new(members, member_to_json(&member));
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:o}", "name",
			 config->name, "key",
			 vml_service_key_format(&config->key, key), "mode",
			 config_mode_name(config->mode), "state",
			 service_state_name(service_state(service)),
			 "generation", (json_int_t)service_generation(service),
			 "members", members);
}

json_t *status_to_json(const struct daemon *daemon)
{
	const struct config *config = daemon_config(daemon);
	json_t *hypervisors = json_array();
	json_t *services = json_array();

	for (size_t i = 0; i < daemon_n_hypervisors(daemon); i++)
		json_array_append_new(hypervisors,
				      hypervisor_to_json(daemon, i));
	for (size_t i = 0; i < daemon_n_services(daemon); i++)
		json_array_append_new(
			services,
			service_to_json(daemon, daemon_service(daemon, i)));
	return json_pack(
		"{s:s, s:i, s:f, s:b, s:o, s:o, s:s, s:f, s:f, s:o, s:o, s:o}",
		"version", VML_VERSION, "pid", (int)getpid(), "uptime",
		seconds(now_ns() - daemon_started_ns(daemon)), "shadow",
		daemon_is_shadow(daemon), "record",
		utf8_to_json(daemon_record(daemon)), "config",
		utf8_to_json(config->path), "sink",
		config_sink_name(config->sink),
		"poll_interval", seconds(config->poll_interval_ns), "lease",
		(double)config->lease_ms / (double)MSEC_PER_SEC, "hypervisors",
		hypervisors, "services", services, "drains",
		drains_to_json(daemon_drains(daemon)));
}
