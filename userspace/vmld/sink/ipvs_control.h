/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IPVS itself: its services, destinations and weights, over the generic
 * netlink family "IPVS", as ipvsadm does it.
 *
 * Functions return 0 or a negative errno: -ENOENT: no such service or
 * destination; -EEXIST: it is there already; -ENODEV: no IPVS in the kernel;
 * -ETIMEDOUT: the kernel did not answer within two seconds.
 */
#ifndef VMLD_SINK_IPVS_CONTROL_H
#define VMLD_SINK_IPVS_CONTROL_H

#include <stdbool.h>
#include <stddef.h>

#include "libvml.h"

#define IPVS_SCHEDULER_SIZE 16

struct ipvs_service {
	char scheduler[IPVS_SCHEDULER_SIZE];
	bool persistent;
	bool one_packet;
	uint32_t persistence;	/* seconds, if persistent */
	uint32_t netmask;	/* of persistence: network byte order for
				 * IPv4, bits of the prefix for IPv6 */
	uint32_t other_flags;	/* those that have no field here */
};

struct ipvs_destination {
	struct vml_destination_key key;
	uint32_t weight;
	uint32_t forwarding;	/* IP_VS_CONN_F_MASQ, _DROUTE, _TUNNEL, ... */
	uint32_t upper_threshold;
	uint32_t lower_threshold;
	bool has_tunnel;	/* the kernel knows types of tunnels */
	uint8_t tunnel_type;
	uint16_t tunnel_port;	/* network byte order */
	uint16_t tunnel_flags;
	/* Only read: */
	uint32_t active_connections;
	uint32_t inactive_connections;
	uint64_t connections;	/* given to it since it was added */
};

struct ipvs_control;

int ipvs_control_new(struct ipvs_control **ret_control);
struct ipvs_control *ipvs_control_free(struct ipvs_control *control);

int ipvs_service_get(struct ipvs_control *control,
		     const struct vml_service_key *key,
		     struct ipvs_service *ret_service);
int ipvs_service_add(struct ipvs_control *control,
		     const struct vml_service_key *key,
		     const struct ipvs_service *service);
int ipvs_service_edit(struct ipvs_control *control,
		      const struct vml_service_key *key,
		      const struct ipvs_service *service);

/* Sorted by key; the caller frees *ret_destinations. */
int ipvs_destination_dump(struct ipvs_control *control,
			  const struct vml_service_key *service,
			  struct ipvs_destination **ret_destinations,
			  size_t *ret_n);
int ipvs_destination_add(struct ipvs_control *control,
			 const struct vml_service_key *service,
			 const struct ipvs_destination *destination);
/* Everything of destination but its connections takes effect. */
int ipvs_destination_edit(struct ipvs_control *control,
			  const struct vml_service_key *service,
			  const struct ipvs_destination *destination);
/* Change only the weight. */
int ipvs_weight_set(struct ipvs_control *control,
		    const struct vml_service_key *service,
		    const struct vml_destination_key *key, uint32_t weight);
int ipvs_destination_remove(struct ipvs_control *control,
			    const struct vml_service_key *service,
			    const struct vml_destination_key *key);

#endif
