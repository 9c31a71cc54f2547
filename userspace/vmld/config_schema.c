/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "config_schema.h"

/*
 * libConfuse copies these, and so never writes into them; it only has no
 * const in its interface.
 */
static cfg_opt_t hypervisor_options[] = {
	CFG_STR("uri", NULL, CFGF_NODEFAULT),
	CFG_STR("migration-uri", NULL, CFGF_NODEFAULT),
	CFG_END(),
};

static cfg_opt_t members_options[] = {
	CFG_STR_LIST("hypervisors", NULL, CFGF_NODEFAULT),
	CFG_STR("subnet", NULL, CFGF_NODEFAULT),
	CFG_STR("port", NULL, CFGF_NODEFAULT),
	CFG_STR("weight", NULL, CFGF_NODEFAULT),
	CFG_END(),
};

static cfg_opt_t member_options[] = {
	CFG_STR_LIST("hypervisors", NULL, CFGF_NODEFAULT),
	CFG_STR("domain", NULL, CFGF_NODEFAULT),
	CFG_STR("port", NULL, CFGF_NODEFAULT),
	CFG_STR("weight", NULL, CFGF_NODEFAULT),
	CFG_END(),
};

static cfg_opt_t health_options[] = {
	CFG_STR("port", NULL, CFGF_NODEFAULT),
	CFG_STR("delay-loop", NULL, CFGF_NODEFAULT),
	CFG_STR("delay-before-retry", NULL, CFGF_NODEFAULT),
	CFG_STR("connect-timeout", NULL, CFGF_NODEFAULT),
	CFG_STR("warmup", NULL, CFGF_NODEFAULT),
	CFG_STR("retry", NULL, CFGF_NODEFAULT),
	CFG_STR("hysteresis", NULL, CFGF_NODEFAULT),
	CFG_STR("path", NULL, CFGF_NODEFAULT),
	CFG_STR("virtualhost", NULL, CFGF_NODEFAULT),
	CFG_STR_LIST("status-code", NULL, CFGF_NODEFAULT),
	CFG_END(),
};

static cfg_opt_t service_options[] = {
	CFG_STR("protocol", NULL, CFGF_NODEFAULT),
	CFG_STR("address", NULL, CFGF_NODEFAULT),
	CFG_STR("port", NULL, CFGF_NODEFAULT),
	CFG_STR("fwmark", NULL, CFGF_NODEFAULT),
	CFG_STR("family", NULL, CFGF_NODEFAULT),
	CFG_STR("mode", NULL, CFGF_NODEFAULT),
	CFG_STR("scheduler", NULL, CFGF_NODEFAULT),
	CFG_STR("persistence", NULL, CFGF_NODEFAULT),
	CFG_STR("one-packet", NULL, CFGF_NODEFAULT),
	CFG_STR("forwarding", NULL, CFGF_NODEFAULT),
	CFG_STR("on-failure", NULL, CFGF_NODEFAULT),
	CFG_STR("weight-per-vcpu", NULL, CFGF_NODEFAULT),
	CFG_STR("attraction-limit", NULL, CFGF_NODEFAULT),
	CFG_SEC("health", health_options, CFGF_MULTI | CFGF_TITLE),
	CFG_STR("capacity-floor", NULL, CFGF_NODEFAULT),
	CFG_SEC("members", members_options, CFGF_MULTI | CFGF_TITLE),
	CFG_SEC("member", member_options, CFGF_MULTI | CFGF_TITLE),
	CFG_END(),
};

static cfg_opt_t options[] = {
	CFG_STR("poll-interval", NULL, CFGF_NODEFAULT),
	CFG_STR("lease", NULL, CFGF_NODEFAULT),
	CFG_STR("drain-deadline", NULL, CFGF_NODEFAULT),
	CFG_STR("sink", NULL, CFGF_NODEFAULT),
	CFG_STR("socket", NULL, CFGF_NODEFAULT),
	CFG_STR("state-directory", NULL, CFGF_NODEFAULT),
	CFG_SEC("hypervisor", hypervisor_options, CFGF_MULTI | CFGF_TITLE),
	CFG_SEC("service", service_options, CFGF_MULTI | CFGF_TITLE),
	CFG_END(),
};

