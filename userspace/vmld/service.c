/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "health/checker.h"
#include "record/record.h"
#include "service_private.h"
#include "source/neighbour.h"
#include "util.h"

/* Somebody else may change the kernel between our reading and writing. */
#define MAX_ATTEMPTS 4

/*
 * Fallback if no inventory brings a step: metrics age, and leases run. In
 * polls, so that it doesn't come between the inventories of two polls.
 */
#define IDLE_POLLS 1.5

/* The smallest pause between two steps, whatever happens. */
#define PAUSE_NS (10 * NSEC_PER_MSEC)

static struct policy_params params_of(const struct config_service *config)
{
	struct policy_params params = policy_default_params;

	params.attraction_limit = config->attraction_limit;
	return params;
}

static int new_policy(const struct config_service *config,
		      struct policy **ret_policy)
{
	const struct policy_params params = params_of(config);

	return policy_new(&params, ret_policy);
}

int service_new(struct config_service *config, const struct service_env *env,
		struct service **ret_service)
{
	struct service *service = calloc(1, sizeof(*service));
	int r;

	if (!service)
		return -ENOMEM;
	service->config = config;
	r = discover_new(config->rules, config->n_rules, &service->discover);
	if (r == 0)
		r = new_policy(config, &service->policy);
	if (r == 0)
		r = service_load_managed(service, env);
	if (r < 0) {
		service->config = NULL;
		service_free(service);
		return r;
	}
	*ret_service = service;
	return 0;
}

void service_inherit(struct service *service, struct service *before,
		     const struct service_env *env)
{
	const struct policy_params params = params_of(service->config);

	if (service->config->mode == CONFIG_MODE_WEIGHTS)
		service_hand_over(before, env);
	if (discover_inherit(service->discover, before->discover) < 0)
		log_error(env->log, "%s: out of memory: forgot which machines are gone",
			  service->config->name);
	policy_free(service->policy);
	free(service->logged);
	service->policy = TAKE_PTR(before->policy);
	policy_set_params(service->policy, &params);
	service->logged = TAKE_PTR(before->logged);
	service->n_logged = before->n_logged;
	service->state = before->state;
	service_inherit_checks(service, before);
}

static void forget_kernel(struct service *service)
{
	sink_service_clear(&service->kernel);
	free(service->verdicts);
	service->verdicts = NULL;
	service->members = NULL;
	service->n_members = 0;
}

int service_reset(struct service *service)
{
	_cleanup_(discover_freep) struct discover *discover = NULL;
	struct policy *policy;
	int r;

	r = discover_new(service->config->rules, service->config->n_rules,
			 &discover);
	if (r == 0)
		r = new_policy(service->config, &policy);
	if (r < 0)
		return r;
	forget_kernel(service);
	health_members_clear(&service->health);
	discover_free(service->discover);
	policy_free(service->policy);
	service->discover = TAKE_PTR(discover);
	service->policy = policy;
	service->state = SERVICE_ABSENT;
	return 0;
}

void service_forget(struct service *service, const char *hypervisor)
{
	discover_forget(service->discover, hypervisor);
	if (service->members)
		service->members = discover_members(service->discover,
						    &service->n_members);
}

struct service *service_free(struct service *service)
{
	if (!service)
		return NULL;
	forget_kernel(service);
	managed_clear(&service->managed);
	checker_free(service->checker);
	health_members_clear(&service->health);
	discover_free(service->discover);
	policy_free(service->policy);
	config_service_free(service->config);
	free(service->problem);
	free(service->logged);
	free(service);
	return NULL;
}

