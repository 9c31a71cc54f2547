/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The services and destinations that there can be. Steps name them by their
 * numbers, so that the corpus depends on them: only append.
 */
#ifndef FUZZ_POOL_H
#define FUZZ_POOL_H

#include <stdint.h>

#define POOL_SERVICES 12u
#define POOL_DESTINATIONS 512u

/* In network byte order where netlink has it so. */
struct service_key {
	uint16_t family;
	uint16_t protocol;
	uint16_t port;
	uint32_t fwmark;
	uint8_t address[16];
};

struct destination_key {
	uint16_t family;
	uint16_t port;
	uint8_t address[16];
};

extern const struct service_key pool_services[POOL_SERVICES];

/* Also of a number beyond the pool: a key that no destination has. */
struct destination_key pool_destination(uint32_t number);

/* The number of what has this key, or -1. */
int pool_find_service(const struct service_key *key);
int pool_find_destination(const struct destination_key *key);

/* Whether each datagram to the service is a connection of its own. */
int pool_is_one_packet(uint32_t service);

#endif
