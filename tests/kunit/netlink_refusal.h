/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests that are refused, and a service to be asked for. */
#ifndef _VML_NETLINK_REFUSAL_H
#define _VML_NETLINK_REFUSAL_H

#include "netlink_client.h"

#define SCALE_ONE	IP_VS_VML_SCALE_ONE

/**
 * struct setting - a client, and a bound service with three destinations
 * @client: the client
 * @svc: the service
 * @service: what the registry has made of it
 * @dests: its destinations, of weight 10
 */
struct setting {
	struct client *client;
	struct ip_vs_service *svc;
	struct vml_service *service;
	struct ip_vs_dest **dests;
};

/**
 * struct refusal - how a request is refused
 * @error: the error
 * @offset: of the attribute that is wrong, or 0
 * @missing: the type of the one that is missing, or 0
 * @text: how the text begins, or NULL if it is the kernel's own
 */
struct refusal {
	int error;
	u32 offset;
	u32 missing;
	const char *text;
};

/**
 * struct part - an attribute as it is not
 * @type: its type, with the flag if it is nested
 * @length: how many bytes of @data it has; 0: it is missing
 * @data: its value
 */
struct part {
	u16 type;
	u16 length;
	u8 data[20];
};

/**
 * struct bad_part - a nest with a bad part, and what is said of it
 * @what: in words
 * @part: the part
 * @error: the error
 * @of_part: it is the part that is named, or else the nest
 * @text: see struct refusal
 */
struct bad_part {
	const char *what;
	struct part part;
	int error;
	bool of_part;
	const char *text;
};

extern const struct bad_part bad_services[];
extern const unsigned int num_bad_services;
extern const struct bad_part bad_dests[];
extern const unsigned int num_bad_dests;

void setting_begin(struct kunit *test, struct setting *setting);
void setting_end(struct setting *setting);
void set_scale(struct setting *setting, u32 i, u32 scale);

void expect_refusal(struct client *client, const char *what,
		    const struct refusal *refusal);
u32 put_bad_service(struct sk_buff *skb, const struct ip_vs_service *svc,
		    const struct part *bad);
u32 put_bad_dest(struct sk_buff *skb, const struct ip_vs_dest *dest,
		 const struct part *bad);
struct refusal refusal_of(const struct bad_part *bad, u32 nest, u32 part);

#endif /* _VML_NETLINK_REFUSAL_H */
