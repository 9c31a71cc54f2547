/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the verbs of vmlctl have in common. */
#ifndef VMLCTL_VERB_H
#define VMLCTL_VERB_H

#include <stdbool.h>

#include "libvml.h"
#include "util.h"

enum exit_code {
	EXIT_CODE_OK = 0,
	EXIT_CODE_FAILED = 1,	/* the kernel or the daemon refused */
	EXIT_CODE_USAGE = 2,
	EXIT_CODE_ABSENT = 3,	/* no daemon, or no module */
};

/* Which options a verb takes; --help it always does. */
enum verb_options {
	OPTION_JSON = 1 << 0,
	OPTION_SERVICE = 1 << 1,
	OPTION_SOCKET = 1 << 2,
	OPTION_SET = 1 << 3,	/* --lease, --generation, --replace */
	OPTION_OPERATION = 1 << 4,	/* --deadline, --force */
	OPTION_SNAPSHOT = 1 << 5,	/* --service, --name, --kind */
	OPTION_EVACUATE = 1 << 6,	/* --to */
};

#define DEFAULT_SOCKET "/run/vml/vmld.sock"

struct arguments {
	bool help;
	bool json;
	bool has_service;
	struct vml_service_key service;
	const char *socket;
	bool has_lease;
	uint32_t lease_ms;	/* 0: without lease */
	bool has_generation;
	uint32_t generation;
	bool replace;
	bool has_deadline;
	double deadline_s;
	bool force;
	const char *service_name;	/* of the configuration; NULL: none */
	const char *name;		/* of a snapshot; NULL: none */
	const char *kind;		/* likewise */
	const char *to;			/* a host; NULL: none */
	char **operands;
	int n_operands;
};

struct verb {
	const char *name;
	const char *synopsis;	/* what follows the name */
	const char *summary;	/* one line */
	const char *help;	/* the rest of --help, each line ended */
	unsigned int options;	/* enum verb_options */
	enum exit_code (*run)(const struct arguments *arguments);
};

extern const struct verb verb_status;
extern const struct verb verb_explain;
extern const struct verb verb_show;
extern const struct verb verb_watch;
extern const struct verb verb_set;
extern const struct verb verb_clear;
extern const struct verb verb_drain;
extern const struct verb verb_undrain;
extern const struct verb verb_snapshot;
extern const struct verb verb_evacuate;

/*
 * Print "vmlctl: " and the text as a line on stderr. Characters that a terminal
 * would obey are replaced.
 */
void complain(const char *format, ...) _printf_(1, 2);

#endif
