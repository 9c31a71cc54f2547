/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "loop_private.h"
#include "state_file.h"

/*
 * For which an inventory waits for those of the other hypervisors, which were
 * asked at the same moment: one step then does for all.
 */
#define GATHER_NS (20 * NSEC_PER_MSEC)

/* For which, after the start, hypervisors may take to answer. */
#define SETTLE_NS (5 * NSEC_PER_SEC)

/* For which operations may take to undo what they did, at the end. */
#define STOP_NS (10 * NSEC_PER_SEC)

/* Timers of the event loop may be late by as much. */
#define ACCURACY_US 1000

#define USEC(ns) (((ns) + 999) / 1000)

static void on_changed(struct hypervisor *hypervisor, void *userdata)
{
	const struct vm_inventory *inventory = hypervisor_inventory(hypervisor);
	struct daemon *daemon = userdata;

	if (daemon->record && inventory)
		record_inventory(daemon->record, inventory, now_ns());
	daemon_kick(daemon, now_ns() +
				    (daemon->n_hypervisors > 1 ? GATHER_NS : 0));
}

static void on_state(struct hypervisor *hypervisor, void *userdata)
{
	struct daemon *daemon = userdata;

	if (daemon->record)
		record_state(daemon->record, hypervisor_source(hypervisor),
			     now_ns());
}

static bool on_event(struct hypervisor *hypervisor,
		     const struct vm_event *event, void *userdata)
{
	struct daemon *daemon = userdata;
	bool known = false;

	(void)hypervisor;
	if (daemon->record)
		record_event(daemon->record, event, now_ns());
	for (size_t i = 0; i < daemon->n_services; i++) {
		if (!service_event(daemon->services[i], event))
			continue;
		service_kick(daemon->services[i], now_ns());
		if (event->type == VM_EVENT_AGENT_LOST)
			service_hurry_checks(daemon->services[i], event->uuid);
		known = true;
	}
	daemon_arm(daemon);
	return known;
}

static const struct hypervisor_callbacks hypervisor_callbacks = {
	.changed = on_changed,
	.state = on_state,
	.event = on_event,
};

int daemon_hypervisor_new(struct daemon *daemon,
			  const struct config_hypervisor *config,
			  struct hypervisor **ret_hypervisor)
{
	int r = hypervisor_new(config->name, config->uri, daemon->event,
			       daemon->log, &hypervisor_callbacks, daemon,
			       ret_hypervisor);

	if (r < 0)
		log_error(daemon->log, "%s: can't use %s: %s", config->name,
			  config->uri, strerror(-r));
	return r;
}

static bool is_settled(const struct daemon *daemon)
{
	if (now_ns() - daemon->started_ns >= SETTLE_NS)
		return true;
	for (size_t i = 0; i < daemon->n_hypervisors; i++)
		if (!hypervisor_is_settled(daemon->hypervisors[i]))
			return false;
	return true;
}

struct service_env daemon_env(struct daemon *daemon)
{
	for (size_t i = 0; i < daemon->n_hypervisors; i++)
		daemon->inventories[i] =
			hypervisor_inventory(daemon->hypervisors[i]);
	return (struct service_env){
		.log = daemon->log,
		.sink = daemon->sink,
		.control = daemon->control,
		.drains = daemon->drains,
		.state_directory = daemon->config->state_directory,
		.poll_interval_ns = daemon->config->poll_interval_ns,
		.lease_ms = daemon->config->lease_ms,
		.inventories = daemon->inventories,
		.n_inventories = daemon->n_hypervisors,
		.settled = is_settled(daemon),
		.observes = daemon->shadow,
		.record = daemon->record,
		.checks = daemon->shadow ? NULL : &daemon->checks,
	};
}

void daemon_arm(struct daemon *daemon)
{
	uint64_t earliest = UINT64_MAX;

	for (size_t i = 0; i < daemon->n_services; i++)
		earliest = MIN(earliest, service_due(daemon->services[i]));
	if (!daemon->step_timer || earliest == UINT64_MAX)
		return;
	sd_event_source_set_time(daemon->step_timer, USEC(earliest));
	sd_event_source_set_enabled(daemon->step_timer, SD_EVENT_ONESHOT);
}

