/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <libvirt/virterror.h>
#include <string.h>

#include "source/libvirt_lifecycle.h"
#include "source/private.h"
#include "util.h"

struct translation {
	int event;
	int detail;
	enum vm_event_type type;
	const char *word;
};

#define ANY (-1)

/* The first that fits. */
static const struct translation translations[] = {
	{ VIR_DOMAIN_EVENT_UNDEFINED, ANY, VM_EVENT_UNDEFINED, "undefined" },

	{ VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_MIGRATED,
	  VM_EVENT_MIGRATING_IN, "started by migration" },
	{ VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_RESTORED,
	  VM_EVENT_RESTORED, "restored" },
	{ VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_FROM_SNAPSHOT,
	  VM_EVENT_RESTORED, "started from snapshot" },
	{ VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_WAKEUP,
	  VM_EVENT_RESUMED, "woken up" },
	{ VIR_DOMAIN_EVENT_STARTED, ANY, VM_EVENT_STARTED, "booted" },

	{ VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_MIGRATED,
	  VM_EVENT_BLACKOUT, "paused for migration" },
	{ VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_POSTCOPY,
	  VM_EVENT_POSTCOPY, "paused for post-copy" },
	{ VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_IOERROR,
	  VM_EVENT_IO_ERROR, "paused on I/O error" },
	{ VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_WATCHDOG,
	  VM_EVENT_WATCHDOG, "paused by watchdog" },
	{ VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_API_ERROR,
	  VM_EVENT_SUSPENDED, "paused after an error" },
	{ VIR_DOMAIN_EVENT_SUSPENDED,
	  VIR_DOMAIN_EVENT_SUSPENDED_POSTCOPY_FAILED,
	  VM_EVENT_POSTCOPY_FAILED, "paused, post-copy failed" },
	{ VIR_DOMAIN_EVENT_SUSPENDED, ANY, VM_EVENT_SUSPENDED, "paused" },

	/* On the old host too, if the migration has failed. */
	{ VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_MIGRATED,
	  VM_EVENT_MIGRATED_IN, "runs after migration" },
	{ VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_POSTCOPY,
	  VM_EVENT_MIGRATED_IN, "runs, post-copy goes on" },
	/* Until it needs what is not there. */
	{ VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_POSTCOPY_FAILED,
	  VM_EVENT_POSTCOPY_FAILED, "runs, post-copy failed" },
	{ VIR_DOMAIN_EVENT_RESUMED, ANY, VM_EVENT_RESUMED, "resumed" },

	{ VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_MIGRATED,
	  VM_EVENT_MIGRATED_OUT, "migrated away" },
	{ VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN,
	  VM_EVENT_STOPPED, "shut down" },
	{ VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_DESTROYED,
	  VM_EVENT_STOPPED, "destroyed" },
	{ VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_CRASHED,
	  VM_EVENT_CRASHED, "crashed" },
	{ VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_SAVED,
	  VM_EVENT_STOPPED, "saved" },
	{ VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_FAILED,
	  VM_EVENT_CRASHED, "process died" },
	{ VIR_DOMAIN_EVENT_STOPPED, ANY, VM_EVENT_STOPPED, "stopped" },

	/*
	 * Not by the host, which says next why: it may be that the machine
	 * has migrated, and runs.
	 */
	{ VIR_DOMAIN_EVENT_SHUTDOWN, VIR_DOMAIN_EVENT_SHUTDOWN_GUEST,
	  VM_EVENT_STOPPED, "guest powered off" },
	{ VIR_DOMAIN_EVENT_SHUTDOWN, VIR_DOMAIN_EVENT_SHUTDOWN_FINISHED,
	  VM_EVENT_STOPPED, "guest powered off" },
	{ VIR_DOMAIN_EVENT_PMSUSPENDED, ANY, VM_EVENT_SUSPENDED,
	  "guest sleeps" },
	{ VIR_DOMAIN_EVENT_CRASHED, ANY, VM_EVENT_CRASHED, "guest panicked" },
};

int libvirt_lifecycle_translate(int event, int detail, const char **ret_detail)
{
	for (size_t i = 0; i < ARRAY_SIZE(translations); i++) {
		if (translations[i].event != event ||
		    (translations[i].detail != ANY &&
		     translations[i].detail != detail))
			continue;
		*ret_detail = translations[i].word;
		return (int)translations[i].type;
	}
	return -ENOENT;
}

/* In the main thread, where link->source belongs. */
static void tell(struct link *link, virDomainPtr domain,
		 enum vm_event_type type, const char *detail)
{
	struct source *source = link->source;
	struct vm_event event = {
		.type = type,
		.hypervisor = link->name,
		.name = virDomainGetName(domain),
		.time_ns = now_ns(),
		.detail = detail,
		.boot_id = link_boot_id(domain),
	};

	if (!source || !event.name ||
	    virDomainGetUUID(domain, event.uuid) < 0)
		return;
	source->callbacks->event(source, &event, source->userdata);
}

static int on_lifecycle(_unused_ virConnectPtr connection,
			virDomainPtr domain, int event, int detail,
			void *userdata)
{
	const char *word;
	int type = libvirt_lifecycle_translate(event, detail, &word);

	if (type >= 0)
		tell(userdata, domain, (enum vm_event_type)type, word);
	return 0;
}

