// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family. Its tables are generated from
 * docs/netlink/ip_vs_vml.yaml; here are the handlers and the notifications.
 */
#include <linux/workqueue.h>
#include <net/genetlink.h>
#include <net/ip_vs.h>

#include "netlink.h"
#include "netlink-gen.h"
#include "registry.h"

static struct genl_family vml_family;

/*
 * Set before the family can be found, since who finds it may listen at once.
 * Until then generic netlink knows of no group of it, and of no listener.
 */
static bool vml_family_registered;

static int vml_parse_address(u16 family, const struct nlattr *attr,
			     union nf_inet_addr *address,
			     struct netlink_ext_ack *extack)
{
	nla_memcpy(address, attr, sizeof(*address));
	if (family == AF_INET &&
	    memchr_inv((void *)address + sizeof(address->ip), 0,
		       sizeof(*address) - sizeof(address->ip))) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "an IPv4 address is followed by zeros");
		return -EINVAL;
	}
	return 0;
}

static int vml_parse_family(const struct nlattr *attr, u16 *family,
			    struct netlink_ext_ack *extack)
{
	*family = nla_get_u16(attr);
	if (*family == AF_INET || *family == AF_INET6)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr,
			    "the address family is neither IPv4 nor IPv6");
	return -EAFNOSUPPORT;
}

static int vml_parse_service_key(const struct net *net,
				 const struct nlattr *nest,
				 struct vml_service_key *key,
				 struct netlink_ext_ack *extack)
{
	struct nlattr *tb[IP_VS_VML_A_SERVICE_MAX + 1];
	static const u8 needed[] = {
		IP_VS_VML_A_SERVICE_PROTOCOL,
		IP_VS_VML_A_SERVICE_ADDRESS,
		IP_VS_VML_A_SERVICE_PORT,
	};
	unsigned int i;
	int err;

	BUILD_BUG_ON(ARRAY_SIZE(ip_vs_vml_service_nl_policy) !=
		     ARRAY_SIZE(tb));
	err = nla_parse_nested(tb, IP_VS_VML_A_SERVICE_MAX, nest,
			       ip_vs_vml_service_nl_policy, extack);
	if (err)
		return err;

	memset(key, 0, sizeof(*key));
	key->net = net;
	if (NL_REQ_ATTR_CHECK(extack, nest, tb, IP_VS_VML_A_SERVICE_FAMILY))
		return -EINVAL;
	err = vml_parse_family(tb[IP_VS_VML_A_SERVICE_FAMILY], &key->family,
			       extack);
	if (err)
		return err;

	if (tb[IP_VS_VML_A_SERVICE_FWMARK]) {
		for (i = 0; i < ARRAY_SIZE(needed); i++) {
			if (!tb[needed[i]])
				continue;
			NL_SET_ERR_MSG_ATTR(extack, tb[needed[i]],
					    "a service with a firewall mark has no protocol, address or port");
			return -EINVAL;
		}
		key->fwmark = nla_get_u32(tb[IP_VS_VML_A_SERVICE_FWMARK]);
		return 0;
	}

	for (i = 0; i < ARRAY_SIZE(needed); i++)
		if (NL_REQ_ATTR_CHECK(extack, nest, tb, needed[i]))
			return -EINVAL;
	key->protocol = nla_get_u16(tb[IP_VS_VML_A_SERVICE_PROTOCOL]);
	key->port = nla_get_be16(tb[IP_VS_VML_A_SERVICE_PORT]);
	return vml_parse_address(key->family, tb[IP_VS_VML_A_SERVICE_ADDRESS],
				 &key->address, extack);
}

/* A destination as in a request, with its scale if it has one. */
static int vml_parse_destination(const struct nlattr *nest,
				 struct vml_dest_key *key,
				 const struct nlattr **scale,
				 struct netlink_ext_ack *extack)
{
	struct nlattr *tb[IP_VS_VML_A_DESTINATION_MAX + 1];
	int err;

	BUILD_BUG_ON(ARRAY_SIZE(ip_vs_vml_destination_nl_policy) !=
		     ARRAY_SIZE(tb));
	err = nla_parse_nested(tb, IP_VS_VML_A_DESTINATION_MAX, nest,
			       ip_vs_vml_destination_nl_policy, extack);
	if (err)
		return err;

