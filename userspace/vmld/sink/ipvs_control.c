/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/ip_vs.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "sink/ipvs_message.h"
#include "util.h"

#define TIMEOUT_S 2
#define RECEIVE_SIZE (1024 * 1024)

struct ipvs_control {
	struct nl_sock *sock;	/* NULL: to be opened */
	int family;
};

/* Where an answer goes, part by part. */
struct reply {
	int (*take)(struct nlmsghdr *header, void *userdata);
	void *userdata;
	int error;
	bool done;
};

static void nl_sock_freep(struct nl_sock **sock)
{
	if (*sock)
		nl_socket_free(*sock);
}

static void nl_msg_freep(struct nl_msg **message)
{
	if (*message)
		nlmsg_free(*message);
}

static void nl_cb_putp(struct nl_cb **callbacks)
{
	if (*callbacks)
		nl_cb_put(*callbacks);
}

static void close_socket(struct ipvs_control *control)
{
	if (control->sock)
		nl_socket_free(control->sock);
	control->sock = NULL;
}

static int open_socket(struct ipvs_control *control)
{
	_cleanup_(nl_sock_freep) struct nl_sock *sock = NULL;
	const struct timeval timeout = { .tv_sec = TIMEOUT_S };
	int family;

	if (control->sock)
		return 0;
	sock = nl_socket_alloc();
	if (!sock)
		return -ENOMEM;
	if (genl_connect(sock) < 0)
		return errno ? -errno : -EIO;
	if (setsockopt(nl_socket_get_fd(sock), SOL_SOCKET, SO_RCVTIMEO,
		       &timeout, sizeof(timeout)))
		return -errno;
	nl_socket_set_buffer_size(sock, RECEIVE_SIZE, 0);
	family = genl_ctrl_resolve(sock, IPVS_GENL_NAME);
	if (family < 0)
		return family == -NLE_AGAIN ? -ETIMEDOUT : -ENODEV;
	control->family = family;
	control->sock = TAKE_PTR(sock);
	return 0;
}

int ipvs_control_new(struct ipvs_control **ret_control)
{
	struct ipvs_control *control = calloc(1, sizeof(*control));

	if (!control)
		return -ENOMEM;
	*ret_control = control;
	return 0;
}

struct ipvs_control *ipvs_control_free(struct ipvs_control *control)
{
	if (control)
		close_socket(control);
	free(control);
	return NULL;
}

static int on_valid(struct nl_msg *message, void *userdata)
{
	struct reply *reply = userdata;

	if (reply->take && reply->error == 0)
		reply->error = reply->take(nlmsg_hdr(message),
					   reply->userdata);
	return NL_OK;
}

static int on_done(struct nl_msg *message, void *userdata)
{
	struct reply *reply = userdata;

	(void)message;
	reply->done = true;
	return NL_STOP;
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *error,
		    void *userdata)
{
	struct reply *reply = userdata;

	(void)from;
	reply->done = true;
	reply->error = error->error;
	return NL_STOP;
}

static int receive(struct ipvs_control *control, struct reply *reply)
{
	_cleanup_(nl_cb_putp) struct nl_cb *callbacks =
		nl_cb_alloc(NL_CB_DEFAULT);

	if (!callbacks)
		return -ENOMEM;
	nl_cb_set(callbacks, NL_CB_VALID, NL_CB_CUSTOM, on_valid, reply);
	nl_cb_set(callbacks, NL_CB_ACK, NL_CB_CUSTOM, on_done, reply);
	nl_cb_set(callbacks, NL_CB_FINISH, NL_CB_CUSTOM, on_done, reply);
	nl_cb_err(callbacks, NL_CB_CUSTOM, on_error, reply);
	while (!reply->done) {
		int r = nl_recvmsgs(control->sock, callbacks);

		if (r == -NLE_INTR)
			continue;
		if (r < 0 && !reply->done)
			return r == -NLE_AGAIN ? -ETIMEDOUT : -EIO;
	}
	return reply->error;
}

/* Consumes message. */
static int exchange(struct ipvs_control *control, struct nl_msg *message,
		    struct reply *reply)
{
	_cleanup_(nl_msg_freep) struct nl_msg *owned = message;
	int r;

	if (nl_send_auto(control->sock, owned) < 0) {
		close_socket(control);
		return -EIO;
	}
	r = receive(control, reply);
	/* Half an answer may be left, or the family has another number now. */
	if (!reply->done || r == -EOPNOTSUPP) {
		close_socket(control);
		if (r == -EOPNOTSUPP)
			return -ENODEV;
	}
	/* IPVS has two ways to say it. */
	return r == -ESRCH ? -ENOENT : r;
}

static struct nl_msg *new_message(struct ipvs_control *control,
				  uint8_t command, int flags)
{
	struct nl_msg *message = nlmsg_alloc();

	if (message &&
	    !genlmsg_put(message, NL_AUTO_PORT, NL_AUTO_SEQ, control->family,
			 0, NLM_F_REQUEST | flags, command,
			 IPVS_GENL_VERSION)) {
		nlmsg_free(message);
		return NULL;
	}
	return message;
}