/* A PC's firmware resets the machine some times more before it boots. */
#define REBOOT_LASTS_NS NSEC_PER_SEC

static bool is_same_reboot(struct link *link, virDomainPtr domain)
{
	uint8_t uuid[VM_UUID_SIZE];
	uint64_t now = now_ns();
	bool same;

	if (virDomainGetUUID(domain, uuid) < 0)
		return false;
	same = now - link->rebooted_ns < REBOOT_LASTS_NS &&
	       memcmp(uuid, link->rebooted, sizeof(uuid)) == 0;
	memcpy(link->rebooted, uuid, sizeof(uuid));
	link->rebooted_ns = now;
	return same;
}

static void on_reboot(_unused_ virConnectPtr connection, virDomainPtr domain,
		      void *userdata)
{
	if (!is_same_reboot(userdata, domain))
		tell(userdata, domain, VM_EVENT_REBOOTED,
		     "guest restarted");
}

/* Before the lifecycle event, which does not know the reason. */
static void on_io_error(_unused_ virConnectPtr connection, virDomainPtr domain,
			_unused_ const char *path,
			_unused_ const char *device, int action,
			const char *reason, void *userdata)
{
	if (action == VIR_DOMAIN_EVENT_IO_ERROR_PAUSE)
		tell(userdata, domain, VM_EVENT_IO_ERROR,
		     reason && *reason ? reason : "I/O error");
}

static void on_iteration(_unused_ virConnectPtr connection,
			 virDomainPtr domain, _unused_ int iteration,
			 void *userdata)
{
	uint8_t uuid[VM_UUID_SIZE];

	if (virDomainGetUUID(domain, uuid) == 0)
		link_note_leaving(userdata, uuid);
	tell(userdata, domain, VM_EVENT_MIGRATING_OUT, LINK_MIGRATING_OUT);
}

static void on_job_completed(_unused_ virConnectPtr connection,
			     virDomainPtr domain,
			     virTypedParameterPtr parameters, int n,
			     void *userdata)
{
	int operation = VIR_DOMAIN_JOB_OPERATION_UNKNOWN;

	virTypedParamsGetInt(parameters, n, VIR_DOMAIN_JOB_OPERATION,
			     &operation);
	if (operation == VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT)
		tell(userdata, domain, VM_EVENT_MIGRATION_ENDED,
		     "migration completed");
}

/* Of its channel: at a start, and when libvirtd starts, it says what is not news. */
static void on_agent(_unused_ virConnectPtr connection, virDomainPtr domain,
		     int state, int reason, void *userdata)
{
	if (reason != VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_CHANNEL)
		return;
	if (state == VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_DISCONNECTED)
		tell(userdata, domain, VM_EVENT_AGENT_LOST,
		     "guest agent disconnected");
	else if (state == VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_CONNECTED)
		tell(userdata, domain, VM_EVENT_AGENT_BACK,
		     "guest agent connected");
}

static bool add(struct libvirt_lifecycle *lifecycle, virConnectPtr connection,
		struct link *link, int event,
		virConnectDomainEventGenericCallback callback)
{
	int id = virConnectDomainEventRegisterAny(connection, NULL, event,
						  callback, link_ref(link),
						  link_unref);

	if (id < 0) {
		link_unref(link);
		return false;
	}
	lifecycle->callbacks[lifecycle->n++] = id;
	return true;
}

unsigned int libvirt_lifecycle_register(struct libvirt_lifecycle *lifecycle,
					virConnectPtr connection,
					struct link *link)
{
	unsigned int capabilities = 0;
	const char *type = virConnectGetType(connection);

	lifecycle->n = 0;
	if (add(lifecycle, connection, link, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
		VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle)))
		capabilities |= SOURCE_HAS_EVENTS;
	add(lifecycle, connection, link, VIR_DOMAIN_EVENT_ID_REBOOT,
	    VIR_DOMAIN_EVENT_CALLBACK(on_reboot));
	add(lifecycle, connection, link, VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON,
	    VIR_DOMAIN_EVENT_CALLBACK(on_io_error));
	add(lifecycle, connection, link, VIR_DOMAIN_EVENT_ID_JOB_COMPLETED,
	    VIR_DOMAIN_EVENT_CALLBACK(on_job_completed));
	add(lifecycle, connection, link, VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE,
	    VIR_DOMAIN_EVENT_CALLBACK(on_agent));
	/* Other drivers let one register, and then never tell. */
	if (add(lifecycle, connection, link,
		VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION,
		VIR_DOMAIN_EVENT_CALLBACK(on_iteration)) &&
	    type && strcmp(type, "QEMU") == 0)
		capabilities |= SOURCE_HAS_MIGRATION;
	return capabilities;
}

void libvirt_lifecycle_unregister(struct libvirt_lifecycle *lifecycle,
				  virConnectPtr connection)
{
	for (int i = 0; i < lifecycle->n; i++)
		virConnectDomainEventDeregisterAny(connection,
						   lifecycle->callbacks[i]);
	lifecycle->n = 0;
}
