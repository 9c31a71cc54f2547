/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What checks of its members find, and that they are made. */
#include <string.h>

#include "health/checker.h"
#include "service_private.h"

bool service_check(struct service *service,
		   const struct vml_destination_key *key,
		   const struct health_result *result, uint64_t now)
{
	return service->config->has_health &&
	       health_members_check(&service->health, &service->config->health,
				    key, result, now) > 0;
}

void service_hurry_checks(struct service *service,
			  const uint8_t uuid[static VM_UUID_SIZE])
{
	for (size_t i = 0; i < service->n_members && service->checker; i++) {
		const struct discover_member *member = &service->members[i];

		if (member->has_vm &&
		    memcmp(member->uuid, uuid, VM_UUID_SIZE) == 0)
			checker_hurry(service->checker, &member->key);
	}
}

struct health_state service_health(const struct service *service,
				   const struct vml_destination_key *key)
{
	const struct health_state *found = NULL;

	if (service->config->has_health)
		found = health_members_find(&service->health, key);
	return found ? *found : (struct health_state){};
}

static uint64_t on_result(const struct vml_destination_key *key,
			  const struct health_result *result, void *userdata)
{
	struct service *service = userdata;
	struct health_state state;

	service->checks->ended(service, key, result,
			       service->checks->userdata);
	state = service_health(service, key);
	return health_state_pause(&state, &service->config->health);
}

void service_follow_checks(struct service *service,
			   const struct service_env *env)
{
	const struct sink_service *kernel = &service->kernel;
	_cleanup_free_ struct vml_destination_key *keys = NULL;
	int r = 0;

	if (!service->config->has_health)
		return;
	keys = calloc(kernel->n_destinations + 1, sizeof(*keys));
	if (!keys)
		return;
	for (size_t i = 0; i < kernel->n_destinations; i++)
		keys[i] = kernel->destinations[i].key;
	health_members_keep(&service->health, keys, kernel->n_destinations);
	if (!env->checks)
		return;
	if (!service->checker) {
		service->checks = env->checks;
		r = checker_new(env->checks->probes, &service->config->health,
				on_result, service, &service->checker);
	}
	if (r == 0)
		r = checker_set_members(service->checker, keys,
					kernel->n_destinations);
	if (r < 0)
		log_error(env->log, "%s: not all members are checked: %s",
			  service->config->name, strerror(-r));
}

void service_inherit_checks(struct service *service, struct service *before)
{
	if (!service->config->has_health || !before->config->has_health ||
	    !health_config_same_check(&service->config->health,
				      &before->config->health))
		return;
	service->health = before->health;
	before->health = (struct health_members){};
	service->checks = before->checks;
	service->checker = TAKE_PTR(before->checker);
	if (service->checker)
		checker_hand_over(service->checker, &service->config->health,
				  service);
}
