/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <endian.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_xdr.h"

void fx_done(struct fx *xdr)
{
	free(xdr->data);
	*xdr = (struct fx){};
}

/* Padded with zeros to whole words. */
void fx_opaque(struct fx *xdr, const void *data, size_t n)
{
	size_t padded = (n + 3) & ~(size_t)3;

	if (xdr->length + padded > xdr->room) {
		xdr->room = 2 * (xdr->room + padded);
		xdr->data = realloc(xdr->data, xdr->room);
		if (!xdr->data)
			abort();
	}
	memset(xdr->data + xdr->length + padded - (padded ? 4 : 0), 0,
	       padded ? 4 : 0);
	memcpy(xdr->data + xdr->length, data, n);
	xdr->length += padded;
}

void fx_int(struct fx *xdr, uint32_t value)
{
	uint32_t word = htonl(value);

	fx_opaque(xdr, &word, sizeof(word));
}

size_t fx_hyper(struct fx *xdr, uint64_t value)
{
	uint64_t words = htobe64(value);
	size_t at = xdr->length;

	fx_opaque(xdr, &words, sizeof(words));
	return at;
}

void fx_text(struct fx *xdr, const char *text)
{
	size_t n = strlen(text);

	fx_int(xdr, (uint32_t)n);
	fx_opaque(xdr, text, n);
}

void fx_patch_int(struct fx *xdr, size_t at, uint32_t value)
{
	uint32_t word = htonl(value);

	memcpy(xdr->data + at, &word, sizeof(word));
}

void fx_patch_hyper(struct fx *xdr, size_t at, uint64_t value)
{
	uint64_t words = htobe64(value);

	memcpy(xdr->data + at, &words, sizeof(words));
}

void fx_param(struct fx *xdr, int type, const char *name, ...)
{
	char text[VIR_TYPED_PARAM_FIELD_LENGTH];
	va_list arguments;

	va_start(arguments, name);
	vsnprintf(text, sizeof(text), name, arguments);
	va_end(arguments);
	fx_text(xdr, text);
	fx_int(xdr, (uint32_t)type);
}
