/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "config_health.h"
#include "config_service.h"
#include "config_value.h"
#include "policy/policy.h"

#define DEFAULT_WEIGHT_PER_VCPU 100
#define DEFAULT_CAPACITY_FLOOR 0.5
/* The longest that ipvsadm takes: 31 days. */
#define MAX_PERSISTENCE (31 * 24 * 60 * 60)
/* The highest that ipvsadm takes. */
#define MAX_WEIGHT 65535
/* IP_VS_SCHEDNAME_MAXLEN, with its final NUL. */
#define SCHEDULER_SIZE 16

static const char *const protocol_names[] = { "tcp", "udp", "sctp", NULL };
static const uint16_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP };
static const char *const family_names[] = { "ipv4", "ipv6", NULL };
static const uint16_t families[] = { AF_INET, AF_INET6 };
static const char *const forwarding_names[] = {
	"masquerade", "direct", "tunnel", NULL
};
static const char *const on_failure_names[] = { "keep", "expire", NULL };

static void read_fwmark(const struct config_section *section,
			struct config_service *service)
{
	static const char *const instead[] = { "protocol", "address", "port" };
	unsigned int family = 0;

	section_unsigned(section, "fwmark", 1, UINT32_MAX,
			 &service->key.fwmark);
	section_choice(section, "family", family_names, &family);
	service->key.family = families[family];
	for (size_t i = 0; i < ARRAY_SIZE(instead); i++)
		if (section_get(section, instead[i]))
			config_error(section->errors,
				     section_line(section, instead[i]),
				     "%s and fwmark exclude each other",
				     instead[i]);
}

static void read_address(const struct config_section *section,
			 struct config_service *service)
{
	const char *address = section_get(section, "address");
	unsigned int protocol = 0;
	uint32_t port = 0;

	section_choice(section, "protocol", protocol_names, &protocol);
	service->key.protocol = protocols[protocol];
	if (address)
		section_check(section, "address",
			      value_address(address, &service->key.family,
					    &service->key.address));
	else
		config_error(section->errors, section_line(section, NULL),
			     "service \"%s\" has neither an address nor a fwmark",
			     service->name);
	if (address && !section_get(section, "port"))
		config_error(section->errors, section_line(section, NULL),
			     "service \"%s\" has no port", service->name);
	section_unsigned(section, "port", 0, UINT16_MAX, &port);
	service->key.port = (uint16_t)port;
	if (section_get(section, "family"))
		config_error(section->errors, section_line(section, "family"),
			     "family belongs to fwmark: an address has its own");
}

static int read_scheduler(const struct config_section *section,
			  const struct config *config,
			  struct config_service *service)
{
	const char *text = section_get(section, "scheduler");
	const char *why = NULL;

	if (text && (!*text || strlen(text) >= SCHEDULER_SIZE))
		why = "is not the name of a scheduler";
	else if (text && config->sink == CONFIG_SINK_MODULE &&
		 strcmp(text, "vml"))
		why = "can't be with sink module: only vml has scales";
	section_check(section, "scheduler", why);
	if (!text)
		text = config->sink == CONFIG_SINK_MODULE ? "vml" : "sed";
	service->scheduler = strdup(text);
	return service->scheduler ? 0 : -ENOMEM;
}

static int read_hypervisors(const struct config_section *section,
			    const struct config *config,
			    struct discover_rule *rule)
{
	unsigned int n = cfg_size(section->cfg, "hypervisors");
	char **names;

	if (!n)
		return 0;
	names = calloc(n, sizeof(*names));
	if (!names)
		return -ENOMEM;
	rule->hypervisors = (const char *const *)names;
	for (unsigned int i = 0; i < n; i++) {
		const char *name =
			cfg_getnstr(section->cfg, "hypervisors", i);
		bool known = false;

		for (size_t j = 0; j < config->n_hypervisors; j++)
			known |= !strcmp(config->hypervisors[j].name, name);
		if (!known)
			config_error(section->errors,
				     section_line(section, "hypervisors"),
				     "hypervisor \"%s\" is not defined", name);
		names[i] = strdup(name);
		if (!names[i])
			return -ENOMEM;
		rule->n_hypervisors++;
	}
	return 0;
}

