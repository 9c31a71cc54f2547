/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMLD_SOURCE_LIBVIRT_CALL_H
#define VMLD_SOURCE_LIBVIRT_CALL_H

#include <libvirt/libvirt.h>

#include "source/operator.h"

/*
 * Make a call, and wait for its end. As vm_operator_done_t says; *ret_text is for
 * the caller to free, or NULL.
 */
int libvirt_call(virConnectPtr connection, const struct vm_call *call,
		 char **ret_text);

#endif
