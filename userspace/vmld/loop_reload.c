/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A new configuration in place of the old one: what both have goes on, with
 * all that it has learned. All that can fail comes first, and changes nothing.
 */
#include <string.h>

#include "loop_private.h"

struct next {
	struct config *config;
	struct hypervisor **hypervisors;
	const struct vm_inventory **inventories;
	bool *kept_hypervisors;
	size_t n_hypervisors;
	struct service **services;
	bool *kept_services;
	size_t n_services;
};

static void next_clear(struct next *next)
{
	for (size_t i = 0; i < next->n_services; i++)
		if (!next->kept_services[i])
			service_free(next->services[i]);
	for (size_t i = 0; i < next->n_hypervisors; i++)
		if (!next->kept_hypervisors[i])
			hypervisor_free(next->hypervisors[i]);
	free(next->services);
	free(next->kept_services);
	free(next->hypervisors);
	free(next->kept_hypervisors);
	free(next->inventories);
	config_free(next->config);
}

static struct hypervisor *
find_hypervisor(const struct daemon *daemon,
		const struct config_hypervisor *config)
{
	for (size_t i = 0; i < daemon->n_hypervisors; i++) {
		const struct source *source =
			hypervisor_source(daemon->hypervisors[i]);

		if (!strcmp(source_name(source), config->name) &&
		    !strcmp(source_uri(source), config->uri))
			return daemon->hypervisors[i];
	}
	return NULL;
}

static struct service *find_service(const struct daemon *daemon,
				    const struct vml_service_key *key)
{
	for (size_t i = 0; i < daemon->n_services; i++)
		if (!vml_service_key_compare(
			    &service_config(daemon->services[i])->key, key))
			return daemon->services[i];
	return NULL;
}

static int prepare_hypervisors(struct daemon *daemon, struct next *next)
{
	size_t n = next->config->n_hypervisors;

	next->hypervisors = calloc(n, sizeof(*next->hypervisors));
	next->kept_hypervisors = calloc(n, sizeof(bool));
	next->inventories = calloc(n, sizeof(*next->inventories));
	if (!next->hypervisors || !next->kept_hypervisors ||
	    !next->inventories)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct config_hypervisor *config =
			&next->config->hypervisors[i];
		int r;

		next->hypervisors[i] = find_hypervisor(daemon, config);
		next->kept_hypervisors[i] = next->hypervisors[i];
		if (!next->hypervisors[i]) {
			r = daemon_hypervisor_new(daemon, config,
						  &next->hypervisors[i]);
			if (r < 0)
				return r;
		}
		next->n_hypervisors++;
	}
	return 0;
}

static int prepare_services(struct daemon *daemon, struct next *next)
{
	struct service_env env = daemon_env(daemon);
	size_t n = next->config->n_services;

	next->services = calloc(n, sizeof(*next->services));
	next->kept_services = calloc(n, sizeof(bool));
	if (!next->services || !next->kept_services)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct config_service **config = &next->config->services[i];
		struct service *old = find_service(daemon, &(*config)->key);
		int r;

		if (old && config_service_equal(service_config(old), *config)) {
			next->services[i] = old;
			next->kept_services[i] = true;
		} else {
			r = service_new(*config, &env, &next->services[i]);
			if (r < 0)
				return r;
			*config = NULL;
		}
		next->n_services++;
	}
	return 0;
}

static bool keeps_hypervisor(const struct next *next,
			     const struct hypervisor *hypervisor)
{
	for (size_t i = 0; i < next->n_hypervisors; i++)
		if (next->hypervisors[i] == hypervisor)
			return true;
	return false;
}

/* The new service for what the old one balanced; NULL: there is none. */
static struct service *find_heir(const struct next *next,
				 const struct service *old)
{
	const struct vml_service_key *key = &service_config(old)->key;

	for (size_t i = 0; i < next->n_services; i++)
		if (!vml_service_key_compare(
			    &service_config(next->services[i])->key, key))
			return next->services[i];
	return NULL;
}

static void retire_services(struct daemon *daemon, const struct next *next)
{
	struct service_env env = daemon_env(daemon);

	for (size_t i = 0; i < daemon->n_services; i++) {
		struct service *old = daemon->services[i];
		struct service *heir = find_heir(next, old);

		if (heir == old)
			continue;
		if (heir)
			service_inherit(heir, old, &env);
		else
			service_restore(old, &env);
		service_free(old);
	}
}

