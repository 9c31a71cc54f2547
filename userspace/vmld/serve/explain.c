/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>
#include <string.h>

#include "serve/explain.h"
#include "utf8.h"
#include "util.h"

static json_t *facts_to_json(const struct policy_explanation *explanation)
{
	json_t *list = json_array();

	for (size_t i = 0; i < explanation->n_facts; i++) {
		const struct policy_fact *fact = &explanation->facts[i];

		json_array_append_new(list, json_pack(
			"{s:s, s:s, s:o, s:o}", "layer",
			policy_layer_name(fact->layer), "name", fact->name,
			"factor",
			isnan(fact->factor) ? json_null() :
					      json_real(fact->factor),
			"text", utf8_to_json(fact->text)));
	}
	return list;
}

static json_t *reasons_to_json(const struct policy_verdict *verdict)
{
	char text[POLICY_REASON_STRING_MAX];
	json_t *list = json_array();

	for (size_t i = 0; i < verdict->n_reasons; i++) {
		const struct policy_reason *reason = &verdict->reasons[i];

		json_array_append_new(list, json_pack(
			"{s:s, s:s, s:s?}", "name",
			policy_reason_name(reason->type), "text",
			policy_reason_format(reason, text, sizeof(text)),
			"advice", policy_reason_advice(reason->type)));
	}
	return list;
}

static json_t *past_to_json(const struct policy_explanation *explanation,
			    uint64_t now)
{
	json_t *list = json_array();

	for (size_t i = 0; i < explanation->n_past; i++) {
		const struct policy_past *past = &explanation->past[i];
		uint64_t age = now > past->time_ns ? now - past->time_ns : 0;

		json_array_append_new(list, json_pack(
			"{s:f, s:s, s:s, s:I}", "age",
			(double)age / (double)NSEC_PER_SEC, "type",
			vm_event_type_name(past->type), "hypervisor",
			past->hypervisor, "times", (json_int_t)past->times));
	}
	return list;
}

static json_t *member_to_json(const struct service *service,
			      const struct service_member *member)
{
	const struct config_service *config = service_config(service);
	const struct policy_verdict *verdict = member->verdict;
	char key[VML_KEY_STRING_MAX], service_key[VML_KEY_STRING_MAX];
	struct policy_explanation explanation;
	uint64_t now = now_ns();

	if (service_explain(service, &verdict->key, now, &explanation) < 0)
		return NULL;
	return json_pack(
		"{s:s, s:s, s:s, s:s?, s:s?, s:s, s:I, s:I, s:I, s:s, s:o, s:o, s:o}",
		"service", config->name, "key",
		vml_service_key_format(&config->key, service_key),
		"destination", vml_destination_key_format(&verdict->key, key),
		"domain", member->domain, "hypervisor", member->hypervisor,
		"vm_state", vm_state_name(verdict->state), "weight",
		(json_int_t)member->destination->weight, "scale",
		(json_int_t)member->destination->scale, "wanted_scale",
		(json_int_t)verdict->scale, "decided_by",
		policy_layer_name(verdict->decided), "facts",
		facts_to_json(&explanation), "reasons",
		reasons_to_json(verdict), "events",
		past_to_json(&explanation, now));
}

static bool is_meant(const struct service_member *member, const char *name)
{
	struct vml_destination_key key;

	if (member->domain && strcmp(member->domain, name) == 0)
		return true;
	return vml_destination_key_parse(name, &key) == 0 &&
	       vml_destination_key_compare(&key, &member->destination->key) == 0;
}

int explain_to_json(const struct daemon *daemon, const char *name,
		    json_t **ret_json)
{
	_cleanup_(json_decrefp) json_t *list = json_array();

	for (size_t i = 0; i < daemon_n_services(daemon); i++) {
		const struct service *service = daemon_service(daemon, i);

		for (size_t j = 0; j < service_n_members(service); j++) {
			struct service_member member = service_member(
				service, j, daemon_drains(daemon));

			if (is_meant(&member, name) &&
			    json_array_append_new(list, member_to_json(
					service, &member)) < 0)
				return -ENOMEM;
		}
	}
	if (!json_array_size(list))
		return -ENOENT;
	*ret_json = json_pack("{s:s, s:b, s:O}", "name", name, "shadow",
			      daemon_is_shadow(daemon), "members", list);
	return *ret_json ? 0 : -ENOMEM;
}
