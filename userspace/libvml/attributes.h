/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attributes of received messages, checked against a policy. */
#ifndef VML_ATTRIBUTES_H
#define VML_ATTRIBUTES_H

#include <netlink/attr.h>
#include <string.h>

#include "util.h"

#define POLICY_EXACT(kind, size)					\
	{ .type = kind, .minlen = size, .maxlen = size }
#define POLICY_U16 POLICY_EXACT(NLA_U16, sizeof(uint16_t))
#define POLICY_U32 POLICY_EXACT(NLA_U32, sizeof(uint32_t))
#define POLICY_U64 POLICY_EXACT(NLA_U64, sizeof(uint64_t))
#define POLICY_NEST { .type = NLA_NESTED }

/*
 * Find the attributes of each type: table and policy have n elements. 0, or
 * -EBADMSG if one of them is cut off or of the wrong size.
 */
int vml_attributes_parse(struct nlattr **table, const void *head, size_t size,
			 struct nla_policy *policy, size_t n);

/* The same of the attributes that follow a generic netlink header. */
int vml_attributes_parse_message(struct nlattr **table,
				 const struct nlmsghdr *message,
				 struct nla_policy *policy, size_t n);

#define PARSE_ATTRIBUTES(table, head, size, policy)			\
	vml_attributes_parse(table, head, size, policy, ARRAY_SIZE(policy))
#define PARSE_NEST(table, nest, policy)					\
	PARSE_ATTRIBUTES(table, nla_data(nest), (size_t)nla_len(nest), policy)
#define PARSE_MESSAGE(message, table, policy)				\
	vml_attributes_parse_message(table, message, policy,		\
				     ARRAY_SIZE(policy))

/* The value of an attribute that has passed a policy, 0 if it is absent. */
static inline uint32_t get_u32(const struct nlattr *attribute)
{
	return attribute ? nla_get_u32(attribute) : 0;
}

/* The kernel aligns them to four bytes, not always to eight. */
static inline uint64_t get_u64(const struct nlattr *attribute)
{
	uint64_t value = 0;

	if (attribute)
		memcpy(&value, nla_data(attribute), sizeof(value));
	return value;
}

#endif
