/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvml: client of the generic netlink family "ip_vs_vml".
 *
 * Functions that can fail return 0 or a negative errno; what they return
 * through ret_ parameters is untouched on failure. vml_client_error() then
 * tells the reason in a sentence, with the kernel's own text if it gave one.
 *
 * A client belongs to one thread at a time and to the network namespace in
 * which it was opened. No call waits longer than the client's timeout.
 */
#ifndef LIBVML_H
#define LIBVML_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The neutral scale: scales are fixed point with 16 fractional bits. */
#define VML_SCALE_ONE 65536u

/* Longest formatted service or destination key, with its final NUL. */
#define VML_KEY_STRING_MAX 80

#define VML_DEFAULT_TIMEOUT_MS 5000

union vml_address {
	struct in_addr ipv4;
	struct in6_addr ipv6;
};

/* A virtual service, as IPVS knows it. */
struct vml_service_key {
	uint16_t family;	/* AF_INET or AF_INET6 */
	uint16_t protocol;	/* IPPROTO_TCP, _UDP, _SCTP; 0 with fwmark */
	uint16_t port;		/* host byte order; 0 with fwmark */
	uint32_t fwmark;	/* 0: known by protocol, address and port */
	union vml_address address;
};

struct vml_destination_key {
	uint16_t family;	/* may differ from the service's (tunnels) */
	uint16_t port;		/* host byte order */
	union vml_address address;
};

struct vml_service {
	struct vml_service_key key;
	uint32_t generation;
	uint32_t destinations;
	bool has_lease;
	uint32_t lease_ms;	/* left of the lease */
	uint64_t picks;
	uint64_t overload_skips;
	uint64_t scans;
	uint64_t no_destination;
};

struct vml_destination {
	struct vml_destination_key key;
	uint32_t weight;	/* the administrator's */
	uint32_t scale;
	uint64_t effective_weight;	/* weight * scale */
	uint32_t active_connections;
	uint32_t inactive_connections;
	uint32_t persistent_connections;
	uint64_t picks;
};

struct vml_scale {
	struct vml_destination_key key;
	uint32_t scale;
};

/* How a set of scales is to be committed. */
struct vml_commit {
	uint32_t lease_ms;	/* 0: valid until the next set */
	bool compare_generation;
	uint32_t generation;	/* expected, if compare_generation */
};

enum vml_event_type {
	VML_EVENT_SERVICE_BOUND,
	VML_EVENT_SERVICE_UNBOUND,
	VML_EVENT_DESTINATION_ADDED,
	VML_EVENT_DESTINATION_REMOVED,
	VML_EVENT_SCALES_COMMITTED,
	VML_EVENT_LEASE_EXPIRED,
	VML_EVENT_LOST,		/* events were lost: read the state anew */
};

struct vml_event {
	enum vml_event_type type;
	struct vml_service_key service;
	struct vml_destination_key destination;	/* of DESTINATION_* */
	uint32_t generation;	/* of SCALES_COMMITTED and LEASE_EXPIRED */
	uint32_t lease_ms;	/* of SCALES_COMMITTED; 0: none */
};

struct vml_client;
struct vml_listener;

/*
 * Open a client. The family need not exist yet: it is looked up, which loads
 * the module if it can be, when a call first needs it, and again after the
 * module has been unloaded and loaded. Calls return -ENODEV while it is absent.
 */
int vml_client_open(struct vml_client **ret_client);
struct vml_client *vml_client_free(struct vml_client *client);
void vml_client_freep(struct vml_client **client);
void vml_client_set_timeout(struct vml_client *client, unsigned int ms);
const char *vml_client_error(const struct vml_client *client);

/* -ENOENT: no such service, or its scheduler is not vml. */
int vml_service_get(struct vml_client *client,
		    const struct vml_service_key *key,
		    struct vml_service *ret_service);

/* The caller frees *ret_services; a torn dump is read again, -EAGAIN at last. */
int vml_service_dump(struct vml_client *client,
		     struct vml_service **ret_services, size_t *ret_n);
int vml_destination_get(struct vml_client *client,
			const struct vml_service_key *service,
			const struct vml_destination_key *key,
			struct vml_destination *ret_destination);
int vml_destination_dump(struct vml_client *client,
			 const struct vml_service_key *service,
			 struct vml_destination **ret_destinations,
			 size_t *ret_n);

/*
 * Replace the scales of a service; a destination that scales does not name is
 * neutral. All take effect at once, or none does.
 *
 * -ENOENT: no such service, or a destination that is not one of its; the
 * client's error names it. -EEXIST: a destination named twice. -ESTALE: the
 * generation is not the expected one.
 */
int vml_scale_set(struct vml_client *client,
		  const struct vml_service_key *service,
		  const struct vml_scale *scales, size_t n,
		  const struct vml_commit *commit, uint32_t *ret_generation);

/*
 * Listen to the family's events. -ENODEV while the family is absent. When the
 * module goes, or events are lost, the listener says VML_EVENT_LOST, and
 * re-joins by itself when the module is back: poll its descriptor for reading
 * and call vml_listener_next() until it returns 0.
 */
int vml_listener_open(struct vml_listener **ret_listener);
struct vml_listener *vml_listener_free(struct vml_listener *listener);
void vml_listener_freep(struct vml_listener **listener);
int vml_listener_fd(const struct vml_listener *listener);
/* 1: an event, 0: none now, or a negative errno. Never blocks. */
int vml_listener_next(struct vml_listener *listener,
		      struct vml_event *ret_event);

const char *vml_event_type_name(enum vml_event_type type);

/*
 * "tcp 192.0.2.1:80", "udp [2001:db8::1]:53", "sctp 192.0.2.1:9",
 * "fwmark 7", "fwmark 7 ipv6"; destinations "192.0.2.9:80", "[2001:db8::9]:80".
 * Parsing accepts what formatting gives, and returns -EINVAL otherwise.
 */
const char *vml_service_key_format(const struct vml_service_key *key,
				   char buffer[static VML_KEY_STRING_MAX]);
const char *vml_destination_key_format(const struct vml_destination_key *key,
				       char buffer[static VML_KEY_STRING_MAX]);
int vml_service_key_parse(const char *text, struct vml_service_key *ret_key);
int vml_destination_key_parse(const char *text,
			      struct vml_destination_key *ret_key);
int vml_service_key_compare(const struct vml_service_key *a,
			    const struct vml_service_key *b);
int vml_destination_key_compare(const struct vml_destination_key *a,
				const struct vml_destination_key *b);

#endif
