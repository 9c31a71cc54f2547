// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink_refusal.h"

const struct bad_part bad_services[] = {
	{ "unknown port", { IP_VS_VML_A_SERVICE_PORT, 2, { 1, 1 } }, -ENOENT,
	  false, "no such service is scheduled by vml" },
	{ "unknown protocol", { IP_VS_VML_A_SERVICE_PROTOCOL, 2, { 17 } },
	  -ENOENT, false, "no such service is scheduled by vml" },
	{ "unknown address", { IP_VS_VML_A_SERVICE_ADDRESS, 16, { 1 } },
	  -ENOENT, false, "no such service is scheduled by vml" },
	{ "other family", { IP_VS_VML_A_SERVICE_FAMILY, 2, { AF_INET6 } },
	  -ENOENT, false, "no such service is scheduled by vml" },
	{ "no family", { IP_VS_VML_A_SERVICE_FAMILY }, -EINVAL },
	{ "no protocol", { IP_VS_VML_A_SERVICE_PROTOCOL }, -EINVAL },
	{ "no address", { IP_VS_VML_A_SERVICE_ADDRESS }, -EINVAL },
	{ "no port", { IP_VS_VML_A_SERVICE_PORT }, -EINVAL },
	{ "bad family", { IP_VS_VML_A_SERVICE_FAMILY, 2, { 99 } },
	  -EAFNOSUPPORT, true,
	  "the address family is neither IPv4 nor IPv6" },
	{ "long family", { IP_VS_VML_A_SERVICE_FAMILY, 4, { AF_INET } },
	  -EINVAL, true },
	{ "short protocol", { IP_VS_VML_A_SERVICE_PROTOCOL, 1, { 6 } },
	  -EINVAL, true },
	{ "long protocol", { IP_VS_VML_A_SERVICE_PROTOCOL, 4, { 6 } },
	  -EINVAL, true },
	{ "short address", { IP_VS_VML_A_SERVICE_ADDRESS, 15, { 192 } },
	  -ERANGE, true },
	{ "long address", { IP_VS_VML_A_SERVICE_ADDRESS, 17, { 192 } },
	  -ERANGE, true },
	{ "IPv4 address with more",
	  { IP_VS_VML_A_SERVICE_ADDRESS, 16, { 192, 0, 2, 1, 1 } },
	  -EINVAL, true, "an IPv4 address is followed by zeros" },
	{ "IPv4 address with more behind",
	  { IP_VS_VML_A_SERVICE_ADDRESS, 16,
	    { 192, 0, 2, 1, [15] = 1 } },
	  -EINVAL, true, "an IPv4 address is followed by zeros" },
	{ "short port", { IP_VS_VML_A_SERVICE_PORT, 1, { 0 } }, -EINVAL,
	  true },
	{ "mark of zero", { IP_VS_VML_A_SERVICE_FWMARK, 4, { 0 } }, -ERANGE,
	  true },
	{ "short mark", { IP_VS_VML_A_SERVICE_FWMARK, 2, { 1 } }, -EINVAL,
	  true },
	{ "unknown attribute", { IP_VS_VML_A_SERVICE_MAX + 1, 4, { 1 } },
	  -EINVAL, true },
};

const unsigned int num_bad_services = ARRAY_SIZE(bad_services);

const struct bad_part bad_dests[] = {
	{ "unknown port", { IP_VS_VML_A_DESTINATION_PORT, 2, { 1, 1 } },
	  -ENOENT, false, "no such destination in the service" },
	{ "unknown address", { IP_VS_VML_A_DESTINATION_ADDRESS, 16, { 1 } },
	  -ENOENT, false, "no such destination in the service" },
	{ "other family", { IP_VS_VML_A_DESTINATION_FAMILY, 2, { AF_INET6 } },
	  -ENOENT, false, "no such destination in the service" },
	{ "no family", { IP_VS_VML_A_DESTINATION_FAMILY }, -EINVAL },
	{ "no address", { IP_VS_VML_A_DESTINATION_ADDRESS }, -EINVAL },
	{ "no port", { IP_VS_VML_A_DESTINATION_PORT }, -EINVAL },
	{ "bad family", { IP_VS_VML_A_DESTINATION_FAMILY, 2, { 1 } },
	  -EAFNOSUPPORT, true,
	  "the address family is neither IPv4 nor IPv6" },
	{ "short address", { IP_VS_VML_A_DESTINATION_ADDRESS, 4, { 10 } },
	  -ERANGE, true },
	{ "long address", { IP_VS_VML_A_DESTINATION_ADDRESS, 20, { 10 } },
	  -ERANGE, true },
	{ "IPv4 address with more",
	  { IP_VS_VML_A_DESTINATION_ADDRESS, 16, { 10, [15] = 1 } },
	  -EINVAL, true, "an IPv4 address is followed by zeros" },
	{ "long port", { IP_VS_VML_A_DESTINATION_PORT, 4, { 31, 144 } },
	  -EINVAL, true },
	{ "short scale", { IP_VS_VML_A_DESTINATION_SCALE, 2, { 1 } },
	  -EINVAL, true },
	{ "long scale", { IP_VS_VML_A_DESTINATION_SCALE, 8, { 1 } },
	  -EINVAL, true },
	{ "unknown attribute", { IP_VS_VML_A_DESTINATION_MAX + 1, 4, { 1 } },
	  -EINVAL, true },
};

const unsigned int num_bad_dests = ARRAY_SIZE(bad_dests);

/**
 * setting_begin - make a client and a service to be asked for
 * @test: the test
 * @setting: where they go
 */
