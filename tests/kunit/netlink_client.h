/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A client of the netlink family inside the kernel: a socket like any other,
 * so that requests pass through all of generic netlink.
 */
#ifndef _VML_NETLINK_CLIENT_H
#define _VML_NETLINK_CLIENT_H

#include <linux/net.h>
#include <net/netlink.h>

#include "fixture.h"

/**
 * struct client - a socket
 * @test: the test
 * @sock: the socket
 * @family: the family's message type
 * @group: the group of its events
 * @sequence: of the last request
 * @request: what is to be sent
 * @buffer: what was received
 * @at: the next message in @buffer
 * @left: what is left of @buffer from there
 */
struct client {
	struct kunit *test;
	struct socket *sock;
	u16 family;
	u32 group;
	u32 sequence;
	struct sk_buff *request;
	void *buffer;
	const struct nlmsghdr *at;
	int left;
};

/**
 * struct message - a message received
 * @type: NLMSG_ERROR, NLMSG_DONE, or the family's
 * @flags: NLM_F_...
 * @command: if it is of the family
 * @attrs: its attributes by type, if it is of the family
 * @error: the error of an NLMSG_ERROR or NLMSG_DONE
 * @offset: of the attribute that is wrong, or 0
 * @missing: the type of the one that is missing, or 0
 * @text: what is wrong, in words, never NULL
 */
struct message {
	u16 type;
	u16 flags;
	u8 command;
	const struct nlattr *attrs[IP_VS_VML_A_COMMAND_MAX + 1];
	int error;
	u32 offset;
	u32 missing;
	const char *text;
};

int client_suite_init(struct kunit_suite *suite);
void client_suite_exit(struct kunit_suite *suite);

struct client *client_open(struct kunit *test);
bool client_find_family(struct client *client);
void client_close(struct client *client);
void client_listen(struct client *client);

struct sk_buff *client_request(struct client *client, u8 command, u16 flags);
int client_send(struct client *client);
int client_receive(struct client *client, struct message *message);
void client_ask(struct client *client, struct message *message);

u32 put_service(struct sk_buff *skb, const struct ip_vs_service *svc);
u32 put_dest(struct sk_buff *skb, const struct ip_vs_dest *dest);
u32 put_scale(struct sk_buff *skb, const struct ip_vs_dest *dest, u32 scale);

bool is_of_service(const struct message *message,
		   const struct ip_vs_service *svc);
bool is_of_dest(const struct message *message, const struct ip_vs_dest *dest);
u64 number_in(const struct message *message, int type);

#endif /* _VML_NETLINK_CLIENT_H */
