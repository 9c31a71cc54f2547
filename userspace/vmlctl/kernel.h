/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's view of the services, as JSON. */
#ifndef VMLCTL_KERNEL_H
#define VMLCTL_KERNEL_H

#include <jansson.h>

#include "verb.h"

/*
 * Read all services, or only the one given, with their destinations. Negative
 * errno: see vml_client_error().
 *
 * An array of {"key": "tcp 192.0.2.1:80", "family": "ipv4",
 * "protocol": "tcp", "address": "192.0.2.1", "port": 80 (or "fwmark": 7),
 * "generation", "lease_ms": left, or null, "picks", "overload_skips",
 * "scans", "no_destination", "destinations": [{"destination":
 * "192.0.2.9:80", "address", "port", "weight", "scale", "effective_weight",
 * "active_connections", "inactive_connections", "persistent_connections",
 * "picks"}]}. Scales and effective weights are the kernel's integers, 65536
 * for 1.0.
 */
int kernel_read(struct vml_client *client, const struct vml_service_key *only,
		json_t **ret_services);

/* The same of what has been read already. NULL: out of memory. */
json_t *kernel_service_json(const struct vml_service *service,
			    const struct vml_destination *destinations,
			    size_t n);

/* Open a client, or complain. */
enum exit_code kernel_open(struct vml_client **ret_client);

/*
 * Likewise for a verb that shows all services, or the one that an option names,
 * which is *ret_only then, and NULL otherwise.
 */
enum exit_code kernel_open_for(const struct arguments *arguments,
			       struct vml_client **ret_client,
			       const struct vml_service_key **ret_only);

/*
 * Complain of an error of libvml in a way that helps: what to do if the
 * module is absent or a privilege is, and which services there are if the one
 * asked for is not.
 */
enum exit_code kernel_complain(struct vml_client *client, int error,
			       const struct vml_service_key *service);

/* Say that there is no service, and what makes one. */
void kernel_complain_empty(void);

/* What kernel_complain() says if the module is absent, or NULL. */
const char *kernel_absent_text(int error);

#endif