void setting_begin(struct kunit *test, struct setting *setting)
{
	u32 i;

	setting->svc = fixture_service(test);
	for (i = 0; i < 3; i++)
		fixture_link(setting->svc, fixture_dest(test, 10));
	setting->dests = ((struct fixture *)test->priv)->dests;
	setting->service = fixture_bind(test, setting->svc);
	setting->client = client_open(test);
}

/**
 * setting_end - end the client
 * @setting: the setting
 */
void setting_end(struct setting *setting)
{
	client_close(setting->client);
}

/**
 * set_scale - send a set that is accepted
 * @setting: the setting
 * @i: the one destination that it names
 * @scale: its scale
 */
void set_scale(struct setting *setting, u32 i, u32 scale)
{
	struct kunit *test = setting->client->test;
	struct message message;
	struct sk_buff *skb;

	skb = client_request(setting->client, IP_VS_VML_CMD_SCALE_SET, 0);
	put_service(skb, setting->svc);
	put_scale(skb, setting->dests[i], scale);
	client_ask(setting->client, &message);
	KUNIT_ASSERT_EQ(test, message.command, IP_VS_VML_CMD_SCALE_SET);
}

/**
 * expect_refusal - send the request, and compare how it is refused
 * @client: the client
 * @what: what is wrong, in words
 * @refusal: how it is to be refused, with nothing else after it
 */
void expect_refusal(struct client *client, const char *what,
		    const struct refusal *refusal)
{
	struct kunit *test = client->test;
	struct message message;

	client_ask(client, &message);
	KUNIT_EXPECT_EQ_MSG(test, message.type, NLMSG_ERROR, "%s", what);
	KUNIT_EXPECT_EQ_MSG(test, message.error, refusal->error, "%s", what);
	KUNIT_EXPECT_EQ_MSG(test, message.offset, refusal->offset, "%s", what);
	KUNIT_EXPECT_EQ_MSG(test, message.missing, refusal->missing, "%s",
			    what);
	if (refusal->text)
		KUNIT_EXPECT_STREQ(test, message.text, refusal->text);
	KUNIT_EXPECT_EQ_MSG(test, client_receive(client, &message), -EAGAIN,
			    "%s", what);
}

/* Put an attribute, but for the part that is to be put instead. */
static u32 put_part(struct sk_buff *skb, int type, const void *data,
		    int length, const struct part *bad)
{
	u32 offset = skb->len;

	if (bad && bad->type == type) {
		if (bad->length)
			nla_put(skb, type, bad->length, bad->data);
		return offset;
	}
	nla_put(skb, type, length, data);
	return 0;
}

/**
 * put_bad_service - name a service in a request, badly
 * @skb: the request
 * @svc: the service
 * @bad: the part that is put in place of the good one
 *
 * Return: the offset of that part.
 */
u32 put_bad_service(struct sk_buff *skb,
		    const struct ip_vs_service *svc,
		    const struct part *bad)
{
	struct nlattr *nest = nla_nest_start(skb, IP_VS_VML_A_COMMAND_SERVICE);
	u32 offset = 0;

	offset |= put_part(skb, IP_VS_VML_A_SERVICE_FAMILY, &svc->af,
			   sizeof(u16), bad);
	offset |= put_part(skb, IP_VS_VML_A_SERVICE_PROTOCOL, &svc->protocol,
			   sizeof(u16), bad);
	offset |= put_part(skb, IP_VS_VML_A_SERVICE_ADDRESS, &svc->addr, 16,
			   bad);
	offset |= put_part(skb, IP_VS_VML_A_SERVICE_PORT, &svc->port,
			   sizeof(u16), bad);
	if (bad->type > IP_VS_VML_A_SERVICE_PORT)
		offset |= put_part(skb, bad->type, bad->data, bad->length, bad);
	nla_nest_end(skb, nest);
	return offset;
}

/**
 * put_bad_dest - name a destination with a scale in a request, badly
 * @skb: the request
 * @dest: the destination
 * @bad: the part that is put in place of the good one
 *
 * Return: the offset of that part.
 */
u32 put_bad_dest(struct sk_buff *skb, const struct ip_vs_dest *dest,
		 const struct part *bad)
{
	static const u32 scale = 9;
	struct nlattr *nest = nla_nest_start(skb,
					     IP_VS_VML_A_COMMAND_DESTINATION);
	u32 offset = 0;

	offset |= put_part(skb, IP_VS_VML_A_DESTINATION_FAMILY, &dest->af,
			   sizeof(u16), bad);
	offset |= put_part(skb, IP_VS_VML_A_DESTINATION_ADDRESS, &dest->addr,
			   16, bad);
	offset |= put_part(skb, IP_VS_VML_A_DESTINATION_PORT, &dest->port,
			   sizeof(u16), bad);
	offset |= put_part(skb, IP_VS_VML_A_DESTINATION_SCALE, &scale,
			   sizeof(scale), bad);
	if (bad->type > IP_VS_VML_A_DESTINATION_SCALE)
		offset |= put_part(skb, bad->type, bad->data, bad->length, bad);
	nla_nest_end(skb, nest);
	return offset;
}

/**
 * refusal_of - tell how a bad part is refused
 * @bad: the part
 * @nest: the offset of what it is in
 * @part: its own offset
 *
 * Return: that.
 */
struct refusal refusal_of(const struct bad_part *bad, u32 nest,
			  u32 part)
{
	bool missing = !bad->part.length;

	return (struct refusal){
		.error = bad->error,
		.offset = missing ? 0 : bad->of_part ? part : nest,
		.missing = missing ? bad->part.type : 0,
		.text = bad->text,
	};
}
