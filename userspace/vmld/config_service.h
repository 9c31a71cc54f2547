/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sections "service" of the configuration. */
#ifndef VMLD_CONFIG_SERVICE_H
#define VMLD_CONFIG_SERVICE_H

#include "config_schema.h"

/* A section as libConfuse read it, and where it stands. */
struct config_section {
	cfg_t *cfg;
	const struct outline *outline;
	size_t index;		/* in the outline; OUTLINE_TOP for the file */
	struct config_errors *errors;
};

/* The text of an option, or NULL if it isn't given. */
const char *section_get(const struct config_section *section,
			const char *name);
/* The line of an option, or of the section if it isn't given. */
unsigned int section_line(const struct config_section *section,
			  const char *name);
/* Report that an option's text is wrong, unless why is NULL; true if not. */
bool section_check(const struct config_section *section, const char *name,
		   const char *why);
/* As value_choice() of an option that need not be given. */
void section_choice(const struct config_section *section, const char *name,
		    const char *const *names, unsigned int *index);
/* As value_unsigned() of an option that need not be given. */
void section_unsigned(const struct config_section *section, const char *name,
		      uint32_t minimum, uint32_t maximum, uint32_t *number);
/* As value_seconds() of an option that need not be given. */
void section_seconds(const struct config_section *section, const char *name,
		     double minimum, double maximum, double *seconds);
/* The i-th section of that name inside. */
struct config_section section_inside(const struct config_section *section,
				     const char *name, unsigned int i);

/*
 * Read a service; hypervisors are those that members may name. Mistakes go to
 * the section's errors. -ENOMEM.
 */
int config_service_read(const struct config_section *section,
			const struct config *config,
			struct config_service **ret_service);

#endif
