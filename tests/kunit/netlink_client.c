// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/slab.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "netlink.h"
#include "netlink_client.h"

#define BUFFER_SIZE	65536

/* Of requests with thousands of destinations. */
#define REQUEST_SIZE	(512 << 10)

/**
 * client_suite_init - register the family
 * @suite: the suite
 *
 * Return: 0.
 */
int client_suite_init(struct kunit_suite *suite)
{
	vml_netlink_init();
	return 0;
}

/**
 * client_suite_exit - withdraw the family
 * @suite: the suite
 */
void client_suite_exit(struct kunit_suite *suite)
{
	vml_netlink_exit();
}

static int client_set(struct client *client, int option, int value)
{
	struct socket *sock = client->sock;

	return sock->ops->setsockopt(sock, SOL_NETLINK, option,
				     KERNEL_SOCKPTR(&value), sizeof(value));
}

/**
 * client_request - begin a request
 * @client: the client
 * @command: the command
 * @flags: NLM_F_..., besides NLM_F_REQUEST
 *
 * Return: where the attributes go, at their offsets in the message.
 */
struct sk_buff *client_request(struct client *client, u8 command, u16 flags)
{
	struct nlmsghdr *header;
	struct genlmsghdr *genl;

	kfree_skb(client->request);
	client->request = alloc_skb(REQUEST_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(client->test, client->request);
	header = nlmsg_put(client->request, 0, ++client->sequence,
			   client->family, GENL_HDRLEN, NLM_F_REQUEST | flags);
	genl = nlmsg_data(header);
	memset(genl, 0, sizeof(*genl));
	genl->cmd = command;
	genl->version = IP_VS_VML_GENL_VERSION;
	return client->request;
}

/**
 * client_send - send the request; its length is what it has come to
 * @client: the client
 *
 * What the request has of an answer is there when this returns.
 *
 * Return: 0, or the socket's error.
 */
int client_send(struct client *client)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct msghdr msg = {
		.msg_name = &kernel,
		.msg_namelen = sizeof(kernel),
	};
	struct kvec vec = {
		.iov_base = client->request->data,
		.iov_len = client->request->len,
	};
	int sent;

	nlmsg_hdr(client->request)->nlmsg_len = client->request->len;
	sent = kernel_sendmsg(client->sock, &msg, &vec, 1, vec.iov_len);
	return min(sent, 0);
}

static void parse_error(const struct nlmsghdr *header, int begin,
			struct message *message)
{
	const struct nlattr *attr;
	int left;

	message->error = *(int *)nlmsg_data(header);
	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	nlmsg_for_each_attr(attr, header, begin, left) {
		switch (nla_type(attr)) {
		case NLMSGERR_ATTR_MSG:
			message->text = nla_data(attr);
			break;
		case NLMSGERR_ATTR_OFFS:
			message->offset = nla_get_u32(attr);
			break;
		case NLMSGERR_ATTR_MISS_TYPE:
			message->missing = nla_get_u32(attr);
			break;
		}
	}
}

static void parse(const struct nlmsghdr *header, struct message *message)
{
	const struct genlmsghdr *genl = nlmsg_data(header);
	const struct nlattr *attr;
	int left;

	memset(message, 0, sizeof(*message));
	message->text = "";
	message->type = header->nlmsg_type;
	message->flags = header->nlmsg_flags;
	if (message->type == NLMSG_ERROR) {
		parse_error(header, sizeof(struct nlmsgerr), message);
	} else if (message->type == NLMSG_DONE) {
		parse_error(header, sizeof(int), message);
	} else {
		message->command = genl->cmd;
		nlmsg_for_each_attr(attr, header, GENL_HDRLEN, left)
			if (nla_type(attr) <= IP_VS_VML_A_COMMAND_MAX)
				message->attrs[nla_type(attr)] = attr;
	}
}

/**
 * client_receive - take the next message that has come
 * @client: the client
 * @message: the message, which is valid until the next call
 *
 * Return: 0, -EAGAIN if there is none, or another error of the socket.
 */
