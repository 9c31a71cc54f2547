/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of IPVS is ours, beyond the scales. */
#include <linux/ip_vs.h>
#include <string.h>

#include "service_private.h"
#include "state_file.h"

#define STATE_FILE "managed.json"
/* For which addresses that are not known are waited for. */
#define LACKING_NS RECONCILE_KEEP_NS

#define EXPIRY_FILE "/proc/sys/net/ipv4/vs/expire_nodest_conn"

static struct ipvs_service wanted_service(const struct config_service *config)
{
	struct ipvs_service service = {
		.persistent = config->persistence,
		.persistence = config->persistence,
		.one_packet = config->one_packet,
		.netmask = config->key.family == AF_INET ? UINT32_MAX : 128,
	};

	snprintf(service.scheduler, sizeof(service.scheduler), "%s",
		 config->scheduler);
	return service;
}

static bool is_as_wanted(const struct ipvs_service *actual,
			 const struct ipvs_service *wanted)
{
	return !strcmp(actual->scheduler, wanted->scheduler) &&
	       actual->one_packet == wanted->one_packet &&
	       actual->persistent == wanted->persistent &&
	       (!actual->persistent ||
		actual->persistence == wanted->persistence);
}

int service_ensure(struct service *service, const struct service_env *env)
{
	const struct config_service *config = service->config;
	struct ipvs_service wanted = wanted_service(config);
	struct ipvs_service actual;
	char key[VML_KEY_STRING_MAX];
	int r;

	vml_service_key_format(&config->key, key);
	r = ipvs_service_get(env->control, &config->key, &actual);
	if (r == 0 && is_as_wanted(&actual, &wanted))
		return 0;
	if (r < 0 && r != -ENOENT)
		return r;
	if (r == -ENOENT) {
		r = ipvs_service_add(env->control, &config->key, &wanted);
		if (r == -EEXIST)
			return 0;
	} else {
		wanted.netmask = actual.netmask;
		wanted.other_flags = actual.other_flags;
		r = ipvs_service_edit(env->control, &config->key, &wanted);
	}
	if (r < 0)
		return r;
	log_notice(env->log, "%s: service %s set up with scheduler %s",
		   config->name, key, wanted.scheduler);
	return 0;
}

void service_check_expiry(const struct service *service,
			  const struct service_env *env)
{
	const struct config_service *config = service->config;
	FILE *file;
	int c;

	if (config->on_failure != CONFIG_ON_FAILURE_EXPIRE)
		return;
	file = fopen(EXPIRY_FILE, "re");
	if (!file)
		return;
	c = fgetc(file);
	fclose(file);
	if (c == '0')
		log_warning(env->log,
			    "%s: on-failure is expire, but connections of removed destinations stay: %s is 0",
			    config->name, EXPIRY_FILE);
}

static int read_managed(const struct service *service,
			const struct service_env *env,
			struct managed *ret_managed)
{
	_cleanup_(json_decrefp) json_t *file = NULL;
	char key[VML_KEY_STRING_MAX];
	json_t *object;
	int r;

	*ret_managed = (struct managed){};
	if (service->config->mode == CONFIG_MODE_WEIGHTS ||
	    !env->state_directory)
		return 0;
	r = state_file_read(env->state_directory, STATE_FILE, &file);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	vml_service_key_format(&service->config->key, key);
	object = json_object_get(file, key);
	return object ? managed_from_json(object, ret_managed) : 0;
}

int service_load_managed(struct service *service,
			 const struct service_env *env)
{
	int r = read_managed(service, env, &service->managed);

	if (r == 0 || r == -ENOMEM)
		return r;
	log_warning(env->log,
		    "%s/%s is unreadable (%s): destinations of machines that are gone may have to be removed by hand",
		    env->state_directory, STATE_FILE, strerror(-r));
	return 0;
}

void service_follow_managed(struct service *service,
			    const struct service_env *env)
{
	struct managed managed;

	if (read_managed(service, env, &managed) < 0)
		return;
	managed_clear(&service->managed);
	service->managed = managed;
}

/* All services share the file. */
static int save(struct service *service, const struct service_env *env)
{
	_cleanup_(json_decrefp) json_t *file = NULL;
	char key[VML_KEY_STRING_MAX];
	int r;

	if (!service->managed.changed)
		return 0;
	r = state_file_read(env->state_directory, STATE_FILE, &file);
	/* One that can't be understood is of no use to the others either. */
	if (r == -ENOENT || r == -EBADMSG)
		file = json_object();
	else if (r < 0)
		return r;
	vml_service_key_format(&service->config->key, key);
	if (json_object_set_new(file, key, managed_to_json(&service->managed)))
		return -ENOMEM;
	r = state_file_write(env->state_directory, STATE_FILE, file, false);
	if (r == 0)
		service->managed.changed = false;
	return r;
}

static uint32_t forwarding(const struct config_service *config)
{
	switch (config->forwarding) {
	case CONFIG_FORWARDING_DIRECT:
		return IP_VS_CONN_F_DROUTE;
	case CONFIG_FORWARDING_TUNNEL:
		return IP_VS_CONN_F_TUNNEL;
	case CONFIG_FORWARDING_MASQUERADE:
		break;
	}
	return IP_VS_CONN_F_MASQ;
}