	if (NL_REQ_ATTR_CHECK(extack, nest, tb,
			      IP_VS_VML_A_DESTINATION_FAMILY) ||
	    NL_REQ_ATTR_CHECK(extack, nest, tb,
			      IP_VS_VML_A_DESTINATION_ADDRESS) ||
	    NL_REQ_ATTR_CHECK(extack, nest, tb, IP_VS_VML_A_DESTINATION_PORT))
		return -EINVAL;

	memset(key, 0, sizeof(*key));
	err = vml_parse_family(tb[IP_VS_VML_A_DESTINATION_FAMILY],
			       &key->family, extack);
	if (err)
		return err;
	key->port = nla_get_be16(tb[IP_VS_VML_A_DESTINATION_PORT]);
	*scale = tb[IP_VS_VML_A_DESTINATION_SCALE];
	return vml_parse_address(key->family,
				 tb[IP_VS_VML_A_DESTINATION_ADDRESS],
				 &key->address, extack);
}

static int vml_put_service_key(struct sk_buff *skb,
			       const struct vml_service_key *key)
{
	struct nlattr *nest;

	nest = nla_nest_start(skb, IP_VS_VML_A_COMMAND_SERVICE);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u16(skb, IP_VS_VML_A_SERVICE_FAMILY, key->family))
		return -EMSGSIZE;
	if (key->fwmark) {
		if (nla_put_u32(skb, IP_VS_VML_A_SERVICE_FWMARK, key->fwmark))
			return -EMSGSIZE;
	} else if (nla_put_u16(skb, IP_VS_VML_A_SERVICE_PROTOCOL,
			       key->protocol) ||
		   nla_put(skb, IP_VS_VML_A_SERVICE_ADDRESS,
			   sizeof(key->address), &key->address) ||
		   nla_put_be16(skb, IP_VS_VML_A_SERVICE_PORT, key->port)) {
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

static int vml_put_destination(struct sk_buff *skb,
			       const struct vml_dest *vdest)
{
	const struct vml_dest_key *key = &vdest->key;
	struct nlattr *nest;

	nest = nla_nest_start(skb, IP_VS_VML_A_COMMAND_DESTINATION);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u16(skb, IP_VS_VML_A_DESTINATION_FAMILY, key->family) ||
	    nla_put(skb, IP_VS_VML_A_DESTINATION_ADDRESS,
		    sizeof(key->address), &key->address) ||
	    nla_put_be16(skb, IP_VS_VML_A_DESTINATION_PORT, key->port) ||
	    nla_put_u32(skb, IP_VS_VML_A_DESTINATION_SCALE, vdest->scale))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int vml_put_counter(struct sk_buff *skb, int type, u64 value)
{
	return nla_put_u64_64bit(skb, type, value, IP_VS_VML_A_COMMAND_PAD);
}

static int vml_put_service(struct sk_buff *skb,
			   const struct vml_service *service)
{
	struct vml_percpu sum = {};
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct vml_percpu *percpu = per_cpu_ptr(service->percpu,
							      cpu);

		sum.overload_skips += READ_ONCE(percpu->overload_skips);
		sum.scans += READ_ONCE(percpu->scans);
		sum.no_destination += READ_ONCE(percpu->no_destination);
	}

	if (vml_put_service_key(skb, &service->key) ||
	    nla_put_u32(skb, IP_VS_VML_A_COMMAND_GENERATION,
			service->generation) ||
	    nla_put_u32(skb, IP_VS_VML_A_COMMAND_DESTINATIONS,
			service->num_destinations) ||
	    vml_put_counter(skb, IP_VS_VML_A_COMMAND_PICKS,
			    vml_service_picks(service)) ||
	    vml_put_counter(skb, IP_VS_VML_A_COMMAND_OVERLOAD_SKIPS,
			    sum.overload_skips) ||
	    vml_put_counter(skb, IP_VS_VML_A_COMMAND_SCANS, sum.scans) ||
	    vml_put_counter(skb, IP_VS_VML_A_COMMAND_NO_DESTINATION,
			    sum.no_destination))
		return -EMSGSIZE;
	if (service->has_lease &&
	    nla_put_u32(skb, IP_VS_VML_A_COMMAND_LEASE,
			vml_service_lease_left(service)))
		return -EMSGSIZE;
	return 0;
}

