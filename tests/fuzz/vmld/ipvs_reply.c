/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as IPVS's answer about a service or a destination. */
#include <assert.h>
#include <linux/genetlink.h>
#include <string.h>

#include "sink/ipvs_message.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t headers = NLMSG_HDRLEN + GENL_HDRLEN;
	struct ipvs_destination destination;
	struct ipvs_service service;
	_cleanup_free_ struct nlmsghdr *header = NULL;

	/* The attributes; what is around them has been checked before. */
	header = malloc(headers + size);
	memset(header, 0, headers);
	memcpy((uint8_t *)header + headers, data, size);
	header->nlmsg_len = (uint32_t)(headers + size);
	if (ipvs_parse_service(header, &service) == 0)
		assert(memchr(service.scheduler, '\0',
			      sizeof(service.scheduler)));
	if (ipvs_parse_destination(header, AF_INET6, &destination) == 0) {
		static const uint8_t zeros[12];

		if (destination.key.family == AF_INET)
			assert(!memcmp((uint8_t *)&destination.key.address + 4,
				       zeros, sizeof(zeros)));
	}
	return 0;
}