/* One request about a service, and perhaps one of its destinations. */
static int request(struct ipvs_control *control, uint8_t command, int flags,
		   const struct vml_service_key *key,
		   const struct ipvs_service *service,
		   const struct ipvs_destination *destination, bool whole,
		   struct reply *reply)
{
	_cleanup_(nl_msg_freep) struct nl_msg *message = NULL;
	int r;

	r = open_socket(control);
	if (r < 0)
		return r;
	message = new_message(control, command, flags);
	if (!message)
		return -ENOMEM;
	r = ipvs_put_service(message, key, service);
	if (r == 0 && destination)
		r = ipvs_put_destination(message, destination, whole);
	if (r < 0)
		return r;
	return exchange(control, TAKE_PTR(message), reply);
}

static int take_service(struct nlmsghdr *header, void *userdata)
{
	return ipvs_parse_service(header, userdata);
}

int ipvs_service_get(struct ipvs_control *control,
		     const struct vml_service_key *key,
		     struct ipvs_service *ret_service)
{
	struct ipvs_service service = {};
	struct reply reply = { .take = take_service, .userdata = &service };
	int r;

	r = request(control, IPVS_CMD_GET_SERVICE, NLM_F_ACK, key, NULL, NULL,
		    false, &reply);
	if (r == 0)
		*ret_service = service;
	return r;
}

int ipvs_service_add(struct ipvs_control *control,
		     const struct vml_service_key *key,
		     const struct ipvs_service *service)
{
	struct reply reply = {};

	return request(control, IPVS_CMD_NEW_SERVICE, NLM_F_ACK, key, service,
		       NULL, false, &reply);
}

int ipvs_service_edit(struct ipvs_control *control,
		      const struct vml_service_key *key,
		      const struct ipvs_service *service)
{
	struct reply reply = {};

	return request(control, IPVS_CMD_SET_SERVICE, NLM_F_ACK, key, service,
		       NULL, false, &reply);
}

struct destinations {
	struct ipvs_destination *destinations;
	size_t n, capacity;
	uint16_t family;
};

static int take_destination(struct nlmsghdr *header, void *userdata)
{
	struct destinations *all = userdata;
	int r;

	if (all->n == all->capacity) {
		size_t capacity = all->capacity ? 2 * all->capacity : 64;
		struct ipvs_destination *grown;

		grown = reallocarray(all->destinations, capacity,
				     sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		all->destinations = grown;
		all->capacity = capacity;
	}
	r = ipvs_parse_destination(header, all->family,
				   &all->destinations[all->n]);
	if (r == 0)
		all->n++;
	return r;
}

static int compare_destinations(const void *a, const void *b)
{
	const struct ipvs_destination *x = a, *y = b;

	return vml_destination_key_compare(&x->key, &y->key);
}

int ipvs_destination_dump(struct ipvs_control *control,
			  const struct vml_service_key *service,
			  struct ipvs_destination **ret_destinations,
			  size_t *ret_n)
{
	struct destinations all = { .family = service->family };
	struct reply reply = { .take = take_destination, .userdata = &all };
	int r;

	r = request(control, IPVS_CMD_GET_DEST, NLM_F_DUMP, service, NULL,
		    NULL, false, &reply);
	if (r < 0) {
		free(all.destinations);
		return r;
	}
	if (all.n)
		qsort(all.destinations, all.n, sizeof(*all.destinations),
		      compare_destinations);
	*ret_destinations = all.destinations;
	*ret_n = all.n;
	return 0;
}

int ipvs_destination_add(struct ipvs_control *control,
			 const struct vml_service_key *service,
			 const struct ipvs_destination *destination)
{
	struct reply reply = {};

	return request(control, IPVS_CMD_NEW_DEST, NLM_F_ACK, service, NULL,
		       destination, true, &reply);
}

int ipvs_destination_edit(struct ipvs_control *control,
			  const struct vml_service_key *service,
			  const struct ipvs_destination *destination)
{
	struct reply reply = {};

	return request(control, IPVS_CMD_SET_DEST, NLM_F_ACK, service, NULL,
		       destination, true, &reply);
}

int ipvs_weight_set(struct ipvs_control *control,
		    const struct vml_service_key *service,
		    const struct vml_destination_key *key, uint32_t weight)
{
	_cleanup_free_ struct ipvs_destination *all = NULL;
	size_t n;
	int r;

	/* The kernel takes a destination whole, or it loses what isn't said. */
	r = ipvs_destination_dump(control, service, &all, &n);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		if (vml_destination_key_compare(&all[i].key, key))
			continue;
		all[i].weight = weight;
		return ipvs_destination_edit(control, service, &all[i]);
	}
	return -ENOENT;
}

int ipvs_destination_remove(struct ipvs_control *control,
			    const struct vml_service_key *service,
			    const struct vml_destination_key *key)
{
	const struct ipvs_destination destination = { .key = *key };
	struct reply reply = {};

	return request(control, IPVS_CMD_DEL_DEST, NLM_F_ACK, service, NULL,
		       &destination, false, &reply);
}
