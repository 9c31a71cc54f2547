/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing XDR (RFC 4506) into a buffer that grows, and typed parameters. */
#ifndef TEST_FAKE_XDR_H
#define TEST_FAKE_XDR_H

#include <stddef.h>
#include <stdint.h>

#define FX_FORMAT __attribute__((format(printf, 3, 4)))

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

/* A typed parameter whose name is printf's; the last returns where it lies. */
FX_FORMAT
void fx_param_int(struct fx *xdr, uint32_t value, const char *name, ...);
FX_FORMAT
void fx_param_uint(struct fx *xdr, uint32_t value, const char *name, ...);
FX_FORMAT
void fx_param_text(struct fx *xdr, const char *value, const char *name, ...);
FX_FORMAT
size_t fx_param_count(struct fx *xdr, uint64_t value, const char *name, ...);

#endif
