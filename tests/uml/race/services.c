/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The services and destinations that all activities share. */
#include <arpa/inet.h>
#include <err.h>
#include <limits.h>
#include <linux/ip_vs.h>
#include <net/if.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>

#include "race.h"
#include "sink/ipvs_message.h"

#define VIRTUAL 0x0a010001
#define SERVER 0x0a020000
#define PORT 9000

bool goes_on(const struct racer *racer)
{
	const struct race *race = racer->race;

	while (!atomic_load(&race->stop) && atomic_load(&race->duel) &&
	       !racer->duels)
		usleep(10000);
	return !atomic_load(&race->stop);
}

uint32_t below(struct racer *racer, uint32_t n)
{
	uint64_t z = racer->random += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return (uint32_t)(((z ^ (z >> 31)) >> 32) * n >> 32);
}

unsigned int any_service(struct racer *racer)
{
	return atomic_load(&racer->race->duel) ? DUEL :
						 below(racer, N_SERVICES);
}

struct vml_service_key service_key(unsigned int i)
{
	return (struct vml_service_key){
		.family = AF_INET,
		.protocol = i ? IPPROTO_UDP : IPPROTO_TCP,
		.port = (uint16_t)(PORT + i),
		.address.ipv4.s_addr = htonl(VIRTUAL),
	};
}

struct ipvs_service service_of(struct racer *racer, unsigned int i)
{
	/* not wrr, which counts down from the weights, one by one */
	static const char *const others[] = { "rr", "wlc" };
	struct ipvs_service service = {
		.one_packet = i > 0,
		.netmask = UINT32_MAX,
	};
	const char *scheduler = "vml";

	if (atomic_load(&racer->race->away) || !below(racer, 3))
		scheduler = others[below(racer, ARRAY_SIZE(others))];
	strcpy(service.scheduler, scheduler);
	return service;
}

struct ipvs_destination destination_of(struct racer *racer, unsigned int i)
{
	static const uint32_t weights[] = { 0, 1, 10, 100, INT_MAX };

	return (struct ipvs_destination){
		.key = {
			.family = AF_INET,
			.port = (uint16_t)(PORT + i),
			.address.ipv4.s_addr =
				htonl(SERVER + below(racer, N_DESTINATIONS)),
		},
		.weight = weights[below(racer, ARRAY_SIZE(weights))],
		.forwarding = i ? IP_VS_CONN_F_MASQ : IP_VS_CONN_F_DROUTE,
		.upper_threshold = i ? 0 : below(racer, 8),
	};
}

bool succeeded(struct racer *racer, const char *what, int r)
{
	(void)racer;
	switch (r) {
	case 0:
		return true;
	case -EEXIST:
	case -ENOENT:
	case -ESTALE:
	case -EAGAIN:
	case -ENODEV:
	case -ETIMEDOUT:
		return false;
	default:
		errno = -r;
		err(1, "%s", what);
	}
}

void enter_namespace(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	struct sockaddr_in *address = (void *)&request.ifr_addr;
	_cleanup_close_ int fd = -1;

	if (unshare(CLONE_NEWNET))
		err(1, "unshare");
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	address->sin_family = AF_INET;
	address->sin_addr.s_addr = htonl(VIRTUAL);
	if (fd < 0 || ioctl(fd, SIOCSIFADDR, &request))
		err(1, "no address for lo");
	/* With this netmask, all that begins with 10 is local. */
	address->sin_addr.s_addr = htonl(0xff000000);
	if (ioctl(fd, SIOCSIFNETMASK, &request))
		err(1, "no netmask for lo");
	request.ifr_flags = IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &request))
		err(1, "lo does not come up");
}

/* The daemon, whose code the other requests are made by, removes none. */
int service_remove(const struct vml_service_key *key)
{
	struct nl_sock *sock = nl_socket_alloc();
	struct nl_msg *message = nlmsg_alloc();
	int family, r = -NLE_NOMEM;

	if (!sock || !message)
		goto out;
	r = genl_connect(sock);
	if (r < 0)
		goto out;
	family = genl_ctrl_resolve(sock, IPVS_GENL_NAME);
	if (family < 0) {
		r = family;
		goto out;
	}
	genlmsg_put(message, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, 0,
		    IPVS_CMD_DEL_SERVICE, IPVS_GENL_VERSION);
	r = ipvs_put_service(message, key, NULL);
	if (r == 0)
		r = nl_send_auto(sock, message);
	if (r >= 0)
		r = nl_wait_for_ack(sock);
out:
	nlmsg_free(message);
	nl_socket_free(sock);
	/* ESRCH and ENOENT: it isn't there */
	return r == -NLE_OBJ_NOTFOUND ? -ENOENT : r < 0 ? -EIO : 0;
}

void service_put(struct racer *racer, unsigned int i, const char *scheduler)
{
	const struct vml_service_key key = service_key(i);
	struct ipvs_service service = service_of(racer, i);
	int r;

	strcpy(service.scheduler, scheduler);
	do {
		r = ipvs_service_add(racer->ipvs, &key, &service);
		if (r == -EEXIST)
			r = ipvs_service_edit(racer->ipvs, &key, &service);
		/* ENOENT: the module was just going when IPVS asked for it */
	} while (r == -ETIMEDOUT || r == -ENOENT);
	if (r < 0) {
		errno = -r;
		err(1, "putting service %u to %s", i, scheduler);
	}
}
