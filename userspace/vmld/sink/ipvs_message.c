/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <linux/ip_vs.h>
#include <netlink/genl/genl.h>
#include <string.h>

#include "sink/ipvs_message.h"
#include "util.h"

#define OWN_FLAGS (IP_VS_SVC_F_PERSISTENT | IP_VS_SVC_F_ONEPACKET)

static int put_service_key(struct nl_msg *message,
			   const struct vml_service_key *key)
{
	NLA_PUT_U16(message, IPVS_SVC_ATTR_AF, key->family);
	if (key->fwmark) {
		NLA_PUT_U32(message, IPVS_SVC_ATTR_FWMARK, key->fwmark);
		return 0;
	}
	NLA_PUT_U16(message, IPVS_SVC_ATTR_PROTOCOL, key->protocol);
	NLA_PUT(message, IPVS_SVC_ATTR_ADDR, sizeof(key->address),
		&key->address);
	NLA_PUT_U16(message, IPVS_SVC_ATTR_PORT, htons(key->port));
	return 0;

nla_put_failure:
	return -ENOMEM;
}

int ipvs_put_service(struct nl_msg *message, const struct vml_service_key *key,
		     const struct ipvs_service *service)
{
	struct nlattr *nest = nla_nest_start(message, IPVS_CMD_ATTR_SERVICE);
	struct ip_vs_flags flags = { .mask = ~0u };
	int r;

	if (!nest)
		return -ENOMEM;
	r = put_service_key(message, key);
	if (r < 0)
		return r;
	if (service) {
		flags.flags = service->other_flags;
		if (service->persistent)
			flags.flags |= IP_VS_SVC_F_PERSISTENT;
		if (service->one_packet)
			flags.flags |= IP_VS_SVC_F_ONEPACKET;
		NLA_PUT_STRING(message, IPVS_SVC_ATTR_SCHED_NAME,
			       service->scheduler);
		NLA_PUT(message, IPVS_SVC_ATTR_FLAGS, sizeof(flags), &flags);
		NLA_PUT_U32(message, IPVS_SVC_ATTR_TIMEOUT,
			    service->persistent ? service->persistence : 0);
		NLA_PUT_U32(message, IPVS_SVC_ATTR_NETMASK, service->netmask);
	}
	nla_nest_end(message, nest);
	return 0;

nla_put_failure:
	return -ENOMEM;
}

int ipvs_put_destination(struct nl_msg *message,
			 const struct ipvs_destination *d, bool whole)
{
	struct nlattr *nest = nla_nest_start(message, IPVS_CMD_ATTR_DEST);

	if (!nest)
		return -ENOMEM;
	NLA_PUT_U16(message, IPVS_DEST_ATTR_ADDR_FAMILY, d->key.family);
	NLA_PUT(message, IPVS_DEST_ATTR_ADDR, sizeof(d->key.address),
		&d->key.address);
	NLA_PUT_U16(message, IPVS_DEST_ATTR_PORT, htons(d->key.port));
	if (whole) {
		NLA_PUT_U32(message, IPVS_DEST_ATTR_FWD_METHOD, d->forwarding);
		NLA_PUT_U32(message, IPVS_DEST_ATTR_WEIGHT, d->weight);
		NLA_PUT_U32(message, IPVS_DEST_ATTR_U_THRESH,
			    d->upper_threshold);
		NLA_PUT_U32(message, IPVS_DEST_ATTR_L_THRESH,
			    d->lower_threshold);
	}
	if (whole && d->has_tunnel) {
		NLA_PUT_U8(message, IPVS_DEST_ATTR_TUN_TYPE, d->tunnel_type);
		NLA_PUT_U16(message, IPVS_DEST_ATTR_TUN_PORT, d->tunnel_port);
		NLA_PUT_U16(message, IPVS_DEST_ATTR_TUN_FLAGS,
			    d->tunnel_flags);
	}
	nla_nest_end(message, nest);
	return 0;

nla_put_failure:
	return -ENOMEM;
}

/* The attributes of the nest that an answer holds. */
static int parse_nest(struct nlmsghdr *header, int nest, struct nlattr **ret,
		      int maximum)
{
	struct nlattr *top[IPVS_CMD_ATTR_MAX + 1];

	if (genlmsg_parse(header, 0, top, IPVS_CMD_ATTR_MAX, NULL) < 0 ||
	    !top[nest] || nla_parse_nested(ret, maximum, top[nest], NULL) < 0)
		return -EBADMSG;
	return 0;
}

static bool has(struct nlattr *attribute, int size)
{
	return attribute && nla_len(attribute) >= size;
}

int ipvs_parse_service(struct nlmsghdr *header,
		       struct ipvs_service *ret_service)
{
	struct nlattr *a[IPVS_SVC_ATTR_MAX + 1];
	struct ipvs_service service = {};
	struct ip_vs_flags flags;
	int r;

