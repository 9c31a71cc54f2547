/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is asked of the daemon from outside. */
#include <string.h>

#include "loop_private.h"

bool daemon_is_shadow(const struct daemon *daemon)
{
	return daemon->shadow;
}

const char *daemon_record(const struct daemon *daemon)
{
	return daemon->record ? record_path(daemon->record) : NULL;
}

const struct config *daemon_config(const struct daemon *daemon)
{
	return daemon->config;
}

const struct drains *daemon_drains(const struct daemon *daemon)
{
	return daemon->drains;
}

size_t daemon_n_services(const struct daemon *daemon)
{
	return daemon->n_services;
}

const struct service *daemon_service(const struct daemon *daemon, size_t i)
{
	return daemon->services[i];
}

size_t daemon_n_hypervisors(const struct daemon *daemon)
{
	return daemon->n_hypervisors;
}

const struct source *daemon_source(const struct daemon *daemon, size_t i)
{
	return hypervisor_source(daemon->hypervisors[i]);
}

const struct vm_inventory *daemon_inventory(const struct daemon *daemon,
					    size_t i)
{
	return hypervisor_inventory(daemon->hypervisors[i]);
}

uint64_t daemon_started_ns(const struct daemon *daemon)
{
	return daemon->started_ns;
}

static size_t count_members(const struct daemon *daemon, const char *domain)
{
	size_t found = 0;

	for (size_t i = 0; i < daemon->n_services; i++)
		for (size_t j = 0; j < service_n_members(daemon->services[i]);
		     j++) {
			struct service_member member = service_member(
				daemon->services[i], j, daemon->drains);

			found += member.domain && !strcmp(member.domain, domain);
		}
	return found;
}

struct operations *daemon_operations(struct daemon *daemon)
{
	return daemon->operations;
}

/* In a recording only whether it is drained. */
static void record_change(struct daemon *daemon, const char *domain,
			  bool before)
{
	bool now = drains_contain(daemon->drains, domain);

	if (daemon->record && now != before)
		record_drain(daemon->record, domain, now, now_ns());
}

int daemon_drain_operation(struct daemon *daemon, const char *domain,
			   enum policy_drain by)
{
	bool before = drains_contain(daemon->drains, domain);
	int r = drains_set_operation(daemon->drains, domain, by);

	record_change(daemon, domain, before);
	daemon_kick(daemon, 0);
	return r;
}

int daemon_drain(struct daemon *daemon, const char *domain, bool drained,
		 size_t *ret_members)
{
	bool before = drains_are_kept(daemon->drains, domain);
	bool contained = drains_contain(daemon->drains, domain);
	size_t members = count_members(daemon, domain);
	int r;

	if (daemon->shadow)
		return -EROFS;
	if (drained ? !before && !members : !before)
		return -ENOENT;
	r = drains_set(daemon->drains, domain, drained);
	if (r < 0) {
		log_error(daemon->log, "can't %s %s: %s",
			  drained ? "drain" : "undrain", domain, strerror(-r));
		return r;
	}
	if (before != drained)
		log_notice(daemon->log, "%s %s",
			   domain, drained ? "is drained" : "is drained no more");
	record_change(daemon, domain, contained);
	daemon_kick(daemon, 0);
	*ret_members = members;
	return 0;
}