static int act(struct service *service, const struct service_env *env,
	       const struct reconcile_action *action)
{
	const struct config_service *config = service->config;
	const struct ipvs_destination new = {
		.key = action->key,
		.weight = action->weight,
		.forwarding = forwarding(config),
	};

	switch (action->type) {
	case RECONCILE_ADD:
		return ipvs_destination_add(env->control, &config->key, &new);
	case RECONCILE_SET_WEIGHT:
		return env->sink->ops->set_weight(env->sink, &config->key,
						  &action->key,
						  action->weight);
	case RECONCILE_REMOVE:
		return ipvs_destination_remove(env->control, &config->key,
					       &action->key);
	}
	return -EINVAL;
}

static void log_action(const struct service *service,
		       const struct service_env *env,
		       const struct reconcile_action *action)
{
	const char *domain = action->domain ? action->domain : "no machine";
	const char *name = service->config->name;
	char key[VML_KEY_STRING_MAX];

	vml_destination_key_format(&action->key, key);
	switch (action->type) {
	case RECONCILE_ADD:
		log_notice(env->log, "%s: added %s (%s) with weight %u", name,
			   key, domain, action->weight);
		break;
	case RECONCILE_SET_WEIGHT:
		log_notice(env->log, "%s: weight of %s (%s) is now %u", name,
			   key, domain, action->weight);
		break;
	case RECONCILE_REMOVE:
		log_notice(env->log, "%s: removed %s (%s)", name, key, domain);
		break;
	}
}

void service_hand_over(struct service *service, const struct service_env *env)
{
	const struct sink_service *kernel = &service->kernel;

	for (size_t i = 0; i < kernel->n_destinations && !env->observes; i++) {
		const struct sink_destination *d = &kernel->destinations[i];
		const struct discover_member *member =
			service_find_member(service, &d->key);
		const struct reconcile_action action = {
			.type = RECONCILE_SET_WEIGHT,
			.key = d->key,
			.weight = reconcile_policy_weight(d,
							  &service->managed),
			.domain = member && *member->domain ? member->domain :
							      NULL,
		};
		char key[VML_KEY_STRING_MAX];
		int r;

		if (action.weight == d->weight)
			continue;
		r = act(service, env, &action);
		if (r == 0)
			log_action(service, env, &action);
		else
			log_error(env->log, "%s: weight of %s stays 0: %s",
				  service->config->name,
				  vml_destination_key_format(&d->key, key),
				  strerror(-r));
	}
}

/*
 * Whether a destination without a member is not needed. After a start it takes a
 * while until all machines have been asked for their addresses; some never tell.
 */
static bool is_complete(struct service *service, const struct service_env *env,
			uint64_t now)
{
	for (size_t i = 0; i < env->n_inventories; i++)
		if (!env->inventories[i])
			return false;
	if (!discover_lacks_addresses(service->discover,
				      service->config->key.family)) {
		service->lacking_ns = 0;
		return true;
	}
	if (!service->lacking_ns)
		service->lacking_ns = now;
	return now - service->lacking_ns >= LACKING_NS;
}

int service_manage(struct service *service, const struct service_env *env,
		   uint64_t now)
{
	static const char *const verbs[] = {
		[RECONCILE_ADD] = "add",
		[RECONCILE_SET_WEIGHT] = "change",
		[RECONCILE_REMOVE] = "remove",
	};
	struct reconcile_input input = {
		.config = service->config,
		.kernel = &service->kernel,
		.verdicts = service->verdicts,
		.members = service->members,
		.n_members = service->n_members,
		.complete = is_complete(service, env, now),
		.now_ns = now,
	};
	struct reconcile_plan plan;
	size_t n, lines = 0;
	int changed = 0;
	int r;

	r = reconcile_destinations(&input, &service->managed, &plan);
	if (r < 0)
		return r;
	r = save(service, env);
	if (r < 0)
		service_problem(service, env, LOG_WARNING,
				"can't save %s/%s: %s", env->state_directory,
				STATE_FILE, strerror(-r));
	/* Of nothing that was not written down. */
	n = r < 0 ? 0 : plan.n;
	for (size_t i = 0; i < n; i++) {
		char key[VML_KEY_STRING_MAX];
		int failed = act(service, env, &plan.actions[i]);

		/* Who does not answer is not asked for all the others. */
		if (failed == -ETIMEDOUT)
			n = i;
		/* Somebody was faster: the next look sees it. */
		if (failed == -EEXIST || failed == -ENOENT) {
			changed = 1;
		} else if (r < 0 && failed < 0) {
			/* One problem at a time is said. */
		} else if (failed < 0) {
			vml_destination_key_format(&plan.actions[i].key, key);
			service_problem(service, env, LOG_ERR,
					"can't %s destination %s: %s",
					verbs[plan.actions[i].type], key,
					strerror(-failed));
			r = failed;
		} else {
			if (lines++ < SERVICE_MAX_LINES)
				log_action(service, env, &plan.actions[i]);
			changed = 1;
		}
	}
	if (lines > SERVICE_MAX_LINES)
		log_notice(env->log, "%s: and %zu other destinations",
			   service->config->name, lines - SERVICE_MAX_LINES);
	reconcile_plan_clear(&plan);
	return r < 0 ? r : changed;
}
