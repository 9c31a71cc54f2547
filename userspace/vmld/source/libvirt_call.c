/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The calls of libvirt that change machines; all of them block. */
#include <libvirt/virterror.h>
#include <string.h>

#include "source/libvirt_call.h"
#include "util.h"

#define AGENT_CHANNEL "org.qemu.guest_agent.0"

static int last_code(void)
{
	const virError *error = virGetLastError();

	return error ? error->code : VIR_ERR_OK;
}

/* What libvirt complains of, as a negative errno and its own words. */
static int complain(char **ret_text)
{
	*ret_text = strdup(virGetLastErrorMessage());
	return -EIO;
}

/*
 * The channel to the agent is there, and an agent listens at its other end. One
 * that was there and hangs is connected.
 */
static bool has_agent(virDomainPtr domain)
{
	char *xml = virDomainGetXMLDesc(domain, 0);
	bool connected = false;
	const char *target;

	for (target = xml; target && (target = strstr(target, "<target "));
	     target++) {
		size_t length = strcspn(target, ">");

		connected |= memmem(target, length, AGENT_CHANNEL,
				    strlen(AGENT_CHANNEL)) &&
			     memmem(target, length, "state='connected'",
				    strlen("state='connected'"));
	}
	free(xml);
	return connected;
}

static int freeze(virDomainPtr domain, char **ret_text)
{
	int n = virDomainFSFreeze(domain, NULL, 0, 0);
	int code = last_code();

	if (n >= 0) {
		if (asprintf(ret_text, "%d file systems", n) < 0)
			*ret_text = NULL;
		return 0;
	}
	complain(ret_text);
	if (code == VIR_ERR_ARGUMENT_UNSUPPORTED || code == VIR_ERR_NO_SUPPORT ||
	    code == VIR_ERR_OPERATION_INVALID)
		return -EOPNOTSUPP;
	if (code == VIR_ERR_AGENT_UNRESPONSIVE && !has_agent(domain))
		return -EOPNOTSUPP;
	return -EIO;
}

static int thaw(virDomainPtr domain, char **ret_text)
{
	bool invalid;
	int r;

	if (virDomainFSThaw(domain, NULL, 0, 0) >= 0)
		return 0;
	invalid = last_code() == VIR_ERR_OPERATION_INVALID;
	r = complain(ret_text);
	/* A machine that is paused may be frozen still. */
	if (!invalid || virDomainIsActive(domain))
		return r;
	/* It does not run any more: whatever runs next is not frozen. */
	free(*ret_text);
	*ret_text = NULL;
	return 0;
}

/* Of what XML takes for its own. */
static char *escape(const char *text)
{
	_cleanup_free_ char *escaped = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&escaped, &size);

	if (!file)
		return NULL;
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", file);
			break;
		case '<':
			fputs("&lt;", file);
			break;
		case '>':
			fputs("&gt;", file);
			break;
		default:
			fputc(*text, file);
		}
	}
	return fclose(file) ? NULL : TAKE_PTR(escaped);
}

static int snapshot(virDomainPtr domain, const struct vm_call *call,
		    char **ret_text)
{
	unsigned int flags = call->snapshot == VM_SNAPSHOT_DISK ?
				     VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY |
				     VIR_DOMAIN_SNAPSHOT_CREATE_ATOMIC : 0;
	_cleanup_free_ char *name = escape(call->name), *xml = NULL;
	virDomainSnapshotPtr made;

	if (!name || asprintf(&xml,
			      "<domainsnapshot><name>%s</name><description>taken by vmld</description></domainsnapshot>",
			      name) < 0) {
		xml = NULL;
		return -ENOMEM;
	}
	made = virDomainSnapshotCreateXML(domain, xml, flags);
	if (!made)
		return complain(ret_text);
	*ret_text = strdup(call->name);
	virDomainSnapshotFree(made);
	return 0;
}

static int migrate(virDomainPtr domain, const struct vm_call *call)
{
	unsigned int flags = VIR_MIGRATE_LIVE | VIR_MIGRATE_PEER2PEER;

	/* It belongs to its new host, and can't be started twice. */
	if (virDomainIsPersistent(domain) == 1)
		flags |= VIR_MIGRATE_PERSIST_DEST |
			 VIR_MIGRATE_UNDEFINE_SOURCE;
	return virDomainMigrateToURI3(domain, call->to, NULL, 0, flags);
}

static int make(virDomainPtr domain, const struct vm_call *call,
		char **ret_text)
{
	switch (call->type) {
	case VM_CALL_FREEZE:
		return freeze(domain, ret_text);
	case VM_CALL_THAW:
		return thaw(domain, ret_text);
	case VM_CALL_SNAPSHOT:
		return snapshot(domain, call, ret_text);
	case VM_CALL_MIGRATE:
		return migrate(domain, call) < 0 ? complain(ret_text) : 0;
	case VM_CALL_ABORT:
		return virDomainAbortJob(domain) < 0 ? complain(ret_text) : 0;
	}
	return -EINVAL;
}

int libvirt_call(virConnectPtr connection, const struct vm_call *call,
		 char **ret_text)
{
	virDomainPtr domain;
	int r;

	*ret_text = NULL;
	virResetLastError();
	domain = virDomainLookupByUUID(connection, call->uuid);
	if (!domain && call->type == VM_CALL_THAW &&
	    last_code() == VIR_ERR_NO_DOMAIN)
		return 0;
	if (!domain)
		return complain(ret_text);
	r = make(domain, call, ret_text);
	virDomainFree(domain);
	return r;
}
