/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMLD_SERVICE_PRIVATE_H
#define VMLD_SERVICE_PRIVATE_H

#include "discover.h"
#include "health/members.h"
#include "reconcile.h"
#include "service.h"

struct service {
	struct config_service *config;
	struct discover *discover;
	struct policy *policy;
	struct managed managed;
	/* Since when addresses of machines are lacking; 0: all are known. */
	uint64_t lacking_ns;
	uint64_t due_ns;
	uint64_t step_ns;	/* that the last step took */
	uint64_t stepped_ns;	/* when it began */

	/* As of the last step. */
	enum service_state state;
	struct sink_service kernel;
	struct policy_verdict *verdicts;	/* of kernel.destinations */
	const struct discover_member *members;
	size_t n_members;

	struct health_members health;	/* if it is checked */
	const struct service_checks *checks;	/* that the checker is of */
	struct checker *checker;	/* NULL: no checks are made */

	char *problem;		/* said last; NULL: none */
	/* The scales that the log has, in the order of their keys. */
	struct vml_scale *logged;
	size_t n_logged;
};

/* Say it unless it was said last; format is NULL: all is well. */
_printf_(4, 5) void service_problem(struct service *service,
				    const struct service_env *env, int level,
				    const char *format, ...);

/* When more than that changes at once, the rest is only counted. */
#define SERVICE_MAX_LINES 20

/* One line for each destination whose scale has changed notably. */
void service_log_scales(struct service *service,
			const struct service_env *env);

const struct discover_member *
service_find_member(const struct service *service,
		    const struct vml_destination_key *key);

/* Zero: no check of it has ended. */
struct health_state service_health(const struct service *service,
				   const struct vml_destination_key *key);
/* Have the kernel's destinations checked, and no others. */
void service_follow_checks(struct service *service,
			   const struct service_env *env);
/* What is known of the same checks goes on. */
void service_inherit_checks(struct service *service, struct service *before);

/* Mode service: create the service, or correct it. 0 or a negative errno. */
int service_ensure(struct service *service, const struct service_env *env);

/*
 * Modes destinations and service: make the changes of the destinations. 1: the
 * kernel has changed, 0: it hasn't, or a negative errno.
 */
int service_manage(struct service *service, const struct service_env *env,
		   uint64_t now);
/*
 * The weights are the administrator's from now on: none is 0 for the sake of a
 * machine that is gone for now, since nobody would raise it again.
 */
void service_hand_over(struct service *service, const struct service_env *env);
/* Warn if IPVS will not do what on-failure asks for. */
void service_check_expiry(const struct service *service,
			  const struct service_env *env);
int service_load_managed(struct service *service,
			 const struct service_env *env);
/* They are another process's, which changes them: what was last known stays. */
void service_follow_managed(struct service *service,
			    const struct service_env *env);

#endif
