/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	docs/netlink/ip_vs_vml.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_IP_VS_VML_GEN_H
#define _LINUX_IP_VS_VML_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/ip_vs_vml.h>

/* Common nested types */
extern const struct nla_policy ip_vs_vml_destination_nl_policy[IP_VS_VML_A_DESTINATION_SCALE + 1];
extern const struct nla_policy ip_vs_vml_service_nl_policy[IP_VS_VML_A_SERVICE_FWMARK + 1];

extern const struct nla_policy ip_vs_vml_service_get_nl_policy[IP_VS_VML_A_COMMAND_SERVICE + 1];

extern const struct nla_policy ip_vs_vml_destination_get_nl_policy[IP_VS_VML_A_COMMAND_DESTINATION + 1];

extern const struct nla_policy ip_vs_vml_scale_set_nl_policy[IP_VS_VML_A_COMMAND_LEASE + 1];

/* Ops table for ip_vs_vml */
extern const struct genl_ops ip_vs_vml_nl_ops[3];

int ip_vs_vml_nl_service_get_doit(struct sk_buff *skb, struct genl_info *info);
int ip_vs_vml_nl_service_get_dumpit(struct sk_buff *skb,
				    struct netlink_callback *cb);
int ip_vs_vml_nl_destination_get_doit(struct sk_buff *skb,
				      struct genl_info *info);
int ip_vs_vml_nl_destination_get_dumpit(struct sk_buff *skb,
					struct netlink_callback *cb);
int ip_vs_vml_nl_scale_set_doit(struct sk_buff *skb, struct genl_info *info);

enum {
	IP_VS_VML_NLGRP_EVENTS,
};

#endif /* _LINUX_IP_VS_VML_GEN_H */
