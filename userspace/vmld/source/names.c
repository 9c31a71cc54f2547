/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts of the sources' vocabulary, and of identities and addresses. */
#include <arpa/inet.h>
#include <string.h>

#include "source/source.h"
#include "util.h"

static const char *const vm_states[_VM_STATE_MAX] = {
	[VM_STATE_UNKNOWN] = "unknown",
	[VM_STATE_RUNNING] = "running",
	[VM_STATE_PAUSED] = "paused",
	[VM_STATE_SHUTOFF] = "shutoff",
	[VM_STATE_CRASHED] = "crashed",
	[VM_STATE_MIGRATING] = "migrating",
};

static const char *const vm_events[_VM_EVENT_MAX] = {
	[VM_EVENT_STARTED] = "started",
	[VM_EVENT_RESTORED] = "restored",
	[VM_EVENT_REBOOTED] = "rebooted",
	[VM_EVENT_STOPPED] = "stopped",
	[VM_EVENT_CRASHED] = "crashed",
	[VM_EVENT_SUSPENDED] = "suspended",
	[VM_EVENT_RESUMED] = "resumed",
	[VM_EVENT_IO_ERROR] = "io-error",
	[VM_EVENT_WATCHDOG] = "watchdog",
	[VM_EVENT_POSTCOPY_FAILED] = "postcopy-failed",
	[VM_EVENT_MIGRATING_IN] = "migrating-in",
	[VM_EVENT_MIGRATING_OUT] = "migrating-out",
	[VM_EVENT_BLACKOUT] = "blackout",
	[VM_EVENT_POSTCOPY] = "postcopy",
	[VM_EVENT_MIGRATED_IN] = "migrated-in",
	[VM_EVENT_MIGRATED_OUT] = "migrated-out",
	[VM_EVENT_MIGRATION_ENDED] = "migration-ended",
	[VM_EVENT_UNDEFINED] = "undefined",
	[VM_EVENT_AGENT_LOST] = "agent-lost",
	[VM_EVENT_AGENT_BACK] = "agent-back",
};

static const char *const source_states[_SOURCE_STATE_MAX] = {
	[SOURCE_CONNECTING] = "connecting",
	[SOURCE_CONNECTED] = "connected",
	[SOURCE_LOST] = "lost",
};

static const char *name_of(const char *const *names, size_t n, int value)
{
	return value >= 0 && (size_t)value < n ? names[value] : "unknown";
}

const char *vm_state_name(enum vm_state state)
{
	return name_of(vm_states, ARRAY_SIZE(vm_states), (int)state);
}

const char *vm_event_type_name(enum vm_event_type type)
{
	return name_of(vm_events, ARRAY_SIZE(vm_events), (int)type);
}

const char *source_state_name(enum source_state state)
{
	return name_of(source_states, ARRAY_SIZE(source_states), (int)state);
}

const char *source_capability_name(enum source_capability capability)
{
	switch (capability) {
	case SOURCE_HAS_STATS:
		return "stats";
	case SOURCE_HAS_STEAL:
		return "steal";
	case SOURCE_HAS_EVENTS:
		return "events";
	case SOURCE_HAS_MIGRATION:
		return "migration";
	}
	return "unknown";
}

const char *vm_uuid_format(const uint8_t uuid[static VM_UUID_SIZE],
			   char buffer[static VM_UUID_STRING_MAX])
{
	size_t at = 0;

	for (size_t i = 0; i < VM_UUID_SIZE; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			buffer[at++] = '-';
		at += (size_t)sprintf(buffer + at, "%02x", uuid[i]);
	}
	return buffer;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* n bytes of two digits each, between some of which a separator is skipped. */
static int parse_bytes(const char *text, char separator, uint8_t *ret, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int high, low;

		if (i > 0 && *text == separator)
			text++;
		high = hex_digit(text[0]);
		low = high < 0 ? -1 : hex_digit(text[1]);
		if (low < 0)
			return -EINVAL;
		ret[i] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	return *text ? -EINVAL : 0;
}

int vm_uuid_parse(const char *text, uint8_t ret_uuid[static VM_UUID_SIZE])
{
	uint8_t uuid[VM_UUID_SIZE];
	int r = parse_bytes(text, '-', uuid, sizeof(uuid));

	if (r < 0)
		return r;
	memcpy(ret_uuid, uuid, sizeof(uuid));
	return 0;
}

int vm_mac_parse(const char *text, uint8_t ret_mac[static VM_MAC_SIZE])
{
	uint8_t mac[VM_MAC_SIZE];
	int r;

	if (strlen(text) != VM_MAC_SIZE * 3 - 1)
		return -EINVAL;
	r = parse_bytes(text, ':', mac, sizeof(mac));
	if (r < 0)
		return r;
	memcpy(ret_mac, mac, sizeof(mac));
	return 0;
}

int vm_address_parse(const char *text, struct vm_address *ret_address)
{
	struct vm_address address = {};

	if (inet_pton(AF_INET, text, &address.address.ipv4) == 1)
		address.family = AF_INET;
	else if (inet_pton(AF_INET6, text, &address.address.ipv6) == 1)
		address.family = AF_INET6;
	else
		return -EINVAL;
	*ret_address = address;
	return 0;
}

bool vm_address_is_local(const struct vm_address *address)
{
	uint32_t ipv4;

	if (address->family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&address->address.ipv6) ||
		       IN6_IS_ADDR_LINKLOCAL(&address->address.ipv6);
	ipv4 = ntohl(address->address.ipv4.s_addr);
	return ipv4 >> 24 == 127 || ipv4 >> 16 == 0xa9fe;
}

bool vm_address_equal(const struct vm_address *a, const struct vm_address *b)
{
	if (a->family != b->family)
		return false;
	if (a->family == AF_INET)
		return a->address.ipv4.s_addr == b->address.ipv4.s_addr;
	return memcmp(&a->address.ipv6, &b->address.ipv6,
		      sizeof(a->address.ipv6)) == 0;
}

bool vm_addresses_have(const struct vm_address *addresses, size_t n,
		       uint16_t family)
{
	for (size_t i = 0; i < n; i++)
		if (addresses[i].family == family)
			return true;
	return false;
}
