/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing XDR (RFC 4506) into a buffer that grows, and typed parameters. */
#ifndef TEST_FAKE_XDR_H
#define TEST_FAKE_XDR_H

#include <libvirt/libvirt.h>
#include <stddef.h>
#include <stdint.h>

struct fx {
	uint8_t *data;
	size_t length;
	size_t room;
};

void fx_done(struct fx *xdr);
void fx_int(struct fx *xdr, uint32_t value);
/* Where the value lies, for xdr_patch. */
size_t fx_hyper(struct fx *xdr, uint64_t value);
void fx_opaque(struct fx *xdr, const void *data, size_t n);
void fx_text(struct fx *xdr, const char *text);

void fx_patch_int(struct fx *xdr, size_t at, uint32_t value);
void fx_patch_hyper(struct fx *xdr, size_t at, uint64_t value);

/* A typed parameter whose name is printf's; its value is what comes next. */
__attribute__((format(printf, 3, 4)))
void fx_param(struct fx *xdr, int type, const char *name, ...);

/* The last gives where the value lies. */
#define fx_param_int(xdr, value, ...)					\
	(fx_param(xdr, VIR_TYPED_PARAM_INT, __VA_ARGS__), fx_int(xdr, value))
#define fx_param_uint(xdr, value, ...)					\
	(fx_param(xdr, VIR_TYPED_PARAM_UINT, __VA_ARGS__), fx_int(xdr, value))
#define fx_param_text(xdr, value, ...)					\
	(fx_param(xdr, VIR_TYPED_PARAM_STRING, __VA_ARGS__), fx_text(xdr, value))
#define fx_param_count(xdr, value, ...)					\
	(fx_param(xdr, VIR_TYPED_PARAM_ULLONG, __VA_ARGS__), fx_hyper(xdr, value))

#endif
