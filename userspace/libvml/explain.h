/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel complained of, in words. */
#ifndef VML_EXPLAIN_H
#define VML_EXPLAIN_H

#include "control.h"

/*
 * Write a sentence on a refused request: which of its attributes the kernel
 * names (for a key, the service or the destination itself), and why, in the
 * kernel's words if it gave any. request is the message as it was sent.
 */
void vml_explain(const struct nlmsghdr *request, const struct vml_ack *ack,
		 char *buffer, size_t size);

#endif
