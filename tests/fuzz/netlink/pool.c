// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "pool.h"

#define LOCAL(last) { 127, 0, 0, last }
#define LOCAL6 { [15] = 1 }
#define PORT(number) (uint16_t)((number) >> 8 | ((number) & 255) << 8)

const struct service_key pool_services[POOL_SERVICES] = {
	{ AF_INET, IPPROTO_TCP, PORT(80), 0, LOCAL(1) },
	{ AF_INET, IPPROTO_UDP, PORT(53), 0, LOCAL(1) },
	{ AF_INET6, IPPROTO_TCP, PORT(80), 0, LOCAL6 },
	{ AF_INET6, IPPROTO_UDP, PORT(53), 0, LOCAL6 },
	{ .family = AF_INET, .fwmark = 7 },
	{ .family = AF_INET6, .fwmark = 7 },
	{ AF_INET, IPPROTO_SCTP, PORT(80), 0, LOCAL(1) },
	{ AF_INET, IPPROTO_UDP, PORT(54), 0, LOCAL(1) },
	{ AF_INET, IPPROTO_TCP, PORT(81), 0, LOCAL(1) },
	{ AF_INET, IPPROTO_TCP, PORT(80), 0, LOCAL(2) },
	{ .family = AF_INET, .fwmark = 0xffffffff },
	{ AF_INET6, IPPROTO_UDP, PORT(54), 0, LOCAL6 },
};

/* Which differ in but one of address, port and family from their neighbours. */
struct destination_key pool_destination(uint32_t number)
{
	struct destination_key key = { .family = AF_INET };
	uint32_t host = 1 + number / 4;

	key.port = htons((uint16_t)(8000 + number % 2));
	if (number % 4 < 2) {
		key.address[0] = 127;
		key.address[1] = 1;
		key.address[2] = (uint8_t)(host >> 8);
		key.address[3] = (uint8_t)host;
	} else {
		key.family = AF_INET6;
		key.address[0] = 0xfd;
		key.address[14] = (uint8_t)(host >> 8);
		key.address[15] = (uint8_t)host;
	}
	return key;
}

int pool_find_service(const struct service_key *key)
{
	for (uint32_t i = 0; i < POOL_SERVICES; i++) {
		const struct service_key *known = &pool_services[i];

		if (known->family == key->family &&
		    known->protocol == key->protocol &&
		    known->port == key->port && known->fwmark == key->fwmark &&
		    !memcmp(known->address, key->address, 16))
			return (int)i;
	}
	return -1;
}

int pool_find_destination(const struct destination_key *key)
{
	const uint8_t *end = key->address + (key->family == AF_INET ? 2 : 14);
	uint32_t host = (uint32_t)end[0] << 8 | end[1];
	uint32_t number = 4 * (host - 1) + (ntohs(key->port) - 8000u) % 2 +
			  (key->family == AF_INET ? 0 : 2);
	struct destination_key known = pool_destination(number);

	if (number >= POOL_DESTINATIONS || known.family != key->family ||
	    known.port != key->port || memcmp(known.address, key->address, 16))
		return -1;
	return (int)number;
}

int pool_is_one_packet(uint32_t service)
{
	return service == 1 || service == 3 || service == 10;
}
