/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text as a configuration of vmld. */
#include <assert.h>
#include <string.h>

#include "config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned int lines_of(const char *text)
{
	unsigned int lines = 1;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

static void check_health(const struct health_config *health, bool has_health)
{
	assert(has_health == !!health->hysteresis);
	assert(!has_health || health->delay_loop_ns >= NSEC_PER_SEC / 10);
	assert((health->type == HEALTH_HTTP) == !!health->path);
	assert(!health->path || (*health->path == '/' && health->n_codes));
	assert(health->n_codes <= HEALTH_MAX_CODES);
}

/* What the daemon takes for granted of a configuration. */
static void check(const struct config *config)
{
	assert(config->poll_interval_ns >= NSEC_PER_SEC / 10);
	assert(config->lease_ms >= MSEC_PER_SEC);
	assert(config->socket[0] == '/' && config->state_directory[0] == '/');
	assert(config->n_hypervisors && config->n_services);
	for (size_t i = 0; i < config->n_services; i++) {
		const struct config_service *service = config->services[i];
		_cleanup_(discover_freep) struct discover *discover = NULL;

		assert(*service->name && service->scheduler);
		assert(!service->key.fwmark != !service->key.protocol);
		assert(config_service_equal(service, service));
		assert(service->n_rules);
		check_health(&service->health, service->has_health);
		assert(!discover_new(service->rules, service->n_rules,
				     &discover));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(config_freep) struct config *config = NULL;
	struct config_errors errors = {};
	_cleanup_free_ char *text = strndup((const char *)data, size);
	_cleanup_free_ char *said = NULL;
	int r;

	r = config_parse("f", text, &config, &errors);
	assert(r == 0 || r == -EINVAL);
	assert((r == 0) == !errors.n && (r == 0) == !!config);
	for (size_t i = 0; i < errors.n; i++) {
		assert(errors.errors[i].line >= 1);
		assert(errors.errors[i].line <= lines_of(text));
		assert(*errors.errors[i].reason);
	}
	said = config_errors_format(&errors, "f");
	assert(said);
	config_errors_clear(&errors);
	if (config)
		check(config);
	return 0;
}
