/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon.h"

static enum exit_code run(const struct arguments *arguments)
{
	return daemon_drain(arguments, "DELETE");
}

const struct verb verb_undrain = {
	.name = "undrain",
	.synopsis = "DOMAIN [--json] [--socket PATH]",
	.summary = "end the drain of a virtual machine",
	.help =
"The destinations that the domain backs are balanced by its metrics again.\n",
	.options = OPTION_JSON | OPTION_SOCKET,
	.run = run,
};
