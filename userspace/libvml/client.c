/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>
#include <string.h>

#include <linux/ip_vs_vml.h>

#include "client.h"
#include "explain.h"

int vml_client_open(struct vml_client **ret_client)
{
	_cleanup_(vml_client_freep) struct vml_client *client = NULL;
	int r;

	client = calloc(1, sizeof(*client));
	if (!client)
		return -ENOMEM;
	client->timeout_ms = VML_DEFAULT_TIMEOUT_MS;
	r = vml_socket_open(0, &client->sock);
	if (r < 0)
		return r;
	*ret_client = TAKE_PTR(client);
	return 0;
}

struct vml_client *vml_client_free(struct vml_client *client)
{
	if (client)
		vml_socket_close(&client->sock);
	free(client);
	return NULL;
}

void vml_client_freep(struct vml_client **client)
{
	vml_client_free(*client);
}

void vml_client_set_timeout(struct vml_client *client, unsigned int ms)
{
	client->timeout_ms = ms;
}

const char *vml_client_error(const struct vml_client *client)
{
	return client->error;
}

int vml_client_fail(struct vml_client *client, int error, const char *format,
		    ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(client->error, sizeof(client->error), format, arguments);
	va_end(arguments);
	return error;
}

int vml_client_bad_request(struct vml_client *client, int error)
{
	switch (error) {
	case -EINVAL:
		return vml_client_fail(client, error,
				       "the address family of a key is neither AF_INET nor AF_INET6");
	case -EMSGSIZE:
		return vml_client_fail(client, error,
				       "too many destinations for one message");
	default:
		return vml_client_fail(client, error, "%s",
				       strerrordesc_np(-error));
	}
}

/* The request did not get as far as an answer. */
static int fail_exchange(struct vml_client *client, int error, size_t size)
{
	switch (error) {
	case -ENODEV:
		return vml_client_fail(client, error,
				       "the kernel has no netlink family %s: is its module installed and loaded?",
				       IP_VS_VML_GENL_NAME);
	case -ETIMEDOUT:
		return vml_client_fail(client, error,
				       "the kernel did not answer within %u ms",
				       client->timeout_ms);
	case -EMSGSIZE:
	case -ENOBUFS:
		return vml_client_fail(client, error,
				       "no room in the socket's buffer for a message of %zu bytes: CAP_NET_ADMIN in the initial user namespace, or a larger net.core.wmem_max, is needed",
				       size);
	case -EBADMSG:
		return vml_client_fail(client, error,
				       "the kernel's answer is malformed: do module and program belong together?");
	default:
		return vml_client_fail(client, error, "netlink: %s",
				       strerrordesc_np(-error) ?: "unknown error");
	}
}

/* The kernel answers so, and says no more, if it knows no family of the id. */
static bool maybe_stale(const struct vml_ack *ack)
{
	return (ack->error == -ENOENT || ack->error == -EOPNOTSUPP) &&
	       !*ack->text && !ack->has_offset;
}

static int resolve(struct vml_client *client, uint64_t deadline,
		   bool *ret_changed)
{
	uint16_t before = client->family.id;
	int r;

	client->family.id = 0;
	r = vml_family_resolve(&client->sock, deadline, &client->family);
	if (r < 0)
		return r;
	*ret_changed = client->family.id != before;
	return 0;
}

uint64_t vml_client_deadline(const struct vml_client *client)
{
	return now_ns() + client->timeout_ms * NSEC_PER_MSEC;
}

int vml_client_request(struct vml_client *client, struct nl_msg *message,
		       struct vml_reply *reply, uint64_t deadline)
{
	struct nlmsghdr *request = nlmsg_hdr(message);
	bool fresh = false, changed;
	int r;

	if (!client->family.id) {
		r = resolve(client, deadline, &fresh);
		if (r < 0)
			return fail_exchange(client, r, 0);
	}
	for (;;) {
		request->nlmsg_type = client->family.id;
		r = vml_socket_exchange(&client->sock, message, reply,
					deadline);
		if (r < 0)
			return fail_exchange(client, r, request->nlmsg_len);
		if (fresh || !maybe_stale(&reply->ack))
			break;
		fresh = true;
		r = resolve(client, deadline, &changed);
		if (r < 0)
			return fail_exchange(client, r, 0);
		if (!changed)
			break;
	}
	/* A dump has found the family, but its module on the way out. */
	if (reply->ack.error == -EPROTONOSUPPORT)
		return fail_exchange(client, -ENODEV, 0);
	if (reply->ack.error) {
		vml_explain(request, &reply->ack, client->error,
			    sizeof(client->error));
		return reply->ack.error;
	}
	if (reply->error)
		return fail_exchange(client, reply->error, 0);
	return 0;
}
