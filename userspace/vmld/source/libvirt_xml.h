/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two facts needed of a domain's XML, as libvirt writes it. Pure, and safe
 * with any text.
 */
#ifndef VMLD_SOURCE_LIBVIRT_XML_H
#define VMLD_SOURCE_LIBVIRT_XML_H

#include "source/source.h"

/* Of its network interfaces; the caller frees *ret_macs. -ENOMEM. */
int libvirt_xml_macs(const char *xml, uint8_t (**ret_macs)[VM_MAC_SIZE],
		     size_t *ret_n);

/* Whether QEMU's guest agent is connected. */
bool libvirt_xml_has_agent(const char *xml);

#endif
