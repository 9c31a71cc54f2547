/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text as a domain's XML. */
#include <assert.h>
#include <string.h>

#include "source/libvirt_xml.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size);
	_cleanup_free_ uint8_t (*macs)[VM_MAC_SIZE] = NULL;
	size_t n = 0;

	libvirt_xml_has_agent(text);
	assert(!libvirt_xml_macs(text, &macs, &n));
	for (size_t i = 0; i < n; i++)
		assert(memchr(macs[i], macs[i][0], VM_MAC_SIZE));
	return 0;
}