	r = parse_nest(header, IPVS_CMD_ATTR_SERVICE, a, IPVS_SVC_ATTR_MAX);
	if (r < 0)
		return r;
	if (!has(a[IPVS_SVC_ATTR_SCHED_NAME], 1) ||
	    !has(a[IPVS_SVC_ATTR_FLAGS], sizeof(flags)) ||
	    !has(a[IPVS_SVC_ATTR_TIMEOUT], 4) ||
	    !has(a[IPVS_SVC_ATTR_NETMASK], 4))
		return -EBADMSG;
	nla_strlcpy(service.scheduler, a[IPVS_SVC_ATTR_SCHED_NAME],
		    sizeof(service.scheduler));
	memcpy(&flags, nla_data(a[IPVS_SVC_ATTR_FLAGS]), sizeof(flags));
	service.persistent = flags.flags & IP_VS_SVC_F_PERSISTENT;
	service.one_packet = flags.flags & IP_VS_SVC_F_ONEPACKET;
	service.other_flags = flags.flags & ~(OWN_FLAGS | IP_VS_SVC_F_HASHED);
	service.persistence = nla_get_u32(a[IPVS_SVC_ATTR_TIMEOUT]);
	service.netmask = nla_get_u32(a[IPVS_SVC_ATTR_NETMASK]);
	*ret_service = service;
	return 0;
}

/* Connections in all: 64 bits, or 32 from a kernel that has no more. */
static uint64_t parse_connections(struct nlattr **a)
{
	struct nlattr *stats[IPVS_STATS_ATTR_MAX + 1];
	bool wide = a[IPVS_DEST_ATTR_STATS64];
	struct nlattr *nest =
		a[wide ? IPVS_DEST_ATTR_STATS64 : IPVS_DEST_ATTR_STATS];

	if (!nest ||
	    nla_parse_nested(stats, IPVS_STATS_ATTR_MAX, nest, NULL) < 0 ||
	    !has(stats[IPVS_STATS_ATTR_CONNS], wide ? 8 : 4))
		return 0;
	return wide ? nla_get_u64(stats[IPVS_STATS_ATTR_CONNS])
		    : nla_get_u32(stats[IPVS_STATS_ATTR_CONNS]);
}

int ipvs_parse_destination(struct nlmsghdr *header, uint16_t family,
			   struct ipvs_destination *ret_destination)
{
	static const int numbers[] = {
		IPVS_DEST_ATTR_WEIGHT,	 IPVS_DEST_ATTR_FWD_METHOD,
		IPVS_DEST_ATTR_U_THRESH, IPVS_DEST_ATTR_L_THRESH,
		IPVS_DEST_ATTR_ACTIVE_CONNS, IPVS_DEST_ATTR_INACT_CONNS,
	};
	struct nlattr *a[IPVS_DEST_ATTR_MAX + 1];
	struct ipvs_destination d = {};
	int r;

	r = parse_nest(header, IPVS_CMD_ATTR_DEST, a, IPVS_DEST_ATTR_MAX);
	if (r < 0)
		return r;
	if (!has(a[IPVS_DEST_ATTR_ADDR], sizeof(d.key.address)) ||
	    !has(a[IPVS_DEST_ATTR_PORT], 2))
		return -EBADMSG;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (!has(a[numbers[i]], 4))
			return -EBADMSG;
	d.key.family = has(a[IPVS_DEST_ATTR_ADDR_FAMILY], 2)
			       ? nla_get_u16(a[IPVS_DEST_ATTR_ADDR_FAMILY])
			       : family;
	d.key.port = ntohs(nla_get_u16(a[IPVS_DEST_ATTR_PORT]));
	/* Behind an IPv4 address stands what happened to be there. */
	memcpy(&d.key.address, nla_data(a[IPVS_DEST_ATTR_ADDR]),
	       d.key.family == AF_INET ? sizeof(d.key.address.ipv4)
				       : sizeof(d.key.address));
	d.weight = nla_get_u32(a[IPVS_DEST_ATTR_WEIGHT]);
	d.forwarding = nla_get_u32(a[IPVS_DEST_ATTR_FWD_METHOD]) &
		       IP_VS_CONN_F_FWD_MASK;
	d.upper_threshold = nla_get_u32(a[IPVS_DEST_ATTR_U_THRESH]);
	d.lower_threshold = nla_get_u32(a[IPVS_DEST_ATTR_L_THRESH]);
	d.active_connections = nla_get_u32(a[IPVS_DEST_ATTR_ACTIVE_CONNS]);
	d.inactive_connections = nla_get_u32(a[IPVS_DEST_ATTR_INACT_CONNS]);
	d.connections = parse_connections(a);
	if (has(a[IPVS_DEST_ATTR_TUN_TYPE], 1) &&
	    has(a[IPVS_DEST_ATTR_TUN_PORT], 2) &&
	    has(a[IPVS_DEST_ATTR_TUN_FLAGS], 2)) {
		d.has_tunnel = true;
		d.tunnel_type = nla_get_u8(a[IPVS_DEST_ATTR_TUN_TYPE]);
		d.tunnel_port = nla_get_u16(a[IPVS_DEST_ATTR_TUN_PORT]);
		d.tunnel_flags = nla_get_u16(a[IPVS_DEST_ATTR_TUN_FLAGS]);
	}
	*ret_destination = d;
	return 0;
}
