/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "config_service.h"
#include "config_value.h"
#include "utf8.h"

#define MAX_FILE (1024 * 1024)

#define DEFAULT_POLL_INTERVAL 1.0
#define DEFAULT_LEASE 10.0
#define DEFAULT_DRAIN_DEADLINE 60.0
#define DEFAULT_SOCKET "/run/vml/vmld.sock"
#define DEFAULT_STATE_DIRECTORY "/var/lib/vml"

static const char *const sink_names[] = { "module", "ipvs", NULL };
static const char *const mode_names[] = {
	"weights", "destinations", "service", NULL
};

const char *config_sink_name(enum config_sink sink)
{
	return sink_names[sink];
}

const char *config_mode_name(enum config_mode mode)
{
	return mode_names[mode];
}

const char *section_get(const struct config_section *section, const char *name)
{
	return cfg_getstr(section->cfg, name);
}

unsigned int section_line(const struct config_section *section,
			  const char *name)
{
	const struct outline_statement *s = NULL;

	if (name)
		s = outline_find(section->outline, section->index, name, NULL);
	if (s)
		return s->line;
	return section->index == OUTLINE_TOP
		       ? 1
		       : section->outline->statements[section->index].line;
}

bool section_check(const struct config_section *section, const char *name,
		   const char *why)
{
	if (why)
		config_error(section->errors, section_line(section, name),
			     "%s \"%s\" %s", name, section_get(section, name),
			     why);
	return !why;
}

void section_choice(const struct config_section *section, const char *name,
		    const char *const *names, unsigned int *index)
{
	const char *text = section_get(section, name);
	char why[80] = "is none of";
	size_t length = strlen(why);

	if (!text || !value_choice(text, names, index))
		return;
	for (size_t i = 0; names[i]; i++)
		length += (size_t)snprintf(why + length, sizeof(why) - length,
					   "%s %s", i ? "," : "", names[i]);
	section_check(section, name, why);
}

void section_unsigned(const struct config_section *section, const char *name,
		      uint32_t minimum, uint32_t maximum, uint32_t *number)
{
	const char *text = section_get(section, name);
	const char *why;
	char detail[80];

	if (!text)
		return;
	why = value_unsigned(text, minimum, maximum, number);
	if (!why)
		return;
	snprintf(detail, sizeof(detail), "%s: from %u to %u", why, minimum,
		 maximum);
	section_check(section, name, detail);
}

void section_seconds(const struct config_section *section, const char *name,
		     double minimum, double maximum, double *seconds)
{
	const char *text = section_get(section, name);
	const char *why;
	char detail[80];

	if (!text)
		return;
	why = value_seconds(text, minimum, maximum, seconds);
	if (!why)
		return;
	snprintf(detail, sizeof(detail), "%s: from %g to %g seconds", why,
		 minimum, maximum);
	section_check(section, name, detail);
}

struct config_section section_inside(const struct config_section *section,
				     const char *name, unsigned int i)
{
	struct config_section inside = *section;
	const struct outline_statement *s;

	inside.cfg = cfg_getnsec(section->cfg, name, i);
	s = outline_find(section->outline, section->index, name,
			 cfg_title(inside.cfg));
	inside.index = s ? (size_t)(s - section->outline->statements)
			 : section->index;
	return inside;
}

static int read_path(const struct config_section *section, const char *name,
		     const char *value, char **ret_path)
{
	const char *text = section_get(section, name);

	if (text)
		section_check(section, name, value_absolute_path(text));
	*ret_path = strdup(text ? text : value);
	return *ret_path ? 0 : -ENOMEM;
}

static int read_general(const struct config_section *file,
			struct config *config)
{
	double poll_interval = DEFAULT_POLL_INTERVAL, lease = DEFAULT_LEASE;
	double drain_deadline = DEFAULT_DRAIN_DEADLINE;
	unsigned int sink = CONFIG_SINK_MODULE;
	int r;

