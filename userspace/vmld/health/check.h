/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is checked of a member, and what a check of it can find. */
#ifndef VMLD_HEALTH_CHECK_H
#define VMLD_HEALTH_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum health_type {
	HEALTH_TCP,		/* it accepts a connection */
	HEALTH_HTTP,		/* and answers a GET as it is to */
	_HEALTH_TYPE_MAX
};

enum health_outcome {
	HEALTH_PASSED,
	HEALTH_REFUSED,
	HEALTH_UNREACHABLE,
	HEALTH_TIMED_OUT,
	HEALTH_CLOSED,		/* before its answer was whole */
	HEALTH_MALFORMED,	/* its answer is not HTTP */
	HEALTH_STATUS,		/* its answer has a status that it is not to have */
	_HEALTH_OUTCOME_MAX
};

struct health_result {
	enum health_outcome outcome;
	unsigned int status;	/* of HEALTH_STATUS */
};

#define HEALTH_MAX_CODES 8

/* The words are keepalived's, as far as it has one. Times are nanoseconds. */
struct health_config {
	enum health_type type;
	uint16_t port;			/* 0: the destination's */
	uint64_t delay_loop_ns;		/* between two checks of a member */
	uint64_t delay_before_retry_ns;	/* while it is not decided */
	uint64_t connect_timeout_ns;	/* of all of a check */
	uint64_t warmup_ns;		/* over which the first ones are spread */
	unsigned int retry;		/* after a failure, before it is out */
	unsigned int hysteresis;	/* passed in a row, before it is back */
	/* of HEALTH_HTTP */
	char *path;
	char *virtualhost;		/* NULL: the address */
	struct health_codes {
		unsigned int first;
		unsigned int last;
	} codes[HEALTH_MAX_CODES];
	size_t n_codes;
};

void health_config_clear(struct health_config *config);
/* The same is asked, if not as often. */
bool health_config_same_check(const struct health_config *a,
			      const struct health_config *b);
bool health_config_equal(const struct health_config *a,
			 const struct health_config *b);
/* Whether an answer with that status passes. */
bool health_config_accepts(const struct health_config *config,
			   unsigned int status);

/* "TCP", "HTTP" */
const char *health_type_name(enum health_type type);

/* "refused": a stable word; the status of HEALTH_STATUS stands behind it. */
const char *health_outcome_name(enum health_outcome outcome);

#define HEALTH_RESULT_MAX 32
/* "connection refused", "status 503". Returns buffer. */
const char *health_result_format(const struct health_result *result,
				 char buffer[static HEALTH_RESULT_MAX]);

#endif
