/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "source/libvirt_leaving.h"
#include "util.h"

static void domain_freep(virDomainPtr *domain)
{
	if (*domain)
		virDomainFree(*domain);
}

/*
 * 1: it leaves, 0: it does not any more, -ENOENT: it is gone from here. If it
 * leaves: which share of the time QEMU keeps it from running.
 */
static int is_leaving(virDomainPtr domain, double *ret_throttled)
{
	int operation = VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT;
	virTypedParameterPtr parameters = NULL;
	int type = VIR_DOMAIN_JOB_NONE, percent = 0, n = 0;

	if (virDomainGetJobStats(domain, &type, &parameters, &n, 0) < 0)
		return -ENOENT;
	virTypedParamsGetInt(parameters, n, VIR_DOMAIN_JOB_OPERATION,
			     &operation);
	virTypedParamsGetInt(parameters, n,
			     VIR_DOMAIN_JOB_AUTO_CONVERGE_THROTTLE, &percent);
	virTypedParamsFree(parameters, n);
	*ret_throttled = percent > 0 && percent <= 100 ? percent / 100. : 0;
	if (type != VIR_DOMAIN_JOB_NONE &&
	    operation == VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT)
		return 1;
	return virDomainIsActive(domain) == 1 ? 0 : -ENOENT;
}

/* False: there is nothing more to tell of it. */
static bool poll_one(const uint8_t *uuid, virConnectPtr connection,
		     struct link *link)
{
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	uint64_t asked_ns = now_ns();
	double throttled = 0;
	int leaving;

	domain = virDomainLookupByUUID(connection, uuid);
	if (!domain)
		return false;
	leaving = is_leaving(domain, &throttled);
	if (leaving == 1)
		link_send_migrating_out(link, domain, asked_ns, throttled);
	else if (leaving == 0)
		link_send_event(link, VM_EVENT_MIGRATION_ENDED, domain,
				asked_ns, "migration given up");
	return leaving == 1;
}

void libvirt_leaving_poll(struct link_uuids *leaving, virConnectPtr connection,
			  struct link *link)
{
	size_t kept = 0;

	link_take_leaving(link, leaving);
	for (size_t i = 0; i < leaving->n; i++)
		if (poll_one(leaving->uuids[i], connection, link))
			memmove(leaving->uuids[kept++], leaving->uuids[i],
				VM_UUID_SIZE);
	leaving->n = kept;
}
