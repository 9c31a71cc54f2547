/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "config_health.h"
#include "config_value.h"

#define DEFAULT_DELAY_LOOP 5.0
#define DEFAULT_DELAY_BEFORE_RETRY 1.0
#define DEFAULT_CONNECT_TIMEOUT 3.0
#define DEFAULT_RETRY 2
#define DEFAULT_HYSTERESIS 2
#define MAX_TIMES 100

static const char *const type_names[] = { "tcp", "http", NULL };

static uint64_t read_seconds(const struct config_section *section,
			     const char *name, double minimum, double seconds)
{
	section_seconds(section, name, minimum, 3600, &seconds);
	return (uint64_t)(seconds * (double)NSEC_PER_SEC);
}

static void read_times(const struct config_section *section,
		       struct health_config *health)
{
	uint32_t retry = DEFAULT_RETRY, hysteresis = DEFAULT_HYSTERESIS;

	health->delay_loop_ns = read_seconds(section, "delay-loop", 0.1,
					     DEFAULT_DELAY_LOOP);
	health->delay_before_retry_ns =
		read_seconds(section, "delay-before-retry", 0.1,
			     DEFAULT_DELAY_BEFORE_RETRY);
	health->connect_timeout_ns =
		read_seconds(section, "connect-timeout", 0.1,
			     DEFAULT_CONNECT_TIMEOUT);
	health->warmup_ns =
		read_seconds(section, "warmup", 0,
			     (double)health->delay_loop_ns /
				     (double)NSEC_PER_SEC);
	section_unsigned(section, "retry", 0, MAX_TIMES, &retry);
	section_unsigned(section, "hysteresis", 1, MAX_TIMES, &hysteresis);
	health->retry = retry;
	health->hysteresis = hysteresis;
}

/* A destination has it, unless it has none or it is not one of TCP. */
static void read_port(const struct config_section *section,
		      const struct config_service *service,
		      struct health_config *health)
{
	const char *lacks = NULL;
	uint32_t port = 0;

	section_unsigned(section, "port", 1, UINT16_MAX, &port);
	health->port = (uint16_t)port;
	if (section_get(section, "port"))
		return;
	if (service->key.fwmark)
		lacks = "the service has a firewall mark";
	else if (service->key.protocol != IPPROTO_TCP)
		lacks = "the service is not of protocol tcp";
	for (size_t i = 0; i < service->n_rules && !lacks; i++)
		if (!service->rules[i].port)
			lacks = "its members have none";
	if (lacks)
		config_error(section->errors, section_line(section, NULL),
			     "health needs a port, as %s", lacks);
}

/* "200" or "200-299" */
static const char *parse_codes(const char *text, struct health_codes *codes)
{
	static const char why[] =
		"is neither a status from 100 to 599 nor FIRST-LAST";
	const char *dash = strchr(text, '-');
	_cleanup_free_ char *first = NULL;

	first = strndup(text, dash ? (size_t)(dash - text) : strlen(text));
	if (!first)
		return "does not fit into memory";
	if (value_unsigned(first, 100, 599, &codes->first) ||
	    value_unsigned(dash ? dash + 1 : first, 100, 599, &codes->last))
		return why;
	return codes->first <= codes->last ? NULL : "ends before it begins";
}

static void read_codes(const struct config_section *section,
		       struct health_config *health)
{
	unsigned int n = cfg_size(section->cfg, "status-code");

	health->codes[0] = (struct health_codes){ 200, 299 };
	health->n_codes = 1;
	if (n > HEALTH_MAX_CODES)
		config_error(section->errors,
			     section_line(section, "status-code"),
			     "status-code has more than %d values",
			     HEALTH_MAX_CODES);
	for (unsigned int i = 0; i < n && i < HEALTH_MAX_CODES; i++) {
		const char *text = cfg_getnstr(section->cfg, "status-code", i);
		const char *why = parse_codes(text, &health->codes[i]);

		if (why)
			config_error(section->errors,
				     section_line(section, "status-code"),
				     "status-code \"%s\" %s", text, why);
		health->n_codes = i + 1;
	}
}

/* It stands in a line of a request. */
static bool has_blanks(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' || *text == 0x7f)
			return true;
	return false;
}

static int read_http(const struct config_section *section,
		     struct health_config *health)
{
	const char *path = section_get(section, "path");
	const char *host = section_get(section, "virtualhost");

	if (path)
		section_check(section, "path",
			      *path != '/'	? "does not begin with /" :
			      has_blanks(path)	? "has blanks in it" :
			      strchr(path, '#') ? "has a # in it" : NULL);
	if (host)
		section_check(section, "virtualhost",
			      !*host		  ? "is empty" :
			      has_blanks(host) ? "has blanks in it" : NULL);
	read_codes(section, health);
	health->path = strdup(path ? path : "/");
	health->virtualhost = host ? strdup(host) : NULL;
	return health->path && !host == !health->virtualhost ? 0 : -ENOMEM;
}

static void refuse_http(const struct config_section *section)
{
	static const char *const names[] = {
		"path", "status-code", "virtualhost"
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (cfg_size(section->cfg, names[i]))
			config_error(section->errors,
				     section_line(section, names[i]),
				     "%s belongs to health http", names[i]);
}

int config_health_read(const struct config_section *section,
		       struct config_service *service)
{
	unsigned int n = cfg_size(section->cfg, "health"), type;
	struct health_config *health = &service->health;
	struct config_section inside;

	for (unsigned int i = 1; i < n; i++) {
		inside = section_inside(section, "health", i);
		config_error(section->errors, section_line(&inside, NULL),
			     "service \"%s\" has a health section already",
			     service->name);
	}
	if (!n)
		return 0;
	service->has_health = true;
	inside = section_inside(section, "health", 0);
	if (value_choice(cfg_title(inside.cfg), type_names, &type)) {
		config_error(section->errors, section_line(&inside, NULL),
			     "health \"%s\" is none of tcp, http",
			     cfg_title(inside.cfg));
		return 0;
	}
	health->type = type;
	read_times(&inside, health);
	read_port(&inside, service, health);
	if (health->type == HEALTH_HTTP)
		return read_http(&inside, health);
	refuse_http(&inside);
	return 0;
}
