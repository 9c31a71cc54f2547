/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration file of vmld. */
#ifndef VMLD_CONFIG_H
#define VMLD_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "discover.h"
#include "health/check.h"
#include "libvml.h"
#include "util.h"

/* The weight of a rule whose members' weights follow their vCPUs. */
#define CONFIG_WEIGHT_BY_VCPUS UINT32_MAX

#define CONFIG_DEFAULT_FILE "/etc/vml/vmld.conf"

enum config_sink {
	CONFIG_SINK_MODULE,
	CONFIG_SINK_IPVS,
};

/* What of IPVS vmld manages. */
enum config_mode {
	CONFIG_MODE_WEIGHTS,		/* nothing but scales */
	CONFIG_MODE_DESTINATIONS,	/* destinations too */
	CONFIG_MODE_SERVICE,		/* the service, too */
};

enum config_forwarding {
	CONFIG_FORWARDING_MASQUERADE,
	CONFIG_FORWARDING_DIRECT,
	CONFIG_FORWARDING_TUNNEL,
};

/* What becomes of the connections of a machine that has failed. */
enum config_on_failure {
	CONFIG_ON_FAILURE_KEEP,		/* they wait for it */
	CONFIG_ON_FAILURE_EXPIRE,	/* their destination goes, and they too */
};

struct config_hypervisor {
	char *name;
	char *uri;
	char *migration_uri;	/* for the other hypervisors; NULL: uri */
};

struct config_service {
	char *name;
	struct vml_service_key key;
	enum config_mode mode;
	char *scheduler;
	uint32_t persistence;	/* seconds; 0: none */
	bool one_packet;
	enum config_forwarding forwarding;
	enum config_on_failure on_failure;
	uint32_t weight_per_vcpu;
	double attraction_limit;	/* times others'; 0: none */
	bool has_health;
	struct health_config health;
	double capacity_floor;	/* of the weight, while an operation runs */
	struct discover_rule *rules;	/* "members" and "member"; owned */
	size_t n_rules;
};

struct config {
	char *path;
	uint64_t poll_interval_ns;
	uint32_t lease_ms;
	uint64_t drain_deadline_ns;	/* for the connections of a drain */
	enum config_sink sink;
	char *socket;
	char *state_directory;
	/* Where these three are given; 1 if they aren't. */
	unsigned int sink_line, socket_line, state_directory_line;
	struct config_hypervisor *hypervisors;
	size_t n_hypervisors;
	struct config_service **services;
	size_t n_services;
};

struct config_error {
	unsigned int line;
	char *reason;
};

/* Every mistake of a file, in the order of its lines. */
struct config_errors {
	struct config_error *errors;
	size_t n;
	bool incomplete;	/* memory ran out */
};

/*
 * Read a configuration. -EINVAL: it has mistakes, which errors then lists;
 * another negative errno: the file could not be read.
 */
int config_load(const char *path, struct config **ret_config,
		struct config_errors *errors);
/* The same of a text; path is only what the configuration says it is. */
int config_parse(const char *path, const char *text,
		 struct config **ret_config, struct config_errors *errors);
struct config *config_free(struct config *config);
void config_freep(struct config **config);
struct config_service *config_service_free(struct config_service *service);
bool config_service_equal(const struct config_service *a,
			  const struct config_service *b);

_printf_(3, 4) void config_error(struct config_errors *errors,
				 unsigned int line, const char *format, ...);
void config_errors_sort(struct config_errors *errors);
void config_errors_clear(struct config_errors *errors);
/* "PATH:LINE: reason\n" for each; NULL if memory ran out. */
char *config_errors_format(const struct config_errors *errors,
			   const char *path);

const char *config_sink_name(enum config_sink sink);
const char *config_mode_name(enum config_mode mode);

#endif