static int vml_put_dest(struct sk_buff *skb, const struct vml_dest *vdest)
{
	const struct ip_vs_dest *dest = vdest->dest;

	if (vml_put_destination(skb, vdest) ||
	    nla_put_u32(skb, IP_VS_VML_A_COMMAND_WEIGHT,
			atomic_read(&dest->weight)) ||
	    nla_put_u64_64bit(skb, IP_VS_VML_A_COMMAND_EFFECTIVE_WEIGHT,
			      vml_dest_effective_weight(vdest),
			      IP_VS_VML_A_COMMAND_PAD) ||
	    nla_put_u32(skb, IP_VS_VML_A_COMMAND_ACTIVE_CONNECTIONS,
			atomic_read(&dest->activeconns)) ||
	    nla_put_u32(skb, IP_VS_VML_A_COMMAND_INACTIVE_CONNECTIONS,
			vml_dest_inactive_connections(dest)) ||
	    nla_put_u32(skb, IP_VS_VML_A_COMMAND_PERSISTENT_CONNECTIONS,
			atomic_read(&dest->persistconns)) ||
	    vml_put_counter(skb, IP_VS_VML_A_COMMAND_PICKS,
			    vml_dest_picks(vdest)))
		return -EMSGSIZE;
	return 0;
}

/* The service that a request names; the registry is locked. */
static struct vml_service *vml_request_service(const struct net *net,
					       const struct nlattr *attr,
					       struct netlink_ext_ack *extack)
{
	struct vml_service_key key;
	struct vml_service *service;
	int err;

	err = vml_parse_service_key(net, attr, &key, extack);
	if (err)
		return ERR_PTR(err);
	service = vml_service_find(&key);
	if (!service) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "no such service is scheduled by vml");
		return ERR_PTR(-ENOENT);
	}
	return service;
}

/* The destination that a request names, with its scale if it has one. */
static struct vml_dest *
vml_request_destination(const struct vml_service *service,
			const struct nlattr *attr, const struct nlattr **scale,
			struct netlink_ext_ack *extack)
{
	struct vml_dest_key key;
	struct vml_dest *vdest;
	int err;

	err = vml_parse_destination(attr, &key, scale, extack);
	if (err)
		return ERR_PTR(err);
	vdest = vml_dest_find(service, &key);
	if (!vdest) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "no such destination in the service");
		return ERR_PTR(-ENOENT);
	}
	return vdest;
}

/* A reply to a request, begun. */
static struct sk_buff *vml_reply_new(struct genl_info *info, u8 command,
				     void **header)
{
	struct sk_buff *reply = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);

	if (!reply)
		return NULL;
	*header = genlmsg_put_reply(reply, info, &vml_family, 0, command);
	if (*header)
		return reply;
	nlmsg_free(reply);
	return NULL;
}

/* A part of a dump, begun; marked if what was dumped before has changed. */
static void *vml_dump_put(struct sk_buff *skb, struct netlink_callback *cb,
			  u8 command)
{
	void *header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				   cb->nlh->nlmsg_seq, &vml_family,
				   NLM_F_MULTI, command);

	if (header)
		genl_dump_check_consistent(cb, header);
	return header;
}

int ip_vs_vml_nl_service_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *attr = info->attrs[IP_VS_VML_A_COMMAND_SERVICE];
	struct vml_service *service;
	struct sk_buff *reply;
	void *header;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, IP_VS_VML_A_COMMAND_SERVICE))
		return -EINVAL;

	reply = vml_reply_new(info, IP_VS_VML_CMD_SERVICE_GET, &header);
	if (!reply)
		return -ENOMEM;

	vml_registry_lock();
	service = vml_request_service(genl_info_net(info), attr, info->extack);
	err = IS_ERR(service) ? PTR_ERR(service) :
				vml_put_service(reply, service);
	vml_registry_unlock();
	if (err)
		goto err_free;

	genlmsg_end(reply, header);
	return genlmsg_reply(reply, info);

err_free:
	nlmsg_free(reply);
	return err;
}

int ip_vs_vml_nl_service_get_dumpit(struct sk_buff *skb,
				    struct netlink_callback *cb)
{
	const struct net *net = sock_net(skb->sk);
	struct vml_service *service;
	long skip = cb->args[0], i = 0;

