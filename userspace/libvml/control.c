/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attributes.h"
#include "control.h"

/* libnl takes them as not const, and does not write to them. */
static struct nla_policy ack_policy[] = {
	[NLMSGERR_ATTR_MSG] = { .type = NLA_STRING },
	[NLMSGERR_ATTR_OFFS] = POLICY_U32,
	[NLMSGERR_ATTR_MISS_TYPE] = POLICY_U32,
	[NLMSGERR_ATTR_MISS_NEST] = POLICY_U32,
};

static struct nla_policy family_policy[] = {
	[CTRL_ATTR_FAMILY_ID] = POLICY_U16,
	[CTRL_ATTR_FAMILY_NAME] = { .type = NLA_STRING,
				    .maxlen = GENL_NAMSIZ },
	[CTRL_ATTR_MCAST_GROUPS] = POLICY_NEST,
};

static struct nla_policy group_policy[] = {
	[CTRL_ATTR_MCAST_GRP_NAME] = { .type = NLA_STRING,
				       .maxlen = GENL_NAMSIZ },
	[CTRL_ATTR_MCAST_GRP_ID] = POLICY_U32,
};

int vml_datagram_next(struct vml_datagram *datagram,
		      const struct nlmsghdr **ret_message)
{
	const struct nlmsghdr *message = datagram->next;
	size_t aligned;

	if (!datagram->left)
		return 0;
	if (datagram->left < sizeof(*message) ||
	    message->nlmsg_len < sizeof(*message) ||
	    message->nlmsg_len > datagram->left)
		return -EBADMSG;
	aligned = MIN((size_t)NLMSG_ALIGN((size_t)message->nlmsg_len),
		      datagram->left);
	datagram->next = (const uint8_t *)message + aligned;
	datagram->left -= aligned;
	*ret_message = message;
	return 1;
}

int vml_parse_ack(const struct nlmsghdr *message, struct vml_ack *ret_ack)
{
	struct nlattr *table[ARRAY_SIZE(ack_policy)];
	struct vml_ack ack = { 0 };
	const uint8_t *payload = (const uint8_t *)message + NLMSG_HDRLEN;
	size_t size, skip = sizeof(int);

	size = message->nlmsg_len - NLMSG_HDRLEN;
	if (size < sizeof(int))
		return -EBADMSG;
	memcpy(&ack.error, payload, sizeof(int));
	/* A dump ends with its result; some handlers give a positive one. */
	if (message->nlmsg_type == NLMSG_DONE && ack.error > 0)
		ack.error = 0;
	if (ack.error > 0 || ack.error < -4095)
		return -EBADMSG;
	if (message->nlmsg_type == NLMSG_ERROR) {
		const struct nlmsgerr *error = (const void *)payload;

		if (size < sizeof(*error))
			return -EBADMSG;
		skip = sizeof(*error);
		if (!(message->nlmsg_flags & NLM_F_CAPPED)) {
			if (error->msg.nlmsg_len < sizeof(error->msg))
				return -EBADMSG;
			skip += NLMSG_ALIGN((size_t)error->msg.nlmsg_len) -
				sizeof(error->msg);
		}
		if (skip > size)
			return -EBADMSG;
	}
	if (message->nlmsg_flags & NLM_F_ACK_TLVS) {
		if (PARSE_ATTRIBUTES(table, payload + skip, size - skip,
				     ack_policy) < 0)
			return -EBADMSG;
		if (table[NLMSGERR_ATTR_MSG])
			nla_strlcpy(ack.text, table[NLMSGERR_ATTR_MSG],
				    sizeof(ack.text));
		ack.has_offset = table[NLMSGERR_ATTR_OFFS];
		ack.offset = get_u32(table[NLMSGERR_ATTR_OFFS]);
		ack.has_missing = table[NLMSGERR_ATTR_MISS_TYPE];
		ack.missing_type = get_u32(table[NLMSGERR_ATTR_MISS_TYPE]);
		ack.missing_nest = get_u32(table[NLMSGERR_ATTR_MISS_NEST]);
	}
	*ret_ack = ack;
	return 0;
}

int vml_parse_command(const struct nlmsghdr *message, uint8_t *ret_command)
{
	const struct genlmsghdr *header = NLMSG_DATA(message);

	if (message->nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN)
		return -EBADMSG;
	*ret_command = header->cmd;
	return 0;
}

/* Whether a string attribute, which may lack its NUL, is this text. */
static bool string_is(const struct nlattr *attribute, const char *text)
{
	char string[GENL_NAMSIZ + 1];

	nla_strlcpy(string, attribute, sizeof(string));
	return !strcmp(string, text);
}

static int parse_groups(const struct nlattr *nest, const char *name,
			uint32_t *ret_group)
{
	struct nlattr *table[ARRAY_SIZE(group_policy)];
	struct nlattr *group;
	uint32_t found = 0;
	int left;

	nla_for_each_nested(group, nest, left) {
		if (PARSE_NEST(table, group, group_policy) < 0 ||
		    !table[CTRL_ATTR_MCAST_GRP_NAME] ||
		    !table[CTRL_ATTR_MCAST_GRP_ID])
			return -EBADMSG;
		if (string_is(table[CTRL_ATTR_MCAST_GRP_NAME], name))
			found = get_u32(table[CTRL_ATTR_MCAST_GRP_ID]);
	}
	if (left > 0)
		return -EBADMSG;
	*ret_group = found;
	return 0;
}

int vml_parse_family(const struct nlmsghdr *message, const char *name,
		     const char *group, struct vml_family *ret_family)
{
	struct nlattr *table[ARRAY_SIZE(family_policy)];
	struct vml_family family = { 0 };
	int r;

	if (PARSE_MESSAGE(message, table, family_policy) < 0 ||
	    !table[CTRL_ATTR_FAMILY_ID] || !table[CTRL_ATTR_FAMILY_NAME])
		return -EBADMSG;
	if (!string_is(table[CTRL_ATTR_FAMILY_NAME], name))
		return 0;
	family.id = nla_get_u16(table[CTRL_ATTR_FAMILY_ID]);
	if (family.id < NLMSG_MIN_TYPE)
		return -EBADMSG;
	if (table[CTRL_ATTR_MCAST_GROUPS]) {
		r = parse_groups(table[CTRL_ATTR_MCAST_GROUPS], group,
				 &family.events_group);
		if (r < 0)
			return r;
	}
	*ret_family = family;
	return 1;
}