cfg_opt_t *config_schema(void)
{
	return options;
}

static const cfg_opt_t *find_option(const cfg_opt_t *in, const char *name)
{
	for (; in && in->name; in++)
		if (!strcmp(in->name, name))
			return in;
	return NULL;
}

/* NULL: one of the sections around it isn't known either. */
static const cfg_opt_t *options_around(const struct outline *outline,
				       const struct outline_statement *s)
{
	const struct outline_statement *parent;
	const cfg_opt_t *around, *option;

	if (s->parent == OUTLINE_TOP)
		return options;
	parent = &outline->statements[s->parent];
	around = options_around(outline, parent);
	option = find_option(around, parent->name);
	return option && option->type == CFGT_SEC ? option->subopts : NULL;
}

static const struct outline_statement *
find_earlier(const struct outline *outline, size_t index)
{
	const struct outline_statement *s = &outline->statements[index];

	for (size_t i = 0; i < index; i++) {
		const struct outline_statement *e = &outline->statements[i];

		if (e->parent == s->parent && !strcmp(e->name, s->name) &&
		    (!s->title || (e->title && !strcmp(e->title, s->title))))
			return e;
	}
	return NULL;
}

/* True: a statement of this form is what the schema wants there. */
static bool check_form(const struct outline_statement *s,
		       const cfg_opt_t *option, struct config_errors *errors)
{
	bool section = option->type == CFGT_SEC;
	bool list = option->flags & CFGF_LIST;

	if (section && s->kind == OUTLINE_SECTION)
		config_error(errors, s->line,
			     "section \"%s\" needs a name: %s \"NAME\" { ... }",
			     s->name, s->name);
	else if (section && s->kind != OUTLINE_TITLED_SECTION)
		config_error(errors, s->line,
			     "\"%s\" is a section: %s \"NAME\" { ... }",
			     s->name, s->name);
	else if (!section && s->kind != OUTLINE_VALUE &&
		 s->kind != OUTLINE_LIST)
		config_error(errors, s->line,
			     "\"%s\" is an option, not a section", s->name);
	else if (!section && !list && s->kind == OUTLINE_LIST)
		config_error(errors, s->line,
			     "option \"%s\" takes one value, not a list",
			     s->name);
	else if (!list && s->append)
		config_error(errors, s->line,
			     "option \"%s\" takes one value: = and not +=",
			     s->name);
	else
		return true;
	return false;
}

/* True: libConfuse may see it. */
static bool check_statement(const struct outline *outline, size_t index,
			    struct config_errors *errors)
{
	const struct outline_statement *s = &outline->statements[index];
	const struct outline_statement *earlier;
	const cfg_opt_t *around = options_around(outline, s);
	const cfg_opt_t *option;

	if (!around)
		return false;
	option = find_option(around, s->name);
	if (!option) {
		const char *what = s->kind == OUTLINE_VALUE ||
				   s->kind == OUTLINE_LIST ? "option"
							   : "section";

		if (s->parent == OUTLINE_TOP)
			config_error(errors, s->line, "unknown %s \"%s\"",
				     what, s->name);
		else
			config_error(errors, s->line,
				     "unknown %s \"%s\" in section \"%s\"",
				     what, s->name,
				     outline->statements[s->parent].name);
		return false;
	}
	/* One that the text's end, or a mistake in it, cuts off has no form. */
	if (!s->end)
		return true;
	if (!check_form(s, option, errors))
		return false;

	earlier = find_earlier(outline, index);
	if (!earlier)
		return true;
	if (s->title)
		config_error(errors, s->line,
			     "duplicate %s \"%s\" (first on line %u)",
			     s->name, s->title, earlier->line);
	else
		config_error(errors, s->line,
			     "option \"%s\" is given twice (first on line %u)",
			     s->name, earlier->line);
	return false;
}

void config_schema_check(struct outline *outline, struct config_errors *errors)
{
	for (size_t i = 0; i < outline->n; i++) {
		const struct outline_statement *s = &outline->statements[i];

		if (check_statement(outline, i, errors) || !s->end)
			continue;
		for (size_t at = s->start; at < s->end; at++)
			if (outline->text[at] != '\n')
				outline->text[at] = ' ';
	}
}
