/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages as trees of attributes, which can be bent in ways that no library
 * would allow before they become bytes.
 */
#ifndef FUZZ_MESSAGE_H
#define FUZZ_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pool.h"

#define ATTRIBUTE_DATA 32u

struct attribute {
	struct attribute *next;
	struct attribute *children;
	uint16_t type;		/* with its flags */
	uint16_t size;		/* of data, without children */
	uint16_t padding;	/* zeros after data */
	int16_t lie;		/* added to the length that is written */
	uint8_t data[ATTRIBUTE_DATA];
};

struct message {
	uint16_t flags;
	uint8_t command;
	uint8_t version;
	uint16_t reserved;
	int32_t lie;		/* added to the length that is written */
	struct attribute *attributes;

	uint32_t n;		/* attributes in use */
	struct attribute pool[2048];
};

void message_begin(struct message *message, uint8_t command, uint16_t flags);

/*
 * Append an attribute to a list. NULL, and nothing happens, if the message has
 * no room; all functions here take that for a parent.
 */
struct attribute *message_add(struct message *message, struct attribute **list,
			      uint16_t type, const void *data, size_t size);
struct attribute *message_add_u16(struct message *message,
				  struct attribute **list, uint16_t type,
				  uint16_t value);
struct attribute *message_add_u32(struct message *message,
				  struct attribute **list, uint16_t type,
				  uint32_t value);

/* A copy of an attribute with all that is in it, in no list yet. */
struct attribute *message_copy(struct message *message,
			       const struct attribute *attribute);

/* What names a service or a destination in the family, and what in IPVS. */
struct attribute *message_add_service(struct message *message,
				      const struct service_key *key);
struct attribute *message_add_destination(struct message *message,
					  const struct destination_key *key,
					  const uint32_t *scale);
struct attribute *message_add_ipvs_service(struct message *message,
					   const struct service_key *key);
struct attribute *
message_add_ipvs_destination(struct message *message,
			     const struct destination_key *key);

/* The whole message, with room for its type, sequence and port; its size. */
uint32_t message_write(const struct message *message, uint8_t *bytes,
		       uint32_t room);

#endif
