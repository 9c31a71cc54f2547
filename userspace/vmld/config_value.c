/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <ctype.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "config_value.h"

/* strtod() and its kin take blanks, signs, hexadecimal and names of numbers. */
static bool is_number(const char *text, const char *characters)
{
	return (isdigit(text[0]) || text[0] == '-' || text[0] == '.') &&
	       text[1 + strspn(text + 1, characters)] == '\0';
}

/* It may be infinite. */
static bool parse_real(const char *text, double *ret_number)
{
	char *end;

	if (!is_number(text, "0123456789.eE+-"))
		return false;
	*ret_number = strtod(text, &end);
	return !*end;
}

const char *value_seconds(const char *text, double minimum, double maximum,
			  double *ret_seconds)
{
	double seconds;

	if (!parse_real(text, &seconds))
		return "is not a number of seconds";
	if (seconds < 0)
		return "is negative";
	if (seconds < minimum)
		return "is too short";
	if (!isfinite(seconds) || seconds > maximum)
		return "is too long";
	*ret_seconds = seconds;
	return NULL;
}

const char *value_number(const char *text, double minimum, double maximum,
			 double *ret_number)
{
	double number;

	if (!parse_real(text, &number))
		return "is not a number";
	if (number < minimum)
		return "is too small";
	if (!isfinite(number) || number > maximum)
		return "is too large";
	*ret_number = number;
	return NULL;
}

const char *value_share(const char *text, double *ret_share)
{
	return value_number(text, 0, 1, ret_share) ?
		       "is not a share, from 0 to 1" : NULL;
}

const char *value_unsigned(const char *text, uint32_t minimum,
			   uint32_t maximum, uint32_t *ret_number)
{
	unsigned long number;

	if (!is_number(text, "0123456789"))
		return "is not a whole number";
	if (text[0] == '-')
		return text[1] ? "is negative" : "is not a whole number";
	if (text[0] == '.')
		return "is not a whole number";
	errno = 0;
	number = strtoul(text, NULL, 10);
	if (errno || number > maximum)
		return "is too large";
	if (number < minimum)
		return "is too small";
	*ret_number = (uint32_t)number;
	return NULL;
}

const char *value_boolean(const char *text, bool *ret_boolean)
{
	static const char *const words[][2] = {
		{ "false", "true" }, { "no", "yes" }, { "off", "on" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		for (int value = 0; value < 2; value++)
			if (!strcasecmp(text, words[i][value])) {
				*ret_boolean = value;
				return NULL;
			}
	return "is neither true nor false";
}

const char *value_choice(const char *text, const char *const *names,
			 unsigned int *ret_index)
{
	for (unsigned int i = 0; names[i]; i++)
		if (!strcmp(text, names[i])) {
			*ret_index = i;
			return NULL;
		}
	return "is not known";
}

static bool parse_address(const char *text, uint16_t *ret_family,
			  union vml_address *ret_address)
{
	union vml_address address = {};

	if (inet_pton(AF_INET, text, &address.ipv4) == 1)
		*ret_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &address.ipv6) == 1)
		*ret_family = AF_INET6;
	else
		return false;
	*ret_address = address;
	return true;
}

const char *value_address(const char *text, uint16_t *ret_family,
			  union vml_address *ret_address)
{
	union vml_address address;
	uint16_t family;

	if (!parse_address(text, &family, &address))
		return "is not an IPv4 or IPv6 address";
	if (family == AF_INET ? (address.ipv4.s_addr == htonl(INADDR_ANY) ||
				 ntohl(address.ipv4.s_addr) >> 28 >= 0xe)
			      : (IN6_IS_ADDR_UNSPECIFIED(&address.ipv6) ||
				 IN6_IS_ADDR_MULTICAST(&address.ipv6)))
		return "is not the address of a host";
	*ret_family = family;
	*ret_address = address;
	return NULL;
}

static bool has_bits_beyond(const uint8_t *bytes, unsigned int size,
			    unsigned int prefix)
{
	for (unsigned int i = 0; i < size; i++) {
		unsigned int kept = prefix > 8 * i ? prefix - 8 * i : 0;

		if (kept < 8 && (uint8_t)(bytes[i] << kept))
			return true;
	}
	return false;
}

const char *value_subnet(const char *text, struct vm_address *ret_subnet,
			 unsigned int *ret_prefix)
{
	struct vm_address subnet = {};
	_cleanup_free_ char *address = NULL;
	const char *slash = strchr(text, '/');
	unsigned int bits;
	uint32_t prefix;

	if (!slash)
		return "is not ADDRESS/PREFIX";
	address = strndup(text, (size_t)(slash - text));
	if (!address)
		return "does not fit into memory";
	if (!parse_address(address, &subnet.family, &subnet.address))
		return "does not begin with an IPv4 or IPv6 address";
	bits = subnet.family == AF_INET ? 32 : 128;
	if (value_unsigned(slash + 1, 0, bits, &prefix))
		return bits == 32 ? "has a prefix that is not from 0 to 32"
				  : "has a prefix that is not from 0 to 128";
	if (has_bits_beyond((const uint8_t *)&subnet.address, bits / 8, prefix))
		return "has bits set beyond its prefix";
	*ret_subnet = subnet;
	*ret_prefix = prefix;
	return NULL;
}

const char *value_absolute_path(const char *text)
{
	/* The longest that fits into a UNIX socket's address. */
	if (text[0] != '/')
		return "is not an absolute path";
	return strlen(text) > 107 ? "is too long" : NULL;
}
