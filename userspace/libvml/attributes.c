/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/genetlink.h>

#include "attributes.h"

int vml_attributes_parse(struct nlattr **table, const void *head, size_t size,
			 struct nla_policy *policy, size_t n)
{
	struct nlattr *attribute;
	int left;

	if (size > INT32_MAX)
		return -EBADMSG;
	/* nla_parse() passes over an attribute that is cut off in silence. */
	nla_for_each_attr(attribute, (struct nlattr *)head, (int)size, left)
		;
	if (left > 0 || nla_parse(table, (int)n - 1, (struct nlattr *)head,
				  (int)size, policy) < 0)
		return -EBADMSG;
	return 0;
}

int vml_attributes_parse_message(struct nlattr **table,
				 const struct nlmsghdr *message,
				 struct nla_policy *policy, size_t n)
{
	const size_t header = NLMSG_HDRLEN + GENL_HDRLEN;

	if (message->nlmsg_len < header)
		return -EBADMSG;
	return vml_attributes_parse(table, (const uint8_t *)message + header,
				    message->nlmsg_len - header, policy, n);
}