static void check_family(const struct config_section *section,
			 const struct config_service *service,
			 const char *option, uint16_t family)
{
	if (family && service->key.family && family != service->key.family &&
	    service->mode != CONFIG_MODE_WEIGHTS &&
	    service->forwarding != CONFIG_FORWARDING_TUNNEL)
		config_error(section->errors, section_line(section, option),
			     "only a tunnel leads to another address family than the service's");
}

static void read_member_port(const struct config_section *section,
			     const struct config_service *service,
			     struct discover_rule *rule)
{
	uint32_t port = service->key.port;

	section_unsigned(section, "port", 0, UINT16_MAX, &port);
	rule->port = (uint16_t)port;
	if (rule->port != service->key.port &&
	    service->mode != CONFIG_MODE_WEIGHTS &&
	    service->forwarding != CONFIG_FORWARDING_MASQUERADE)
		config_error(section->errors, section_line(section, "port"),
			     "only masquerading leads to another port than the service's");
}

static int read_rule(const struct config_section *section, bool has_address,
		     const struct config *config,
		     const struct config_service *service,
		     struct discover_rule *rule)
{
	const char *title = cfg_title(section->cfg);
	const char *domain = has_address ? section_get(section, "domain") : title;
	const struct vml_service_key *key = &service->key;
	const char *subnet = has_address ? NULL : section_get(section, "subnet");

	rule->line = section_line(section, NULL);
	rule->has_address = has_address;
	/* Machines have it, too, with direct routing. */
	if (!key->fwmark)
		rule->excluded = (struct vm_address){
			.family = key->family,
			.address = key->address,
		};
	if (has_address) {
		const char *why = value_address(title, &rule->address.family,
						&rule->address.address);
		if (why)
			config_error(section->errors, rule->line,
				     "member \"%s\" %s", title, why);
		check_family(section, service, NULL, rule->address.family);
	} else if (!*title) {
		config_error(section->errors, rule->line,
			     "members has an empty pattern of domain names");
	}
	/* An empty name is no machine's. */
	rule->domain = strdup(domain ? domain : "");
	if (!rule->domain)
		return -ENOMEM;
	if (section_get(section, "domain") && !*rule->domain)
		section_check(section, "domain", "is empty");
	if (subnet) {
		rule->has_subnet = true;
		section_check(section, "subnet",
			      value_subnet(subnet, &rule->subnet,
					   &rule->prefix));
		check_family(section, service, "subnet", rule->subnet.family);
	}
	read_member_port(section, service, rule);
	rule->weight = CONFIG_WEIGHT_BY_VCPUS;
	section_unsigned(section, "weight", 0, MAX_WEIGHT, &rule->weight);
	return read_hypervisors(section, config, rule);
}

/* It would depend on the order which of the two is meant. */
static void check_same_address(const struct config_section *section,
			       const struct config_service *service,
			       const struct discover_rule *rule)
{
	struct vml_destination_key key = {
		.family = rule->address.family,
		.port = rule->port,
		.address = rule->address.address,
	};
	char text[VML_KEY_STRING_MAX];

	if (!rule->address.family)
		return;
	for (const struct discover_rule *other = service->rules; other < rule;
	     other++) {
		if (other->port != rule->port ||
		    !vm_address_equal(&other->address, &rule->address))
			continue;
		config_error(section->errors, rule->line,
			     "duplicate member: line %u is %s, too",
			     other->line,
			     vml_destination_key_format(&key, text));
		return;
	}
}

static int read_rules(const struct config_section *section,
		      const struct config *config,
		      struct config_service *service)
{
	static const char *const names[] = { "members", "member" };
	size_t n = cfg_size(section->cfg, names[0]) +
		   cfg_size(section->cfg, names[1]);