	/* The policy takes older metrics than 10 s for late ones. */
	section_seconds(file, "poll-interval", 0.1, 10, &poll_interval);
	section_seconds(file, "lease", 1, 86400, &lease);
	section_seconds(file, "drain-deadline", 0, 86400, &drain_deadline);
	section_choice(file, "sink", sink_names, &sink);
	config->poll_interval_ns =
		(uint64_t)(poll_interval * (double)NSEC_PER_SEC);
	config->lease_ms = (uint32_t)(lease * (double)MSEC_PER_SEC);
	config->drain_deadline_ns =
		(uint64_t)(drain_deadline * (double)NSEC_PER_SEC);
	config->sink = sink;
	config->sink_line = section_line(file, "sink");
	config->socket_line = section_line(file, "socket");
	config->state_directory_line = section_line(file, "state-directory");
	r = read_path(file, "socket", DEFAULT_SOCKET, &config->socket);
	if (r < 0)
		return r;
	return read_path(file, "state-directory", DEFAULT_STATE_DIRECTORY,
			 &config->state_directory);
}

static int read_hypervisor(const struct config_section *section,
			   struct config_hypervisor *hypervisor)
{
	const char *name = cfg_title(section->cfg);
	const char *uri = section_get(section, "uri");
	const char *migration_uri = section_get(section, "migration-uri");

	if (!*name)
		config_error(section->errors, section_line(section, NULL),
			     "a hypervisor has an empty name");
	if (!uri)
		config_error(section->errors, section_line(section, NULL),
			     "hypervisor \"%s\" has no uri", name);
	else if (!strstr(uri, ":/"))
		section_check(section, "uri",
			      "is not a URI such as qemu+tcp://HOST/system");
	if (migration_uri && !strstr(migration_uri, "://"))
		section_check(section, "migration-uri",
			      "is not a URI such as qemu+tcp://HOST/system");
	if (migration_uri) {
		hypervisor->migration_uri = strdup(migration_uri);
		if (!hypervisor->migration_uri)
			return -ENOMEM;
	}
	hypervisor->name = strdup(name);
	hypervisor->uri = strdup(uri ? uri : "");
	return hypervisor->name && hypervisor->uri ? 0 : -ENOMEM;
}

static int read_hypervisors(const struct config_section *file,
			    struct config *config)
{
	unsigned int n = cfg_size(file->cfg, "hypervisor");

	if (!n) {
		config_error(file->errors, file->outline->lines,
			     "no hypervisor is defined");
		return 0;
	}
	config->hypervisors = calloc(n, sizeof(*config->hypervisors));
	if (!config->hypervisors)
		return -ENOMEM;
	for (unsigned int i = 0; i < n; i++) {
		struct config_section section =
			section_inside(file, "hypervisor", i);
		int r;

		r = read_hypervisor(&section, &config->hypervisors[i]);
		config->n_hypervisors++;
		if (r < 0)
			return r;
	}
	return 0;
}

/* Two sections for one service of the kernel would fight over it. */
static void check_same_key(const struct config_section *section,
			   const struct config *config, size_t index,
			   const unsigned int *lines)
{
	const struct vml_service_key *key = &config->services[index]->key;
	char text[VML_KEY_STRING_MAX];

	if (!key->family)
		return;
	for (size_t i = 0; i < index; i++) {
		if (vml_service_key_compare(&config->services[i]->key, key))
			continue;
		config_error(section->errors, section_line(section, NULL),
			     "duplicate service: \"%s\" of line %u is %s, too",
			     config->services[i]->name, lines[i],
			     vml_service_key_format(key, text));
		return;
	}
}

static int read_services(const struct config_section *file,
			 struct config *config)
{
	unsigned int n = cfg_size(file->cfg, "service");
	_cleanup_free_ unsigned int *lines = NULL;

