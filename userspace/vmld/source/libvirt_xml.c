/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "source/libvirt_xml.h"
#include "util.h"

#define MAC_STRING_SIZE (3 * VM_MAC_SIZE)	/* with its final NUL */
#define MAX_MACS 64

/*
 * The devices come last; before them there can be anything in the metadata,
 * which belongs to whoever made the domain.
 */
static const char *devices_of(const char *xml)
{
	const char *devices = NULL;

	for (const char *at = xml; (at = strstr(at, "<devices>")); at++)
		devices = at;
	return devices;
}

/* The value of an attribute before end, or NULL. */
static const char *attribute(const char *at, const char *end,
			     const char *name_and_quote)
{
	const char *found = strstr(at, name_and_quote);

	if (!found || found >= end)
		return NULL;
	return found + strlen(name_and_quote);
}

static bool mac_of(const char *interface, const char *end,
		   uint8_t ret_mac[static VM_MAC_SIZE])
{
	const char *value = attribute(interface, end, "<mac address='");
	char text[MAC_STRING_SIZE];

	if (!value || strnlen(value, sizeof(text)) < sizeof(text))
		return false;
	memcpy(text, value, sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	return value[sizeof(text) - 1] == '\'' &&
	       vm_mac_parse(text, ret_mac) == 0;
}

int libvirt_xml_macs(const char *xml, uint8_t (**ret_macs)[VM_MAC_SIZE],
		     size_t *ret_n)
{
	_cleanup_free_ uint8_t (*macs)[VM_MAC_SIZE] = NULL;
	const char *at = devices_of(xml);
	size_t n = 0;

	while (at && n < MAX_MACS && (at = strstr(at, "<interface "))) {
		const char *end = strstr(at, "</interface>");
		uint8_t mac[VM_MAC_SIZE];
		void *grown;

		if (!end)
			break;
		if (mac_of(at, end, mac)) {
			grown = reallocarray(macs, n + 1, sizeof(*macs));
			if (!grown)
				return -ENOMEM;
			macs = grown;
			memcpy(macs[n++], mac, VM_MAC_SIZE);
		}
		at = end;
	}
	*ret_macs = TAKE_PTR(macs);
	*ret_n = n;
	return 0;
}

bool libvirt_xml_has_agent(const char *xml)
{
	const char *at = devices_of(xml);

	while (at && (at = strstr(at, "<target "))) {
		const char *end = strchr(at, '>');

		if (!end)
			return false;
		if (attribute(at, end, "name='org.qemu.guest_agent.0'") &&
		    attribute(at, end, "state='connected'"))
			return true;
		at = end;
	}
	return false;
}