	vml_registry_lock();
	cb->seq = vml_services_sequence(net);
	for (service = vml_service_next(net, NULL); service;
	     service = vml_service_next(net, service), i++) {
		void *header;

		if (i < skip)
			continue;
		header = vml_dump_put(skb, cb, IP_VS_VML_CMD_SERVICE_GET);
		if (!header)
			break;
		if (vml_put_service(skb, service)) {
			genlmsg_cancel(skb, header);
			break;
		}
		genlmsg_end(skb, header);
	}
	vml_registry_unlock();
	cb->args[0] = i;
	return skb->len;
}

int ip_vs_vml_nl_destination_get_doit(struct sk_buff *skb,
				      struct genl_info *info)
{
	struct nlattr *attr = info->attrs[IP_VS_VML_A_COMMAND_DESTINATION];
	const struct nlattr *scale = NULL;
	struct vml_service *service;
	struct vml_dest *vdest;
	struct sk_buff *reply;
	void *header;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, IP_VS_VML_A_COMMAND_SERVICE) ||
	    GENL_REQ_ATTR_CHECK(info, IP_VS_VML_A_COMMAND_DESTINATION))
		return -EINVAL;

	reply = vml_reply_new(info, IP_VS_VML_CMD_DESTINATION_GET, &header);
	if (!reply)
		return -ENOMEM;

	vml_registry_lock();
	service = vml_request_service(genl_info_net(info),
				      info->attrs[IP_VS_VML_A_COMMAND_SERVICE],
				      info->extack);
	if (IS_ERR(service)) {
		err = PTR_ERR(service);
		goto err_unlock;
	}
	vdest = vml_request_destination(service, attr, &scale, info->extack);
	if (IS_ERR(vdest)) {
		err = PTR_ERR(vdest);
		goto err_unlock;
	}
	if (scale) {
		NL_SET_ERR_MSG_ATTR(info->extack, scale,
				    "a scale is set with scale-set");
		err = -EINVAL;
		goto err_unlock;
	}
	err = vml_put_dest(reply, vdest);
	if (err)
		goto err_unlock;
	vml_registry_unlock();

	genlmsg_end(reply, header);
	return genlmsg_reply(reply, info);

err_unlock:
	vml_registry_unlock();
	nlmsg_free(reply);
	return err;
}

/*
 * The first part of a dump must find its service; a later part that does not
 * ends the dump, which the changed sequence marks as torn.
 */
int ip_vs_vml_nl_destination_get_dumpit(struct sk_buff *skb,
					struct netlink_callback *cb)
{
	struct nlattr **attrs = vml_dump_attrs(cb);
	struct nlattr *attr = attrs[IP_VS_VML_A_COMMAND_SERVICE];
	long skip = cb->args[0], i = 0;
	struct vml_service *service;
	struct rb_node *node;
	int err = 0;

	if (!attr) {
		NL_SET_ERR_MSG(cb->extack,
			       "the service whose destinations to dump is missing");
		return -EINVAL;
	}
	if (attrs[IP_VS_VML_A_COMMAND_DESTINATION]) {
		NL_SET_ERR_MSG_ATTR(cb->extack,
				    attrs[IP_VS_VML_A_COMMAND_DESTINATION],
				    "a dump is of all destinations");
		return -EINVAL;
	}

	vml_registry_lock();
	service = vml_request_service(sock_net(skb->sk), attr, cb->extack);
	if (IS_ERR(service)) {
		cb->seq = cb->prev_seq + 1;
		err = cb->prev_seq ? 0 : PTR_ERR(service);
		goto out;
	}

	cb->seq = service->sequence;
	for (node = rb_first(&service->destinations); node;
	     node = rb_next(node), i++) {
		void *header;

		if (i < skip)
			continue;
		header = vml_dump_put(skb, cb, IP_VS_VML_CMD_DESTINATION_GET);
		if (!header)
			break;
		if (vml_put_dest(skb, rb_entry(node, struct vml_dest, node))) {
			genlmsg_cancel(skb, header);
			break;
		}
		genlmsg_end(skb, header);
	}
	cb->args[0] = i;
out:
	vml_registry_unlock();
	return err ?: skb->len;
}

static bool vml_has_listeners(const struct net *net)
{
	vml_registry_assert_locked();

	return READ_ONCE(vml_family_registered) &&
	       genl_has_listeners(&vml_family, (struct net *)net,
				  IP_VS_VML_NLGRP_EVENTS);
}