	if (!n) {
		config_error(file->errors, file->outline->lines,
			     "no service is defined");
		return 0;
	}
	lines = calloc(n, sizeof(*lines));
	config->services = calloc(n, sizeof(*config->services));
	if (!lines || !config->services)
		return -ENOMEM;
	for (unsigned int i = 0; i < n; i++) {
		struct config_section section =
			section_inside(file, "service", i);
		int r;

		config->n_services++;
		r = config_service_read(&section, config,
					&config->services[i]);
		if (r < 0)
			return r;
		lines[i] = section_line(&section, NULL);
		check_same_key(&section, config, i, lines);
	}
	return 0;
}

static void ignore_message(cfg_t *cfg, const char *format, va_list arguments)
{
	(void)cfg;
	(void)format;
	(void)arguments;
}

static void cfg_freep(cfg_t **cfg)
{
	if (*cfg)
		cfg_free(*cfg);
}

static void outline_clearp(struct outline *outline)
{
	outline_clear(outline);
}

/* As the JSON is in which names are told and asked for. */
static bool check_utf8(const char *text, struct config_errors *errors)
{
	bool valid = true;

	for (unsigned int line = 1; *text; line++) {
		size_t size = strcspn(text, "\n");

		if (!utf8_is_valid(text, size)) {
			config_error(errors, line, "the line is not UTF-8");
			valid = false;
		}
		text += size + (text[size] == '\n');
	}
	return valid;
}

static int parse(const char *text, struct config *config,
		 struct config_errors *errors)
{
	_cleanup_(outline_clearp) struct outline outline = {};
	_cleanup_(cfg_freep) cfg_t *cfg = NULL;
	struct config_section file = {
		.outline = &outline,
		.index = OUTLINE_TOP,
		.errors = errors,
	};
	int r;

	if (!check_utf8(text, errors))
		return 0;
	r = outline_parse(text, &outline);
	if (r < 0)
		return r;
	config_schema_check(&outline, errors);
	if (outline.error_line) {
		config_error(errors, outline.error_line, "%s", outline.error);
		return 0;
	}

	cfg = cfg_init(config_schema(), CFGF_NONE);
	if (!cfg)
		return -ENOMEM;
	cfg_set_error_function(cfg, ignore_message);
	if (*outline.text &&
	    cfg_parse_buf(cfg, outline.text) != CFG_SUCCESS) {
		config_error(errors, (unsigned int)cfg->line,
			     "libConfuse can't parse what follows");
		return 0;
	}
	file.cfg = cfg;
	r = read_general(&file, config);
	if (r < 0)
		return r;
	r = read_hypervisors(&file, config);
	if (r < 0)
		return r;
	return read_services(&file, config);
}

int config_parse(const char *path, const char *text,
		 struct config **ret_config, struct config_errors *errors)
{
	_cleanup_(config_freep) struct config *config = NULL;
	int r;

	config = calloc(1, sizeof(*config));
	if (!config)
		return -ENOMEM;
	config->path = strdup(path);
	if (!config->path)
		return -ENOMEM;
	r = parse(text, config, errors);
	if (r < 0)
		return r;
	config_errors_sort(errors);
	if (errors->incomplete)
		return -ENOMEM;
	if (errors->n)
		return -EINVAL;
	*ret_config = TAKE_PTR(config);
	return 0;
}

int config_load(const char *path, struct config **ret_config,
		struct config_errors *errors)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	_cleanup_free_ char *text = NULL;
	size_t size;

	if (!file)
		return -errno;
	text = malloc(MAX_FILE + 1);
	if (!text)
		return -ENOMEM;
	size = fread(text, 1, MAX_FILE + 1, file);
	if (ferror(file))
		return errno ? -errno : -EIO;
	if (size > MAX_FILE)
		return -EFBIG;
	text[size] = '\0';
	if (strlen(text) != size) {
		unsigned int line = 1;

		for (const char *p = text; *p; p++)
			line += *p == '\n';
		config_error(errors, line, "a NUL byte is in the text");
		return -EINVAL;
	}
	return config_parse(path, text, ret_config, errors);
}
