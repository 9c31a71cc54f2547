// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	docs/netlink/ip_vs_vml.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "netlink-gen.h"

#include <uapi/linux/ip_vs_vml.h>

/* Common nested types */
const struct nla_policy ip_vs_vml_destination_nl_policy[IP_VS_VML_A_DESTINATION_SCALE + 1] = {
	[IP_VS_VML_A_DESTINATION_FAMILY] = { .type = NLA_U16, },
	[IP_VS_VML_A_DESTINATION_ADDRESS] = NLA_POLICY_EXACT_LEN(16),
	[IP_VS_VML_A_DESTINATION_PORT] = { .type = NLA_U16, },
	[IP_VS_VML_A_DESTINATION_SCALE] = { .type = NLA_U32, },
};

const struct nla_policy ip_vs_vml_service_nl_policy[IP_VS_VML_A_SERVICE_FWMARK + 1] = {
	[IP_VS_VML_A_SERVICE_FAMILY] = { .type = NLA_U16, },
	[IP_VS_VML_A_SERVICE_PROTOCOL] = { .type = NLA_U16, },
	[IP_VS_VML_A_SERVICE_ADDRESS] = NLA_POLICY_EXACT_LEN(16),
	[IP_VS_VML_A_SERVICE_PORT] = { .type = NLA_U16, },
	[IP_VS_VML_A_SERVICE_FWMARK] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* IP_VS_VML_CMD_SERVICE_GET - do */
const struct nla_policy ip_vs_vml_service_get_nl_policy[IP_VS_VML_A_COMMAND_SERVICE + 1] = {
	[IP_VS_VML_A_COMMAND_SERVICE] = NLA_POLICY_NESTED(ip_vs_vml_service_nl_policy),
};

/* IP_VS_VML_CMD_DESTINATION_GET - do */
const struct nla_policy ip_vs_vml_destination_get_nl_policy[IP_VS_VML_A_COMMAND_DESTINATION + 1] = {
	[IP_VS_VML_A_COMMAND_SERVICE] = NLA_POLICY_NESTED(ip_vs_vml_service_nl_policy),
	[IP_VS_VML_A_COMMAND_DESTINATION] = NLA_POLICY_NESTED(ip_vs_vml_destination_nl_policy),
};

/* IP_VS_VML_CMD_SCALE_SET - do */
const struct nla_policy ip_vs_vml_scale_set_nl_policy[IP_VS_VML_A_COMMAND_LEASE + 1] = {
	[IP_VS_VML_A_COMMAND_SERVICE] = NLA_POLICY_NESTED(ip_vs_vml_service_nl_policy),
	[IP_VS_VML_A_COMMAND_GENERATION] = { .type = NLA_U32, },
	[IP_VS_VML_A_COMMAND_LEASE] = NLA_POLICY_MIN(NLA_U32, 1),
	[IP_VS_VML_A_COMMAND_DESTINATION] = NLA_POLICY_NESTED(ip_vs_vml_destination_nl_policy),
};

/* Ops table for ip_vs_vml */
const struct genl_ops ip_vs_vml_nl_ops[3] = {
	{
		.cmd		= IP_VS_VML_CMD_SERVICE_GET,
		.doit		= ip_vs_vml_nl_service_get_doit,
		.dumpit		= ip_vs_vml_nl_service_get_dumpit,
		.policy		= ip_vs_vml_service_get_nl_policy,
		.maxattr	= IP_VS_VML_A_COMMAND_SERVICE,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= IP_VS_VML_CMD_DESTINATION_GET,
		.doit		= ip_vs_vml_nl_destination_get_doit,
		.dumpit		= ip_vs_vml_nl_destination_get_dumpit,
		.policy		= ip_vs_vml_destination_get_nl_policy,
		.maxattr	= IP_VS_VML_A_COMMAND_DESTINATION,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= IP_VS_VML_CMD_SCALE_SET,
		.doit		= ip_vs_vml_nl_scale_set_doit,
		.policy		= ip_vs_vml_scale_set_nl_policy,
		.maxattr	= IP_VS_VML_A_COMMAND_LEASE,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
};

static const struct genl_multicast_group ip_vs_vml_nl_mcgrps[] = {
	[IP_VS_VML_NLGRP_EVENTS] = { "events", },
};
