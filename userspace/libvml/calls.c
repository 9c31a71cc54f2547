/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The family's commands. */
#include <linux/ip_vs_vml.h>

#include "client.h"
#include "parse.h"

static int parse_service(const struct nlmsghdr *message, void *element)
{
	return vml_parse_service(message, element);
}

static int parse_destination(const struct nlmsghdr *message, void *element)
{
	return vml_parse_destination(message, element);
}

static int parse_generation(const struct nlmsghdr *message, void *element)
{
	return vml_parse_generation(message, element);
}

/* A request to which one message is the answer. */
static int request_one(struct vml_client *client, struct nl_msg *message,
		       int (*parse)(const struct nlmsghdr *message,
				    void *element),
		       void *element)
{
	struct vml_reply reply = { .take = parse, .userdata = element };
	int r;

	r = vml_client_request(client, message, &reply,
			       vml_client_deadline(client));
	if (r < 0)
		return r;
	if (!reply.messages)
		return vml_client_fail(client, -EBADMSG,
				       "the kernel's answer is empty");
	return 0;
}

int vml_service_get(struct vml_client *client,
		    const struct vml_service_key *key,
		    struct vml_service *ret_service)
{
	_cleanup_(nlmsg_freep) struct nl_msg *message = NULL;
	struct vml_service service;
	int r;

	r = vml_message_get(IP_VS_VML_CMD_SERVICE_GET, NLM_F_ACK, key, NULL,
			    &message);
	if (r < 0)
		return vml_client_bad_request(client, r);
	r = request_one(client, message, parse_service, &service);
	if (r < 0)
		return r;
	*ret_service = service;
	return 0;
}

int vml_destination_get(struct vml_client *client,
			const struct vml_service_key *service,
			const struct vml_destination_key *key,
			struct vml_destination *ret_destination)
{
	_cleanup_(nlmsg_freep) struct nl_msg *message = NULL;
	struct vml_destination destination;
	int r;

	r = vml_message_get(IP_VS_VML_CMD_DESTINATION_GET, NLM_F_ACK, service,
			    key, &message);
	if (r < 0)
		return vml_client_bad_request(client, r);
	r = request_one(client, message, parse_destination, &destination);
	if (r < 0)
		return r;
	*ret_destination = destination;
	return 0;
}

int vml_service_dump(struct vml_client *client,
		     struct vml_service **ret_services, size_t *ret_n)
{
	void *services;
	int r;

	r = vml_client_dump(client, IP_VS_VML_CMD_SERVICE_GET, NULL,
			    sizeof(struct vml_service), parse_service,
			    &services, ret_n);
	if (r < 0)
		return r;
	*ret_services = services;
	return 0;
}

int vml_destination_dump(struct vml_client *client,
			 const struct vml_service_key *service,
			 struct vml_destination **ret_destinations,
			 size_t *ret_n)
{
	void *destinations;
	int r;

	r = vml_client_dump(client, IP_VS_VML_CMD_DESTINATION_GET, service,
			    sizeof(struct vml_destination), parse_destination,
			    &destinations, ret_n);
	if (r < 0)
		return r;
	*ret_destinations = destinations;
	return 0;
}

int vml_scale_set(struct vml_client *client,
		  const struct vml_service_key *service,
		  const struct vml_scale *scales, size_t n,
		  const struct vml_commit *commit, uint32_t *ret_generation)
{
	_cleanup_(nlmsg_freep) struct nl_msg *message = NULL;
	uint32_t generation;
	int r;

	r = vml_message_scale_set(service, scales, n, commit, &message);
	if (r < 0)
		return vml_client_bad_request(client, r);
	r = request_one(client, message, parse_generation, &generation);
	if (r < 0)
		return r;
	if (ret_generation)
		*ret_generation = generation;
	return 0;
}
