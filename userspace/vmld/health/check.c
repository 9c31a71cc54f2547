/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "health/check.h"
#include "util.h"

static const char *const types[_HEALTH_TYPE_MAX] = {
	[HEALTH_TCP] = "TCP",
	[HEALTH_HTTP] = "HTTP",
};

static const char *const outcomes[_HEALTH_OUTCOME_MAX] = {
	[HEALTH_PASSED] = "passed",
	[HEALTH_REFUSED] = "refused",
	[HEALTH_UNREACHABLE] = "unreachable",
	[HEALTH_TIMED_OUT] = "timed-out",
	[HEALTH_CLOSED] = "closed",
	[HEALTH_MALFORMED] = "malformed",
	[HEALTH_STATUS] = "status",
};

static const char *const texts[_HEALTH_OUTCOME_MAX] = {
	[HEALTH_PASSED] = "passed",
	[HEALTH_REFUSED] = "connection refused",
	[HEALTH_UNREACHABLE] = "unreachable",
	[HEALTH_TIMED_OUT] = "timed out",
	[HEALTH_CLOSED] = "closed without an answer",
	[HEALTH_MALFORMED] = "answer is not HTTP",
};

void health_config_clear(struct health_config *config)
{
	free(config->path);
	free(config->virtualhost);
	*config = (struct health_config){};
}

bool health_config_same_check(const struct health_config *a,
			      const struct health_config *b)
{
	if (a->type != b->type || a->port != b->port ||
	    !texts_equal(a->path, b->path) ||
	    !texts_equal(a->virtualhost, b->virtualhost) ||
	    a->n_codes != b->n_codes)
		return false;
	for (size_t i = 0; i < a->n_codes; i++)
		if (a->codes[i].first != b->codes[i].first ||
		    a->codes[i].last != b->codes[i].last)
			return false;
	return true;
}

bool health_config_equal(const struct health_config *a,
			 const struct health_config *b)
{
	return health_config_same_check(a, b) &&
	       a->delay_loop_ns == b->delay_loop_ns &&
	       a->delay_before_retry_ns == b->delay_before_retry_ns &&
	       a->connect_timeout_ns == b->connect_timeout_ns &&
	       a->warmup_ns == b->warmup_ns && a->retry == b->retry &&
	       a->hysteresis == b->hysteresis;
}

bool health_config_accepts(const struct health_config *config,
			   unsigned int status)
{
	for (size_t i = 0; i < config->n_codes; i++)
		if (status >= config->codes[i].first &&
		    status <= config->codes[i].last)
			return true;
	return false;
}

const char *health_type_name(enum health_type type)
{
	return types[type];
}

const char *health_outcome_name(enum health_outcome outcome)
{
	return outcomes[outcome];
}

const char *health_result_format(const struct health_result *result,
				 char buffer[static HEALTH_RESULT_MAX])
{
	if (result->outcome == HEALTH_STATUS)
		snprintf(buffer, HEALTH_RESULT_MAX, "status %u",
			 result->status);
	else
		snprintf(buffer, HEALTH_RESULT_MAX, "%s",
			 texts[result->outcome]);
	return buffer;
}