int client_receive(struct client *client, struct message *message)
{
	struct msghdr msg = {};
	struct kvec vec = {
		.iov_base = client->buffer,
		.iov_len = BUFFER_SIZE,
	};

	if (!nlmsg_ok(client->at, client->left)) {
		int received = kernel_recvmsg(client->sock, &msg, &vec, 1,
					      BUFFER_SIZE, MSG_DONTWAIT);

		if (received < 0)
			return received;
		client->at = client->buffer;
		client->left = received;
	}
	parse(client->at, message);
	client->at = nlmsg_next(client->at, &client->left);
	return 0;
}

/**
 * client_ask - send the request, and take the first message of the answer
 * @client: the client
 * @message: the message
 */
void client_ask(struct client *client, struct message *message)
{
	KUNIT_ASSERT_EQ(client->test, client_send(client), 0);
	KUNIT_ASSERT_EQ(client->test, client_receive(client, message), 0);
}

/**
 * client_find_family - ask generic netlink for the family
 * @client: the client
 *
 * Return: false if it is not there; it is registered a moment later.
 */
bool client_find_family(struct client *client)
{
	struct message message;
	struct nlattr *group, *attr;
	struct sk_buff *skb;
	int left;

	client->family = GENL_ID_CTRL;
	skb = client_request(client, CTRL_CMD_GETFAMILY, 0);
	nla_put_string(skb, CTRL_ATTR_FAMILY_NAME, IP_VS_VML_GENL_NAME);
	client_ask(client, &message);
	if (message.type == NLMSG_ERROR)
		return false;
	client->family = nla_get_u16(message.attrs[CTRL_ATTR_FAMILY_ID]);
	group = nla_data(message.attrs[CTRL_ATTR_MCAST_GROUPS]);
	nla_for_each_nested(attr, group, left)
		if (nla_type(attr) == CTRL_ATTR_MCAST_GRP_ID)
			client->group = nla_get_u32(attr);
	return true;
}

/**
 * client_open - make a client
 * @test: the test
 *
 * Return: the client, which asks for all that an error has to tell.
 */
struct client *client_open(struct kunit *test)
{
	struct client *client = kunit_kzalloc(test, sizeof(*client),
					      GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, client);
	client->test = test;
	client->buffer = kunit_kzalloc(test, BUFFER_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, client->buffer);
	KUNIT_ASSERT_EQ(test, sock_create_kern(&init_net, PF_NETLINK, SOCK_RAW,
					       NETLINK_GENERIC, &client->sock),
			0);
	client->sock->sk->sk_sndbuf = 2 * REQUEST_SIZE;
	KUNIT_EXPECT_EQ(test, client_set(client, NETLINK_EXT_ACK, 1), 0);
	KUNIT_EXPECT_EQ(test, client_set(client, NETLINK_CAP_ACK, 1), 0);
	EXPECT_EVENTUALLY(test, client->group || client_find_family(client));
	return client;
}

/**
 * client_listen - take events from now on
 * @client: the client
 */
void client_listen(struct client *client)
{
	KUNIT_EXPECT_EQ(client->test, client_set(client, NETLINK_ADD_MEMBERSHIP,
						 client->group), 0);
}

/**
 * client_close - end a client
 * @client: the client
 */
void client_close(struct client *client)
{
	kfree_skb(client->request);
	sock_release(client->sock);
}

/**
 * put_service - name a service in a request
 * @skb: the request
 * @svc: the service
 *
 * Return: the offset of the attribute.
 */
