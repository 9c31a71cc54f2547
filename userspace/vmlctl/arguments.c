/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "arguments.h"

#define LEASE_MAX_S (UINT32_MAX / 1000)
#define DEADLINE_MAX_S 86400
#define OPTION_NAME_SIZE 32

enum {
	LONG_SCTP = 256,
	LONG_SOCKET,
	LONG_LEASE,
	LONG_GENERATION,
	LONG_REPLACE,
	LONG_DEADLINE,
	LONG_FORCE,
	LONG_SERVICE,
	LONG_NAME,
	LONG_KIND,
	LONG_TO,
};

static const struct option long_options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "json", no_argument, NULL, 'j' },
	{ "tcp-service", required_argument, NULL, 't' },
	{ "udp-service", required_argument, NULL, 'u' },
	{ "sctp-service", required_argument, NULL, LONG_SCTP },
	{ "fwmark-service", required_argument, NULL, 'f' },
	{ "ipv6", no_argument, NULL, '6' },
	{ "socket", required_argument, NULL, LONG_SOCKET },
	{ "lease", required_argument, NULL, LONG_LEASE },
	{ "generation", required_argument, NULL, LONG_GENERATION },
	{ "replace", no_argument, NULL, LONG_REPLACE },
	{ "deadline", required_argument, NULL, LONG_DEADLINE },
	{ "force", no_argument, NULL, LONG_FORCE },
	{ "service", required_argument, NULL, LONG_SERVICE },
	{ "name", required_argument, NULL, LONG_NAME },
	{ "kind", required_argument, NULL, LONG_KIND },
	{ "to", required_argument, NULL, LONG_TO },
	{ 0 },
};

static unsigned int group_of(int option)
{
	switch (option) {
	case 'j':
		return OPTION_JSON;
	case 't':
	case 'u':
	case 'f':
	case '6':
	case LONG_SCTP:
		return OPTION_SERVICE;
	case LONG_SOCKET:
		return OPTION_SOCKET;
	case LONG_LEASE:
	case LONG_GENERATION:
	case LONG_REPLACE:
		return OPTION_SET;
	case LONG_DEADLINE:
	case LONG_FORCE:
		return OPTION_OPERATION;
	case LONG_SERVICE:
	case LONG_NAME:
	case LONG_KIND:
		return OPTION_SNAPSHOT;
	case LONG_TO:
		return OPTION_EVACUATE;
	default:
		return 0;
	}
}

static int fail(char *error, const char *format, ...) _printf_(2, 3);

static int fail(char *error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error, ARGUMENTS_ERROR_MAX, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

/* Digits with at most one point among them: no sign, exponent, hex or name. */
static int decimal_parse(const char *text, double *ret_value)
{
	const char *point = strchr(text, '.');
	size_t digits = strspn(text, "0123456789.");

	if (text[digits] || digits == (point ? 1u : 0u) ||
	    (point && strchr(point + 1, '.')))
		return -EINVAL;
	*ret_value = strtod(text, NULL);
	return 0;
}

static int u32_parse(const char *text, uint32_t *ret_value)
{
	char *end;
	unsigned long long value;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || *end || value > UINT32_MAX)
		return -EINVAL;
	*ret_value = (uint32_t)value;
	return 0;
}

int scale_parse(const char *text, uint32_t *ret_scale)
{
	double value, scale;
	int r;

	r = decimal_parse(text, &value);
	if (r < 0)
		return r;
	scale = round(value * VML_SCALE_ONE);
	if (scale > UINT32_MAX || (scale < 1 && value > 0))
		return -ERANGE;
	*ret_scale = (uint32_t)scale;
	return 0;
}

int assignment_parse(const char *text, struct vml_scale *ret_scale,
		     char error[static ARGUMENTS_ERROR_MAX])
{
	const char *equals = strchr(text, '=');
	char key[VML_KEY_STRING_MAX];
	struct vml_scale scale;
	int r;

	if (!equals)
		return fail(error, "\"%s\" is not of the form DESTINATION=SCALE",
			    text);
	if ((size_t)(equals - text) >= sizeof(key))
		return fail(error, "\"%s\" names no destination", text);
	memcpy(key, text, (size_t)(equals - text));
	key[equals - text] = '\0';
	if (vml_destination_key_parse(key, &scale.key) < 0)
		return fail(error,
			    "\"%s\" is not a destination: write ADDRESS:PORT, or [IPV6-ADDRESS]:PORT",
			    key);
	r = scale_parse(equals + 1, &scale.scale);
	if (r == -ERANGE)
		return fail(error,
			    "scale \"%s\" of %s is neither 0 nor from 0.00001 to 65535",
			    equals + 1, key);
	if (r < 0)
		return fail(error,
			    "scale \"%s\" of %s is not a factor like 0.5",
			    equals + 1, key);
	*ret_scale = scale;
	return 0;
}

static int service_parse(struct arguments *arguments, uint16_t protocol,
			 const char *text, char *error)
{
	struct vml_destination_key endpoint;

	if (vml_destination_key_parse(text, &endpoint) < 0)
		return fail(error,
			    "\"%s\" is not a service: write ADDRESS:PORT, or [IPV6-ADDRESS]:PORT",
			    text);
	arguments->service = (struct vml_service_key){
		.family = endpoint.family,
		.protocol = protocol,
		.port = endpoint.port,
		.address = endpoint.address,
	};
	return 0;
}

