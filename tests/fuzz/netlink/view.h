/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attributes in memory. */
#ifndef FUZZ_VIEW_H
#define FUZZ_VIEW_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct view {
	uint16_t type;
	bool nested;
	uint32_t size;
	const uint8_t *data;
};

/* The next attribute of what is left, or false; *left is then what remains. */
static inline bool view_next(const uint8_t **bytes, int *left,
			     struct view *ret_view)
{
	struct nlattr header;
	int step;

	if (*left < (int)sizeof(header))
		return false;
	memcpy(&header, *bytes, sizeof(header));
	if (header.nla_len < sizeof(header) || header.nla_len > *left)
		return false;
	ret_view->type = header.nla_type & NLA_TYPE_MASK;
	ret_view->nested = header.nla_type & NLA_F_NESTED;
	ret_view->size = header.nla_len - NLA_HDRLEN;
	ret_view->data = *bytes + NLA_HDRLEN;
	step = NLA_ALIGN(header.nla_len);
	*bytes += step;
	*left -= step;
	return true;
}

static inline bool view_find(const uint8_t *bytes, uint32_t size, uint16_t type,
			     struct view *ret_view)
{
	int left = (int)size;

	while (view_next(&bytes, &left, ret_view))
		if (ret_view->type == type)
			return true;
	return false;
}

/* The number that an attribute holds; 0 if it is too short. */
static inline uint64_t view_number(const struct view *view, uint32_t size)
{
	uint64_t number = 0;

	if (view->size >= size)
		memcpy(&number, view->data, size);
	return number;
}

static inline uint64_t view_find_number(const uint8_t *bytes, uint32_t size,
					uint16_t type, uint32_t width)
{
	struct view view;

	return view_find(bytes, size, type, &view) ? view_number(&view, width)
						   : 0;
}

#endif