void daemon_kick(struct daemon *daemon, uint64_t due_ns)
{
	for (size_t i = 0; i < daemon->n_services; i++)
		service_kick(daemon->services[i], due_ns);
	daemon_arm(daemon);
}

void daemon_step(struct daemon *daemon)
{
	struct service_env env = daemon_env(daemon);

	for (size_t i = 0; i < daemon->n_services; i++) {
		uint64_t now = now_ns();

		if (service_due(daemon->services[i]) <= now)
			service_step(daemon->services[i], &env, now);
	}
	daemon_arm(daemon);
}

static int on_step(_unused_ sd_event_source *source, _unused_ uint64_t usec,
		   void *userdata)
{
	daemon_step(userdata);
	return 0;
}

static void on_sink_changed(const struct vml_event *event, void *userdata)
{
	struct daemon *daemon = userdata;

	if (event->type == VML_EVENT_LOST) {
		daemon_kick(daemon, now_ns());
		return;
	}
	for (size_t i = 0; i < daemon->n_services; i++) {
		struct service *service = daemon->services[i];

		if (vml_service_key_compare(&service_config(service)->key,
					    &event->service))
			continue;
		/* Our own set comes back to us. */
		if (event->type != VML_EVENT_SCALES_COMMITTED ||
		    event->generation != service_generation(service))
			service_kick(service, now_ns());
	}
	daemon_arm(daemon);
}

static int on_sink_io(sd_event_source *source, int fd, uint32_t events,
		      void *userdata)
{
	struct daemon *daemon = userdata;
	int r;

	(void)source;
	(void)fd;
	(void)events;
	r = daemon->sink->ops->dispatch(daemon->sink, on_sink_changed, daemon);
	if (r >= 0)
		return 0;
	log_warning(daemon->log, "can't listen to the kernel, trying again: %s",
		    strerror(-r));
	daemon->sink_io = sd_event_source_disable_unref(daemon->sink_io);
	daemon->sink->ops->unlisten(daemon->sink);
	return 0;
}

/* The module may come at any time after us. */
static void listen_to_sink(struct daemon *daemon)
{
	int fd;

	if (daemon->sink_io || !daemon->sink->ops->listen)
		return;
	fd = daemon->sink->ops->listen(daemon->sink);
	if (fd < 0)
		return;
	if (sd_event_add_io(daemon->event, &daemon->sink_io, fd, EPOLLIN,
			    on_sink_io, daemon) >= 0)
		daemon_kick(daemon, now_ns());
}

static void on_drain_changed(const char *domain, bool drained, void *userdata)
{
	struct daemon *daemon = userdata;

	record_drain(daemon->record, domain, drained, now_ns());
}

/* They are another vmld's. */
static void follow_drains(struct daemon *daemon)
{
	struct drains *drains;

	if (drains_load(daemon->config->state_directory, true, &drains) < 0)
		return;
	if (daemon->record)
		drains_compare(daemon->drains, drains, on_drain_changed,
			       daemon);
	drains_free(daemon->drains);
	daemon->drains = drains;
}

