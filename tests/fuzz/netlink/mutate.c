// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <string.h>

#include "mutate.h"

/* Deeper than any parser should follow. */
#define DEEP 14u
#define MANY 300u

uint32_t mutate_number(struct random *random)
{
	static const uint32_t numbers[] = {
		0, 1, 2, 3, 4, 7, 8, 10, 15, 16, 17, 127, 128, 255, 256, 32767,
		32768, 65534, 65535, 65536, 65537, 0x7ffffffe, 0x7fffffff,
		0x80000000, 0x80000001, 0xfffffffe, 0xffffffff,
	};
	const uint32_t n = sizeof(numbers) / sizeof(numbers[0]);

	if (random_one_in(random, 4))
		return (uint32_t)random_next(random) >>
		       random_below(random, 32);
	return numbers[random_below(random, n)];
}

static uint32_t count(const struct attribute *attribute)
{
	uint32_t n = 0;

	for (; attribute; attribute = attribute->next)
		n += 1 + count(attribute->children);
	return n;
}

/* Where attribute number *left of a tree is linked. */
static struct attribute **find(struct attribute **link, uint32_t *left)
{
	for (; *link; link = &(*link)->next) {
		struct attribute **found;

		if (!(*left)--)
			return link;
		found = find(&(*link)->children, left);
		if (found)
			return found;
	}
	return NULL;
}

static struct attribute **any(struct message *message, struct random *random)
{
	uint32_t n = count(message->attributes), number;

	if (!n)
		return NULL;
	number = random_below(random, n);
	return find(&message->attributes, &number);
}

static void insert(struct attribute **link, struct attribute *attribute)
{
	if (!attribute)
		return;
	attribute->next = *link;
	*link = attribute;
}

static void change_value(struct attribute *attribute, struct random *random)
{
	uint32_t number = mutate_number(random);
	uint32_t size = attribute->size;

	if (!size)
		return;
	if (size > sizeof(number) || random_one_in(random, 3))
		attribute->data[random_below(random, size)] ^=
			(uint8_t)(1u << random_below(random, 8));
	else
		memcpy(attribute->data, &number, size);
}

static void change_size(struct attribute *attribute, struct random *random)
{
	if (random_one_in(random, 8))
		attribute->padding = (uint16_t)mutate_number(random) & 0x3fff;
	else
		attribute->size = (uint16_t)random_below(random,
							 ATTRIBUTE_DATA + 1);
}

static void change_type(struct attribute *attribute, struct random *random)
{
	static const uint16_t flags[] = {
		NLA_F_NESTED, NLA_F_NET_BYTEORDER,
		NLA_F_NESTED | NLA_F_NET_BYTEORDER,
	};

	if (random_one_in(random, 3))
		attribute->type ^= flags[random_below(random, 3)];
	else if (random_one_in(random, 4))
		attribute->type = (uint16_t)mutate_number(random);
	else
		attribute->type = (attribute->type & NLA_F_NESTED) |
				  (uint16_t)random_below(random, 18);
}

/* Put a nest around an attribute, or a whole staircase of them. */
static void wrap(struct message *message, struct attribute **link,
		 struct random *random)
{
	uint32_t depth = random_one_in(random, 4) ?
			 1 + random_below(random, DEEP) : 1;

	while (depth--) {
		struct attribute *outer = message_copy(message, *link);

		if (!outer)
			return;
		outer->size = 0;
		outer->next = (*link)->next;
		outer->children = *link;
		outer->type |= NLA_F_NESTED;
		(*link)->next = NULL;
		*link = outer;
	}
}

static void repeat(struct message *message, struct attribute **link,
		   struct random *random)
{
	uint32_t n = random_one_in(random, 20) ? random_below(random, MANY) : 1;

	while (n--)
		insert(link, message_copy(message, *link));
}

static void move(struct message *message, struct attribute **link,
		 struct random *random)
{
	struct attribute *attribute = *link;
	struct attribute **target;

	*link = attribute->next;
	attribute->next = NULL;
	target = any(message, random);
	if (target && random_one_in(random, 2))
		target = &(*target)->children;
	insert(target ?: &message->attributes, attribute);
}

static void change_header(struct message *message, struct random *random)
{
	switch (random_below(random, 6)) {
	case 0:
		message->flags ^= (uint16_t)(1u << random_below(random, 16));
		break;
	case 1:
		message->flags ^= NLM_F_DUMP;
		break;
	case 2:
		message->command = (uint8_t)(random_one_in(random, 3) ?
					     random_next(random) :
					     random_below(random, 11));
		break;
	case 3:
		message->version = (uint8_t)random_next(random);
		break;
	case 4:
		message->reserved = (uint16_t)mutate_number(random);
		break;
	default:
		message->lie = (int32_t)random_below(random, 64) - 32;
		break;
	}
}

void mutate(struct message *message, struct random *random)
{
	struct attribute **link = any(message, random);

	if (!link || random_one_in(random, 8)) {
		change_header(message, random);
		return;
	}
	switch (random_below(random, 10)) {
	case 0:
	case 1:
		change_value(*link, random);
		break;
	case 2:
		change_size(*link, random);
		break;
	case 3:
		change_type(*link, random);
		break;
	case 4:
		*link = (*link)->next;
		break;
	case 5:
		repeat(message, link, random);
		break;
	case 6:
		move(message, link, random);
		break;
	case 7:
		wrap(message, link, random);
		break;
	case 8:
		(*link)->lie = (int16_t)(random_one_in(random, 3) ?
					 mutate_number(random) :
					 random_below(random, 41) - 20);
		break;
	default:
		message_add(message, &message->attributes,
			    (uint16_t)random_below(random, 18), NULL, 0);
		break;
	}
}

uint32_t mutate_bytes(uint8_t *bytes, uint32_t size, struct random *random)
{
	const uint32_t headers = NLMSG_HDRLEN + GENL_HDRLEN;
	uint32_t n = 1 + random_below(random, 4);

	if (random_one_in(random, 3)) {
		/* The header tells of the shorter message, and so is right. */
		size = NLMSG_HDRLEN + random_below(random,
						   size - NLMSG_HDRLEN + 1);
		memcpy(bytes, &size, sizeof(size));
		return size;
	}
	while (n-- && size > headers)
		bytes[headers + random_below(random, size - headers)] ^=
			(uint8_t)(1u << random_below(random, 8));
	return size;
}