static struct sk_buff *vml_event_new(const struct vml_service *service,
				     const struct vml_dest *vdest, u8 command,
				     u32 lease, gfp_t gfp)
{
	struct sk_buff *skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, gfp);
	void *header;

	if (!skb)
		return NULL;
	header = genlmsg_put(skb, 0, 0, &vml_family, 0, command);
	if (!header || vml_put_service_key(skb, &service->key))
		goto err_free;
	if (vdest && vml_put_destination(skb, vdest))
		goto err_free;
	if ((command == IP_VS_VML_CMD_SCALES_COMMITTED ||
	     command == IP_VS_VML_CMD_LEASE_EXPIRED) &&
	    nla_put_u32(skb, IP_VS_VML_A_COMMAND_GENERATION,
			service->generation))
		goto err_free;
	if (lease && nla_put_u32(skb, IP_VS_VML_A_COMMAND_LEASE, lease))
		goto err_free;
	genlmsg_end(skb, header);
	return skb;

err_free:
	nlmsg_free(skb);
	return NULL;
}

/*
 * Tell those who listen. If there is no memory for the message, they learn
 * that they have missed one.
 */
static void vml_notify(const struct vml_service *service,
		       const struct vml_dest *vdest, u8 command, gfp_t gfp)
{
	struct net *net = (struct net *)service->key.net;
	struct sk_buff *skb;

	if (!vml_has_listeners(net))
		return;
	skb = vml_event_new(service, vdest, command, 0, gfp);
	if (skb)
		genlmsg_multicast_netns(&vml_family, net, skb, 0,
					IP_VS_VML_NLGRP_EVENTS, gfp);
	else
		genl_set_err(&vml_family, net, 0, IP_VS_VML_NLGRP_EVENTS,
			     -ENOBUFS);
}

void vml_notify_service_bound(const struct vml_service *service)
{
	vml_notify(service, NULL, IP_VS_VML_CMD_SERVICE_BOUND, GFP_KERNEL);
}

void vml_notify_service_unbound(const struct vml_service *service)
{
	vml_notify(service, NULL, IP_VS_VML_CMD_SERVICE_UNBOUND, GFP_KERNEL);
}

void vml_notify_destination_added(const struct vml_service *service,
				  const struct vml_dest *vdest, gfp_t gfp)
{
	vml_notify(service, vdest, IP_VS_VML_CMD_DESTINATION_ADDED, gfp);
}

void vml_notify_destination_removed(const struct vml_service *service,
				    const struct vml_dest *vdest)
{
	vml_notify(service, vdest, IP_VS_VML_CMD_DESTINATION_REMOVED,
		   GFP_KERNEL);
}

void vml_notify_lease_expired(const struct vml_service *service)
{
	vml_notify(service, NULL, IP_VS_VML_CMD_LEASE_EXPIRED, GFP_KERNEL);
}

/* As above, and to the sender itself if it asked for an echo. */
static void vml_notify_scales_committed(const struct vml_service *service,
					u32 lease, struct genl_info *info)
{
	struct sk_buff *skb;

	if (!vml_has_listeners(service->key.net) &&
	    !nlmsg_report(info->nlhdr))
		return;
	skb = vml_event_new(service, NULL, IP_VS_VML_CMD_SCALES_COMMITTED,
			    lease, GFP_KERNEL);
	if (skb)
		genl_notify(&vml_family, skb, info, IP_VS_VML_NLGRP_EVENTS,
			    GFP_KERNEL);
	else
		genl_set_err(&vml_family, genl_info_net(info), 0,
			     IP_VS_VML_NLGRP_EVENTS, -ENOBUFS);
}

static int vml_check_generation(const struct vml_service *service,
				const struct nlattr *attr,
				struct netlink_ext_ack *extack)
{
	if (!attr || nla_get_u32(attr) == service->generation)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr,
			    "the service has another generation");
	return -ESTALE;
}