static int on_poll(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct daemon *daemon = userdata;
	uint64_t interval = USEC(daemon->config->poll_interval_ns);
	uint64_t now = USEC(now_ns());

	listen_to_sink(daemon);
	if (daemon->shadow)
		follow_drains(daemon);
	for (size_t i = 0; i < daemon->n_hypervisors; i++)
		hypervisor_poll(daemon->hypervisors[i]);
	/* Keep the beat, but don't make up for beats that were missed. */
	sd_event_source_set_time(source, MAX(usec + interval, now));
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

static int take_state_directory(struct daemon *daemon)
{
	const char *directory = daemon->config->state_directory;
	int r = 0;

	if (!daemon->shadow)
		r = state_directory_make(directory);
	if (r == 0 && !daemon->shadow)
		r = state_directory_lock(directory, &daemon->lock);
	if (r == -EBUSY)
		log_error(daemon->log, "another vmld uses %s", directory);
	else if (r < 0)
		log_error(daemon->log, "can't use %s: %s", directory,
			  strerror(-r));
	if (r < 0)
		return r;
	r = drains_load(directory, daemon->shadow, &daemon->drains);
	if (r < 0)
		log_error(daemon->log, "can't read %s/drains.json: %s",
			  directory, strerror(-r));
	return r;
}

static int open_sink(struct daemon *daemon)
{
	int r = ipvs_control_new(&daemon->control);

	if (r == 0 && daemon->config->sink == CONFIG_SINK_MODULE)
		r = sink_module_new(daemon->control, &daemon->sink);
	else if (r == 0)
		r = sink_ipvs_new(daemon->control,
				  daemon->config->state_directory,
				  daemon->shadow, daemon->log, &daemon->sink);
	if (r == 0 && daemon->shadow)
		r = sink_shadow_new(daemon->sink, &daemon->sink);
	if (r < 0)
		log_error(daemon->log, "can't open the %s: %s",
			  config_sink_name(daemon->config->sink),
			  strerror(-r));
	return r;
}

static void on_check_ended(struct service *service,
			   const struct vml_destination_key *key,
			   const struct health_result *result, void *userdata)
{
	struct daemon *daemon = userdata;
	uint64_t now = now_ns();

	if (daemon->record)
		record_check(daemon->record, &service_config(service)->key,
			     key, result, now);
	if (!service_check(service, key, result, now))
		return;
	service_kick(service, now);
	daemon_arm(daemon);
}

static int open_checks(struct daemon *daemon)
{
	int r = probes_new(daemon->event, &daemon->checks.probes);

	daemon->checks.ended = on_check_ended;
	daemon->checks.userdata = daemon;
	if (r < 0)
		log_error(daemon->log, "can't make health checks: %s",
			  strerror(-r));
	return r;
}

static int add_hypervisors(struct daemon *daemon)
{
	const struct config *config = daemon->config;

	daemon->hypervisors =
		calloc(config->n_hypervisors, sizeof(*daemon->hypervisors));
	daemon->inventories =
		calloc(config->n_hypervisors, sizeof(*daemon->inventories));
	if (!daemon->hypervisors || !daemon->inventories)
		return -ENOMEM;
	for (size_t i = 0; i < config->n_hypervisors; i++) {
		int r = daemon_hypervisor_new(daemon, &config->hypervisors[i],
					      &daemon->hypervisors[i]);

		if (r < 0)
			return r;
		daemon->n_hypervisors++;
	}
	return 0;
}

static int add_services(struct daemon *daemon)
{
	struct config *config = daemon->config;
	struct service_env env = daemon_env(daemon);

	daemon->services =
		calloc(config->n_services, sizeof(*daemon->services));
	if (!daemon->services)
		return -ENOMEM;
	for (size_t i = 0; i < config->n_services; i++) {
		int r = service_new(config->services[i], &env,
				    &daemon->services[i]);

		if (r < 0)
			return r;
		config->services[i] = NULL;
		daemon->n_services++;
	}
	return 0;
}

int daemon_override(const struct daemon *daemon, struct config *config)
{
	char *path;

	if (!daemon->socket)
		return 0;
	path = strdup(daemon->socket);
	if (!path)
		return -ENOMEM;
	free(config->socket);
	config->socket = path;
	return 0;
}

/* What it starts from: drains are older than the recording. */
static int begin_record(struct daemon *daemon, const char *path)
{
	int r;

	if (!path)
		return 0;
	r = record_open(path, daemon->started_ns, daemon->log,
			&daemon->record);
	if (r < 0)
		return r;
	drains_compare(NULL, daemon->drains, on_drain_changed, daemon);
	return 0;
}

int daemon_new(struct config *config, sd_event *event, const struct log *log,
	       const struct daemon_options *options,
	       struct daemon **ret_daemon)
{
	_cleanup_(daemon_freep) struct daemon *daemon = NULL;
	int r;

	daemon = calloc(1, sizeof(*daemon));
	if (!daemon)
		return -ENOMEM;
	daemon->config = config;
	daemon->event = sd_event_ref(event);
	daemon->log = log;
	daemon->lock = -1;
	daemon->started_ns = now_ns();
	daemon->shadow = options->shadow;
	daemon->socket = options->socket;
	r = daemon_override(daemon, config);
	if (r == 0)
		r = take_state_directory(daemon);
	if (r == 0)
		r = begin_record(daemon, options->record);
	if (r == 0)
		r = open_sink(daemon);
	if (r == 0)
		r = open_checks(daemon);
	if (r == 0)
		r = add_hypervisors(daemon);
	if (r == 0)
		r = add_services(daemon);
	if (r == 0)
		r = operations_new(daemon, event, log, &daemon->operations);
	if (r < 0)
		return r;
	*ret_daemon = TAKE_PTR(daemon);
	return 0;
}

int daemon_start(struct daemon *daemon)
{
	int r;

	r = sd_event_add_time(daemon->event, &daemon->step_timer,
			      CLOCK_MONOTONIC, 0, ACCURACY_US, on_step,
			      daemon);
	if (r < 0)
		return r;
	r = sd_event_add_time(daemon->event, &daemon->poll_timer,
			      CLOCK_MONOTONIC, USEC(now_ns()), ACCURACY_US,
			      on_poll, daemon);
	if (r < 0)
		return r;
	for (size_t i = 0; i < daemon->n_hypervisors; i++) {
		r = hypervisor_start(daemon->hypervisors[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

static void on_operations_ended(void *userdata)
{
	struct daemon *daemon = userdata;

	sd_event_exit(daemon->event, 0);
}

static int on_stop_timer(sd_event_source *source, _unused_ uint64_t usec,
			 void *userdata)
{
	struct daemon *daemon = userdata;

	log_warning(daemon->log,
		    "not all is undone: the next start goes on with that");
	return sd_event_exit(sd_event_source_get_event(source), 0);
}

int daemon_stop(struct daemon *daemon)
{
	int r;

	/* Somebody is in a hurry. */
	if (daemon->stop_timer)
		return sd_event_exit(daemon->event, 0);
	r = sd_event_add_time_relative(daemon->event, &daemon->stop_timer,
				       CLOCK_MONOTONIC, STOP_NS / 1000, 0,
				       on_stop_timer, daemon);
	if (r < 0)
		return sd_event_exit(daemon->event, 0);
	operations_end(daemon->operations, on_operations_ended, daemon);
	return 0;
}

void daemon_restore(struct daemon *daemon)
{
	struct service_env env = daemon_env(daemon);

	for (size_t i = 0; i < daemon->n_services; i++)
		service_restore(daemon->services[i], &env);
}

struct daemon *daemon_free(struct daemon *daemon)
{
	if (!daemon)
		return NULL;
	operations_free(daemon->operations);
	sd_event_source_disable_unref(daemon->stop_timer);
	sd_event_source_disable_unref(daemon->poll_timer);
	sd_event_source_disable_unref(daemon->step_timer);
	sd_event_source_disable_unref(daemon->sink_io);
	for (size_t i = 0; i < daemon->n_services; i++)
		service_free(daemon->services[i]);
	free(daemon->services);
	probes_free(daemon->checks.probes);
	for (size_t i = 0; i < daemon->n_hypervisors; i++)
		hypervisor_free(daemon->hypervisors[i]);
	free(daemon->hypervisors);
	free(daemon->inventories);
	sink_free(daemon->sink);
	ipvs_control_free(daemon->control);
	drains_free(daemon->drains);
	record_free(daemon->record);
	config_free(daemon->config);
	close_at(&daemon->lock);
	sd_event_unref(daemon->event);
	free(daemon);
	return NULL;
}

void daemon_freep(struct daemon **daemon)
{
	daemon_free(*daemon);
}
