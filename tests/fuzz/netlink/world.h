/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network namespaces with the sockets that are used in them. A kernel that does not even let them be made ends the
 * program.
 */
#ifndef FUZZ_WORLD_H
#define FUZZ_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "step.h"

/* Room for one datagram from the kernel: little, so that dumps have parts. */
#define RECEIVE_SIZE 4096u
#define RECEIVE_MANY 64u

struct world {
	int ns;
	int sock;			/* for requests */
	int dumps[DUMP_SOCKETS];
	int listener;			/* a member of the group "events" */
	int udp4, udp6;
};

struct families {
	uint16_t vml;
	uint32_t events;		/* the multicast group */
	uint16_t ipvs;
};

/* Look the families up, which loads their modules. */
void families_find(struct families *families);

void world_open(struct world *world, const struct families *families);
void world_close(struct world *world);

/* Close a socket for dumps, and open another one in its place. */
void world_renew_dump(struct world *world, uint32_t number);

/* False if there was no memory for it, by injection. */
bool netlink_send(int sock, const void *bytes, uint32_t size);

/*
 * Receive up to max datagrams without waiting, and hand over each; how many
 * there were.
 */
uint32_t netlink_receive(int sock, uint32_t max,
			 void (*take)(const uint8_t *bytes, uint32_t size,
				      void *userdata),
			 void *userdata);

/* Let allocation n of those that this thread makes fail; 0: none. */
void fail_allocation(uint32_t n);

/* Send empty datagrams to a service. */
void send_packets(const struct world *world, uint32_t service, uint32_t n);

/* Tell errno, and end the program. */
_Noreturn void die(const char *what);

#endif