/* Stage every destination of the request, which stand one beside another. */
static int vml_stage_scales(struct vml_scale_set *set, struct genl_info *info)
{
	const struct nlattr *attr, *scale;
	struct vml_dest *vdest;
	int err, remaining;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, remaining) {
		if (nla_type(attr) != IP_VS_VML_A_COMMAND_DESTINATION)
			continue;
		vdest = vml_request_destination(set->service, attr, &scale,
						info->extack);
		if (IS_ERR(vdest))
			return PTR_ERR(vdest);
		if (!scale) {
			NL_SET_ERR_ATTR_MISS(info->extack, attr,
					     IP_VS_VML_A_DESTINATION_SCALE);
			return -EINVAL;
		}
		err = vml_scale_set_stage(set, vdest, nla_get_u32(scale));
		if (err) {
			NL_SET_ERR_MSG_ATTR(info->extack, attr,
					    "the destination is named twice");
			return err;
		}
	}
	return 0;
}

int ip_vs_vml_nl_scale_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *attr = info->attrs[IP_VS_VML_A_COMMAND_LEASE];
	u32 lease = attr ? nla_get_u32(attr) : 0;
	struct vml_service *service;
	struct vml_scale_set set;
	struct sk_buff *reply;
	void *header;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, IP_VS_VML_A_COMMAND_SERVICE))
		return -EINVAL;

	/* All that can fail comes before the commit, the reply too. */
	reply = vml_reply_new(info, IP_VS_VML_CMD_SCALE_SET, &header);
	if (!reply)
		return -ENOMEM;

	vml_registry_lock();
	service = vml_request_service(genl_info_net(info),
				      info->attrs[IP_VS_VML_A_COMMAND_SERVICE],
				      info->extack);
	if (IS_ERR(service)) {
		err = PTR_ERR(service);
		goto err_unlock;
	}
	err = vml_check_generation(service,
				   info->attrs[IP_VS_VML_A_COMMAND_GENERATION],
				   info->extack);
	if (err)
		goto err_unlock;
	err = nla_put_u32(reply, IP_VS_VML_A_COMMAND_GENERATION,
			  service->generation + 1);
	if (err)
		goto err_unlock;

	err = vml_scale_set_begin(&set, service);
	if (err)
		goto err_unlock;
	err = vml_stage_scales(&set, info);
	if (err) {
		vml_scale_set_abort(&set);
		goto err_unlock;
	}
	vml_scale_set_commit(&set, lease);
	vml_notify_scales_committed(service, lease, info);
	vml_registry_unlock();

	genlmsg_end(reply, header);
	return genlmsg_reply(reply, info);

err_unlock:
	vml_registry_unlock();
	nlmsg_free(reply);
	return err;
}

/*
 * Listening shows what reading does, so it takes the same permission. The
 * order is that of the generated enumeration.
 */
static const struct genl_multicast_group vml_groups[] = {
	[IP_VS_VML_NLGRP_EVENTS] = {
		.name	= IP_VS_VML_MCGRP_EVENTS,
		.flags	= GENL_MCAST_CAP_NET_ADMIN,
	},
};

static struct genl_family vml_family = {
	.name		= IP_VS_VML_GENL_NAME,
	.version	= IP_VS_VML_GENL_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.ops		= ip_vs_vml_nl_ops,
	.n_ops		= ARRAY_SIZE(ip_vs_vml_nl_ops),
	.mcgrps		= vml_groups,
	.n_mcgrps	= ARRAY_SIZE(vml_groups),
};

static void vml_netlink_register(struct work_struct *work)
{
	int err;

	WRITE_ONCE(vml_family_registered, true);
	err = genl_register_family(&vml_family);
	if (err) {
		WRITE_ONCE(vml_family_registered, false);
		pr_err("ip_vs_vml: registering the netlink family: error %d\n",
		       err);
	}
}

static DECLARE_WORK(vml_netlink_register_work, vml_netlink_register);

/**
 * vml_netlink_init - have the family registered, a moment later
 *
 * IPVS loads this module from within a generic netlink request, which holds
 * for reading the lock that registering takes for writing: waiting for it here
 * would stop generic netlink of the whole host for ever.
 */
void vml_netlink_init(void)
{
	schedule_work(&vml_netlink_register_work);
}

/**
 * vml_netlink_exit - withdraw the family
 */
void vml_netlink_exit(void)
{
	cancel_work_sync(&vml_netlink_register_work);
	if (!vml_family_registered)
		return;
	/* whoever has found it to be set is done with the family then */
	vml_registry_lock();
	WRITE_ONCE(vml_family_registered, false);
	vml_registry_unlock();
	genl_unregister_family(&vml_family);
}