u32 put_service(struct sk_buff *skb, const struct ip_vs_service *svc)
{
	u32 offset = skb->len;
	struct nlattr *nest = nla_nest_start(skb, IP_VS_VML_A_COMMAND_SERVICE);

	nla_put_u16(skb, IP_VS_VML_A_SERVICE_FAMILY, svc->af);
	if (svc->fwmark) {
		nla_put_u32(skb, IP_VS_VML_A_SERVICE_FWMARK, svc->fwmark);
	} else {
		nla_put_u16(skb, IP_VS_VML_A_SERVICE_PROTOCOL, svc->protocol);
		nla_put(skb, IP_VS_VML_A_SERVICE_ADDRESS, sizeof(svc->addr),
			&svc->addr);
		nla_put_be16(skb, IP_VS_VML_A_SERVICE_PORT, svc->port);
	}
	nla_nest_end(skb, nest);
	return offset;
}

static struct nlattr *begin_dest(struct sk_buff *skb,
				 const struct ip_vs_dest *dest)
{
	struct nlattr *nest = nla_nest_start(skb,
					     IP_VS_VML_A_COMMAND_DESTINATION);

	nla_put_u16(skb, IP_VS_VML_A_DESTINATION_FAMILY, dest->af);
	nla_put(skb, IP_VS_VML_A_DESTINATION_ADDRESS, sizeof(dest->addr),
		&dest->addr);
	nla_put_be16(skb, IP_VS_VML_A_DESTINATION_PORT, dest->port);
	return nest;
}

/**
 * put_dest - name a destination in a request
 * @skb: the request
 * @dest: the destination
 *
 * Return: the offset of the attribute.
 */
u32 put_dest(struct sk_buff *skb, const struct ip_vs_dest *dest)
{
	u32 offset = skb->len;

	nla_nest_end(skb, begin_dest(skb, dest));
	return offset;
}

/**
 * put_scale - name a destination with a scale in a request
 * @skb: the request
 * @dest: the destination
 * @scale: its scale
 *
 * Return: the offset of the attribute.
 */
u32 put_scale(struct sk_buff *skb, const struct ip_vs_dest *dest, u32 scale)
{
	u32 offset = skb->len;
	struct nlattr *nest = begin_dest(skb, dest);

	nla_put_u32(skb, IP_VS_VML_A_DESTINATION_SCALE, scale);
	nla_nest_end(skb, nest);
	return offset;
}

/* Tell whether an attribute is what put has made. */
static bool is_attr(const struct nlattr *attr, struct sk_buff *put)
{
	const struct nlattr *expected = (struct nlattr *)put->data;

	return attr && nla_type(attr) == nla_type(expected) &&
	       nla_len(attr) >= nla_len(expected) &&
	       !memcmp(nla_data(attr), nla_data(expected), nla_len(expected));
}

/**
 * is_of_service - tell whether a message names a service
 * @message: the message
 * @svc: the service
 *
 * Return: true if so.
 */
bool is_of_service(const struct message *message,
		   const struct ip_vs_service *svc)
{
	struct sk_buff *skb = alloc_skb(256, GFP_KERNEL);
	bool same;

	if (!skb)
		return false;
	put_service(skb, svc);
	same = is_attr(message->attrs[IP_VS_VML_A_COMMAND_SERVICE], skb);
	kfree_skb(skb);
	return same;
}

/**
 * is_of_dest - tell whether a message names a destination
 * @message: the message
 * @dest: the destination
 *
 * Return: true if so, whatever its scale.
 */
bool is_of_dest(const struct message *message, const struct ip_vs_dest *dest)
{
	struct sk_buff *skb = alloc_skb(256, GFP_KERNEL);
	bool same;

	if (!skb)
		return false;
	put_dest(skb, dest);
	same = is_attr(message->attrs[IP_VS_VML_A_COMMAND_DESTINATION], skb);
	kfree_skb(skb);
	return same;
}

/**
 * number_in - take a number out of a message
 * @message: the message
 * @type: the attribute's type
 *
 * Return: the number of 32 or 64 bits, or U64_MAX if it is not there.
 */
u64 number_in(const struct message *message, int type)
{
	const struct nlattr *attr = message->attrs[type];

	if (!attr)
		return U64_MAX;
	return nla_len(attr) == sizeof(u32) ? nla_get_u32(attr) :
					      nla_get_u64(attr);
}