	if (!n) {
		config_error(section->errors, section_line(section, NULL),
			     "service \"%s\" has no members", service->name);
		return 0;
	}
	service->rules = calloc(n, sizeof(*service->rules));
	if (!service->rules)
		return -ENOMEM;
	for (int has_address = 0; has_address < 2; has_address++) {
		const char *name = names[has_address];

		for (unsigned int i = 0; i < cfg_size(section->cfg, name);
		     i++) {
			struct config_section inside =
				section_inside(section, name, i);
			int r;

			r = read_rule(&inside, has_address, config, service,
				      &service->rules[service->n_rules++]);
			if (r < 0)
				return r;
			check_same_address(&inside, service,
					   &service->rules[service->n_rules - 1]);
		}
	}
	return 0;
}

static void read_on_failure(const struct config_section *section,
			    struct config_service *service)
{
	unsigned int on_failure = CONFIG_ON_FAILURE_KEEP;

	section_choice(section, "on-failure", on_failure_names, &on_failure);
	service->on_failure = on_failure;
	if (service->on_failure == CONFIG_ON_FAILURE_EXPIRE &&
	    service->mode == CONFIG_MODE_WEIGHTS)
		config_error(section->errors,
			     section_line(section, "on-failure"),
			     "on-failure expire removes destinations, which mode weights does not");
}

static void read_attraction_limit(const struct config_section *section,
				  struct config_service *service)
{
	static const char name[] = "attraction-limit";
	const char *text = section_get(section, name);
	const char *why;
	char detail[80];

	service->attraction_limit = policy_default_params.attraction_limit;
	if (!text)
		return;
	if (strcmp(text, "none") == 0) {
		service->attraction_limit = 0;
		return;
	}
	why = value_number(text, 1.1, 100, &service->attraction_limit);
	if (!why)
		return;
	snprintf(detail, sizeof(detail), "%s: from 1.1 to 100, or none", why);
	section_check(section, name, detail);
}

static void read_capacity_floor(const struct config_section *section,
				struct config_service *service)
{
	const char *text = section_get(section, "capacity-floor");

	service->capacity_floor = DEFAULT_CAPACITY_FLOOR;
	if (text)
		section_check(section, "capacity-floor",
			      value_share(text, &service->capacity_floor));
}

int config_service_read(const struct config_section *section,
			const struct config *config,
			struct config_service **ret_service)
{
	static const char *const modes[] = {
		"weights", "destinations", "service", NULL
	};
	struct config_service *service = calloc(1, sizeof(*service));
	unsigned int mode = 0, forwarding = 0;
	const char *one_packet;
	int r;

	if (!service)
		return -ENOMEM;
	/* Owned by the configuration from here on. */
	*ret_service = service;
	service->name = strdup(cfg_title(section->cfg));
	if (!service->name)
		return -ENOMEM;
	if (!*service->name)
		config_error(section->errors, section_line(section, NULL),
			     "a service has an empty name");

	if (section_get(section, "fwmark"))
		read_fwmark(section, service);
	else
		read_address(section, service);

	section_choice(section, "mode", modes, &mode);
	service->mode = mode;
	section_choice(section, "forwarding", forwarding_names, &forwarding);
	service->forwarding = forwarding;
	read_on_failure(section, service);
	section_unsigned(section, "persistence", 0, MAX_PERSISTENCE,
			 &service->persistence);
	service->weight_per_vcpu = DEFAULT_WEIGHT_PER_VCPU;
	section_unsigned(section, "weight-per-vcpu", 1, MAX_WEIGHT,
			 &service->weight_per_vcpu);
	read_attraction_limit(section, service);
	read_capacity_floor(section, service);
	one_packet = section_get(section, "one-packet");
	if (one_packet)
		section_check(section, "one-packet",
			      value_boolean(one_packet, &service->one_packet));
	if (service->one_packet && service->key.protocol != IPPROTO_UDP &&
	    !service->key.fwmark)
		config_error(section->errors,
			     section_line(section, "one-packet"),
			     "one-packet is for protocol udp");
	if (service->mode == CONFIG_MODE_SERVICE && !service->key.fwmark &&
	    section_get(section, "port") && !service->key.port &&
	    !service->persistence)
		config_error(section->errors, section_line(section, "port"),
			     "port 0, which is every port, needs persistence");
	r = read_scheduler(section, config, service);
	if (r < 0)
		return r;
	r = read_rules(section, config, service);
	if (r < 0)
		return r;
	return config_health_read(section, service);
}
