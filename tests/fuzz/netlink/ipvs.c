// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/ip_vs.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <string.h>

#include "ipvs.h"
#include "message.h"

static const uint8_t commands[IPVS_VERBS] = {
	[IPVS_ADD_SERVICE] = IPVS_CMD_NEW_SERVICE,
	[IPVS_EDIT_SERVICE] = IPVS_CMD_SET_SERVICE,
	[IPVS_DELETE_SERVICE] = IPVS_CMD_DEL_SERVICE,
	[IPVS_ADD_DESTINATION] = IPVS_CMD_NEW_DEST,
	[IPVS_EDIT_DESTINATION] = IPVS_CMD_SET_DEST,
	[IPVS_DELETE_DESTINATION] = IPVS_CMD_DEL_DEST,
	[IPVS_FLUSH] = IPVS_CMD_FLUSH,
};

static void put_service(struct message *message, const struct step *step)
{
	const uint32_t flags[] = {
		pool_is_one_packet(step->service) ? IP_VS_SVC_F_ONEPACKET : 0,
		UINT32_MAX,
	};
	const struct service_key *key = &pool_services[step->service];
	const char *scheduler = scheduler_names[step->scheduler];
	struct attribute *nest = message_add_ipvs_service(message, key);

	if (step->verb != IPVS_ADD_SERVICE && step->verb != IPVS_EDIT_SERVICE)
		return;
	message_add(message, &nest->children, IPVS_SVC_ATTR_SCHED_NAME,
		    scheduler, strlen(scheduler) + 1);
	message_add(message, &nest->children, IPVS_SVC_ATTR_FLAGS, flags,
		    sizeof(flags));
	message_add_u32(message, &nest->children, IPVS_SVC_ATTR_TIMEOUT, 0);
	message_add_u32(message, &nest->children, IPVS_SVC_ATTR_NETMASK,
			key->family == AF_INET ? UINT32_MAX : 128);
}

static void put_destination(struct message *message, const struct step *step)
{
	const struct destination_key key = pool_destination(step->destination);
	struct attribute *nest = message_add_ipvs_destination(message, &key);

	if (step->verb == IPVS_DELETE_DESTINATION)
		return;
	message_add_u32(message, &nest->children, IPVS_DEST_ATTR_FWD_METHOD,
			step->tunnel ? IP_VS_CONN_F_TUNNEL : IP_VS_CONN_F_MASQ);
	message_add_u32(message, &nest->children, IPVS_DEST_ATTR_WEIGHT,
			step->weight);
	message_add_u32(message, &nest->children, IPVS_DEST_ATTR_U_THRESH,
			step->upper_threshold);
	message_add_u32(message, &nest->children, IPVS_DEST_ATTR_L_THRESH, 0);
}

uint32_t ipvs_write(const struct step *step, uint8_t bytes[IPVS_MESSAGE_MAX])
{
	static struct message message;

	message_begin(&message, commands[step->verb], NLM_F_ACK);
	if (step->verb != IPVS_FLUSH)
		put_service(&message, step);
	if (step->verb >= IPVS_ADD_DESTINATION &&
	    step->verb <= IPVS_DELETE_DESTINATION)
		put_destination(&message, step);
	return message_write(&message, bytes, IPVS_MESSAGE_MAX);
}
