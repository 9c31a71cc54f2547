/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <string.h>

#include "operation/private.h"
#include "util.h"

/* Between two looks at what an operation waits for. */
#define TICK_USEC (USEC_PER_SEC / 4)

/* So many that have ended are remembered, for those who ask how they did. */
#define MAX_ENDED 16

const char *operation_kind_name(enum operation_kind kind)
{
	return kind == OPERATION_EVACUATION ? "evacuation" : "snapshot";
}

static void operation_free(struct operation *operation)
{
	operation_drop_operators(operation);
	turn_clear(&operation->turn);
	for (size_t i = 0; i < operation->n_members; i++) {
		free(operation->members[i].domain);
		free(operation->members[i].error);
	}
	for (size_t i = 0; i < operation->n_events; i++) {
		free(operation->events[i].domain);
		free(operation->events[i].text);
	}
	free(operation->members);
	free(operation->events);
	free(operation->host);
	free(operation->to);
	free(operation->name);
	free(operation->uri);
	free(operation->target);
	free(operation);
}

static void operation_freep(struct operation **operation)
{
	if (*operation)
		operation_free(*operation);
}

void operation_say(struct operation *operation, const char *domain,
		   const char *format, ...)
{
	const struct log *log = operation->operations->log;
	struct operation_event *grown, *event;
	char text[OPERATION_TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	log_notice(log, "%s %u: %s%s%s", operation_kind_name(operation->kind),
		   operation->id, domain ?: "", domain ? ": " : "", text);
	grown = reallocarray(operation->events, operation->n_events + 1,
			     sizeof(*grown));
	if (!grown)
		return;
	operation->events = grown;
	event = &grown[operation->n_events];
	event->time_ns = now_ns();
	event->domain = domain ? strdup(domain) : NULL;
	event->text = strdup(text);
	if (event->text && (event->domain || !domain)) {
		operation->n_events++;
		return;
	}
	free(event->domain);
	free(event->text);
}

static bool is_busy(const struct operations *operations)
{
	for (struct operation *o = operations->first; o; o = o->next)
		if (!o->ended_ns)
			return true;
	return false;
}

static void tell_end(struct operations *operations)
{
	void (*ended)(void *userdata) = operations->ended;

	if (!ended || is_busy(operations))
		return;
	operations->ended = NULL;
	ended(operations->userdata);
}

static void forget_old(struct operations *operations)
{
	struct operation **at = &operations->first;
	unsigned int ended = 0;

	while (*at) {
		struct operation *operation = *at;

		if (!operation->ended_ns || ++ended <= MAX_ENDED) {
			at = &operation->next;
			continue;
		}
		*at = operation->next;
		operation_free(operation);
	}
}

static int on_tick(sd_event_source *source, _unused_ uint64_t usec,
		   void *userdata)
{
	struct operations *operations = userdata;
	uint64_t now = now_ns();

	for (struct operation *o = operations->first; o; o = o->next) {
		if (o->ended_ns)
			continue;
		if (now - o->asked_ns >= OPERATION_LEASE_NS)
			operation_cancel(o, "nobody waits for it any more");
		operation_step(o);
	}
	tell_end(operations);
	if (!is_busy(operations))
		return 0;
	daemon_kick(operations->daemon, 0);
	sd_event_source_set_time_relative(source, TICK_USEC);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

int operations_new(struct daemon *daemon, sd_event *event,
		   const struct log *log, struct operations **ret_operations)
{
	const char *directory = daemon_config(daemon)->state_directory;
	struct operations *operations = calloc(1, sizeof(*operations));
	int r;

	if (!operations)
		return -ENOMEM;
	operations->daemon = daemon;
	operations->event = sd_event_ref(event);
	operations->log = log;
	r = sd_event_add_time(event, &operations->timer, CLOCK_MONOTONIC, 0, 0,
			      on_tick, operations);
	if (r >= 0 && !daemon_is_shadow(daemon)) {
		r = frozen_load(directory, event, log, &operations->frozen);
		if (r < 0)
			log_error(log, "can't read %s/frozen.json: %s",
				  directory, strerror(-r));
	}
	if (r < 0) {
		operations_free(operations);
		return r;
	}
	*ret_operations = operations;
	return 0;
}

struct operations *operations_free(struct operations *operations)
{
	if (!operations)
		return NULL;
	while (operations->first) {
		struct operation *operation = operations->first;

		operations->first = operation->next;
		operation_free(operation);
	}
	sd_event_source_disable_unref(operations->timer);
	frozen_free(operations->frozen);
	sd_event_unref(operations->event);
	free(operations);
	return NULL;
}

_printf_(3, 4)
static int refuse(char **ret_error, int r, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(ret_error, format, arguments) < 0)
		*ret_error = NULL;
	va_end(arguments);
	return r;
}

static int add_member(struct operation *operation, const char *domain)
{
	struct operation_member *grown;

	for (size_t i = 0; i < operation->n_members; i++)
		if (!strcmp(operation->members[i].domain, domain))
			return 0;
	grown = reallocarray(operation->members, operation->n_members + 1,
			     sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	operation->members = grown;
	grown[operation->n_members] = (struct operation_member){
		.domain = strdup(domain),
	};
	if (!grown[operation->n_members].domain)
		return -ENOMEM;
	operation->n_members++;
	return 0;
}

static int add_domain(struct operation *operation, const char *domain,
		      char **ret_error)
{
	const struct daemon *daemon = operation->operations->daemon;
	struct operation_place place;
	bool backs = false;

	for (size_t i = 0; i < daemon_n_services(daemon); i++)
		backs |= operation_concerns(daemon, daemon_service(daemon, i),
					    domain);
	if (!backs)
		return refuse(ret_error, -ENOENT,
			      "no member is backed by a domain named \"%s\"",
			      domain);
	if (operation_find(daemon, domain, &place) < 0)
		return refuse(ret_error, -ENOENT,
			      "no hypervisor knows the domain \"%s\" at the moment",
			      domain);
	return add_member(operation, domain);
}

/* All domains of a service, or those of all services that are up on a host. */
static int add_members(struct operation *operation, const char *service_name,
		       const char *host)
{
	const struct daemon *daemon = operation->operations->daemon;
	bool found = host;

	for (size_t i = 0; i < daemon_n_services(daemon); i++) {
		const struct service *service = daemon_service(daemon, i);

		if (service_name &&
		    strcmp(service_config(service)->name, service_name) != 0)
			continue;
		found = true;
		for (size_t j = 0; j < service_n_members(service); j++) {
			struct service_member member = service_member(
				service, j, daemon_drains(daemon));
			int r;

			if (!member.domain || !member.uuid)
				continue;
			if (host &&
			    (strcmp(member.hypervisor, host) != 0 ||
			     member.verdict->state != VM_STATE_RUNNING))
				continue;
			r = add_member(operation, member.domain);
			if (r < 0)
				return r;
		}
	}
	return found ? 0 : -ENOENT;
}

static int add_service(struct operation *operation, const char *name,
		       char **ret_error)
{
	int r = add_members(operation, name, NULL);

	if (r == -ENOENT)
		return refuse(ret_error, r, "there is no service \"%s\"",
			      name);
	if (r == 0 && !operation->n_members)
		return refuse(ret_error, -ENOENT,
			      "no machine is known behind service \"%s\"",
			      name);
	return r;
}

static int find_host(const struct daemon *daemon, const char *name,
		     size_t *ret_hypervisor, char **ret_error)
{
	int r = operation_find_host(daemon, name, ret_hypervisor);

	return r < 0 ? refuse(ret_error, r,
			      "no hypervisor \"%s\" is configured", name) : 0;
}

static bool is_named(const char *name, const char *host)
{
	return name && !strcmp(name, host);
}

bool operations_evacuate(const struct operations *operations, const char *host)
{
	for (struct operation *o = operations->first; o; o = o->next)
		if (!o->ended_ns && is_named(o->host, host))
			return true;
	return false;
}

/* Two that meet would send machines back and forth, or leave one behind. */
static int check_evacuations(const struct operations *operations,
			     const char *host, const char *to,
			     char **ret_error)
{
	for (struct operation *o = operations->first; o; o = o->next) {
		if (o->ended_ns || o->kind != OPERATION_EVACUATION)
			continue;
		if (is_named(to, o->host))
			return refuse(ret_error, -EBUSY,
				      "evacuation %u of \"%s\" is under way",
				      o->id, to);
		if (is_named(o->to, host) ||
		    (o->turning && is_named(o->target, host)))
			return refuse(ret_error, -EBUSY,
				      "evacuation %u brings machines to \"%s\"",
				      o->id, host);
	}
	return 0;
}

/* It may have machines on the host, which nobody knows of then. */
static int check_absent(const struct daemon *daemon, char **ret_error)
{
	for (size_t i = 0; i < daemon_n_services(daemon); i++) {
		const struct service *service = daemon_service(daemon, i);

		if (service_state(service) == SERVICE_ABSENT)
			return refuse(ret_error, -EAGAIN,
				      "service \"%s\" is absent, so that its machines are not known: --force goes on without them",
				      service_config(service)->name);
	}
	return 0;
}

static int add_host(struct operation *operation, const char *host,
		    const char *to, char **ret_error)
{
	const struct operations *operations = operation->operations;
	const struct daemon *daemon = operations->daemon;
	struct operation_place place = {};
	size_t other;
	int r;

	r = find_host(daemon, host, &place.hypervisor, ret_error);
	if (r == 0 && to)
		r = find_host(daemon, to, &other, ret_error);
	if (r < 0)
		return r;
	if (to && !strcmp(host, to))
		return refuse(ret_error, -EINVAL,
			      "the machines of \"%s\" are there already", to);
	r = check_evacuations(operations, host, to, ret_error);
	if (r == 0 && !operation->options.force)
		r = check_absent(daemon, ret_error);
	if (r < 0)
		return r;
	r = operation_choose_host(operations, &place, to, &other);
	if (r == -ENOENT)
		return refuse(ret_error, r,
			      "%s%s%s is connected that could take the machines, and is not evacuated itself",
			      to ? "no hypervisor \"" : "no other hypervisor",
			      to ?: "", to ? "\"" : "");
	return r < 0 ? r : add_members(operation, NULL, host);
}

static bool shares_service(const struct operation *a,
			   const struct operation *b, const char **ret_service)
{
	const struct daemon *daemon = a->operations->daemon;

	for (size_t i = 0; i < daemon_n_services(daemon); i++) {
		const struct service *service = daemon_service(daemon, i);
		bool of_a = false, of_b = false;

		for (size_t j = 0; j < a->n_members; j++)
			of_a |= operation_concerns(daemon, service,
						   a->members[j].domain);
		for (size_t j = 0; j < b->n_members; j++)
			of_b |= operation_concerns(daemon, service,
						   b->members[j].domain);
		if (of_a && of_b) {
			*ret_service = service_config(service)->name;
			return true;
		}
	}
	return false;
}

static int check_others(const struct operation *operation, char **ret_error)
{
	const char *service;

	for (struct operation *o = operation->operations->first; o;
	     o = o->next)
		if (!o->ended_ns && shares_service(operation, o, &service))
			return refuse(ret_error, -EBUSY,
				      "%s %u of service \"%s\" is under way, and a service has one at a time",
				      operation_kind_name(o->kind), o->id,
				      service);
	return 0;
}

static int set_name(struct operation *operation, const char *name,
		    char **ret_error)
{
	time_t now = time(NULL);
	char text[32];
	struct tm utc;

	/* libvirt makes the names of files of it. */
	if (name && (!*name || *name == '.' || strchr(name, '/')))
		return refuse(ret_error, -EINVAL,
			      "\"%s\" is no name for a snapshot", name);
	if (!name) {
		gmtime_r(&now, &utc);
		strftime(text, sizeof(text), "vml-%Y%m%dT%H%M%SZ", &utc);
		name = text;
	}
	operation->name = strdup(name);
	return operation->name ? 0 : -ENOMEM;
}

static int set_texts(struct operation *operation,
		     const struct operation_request *request)
{
	if (request->host)
		operation->host = strdup(request->host);
	if (request->to)
		operation->to = strdup(request->to);
	return (request->host && !operation->host) ||
	       (request->to && !operation->to) ? -ENOMEM : 0;
}

static int set_up(struct operation *operation,
		  const struct operation_request *request, char **ret_error)
{
	int r = set_texts(operation, request);

	if (r < 0)
		return r;
	if (operation->kind == OPERATION_EVACUATION)
		return add_host(operation, request->host, request->to,
				ret_error);
	r = set_name(operation, request->name, ret_error);
	if (r < 0)
		return r;
	return request->domain ?
		       add_domain(operation, request->domain, ret_error) :
		       add_service(operation, request->service, ret_error);
}

int operations_start(struct operations *operations,
		     const struct operation_request *request,
		     unsigned int *ret_id, char **ret_error)
{
	const struct config *config = daemon_config(operations->daemon);
	_cleanup_(operation_freep) struct operation *operation = NULL;
	int r;

	*ret_error = NULL;
	if (daemon_is_shadow(operations->daemon))
		return refuse(ret_error, -EROFS,
			      "this vmld is a shadow, and changes nothing");
	if (operations->ending)
		return refuse(ret_error, -ESHUTDOWN, "vmld is about to end");
	operation = calloc(1, sizeof(*operation));
	if (!operation)
		return -ENOMEM;
	operation->operations = operations;
	operation->kind = request->kind;
	operation->snapshot = request->snapshot;
	/*
	 * What holds its memory, too, needs no frozen file systems. And a
	 * migration takes its connections along, unless somebody asks for more.
	 */
	operation->options = (struct turn_options){
		.kind = request->kind,
		.freezes = request->kind == OPERATION_SNAPSHOT &&
			   request->snapshot == VM_SNAPSHOT_DISK,
		.deadline_ns = request->has_deadline ? request->deadline_ns :
						       config->drain_deadline_ns,
		.waits = request->kind == OPERATION_SNAPSHOT ||
			 request->has_deadline,
		.force = request->force,
	};
	r = set_up(operation, request, ret_error);
	if (r == 0)
		r = check_others(operation, ret_error);
	if (r < 0)
		return r;
	operation->id = ++operations->last_id;
	operation->started_ns = now_ns();
	operation->asked_ns = operation->started_ns;
	operation_say(operation, NULL, "begins: %zu machines",
		      operation->n_members);
	operation->next = operations->first;
	operations->first = operation;
	*ret_id = operation->id;
	operation = NULL;
	forget_old(operations);
	sd_event_source_set_time(operations->timer, 0);
	sd_event_source_set_enabled(operations->timer, SD_EVENT_ONESHOT);
	return 0;
}

static struct operation *find(const struct operations *operations,
			      unsigned int id)
{
	struct operation *operation = operations->first;

	while (operation && operation->id != id)
		operation = operation->next;
	return operation;
}

int operations_ask(struct operations *operations, unsigned int id,
		   json_t **ret_json)
{
	struct operation *operation = find(operations, id);

	if (!operation)
		return -ENOENT;
	operation->asked_ns = now_ns();
	*ret_json = operation_to_json(operation);
	return *ret_json ? 0 : -ENOMEM;
}

int operations_cancel(struct operations *operations, unsigned int id,
		      const char *why)
{
	struct operation *operation = find(operations, id);

	if (!operation)
		return -ENOENT;
	operation_cancel(operation, why);
	return 0;
}

void operations_end(struct operations *operations, void (*ended)(void *),
		    void *userdata)
{
	operations->ending = true;
	operations->ended = ended;
	operations->userdata = userdata;
	for (struct operation *o = operations->first; o; o = o->next)
		operation_cancel(o, "vmld ends");
	tell_end(operations);
}
