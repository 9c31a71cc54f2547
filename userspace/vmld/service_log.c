/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a service is worth a line: what changed, and never twice. */
#include <stdarg.h>
#include <string.h>

#include "service_private.h"

/* A scale is logged when it has moved this far from the one logged last. */
#define NOTABLE (VML_SCALE_ONE / 4)

void service_problem(struct service *service, const struct service_env *env,
		     int level, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list arguments;
	int r;

	if (!format) {
		if (service->problem && service->state != SERVICE_ABSENT)
			log_notice(env->log, "%s: goes on",
				   service->config->name);
		free(service->problem);
		service->problem = NULL;
		return;
	}
	va_start(arguments, format);
	r = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (r < 0) {
		text = NULL;
		return;
	}
	if (service->problem && !strcmp(service->problem, text))
		return;
	log_line(env->log, level, "%s: %s", service->config->name, text);
	free(service->problem);
	service->problem = TAKE_PTR(text);
}

static int compare_scales(const void *a, const void *b)
{
	const struct vml_scale *x = a, *y = b;

	return vml_destination_key_compare(&x->key, &y->key);
}

static uint32_t logged_scale(const struct service *service,
			     const struct vml_destination_key *key)
{
	const struct vml_scale wanted = { .key = *key };
	const struct vml_scale *found = NULL;

	if (service->n_logged)
		found = bsearch(&wanted, service->logged, service->n_logged,
				sizeof(wanted), compare_scales);
	return found ? found->scale : VML_SCALE_ONE;
}

static bool is_notable(uint32_t before, uint32_t now)
{
	uint32_t moved = before > now ? before - now : now - before;

	if (before == now)
		return false;
	return moved >= NOTABLE || !before || !now ||
	       (now == VML_SCALE_ONE && before != now);
}

static void log_scale(const struct service *service,
		      const struct service_env *env, size_t i, uint32_t before)
{
	const struct policy_verdict *verdict = &service->verdicts[i];
	const struct discover_member *member =
		service_find_member(service, &verdict->key);
	char key[VML_KEY_STRING_MAX], reason[POLICY_REASON_STRING_MAX];
	_cleanup_free_ char *reasons = NULL;
	size_t size;
	FILE *stream = open_memstream(&reasons, &size);

	if (!stream)
		return;
	for (size_t j = 0; j < verdict->n_reasons; j++)
		fprintf(stream, "%s%s", j ? ", " : ": ",
			policy_reason_format(&verdict->reasons[j], reason,
					     sizeof(reason)));
	if (fclose(stream))
		return;
	log_info(env->log, "%s: %s (%s) scale %.2f -> %.2f%s",
		 service->config->name,
		 vml_destination_key_format(&verdict->key, key),
		 member && *member->domain ? member->domain : "no machine",
		 (double)before / VML_SCALE_ONE,
		 (double)verdict->scale / VML_SCALE_ONE, reasons);
}

void service_log_scales(struct service *service, const struct service_env *env)
{
	size_t n = service->kernel.n_destinations, lines = 0;
	struct vml_scale *logged = calloc(n + 1, sizeof(*logged));

	if (!logged)
		return;
	for (size_t i = 0; i < n; i++) {
		const struct policy_verdict *verdict = &service->verdicts[i];
		uint32_t before = logged_scale(service, &verdict->key);
		bool notable = is_notable(before, verdict->scale);

		if (notable && lines++ < SERVICE_MAX_LINES)
			log_scale(service, env, i, before);
		logged[i].key = verdict->key;
		logged[i].scale = notable ? verdict->scale : before;
	}
	if (lines > SERVICE_MAX_LINES)
		log_info(env->log, "%s: and the scales of %zu others",
			 service->config->name, lines - SERVICE_MAX_LINES);
	free(service->logged);
	service->logged = logged;
	service->n_logged = n;
}