static int take_service(struct arguments *arguments, int option,
			const char *text, char *error)
{
	uint32_t mark;

	if (arguments->has_service)
		return fail(error, "more than one service");
	arguments->has_service = true;
	switch (option) {
	case 't':
		return service_parse(arguments, IPPROTO_TCP, text, error);
	case 'u':
		return service_parse(arguments, IPPROTO_UDP, text, error);
	case LONG_SCTP:
		return service_parse(arguments, IPPROTO_SCTP, text, error);
	default:
		if (u32_parse(text, &mark) < 0 || !mark)
			return fail(error,
				    "\"%s\" is not a firewall mark: 1 to 4294967295",
				    text);
		arguments->service = (struct vml_service_key){
			.family = AF_INET,
			.fwmark = mark,
		};
		return 0;
	}
}

static int take_set(struct arguments *arguments, int option, const char *text,
		    char *error)
{
	double seconds;

	switch (option) {
	case LONG_LEASE:
		if (decimal_parse(text, &seconds) < 0 || seconds > LEASE_MAX_S ||
		    (seconds > 0 && seconds < 0.001))
			return fail(error,
				    "\"%s\" is not a lease in seconds: 0.001 to %u, or 0 for none",
				    text, LEASE_MAX_S);
		arguments->has_lease = true;
		arguments->lease_ms = (uint32_t)round(seconds * 1000);
		return 0;
	case LONG_GENERATION:
		if (u32_parse(text, &arguments->generation) < 0)
			return fail(error, "\"%s\" is not a generation", text);
		arguments->has_generation = true;
		return 0;
	default:
		arguments->replace = true;
		return 0;
	}
}

static int take_operation(struct arguments *arguments, int option,
			  const char *text, char *error)
{
	switch (option) {
	case LONG_DEADLINE:
		if (decimal_parse(text, &arguments->deadline_s) < 0 ||
		    arguments->deadline_s > DEADLINE_MAX_S)
			return fail(error,
				    "\"%s\" is not a deadline in seconds: 0 to %d",
				    text, DEADLINE_MAX_S);
		arguments->has_deadline = true;
		return 0;
	case LONG_FORCE:
		arguments->force = true;
		return 0;
	case LONG_SERVICE:
		arguments->service_name = text;
		return 0;
	case LONG_NAME:
		arguments->name = text;
		return 0;
	case LONG_TO:
		arguments->to = text;
		return 0;
	default:
		if (strcmp(text, "disk") != 0 && strcmp(text, "internal") != 0)
			return fail(error,
				    "\"%s\" is no kind of snapshot: disk or internal",
				    text);
		arguments->kind = text;
		return 0;
	}
}

static const char *option_name(int option, char name[OPTION_NAME_SIZE])
{
	*name = '\0';
	if (option < LONG_SCTP)
		snprintf(name, OPTION_NAME_SIZE, "-%c", option);
	for (size_t i = 0; !*name && long_options[i].name; i++)
		if (long_options[i].val == option)
			snprintf(name, OPTION_NAME_SIZE, "--%s",
				 long_options[i].name);
	return name;
}

/* What getopt_long() has just answered '?' to. */
static const char *unknown_option(char **argv, char name[OPTION_NAME_SIZE])
{
	const char *last = argv[optind - 1];

	/* A long one, of which optopt tells if it was given a value. */
	if (!optopt || (!strncmp(last, "--", 2) && strchr(last, '=')))
		return last;
	return option_name(optopt, name);
}

int arguments_parse(const struct verb *verb, int argc, char **argv,
		    struct arguments *ret_arguments,
		    char error[static ARGUMENTS_ERROR_MAX])
{
	struct arguments arguments = { .socket = DEFAULT_SOCKET };
	char name[OPTION_NAME_SIZE];
	bool ipv6 = false;
	int option, r = 0;

	opterr = 0;
	optind = 0;	/* 0, not 1: also forget a permutation under way */
	while ((option = getopt_long(argc, argv, ":hjt:u:f:6", long_options,
				     NULL)) >= 0) {
		if (option == ':')
			return fail(error, "option %s needs a value",
				    argv[optind - 1]);
		if (option == '?')
			return fail(error, "%s takes no option %s", verb->name,
				    unknown_option(argv, name));
		if (option != 'h' && !(verb->options & group_of(option)))
			return fail(error, "%s takes no option %s", verb->name,
				    option_name(option, name));
		switch (option) {
		case 'h':
			arguments.help = true;
			break;
		case 'j':
			arguments.json = true;
			break;
		case '6':
			ipv6 = true;
			break;
		case LONG_SOCKET:
			arguments.socket = optarg;
			break;
		case LONG_LEASE:
		case LONG_GENERATION:
		case LONG_REPLACE:
			r = take_set(&arguments, option, optarg, error);
			break;
		case LONG_DEADLINE:
		case LONG_FORCE:
		case LONG_SERVICE:
		case LONG_NAME:
		case LONG_KIND:
		case LONG_TO:
			r = take_operation(&arguments, option, optarg, error);
			break;
		default:
			r = take_service(&arguments, option, optarg, error);
			break;
		}
		if (r < 0)
			return r;
	}
	if (ipv6) {
		if (!arguments.service.fwmark)
			return fail(error,
				    "-6 belongs to a firewall mark: -f MARK -6");
		arguments.service.family = AF_INET6;
	}
	arguments.operands = argv + optind;
	arguments.n_operands = argc - optind;
	*ret_arguments = arguments;
	return 0;
}
