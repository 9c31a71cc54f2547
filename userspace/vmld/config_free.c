/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "config.h"

static void clear_rule(struct discover_rule *rule)
{
	for (size_t i = 0; i < rule->n_hypervisors; i++)
		free((char *)rule->hypervisors[i]);
	free((void *)rule->hypervisors);
	free((char *)rule->domain);
}

struct config_service *config_service_free(struct config_service *service)
{
	if (!service)
		return NULL;
	for (size_t i = 0; i < service->n_rules; i++)
		clear_rule(&service->rules[i]);
	free(service->rules);
	health_config_clear(&service->health);
	free(service->scheduler);
	free(service->name);
	free(service);
	return NULL;
}

struct config *config_free(struct config *config)
{
	if (!config)
		return NULL;
	for (size_t i = 0; i < config->n_services; i++)
		config_service_free(config->services[i]);
	free(config->services);
	for (size_t i = 0; i < config->n_hypervisors; i++) {
		free(config->hypervisors[i].name);
		free(config->hypervisors[i].uri);
		free(config->hypervisors[i].migration_uri);
	}
	free(config->hypervisors);
	free(config->state_directory);
	free(config->socket);
	free(config->path);
	free(config);
	return NULL;
}

void config_freep(struct config **config)
{
	config_free(*config);
}

static bool rules_equal(const struct discover_rule *a,
			const struct discover_rule *b)
{
	if (a->n_hypervisors != b->n_hypervisors ||
	    !texts_equal(a->domain, b->domain) ||
	    a->has_subnet != b->has_subnet || a->prefix != b->prefix ||
	    a->has_address != b->has_address || a->port != b->port ||
	    a->weight != b->weight ||
	    !vm_address_equal(&a->subnet, &b->subnet) ||
	    !vm_address_equal(&a->address, &b->address))
		return false;
	for (size_t i = 0; i < a->n_hypervisors; i++)
		if (strcmp(a->hypervisors[i], b->hypervisors[i]))
			return false;
	return true;
}

bool config_service_equal(const struct config_service *a,
			  const struct config_service *b)
{
	if (!texts_equal(a->name, b->name) ||
	    !texts_equal(a->scheduler, b->scheduler) ||
	    vml_service_key_compare(&a->key, &b->key) || a->mode != b->mode ||
	    a->persistence != b->persistence ||
	    a->one_packet != b->one_packet ||
	    a->forwarding != b->forwarding ||
	    a->on_failure != b->on_failure ||
	    a->weight_per_vcpu != b->weight_per_vcpu ||
	    a->attraction_limit != b->attraction_limit ||
	    a->has_health != b->has_health ||
	    !health_config_equal(&a->health, &b->health) ||
	    a->capacity_floor != b->capacity_floor ||
	    a->n_rules != b->n_rules)
		return false;
	for (size_t i = 0; i < a->n_rules; i++)
		if (!rules_equal(&a->rules[i], &b->rules[i]))
			return false;
	return true;
}
