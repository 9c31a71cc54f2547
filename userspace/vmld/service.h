/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A service that vmld balances: reads what the kernel has, decides with the
 * policy, and changes what has to be changed. It remembers nothing of the
 * kernel but for those who look: each step begins with reading.
 */
#ifndef VMLD_SERVICE_H
#define VMLD_SERVICE_H

#include "config.h"
#include "drains.h"
#include "managed.h"
#include "policy/policy.h"
#include "sink/ipvs_control.h"
#include "sink/sink.h"
#include "source/source.h"

struct probes;
struct record;
struct service;

/* How members are checked, for as long as the services live. */
struct service_checks {
	struct probes *probes;
	/* One has ended: pass it to service_check(). */
	void (*ended)(struct service *service,
		      const struct vml_destination_key *key,
		      const struct health_result *result, void *userdata);
	void *userdata;
};

/* What a service needs from outside; all of it is borrowed. */
struct service_env {
	const struct log *log;
	struct sink *sink;
	struct ipvs_control *control;
	const struct drains *drains;
	const char *state_directory;
	uint64_t poll_interval_ns;
	uint32_t lease_ms;
	/* The last of each hypervisor; NULL: none, or it is lost. */
	const struct vm_inventory *const *inventories;
	size_t n_inventories;
	/*
	 * False just after the start: the scales in force may be those of the
	 * vmld before, which knew more than we do yet.
	 */
	bool settled;
	/*
	 * Nothing outside the sink is changed or asked for: no destinations,
	 * no files, no packets. The control is not needed then, and without a
	 * state directory nothing is read from it.
	 */
	bool observes;
	struct record *record;	/* NULL: none */
	const struct service_checks *checks;	/* NULL: none are made */
};

enum service_state {
	SERVICE_ABSENT,		/* not in the kernel, or not readable there */
	SERVICE_NEUTRAL,	/* on the administrator's weights */
	SERVICE_BALANCING,
	SERVICE_PANIC,
};

/* A destination as those who look see it. */
struct service_member {
	const struct sink_destination *destination;
	const struct policy_verdict *verdict;
	const char *domain;	/* NULL: unknown */
	const char *hypervisor;	/* NULL: unknown */
	const uint8_t *uuid;	/* NULL: unknown */
	uint32_t weight;	/* also while its machine is gone */
	bool drained;
};

/* The service takes config over if it succeeds. -ENOMEM, -EINVAL. */
int service_new(struct config_service *config, const struct service_env *env,
		struct service **ret_service);
struct service *service_free(struct service *service);

/* Forget all that was learned, as after a start. -ENOMEM: nothing changed. */
int service_reset(struct service *service);

/* What the service that it replaces has learned goes on. */
void service_inherit(struct service *service, struct service *before,
		     const struct service_env *env);

/* Forget the machines of a hypervisor that is configured no more. */
void service_forget(struct service *service, const char *hypervisor);

/* Bring the kernel to where it is to be. Says by itself what is the matter. */
void service_step(struct service *service, const struct service_env *env,
		  uint64_t now);

/* True: it concerns the service, which is to be stepped at once. */
bool service_event(struct service *service, const struct vm_event *event);

/*
 * A check of a destination has ended. True: the service is to be stepped at
 * once, since it was healthy and is not, or the other way round.
 */
bool service_check(struct service *service,
		   const struct vml_destination_key *key,
		   const struct health_result *result, uint64_t now);

/* Check the destinations that a machine backs now: there is a sign of trouble. */
void service_hurry_checks(struct service *service,
			  const uint8_t uuid[static VM_UUID_SIZE]);

/* Leave traffic on the administrator's weights. */
void service_restore(struct service *service, const struct service_env *env);

/* When the last step began, which is what those who look see. */
uint64_t service_stepped(const struct service *service);
/* When it is to be stepped next, at the latest. */
uint64_t service_due(const struct service *service);
/* Step it at due_ns, if not earlier. */
void service_kick(struct service *service, uint64_t due_ns);

const struct config_service *service_config(const struct service *service);
enum service_state service_state(const struct service *service);
const char *service_state_name(enum service_state state);
uint32_t service_generation(const struct service *service);
size_t service_n_members(const struct service *service);
/* -ENOENT: no such member. */
int service_explain(const struct service *service,
		    const struct vml_destination_key *key, uint64_t now,
		    struct policy_explanation *ret_explanation);
/* Valid until the next step. */
struct service_member service_member(const struct service *service, size_t i,
				     const struct drains *drains);

#endif