const struct discover_member *
service_find_member(const struct service *service,
		    const struct vml_destination_key *key)
{
	size_t low = 0, high = service->n_members;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = vml_destination_key_compare(
			&service->members[middle].key, key);

		if (order == 0)
			return &service->members[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* What the kernel finds out, the sources see at their next poll. */
static void search(struct service *service, uint64_t now)
{
	_cleanup_free_ struct vm_address *addresses = NULL;
	size_t n;

	if (discover_candidates(service->discover, now, &addresses, &n) == 0 &&
	    n > 0)
		neighbours_solicit(addresses, n);
}

static int discover(struct service *service, const struct service_env *env,
		    uint64_t now)
{
	_cleanup_free_ struct vml_destination_key *keys = NULL;
	const struct sink_service *kernel = &service->kernel;
	const char *const *problems;
	size_t n_problems;
	int r;

	keys = calloc(kernel->n_destinations + 1, sizeof(*keys));
	if (!keys)
		return -ENOMEM;
	for (size_t i = 0; i < kernel->n_destinations; i++)
		keys[i] = kernel->destinations[i].key;
	r = discover_run(service->discover, env->inventories,
			 env->n_inventories, keys, kernel->n_destinations);
	service->members =
		discover_members(service->discover, &service->n_members);
	if (r < 0)
		return r;
	problems = discover_problems(service->discover, &n_problems);
	for (size_t i = 0; i < n_problems; i++)
		log_warning(env->log, "%s: %s", service->config->name,
			    problems[i]);
	if (!env->observes)
		search(service, now);
	return 0;
}

static int evaluate(struct service *service, const struct service_env *env,
		    uint64_t now)
{
	const struct sink_service *kernel = &service->kernel;
	_cleanup_free_ struct policy_connections *connections = NULL;
	_cleanup_free_ struct policy_member *members = NULL;
	const struct policy_verdict *verdicts;
	size_t n = kernel->n_destinations;
	int r;

	members = calloc(n + 1, sizeof(*members));
	connections = calloc(n + 1, sizeof(*connections));
	if (!members || !connections)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct sink_destination *d = &kernel->destinations[i];
		const struct discover_member *member =
			service_find_member(service, &d->key);

		members[i].key = d->key;
		members[i].weight =
			reconcile_policy_weight(d, &service->managed);
		members[i].has_check = service->config->has_health;
		members[i].health = service_health(service, &d->key);
		if (member) {
			members[i].has_vm = member->has_vm;
			memcpy(members[i].uuid, member->uuid, VM_UUID_SIZE);
			members[i].drained =
				drains_find(env->drains, member->domain);
		}
		connections[i] = (struct policy_connections){
			.key = d->key,
			.picks = d->picks,
			.active_connections = d->active_connections,
		};
	}
	if (env->record)
		record_look(env->record, &service->config->key, kernel,
			    members, now);
	/* A service that was made anew gets back what it had in a moment. */
	if (n)
		r = policy_set_members(service->policy, members, n);
	else
		r = 0;
	if (r < 0)
		return r;
	/* First: the CPU time in an inventory was taken for these, too. */
	policy_connections(service->policy, connections, n);
	for (size_t i = 0; i < env->n_inventories; i++) {
		if (!env->inventories[i])
			continue;
		r = policy_inventory(service->policy, env->inventories[i]);
		if (r < 0)
			return r;
	}
	/* For those who look, who may come after the next event. */
	service->verdicts = calloc(n + 1, sizeof(*verdicts));
	if (!service->verdicts)
		return -ENOMEM;
	if (!n)
		return 0;
	verdicts = policy_evaluate(service->policy, now, &n);
	memcpy(service->verdicts, verdicts, n * sizeof(*verdicts));
	for (size_t i = 0; i < n && !env->settled; i++)
		if (service->verdicts[i].scale)
			service->verdicts[i].scale =
				kernel->destinations[i].scale;
	return 0;
}

static int push(struct service *service, const struct service_env *env)
{
	uint32_t lease_ms = env->sink->has_leases ? env->lease_ms : 0;
	struct sink_service *kernel = &service->kernel;
	_cleanup_free_ struct vml_scale *scales = NULL;
	size_t n = 0;
	int r;

	if (reconcile_scales(kernel, service->verdicts, lease_ms) ==
	    RECONCILE_NOTHING)
		return 0;
	scales = calloc(kernel->n_destinations + 1, sizeof(*scales));
	if (!scales)
		return -ENOMEM;
	for (size_t i = 0; i < kernel->n_destinations; i++) {
		const struct policy_verdict *verdict = &service->verdicts[i];

		if (verdict->scale != VML_SCALE_ONE)
			scales[n++] = (struct vml_scale){
				.key = verdict->key,
				.scale = verdict->scale,
			};
	}
	r = env->sink->ops->push(env->sink, &service->config->key, scales, n,
				 lease_ms, kernel->generation,
				 &kernel->generation);
	if (r < 0)
		return r;
	for (size_t i = 0; i < kernel->n_destinations; i++)
		kernel->destinations[i].scale = service->verdicts[i].scale;
	service_log_scales(service, env);
	return 0;
}

/* 1: the kernel isn't what we took it for any more: again from the start. */
static int attempt(struct service *service, const struct service_env *env,
		   uint64_t now)
{
	int managed, r;

	forget_kernel(service);
	if (service->config->mode == CONFIG_MODE_SERVICE && !env->observes) {
		r = service_ensure(service, env);
		if (r < 0) {
			service_problem(service, env, LOG_ERR,
					"can't set up the service: %s",
					r == -ENODEV ? "the kernel has no IPVS loaded"
						     : strerror(-r));
			return r;
		}
	}
	r = env->sink->ops->read(env->sink, &service->config->key,
				 &service->kernel);
	if (r < 0) {
		service_problem(service, env, LOG_WARNING, "waiting: %s",
				env->sink->ops->error(env->sink));
		return r;
	}
	/* After the kernel, which is changed only then. */
	if (env->observes)
		service_follow_managed(service, env);
	service_follow_checks(service, env);
	r = discover(service, env, now);
	if (r == 0)
		r = evaluate(service, env, now);
	if (r < 0) {
		forget_kernel(service);
		service_problem(service, env, LOG_ERR, "%s", strerror(-r));
		return r;
	}
	managed = env->observes ? 0 : service_manage(service, env, now);
	if (managed > 0)
		return managed;
	/* Scales are set though destinations can't be changed. */
	r = push(service, env);
	if (r == -ESTALE || r == -ENOENT)
		return 1;
	/* One problem at a time is said. */
	if (r < 0 && managed == 0)
		service_problem(service, env, LOG_ERR, "can't set scales: %s",
				env->sink->ops->error(env->sink));
	return managed < 0 ? managed : r;
}

static enum service_state current_state(const struct service *service)
{
	if (policy_is_panic(service->policy))
		return SERVICE_PANIC;
	for (size_t i = 0; i < service->kernel.n_destinations; i++)
		if (service->kernel.destinations[i].scale != VML_SCALE_ONE)
			return SERVICE_BALANCING;
	return SERVICE_NEUTRAL;
}

static void enter_state(struct service *service, const struct service_env *env,
			enum service_state state)
{
	enum service_state before = service->state;
	char key[VML_KEY_STRING_MAX];

	service->state = state;
	if (state == before)
		return;
	if (before == SERVICE_ABSENT) {
		log_notice(env->log, "%s: found %s with %zu destinations",
			   service->config->name,
			   vml_service_key_format(&service->config->key, key),
			   service->kernel.n_destinations);
		service_check_expiry(service, env);
	}
	if (state == SERVICE_PANIC)
		log_warning(env->log,
			    "%s: panic: no machine may have a connection, so all may",
			    service->config->name);
	else if (before == SERVICE_PANIC)
		log_notice(env->log, "%s: no panic any more",
			   service->config->name);
}

void service_step(struct service *service, const struct service_env *env,
		  uint64_t now)
{
	uint64_t idle = (uint64_t)((double)env->poll_interval_ns * IDLE_POLLS);
	uint64_t begun = now_ns();
	int r = 1;

	if (env->sink->has_leases)
		idle = MIN(idle, (uint64_t)(env->lease_ms * NSEC_PER_MSEC *
					    RECONCILE_RENEW_AFTER));
	service->stepped_ns = now;
	for (int i = 0; i < MAX_ATTEMPTS && r == 1; i++)
		r = attempt(service, env, now);
	if (r == 0)
		service_problem(service, env, LOG_NOTICE, NULL);
	enter_state(service, env,
		    service->verdicts ? current_state(service)
				      : SERVICE_ABSENT);
	service->due_ns = now + idle;
	service->step_ns = now_ns() - begun;
}

bool service_event(struct service *service, const struct vm_event *event)
{
	return policy_event(service->policy, event);
}

void service_restore(struct service *service, const struct service_env *env)
{
	int r = env->sink->ops->restore(env->sink, &service->config->key);

	if (r < 0 && r != -ENOENT && r != -ENODEV)
		log_error(env->log,
			  "%s: can't go back to the administrator's weights: %s",
			  service->config->name,
			  env->sink->ops->error(env->sink));
}

uint64_t service_stepped(const struct service *service)
{
	return service->stepped_ns;
}

uint64_t service_due(const struct service *service)
{
	return service->due_ns;
}

/* A storm of events doesn't keep the daemon from doing anything else. */
void service_kick(struct service *service, uint64_t due_ns)
{
	uint64_t earliest = service->stepped_ns +
			    2 * MAX(service->step_ns, PAUSE_NS / 2);

	service->due_ns = MIN(service->due_ns, MAX(due_ns, earliest));
}

const struct config_service *service_config(const struct service *service)
{
	return service->config;
}

enum service_state service_state(const struct service *service)
{
	return service->state;
}

const char *service_state_name(enum service_state state)
{
	static const char *const names[] = {
		[SERVICE_ABSENT] = "absent",
		[SERVICE_NEUTRAL] = "neutral",
		[SERVICE_BALANCING] = "balancing",
		[SERVICE_PANIC] = "panic",
	};

	return names[state];
}

uint32_t service_generation(const struct service *service)
{
	return service->kernel.generation;
}

size_t service_n_members(const struct service *service)
{
	return service->verdicts ? service->kernel.n_destinations : 0;
}

int service_explain(const struct service *service,
		    const struct vml_destination_key *key, uint64_t now,
		    struct policy_explanation *ret_explanation)
{
	return policy_explain(service->policy, key, now, ret_explanation);
}

struct service_member service_member(const struct service *service, size_t i,
				     const struct drains *drains)
{
	struct service_member member = {
		.destination = &service->kernel.destinations[i],
		.verdict = &service->verdicts[i],
	};
	const struct discover_member *found =
		service_find_member(service, &member.destination->key);

	member.weight = reconcile_policy_weight(member.destination,
						&service->managed);
	if (found && *found->domain) {
		member.domain = found->domain;
		member.drained = drains_contain(drains, found->domain);
	}
	if (found && found->has_vm) {
		member.hypervisor = found->hypervisor;
		member.uuid = found->uuid;
	}
	return member;
}
