/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which options and sections a configuration file may have, and where. */
#ifndef VMLD_CONFIG_SCHEMA_H
#define VMLD_CONFIG_SCHEMA_H

#include <confuse.h>

#include "config.h"
#include "config_outline.h"

/*
 * The options, for cfg_init(). Values are texts, so that libConfuse, which
 * gives up at a bad number, never meets one: see config_value.h.
 */
cfg_opt_t *config_schema(void);

/*
 * Report what the schema does not have, and what is given twice, and put blanks
 * in its place in the outline's text, so that libConfuse can read the rest.
 */
void config_schema_check(struct outline *outline,
			 struct config_errors *errors);

#endif