static bool knows_name(const struct config *config, const char *hypervisor)
{
	for (size_t i = 0; i < config->n_hypervisors; i++)
		if (!strcmp(config->hypervisors[i].name, hypervisor))
			return true;
	return false;
}

/* Nobody will say any more what has become of its machines. */
static void forget_machines(struct daemon *daemon, const char *hypervisor)
{
	for (size_t i = 0; i < daemon->n_services; i++)
		service_forget(daemon->services[i], hypervisor);
}

static void apply(struct daemon *daemon, struct next *next)
{
	retire_services(daemon, next);
	free(daemon->services);
	daemon->services = TAKE_PTR(next->services);
	daemon->n_services = next->n_services;

	for (size_t i = 0; i < daemon->n_hypervisors; i++) {
		struct hypervisor *old = daemon->hypervisors[i];
		const char *name = source_name(hypervisor_source(old));

		if (keeps_hypervisor(next, old))
			continue;
		if (!knows_name(next->config, name))
			forget_machines(daemon, name);
		hypervisor_free(old);
	}
	free(daemon->hypervisors);
	free(daemon->inventories);
	daemon->hypervisors = TAKE_PTR(next->hypervisors);
	daemon->inventories = TAKE_PTR(next->inventories);
	daemon->n_hypervisors = next->n_hypervisors;
	for (size_t i = 0; i < daemon->n_hypervisors; i++) {
		if (next->kept_hypervisors[i])
			continue;
		if (hypervisor_start(daemon->hypervisors[i]) < 0)
			log_error(daemon->log, "%s: can't be started",
				  next->config->hypervisors[i].name);
	}

	config_free(daemon->config);
	daemon->config = TAKE_PTR(next->config);
	next->n_services = 0;
	next->n_hypervisors = 0;
	daemon_kick(daemon, 0);
	/* New services know no members until then, of whom others may ask. */
	daemon_step(daemon);
}

/* What is open can't become something else. */
static void check_fixed(const struct daemon *daemon, const struct config *new,
			struct config_errors *errors)
{
	const struct config *old = daemon->config;

	if (new->sink != old->sink)
		config_error(errors, new->sink_line,
			     "sink can't change in a reload: restart vmld");
	if (strcmp(new->socket, old->socket))
		config_error(errors, new->socket_line,
			     "socket can't change in a reload: restart vmld");
	if (strcmp(new->state_directory, old->state_directory))
		config_error(errors, new->state_directory_line,
			     "state-directory can't change in a reload: restart vmld");
}

static int load(struct daemon *daemon, struct config **ret_config,
		char **ret_errors)
{
	const char *path = daemon->config->path;
	_cleanup_(config_errors_clear) struct config_errors errors = {};
	_cleanup_(config_freep) struct config *config = NULL;
	int r;

	r = config_load(path, &config, &errors);
	if (r == 0)
		r = daemon_override(daemon, config);
	if (r == 0)
		check_fixed(daemon, config, &errors);
	config_errors_sort(&errors);
	if (errors.n) {
		*ret_errors = config_errors_format(&errors, path);
		return *ret_errors ? -EINVAL : -ENOMEM;
	}
	if (r < 0) {
		if (asprintf(ret_errors, "%s: %s\n", path, strerror(-r)) < 0)
			return -ENOMEM;
		return -EINVAL;
	}
	*ret_config = TAKE_PTR(config);
	return 0;
}

static void log_lines(const struct log *log, const char *text)
{
	for (const char *end; (end = strchr(text, '\n')); text = end + 1)
		log_error(log, "%.*s", (int)(end - text), text);
}

int daemon_reload(struct daemon *daemon, char **ret_errors)
{
	struct next next = {};
	char *errors = NULL;
	int r;

	r = load(daemon, &next.config, &errors);
	if (r == -EINVAL)
		log_lines(daemon->log, errors);
	if (r == 0)
		r = prepare_hypervisors(daemon, &next);
	if (r == 0)
		r = prepare_services(daemon, &next);
	if (r == 0) {
		apply(daemon, &next);
		log_notice(daemon->log, "read %s again", daemon->config->path);
	} else {
		log_error(daemon->log,
			  "the configuration as it was stays in force");
	}
	next_clear(&next);
	if (r == -EINVAL && !errors &&
	    asprintf(&errors, "%s: a hypervisor can't be used: see the log\n",
		     daemon->config->path) < 0)
		r = -ENOMEM;
	if (r == -EINVAL)
		*ret_errors = errors;
	return r;
}
