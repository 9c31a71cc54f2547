/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon.h"

static enum exit_code run(const struct arguments *arguments)
{
	_cleanup_(json_decrefp) json_t *request = NULL;

	if (arguments->n_operands != 1 || !*arguments->operands[0]) {
		complain("name one hypervisor, as the configuration does");
		return EXIT_CODE_USAGE;
	}
	request = json_pack("{s:s, s:b}", "kind", "evacuation", "force",
			    arguments->force);
	if (!daemon_add_text(request, "host", arguments->operands[0]) ||
	    !daemon_add_text(request, "to", arguments->to))
		return EXIT_CODE_USAGE;
	if (arguments->has_deadline)
		json_object_set_new(request, "deadline",
				    json_real(arguments->deadline_s));
	return daemon_operate(arguments, request);
}

const struct verb verb_evacuate = {
	.name = "evacuate",
	.synopsis = "HOST [--to HOST] [--deadline SECONDS] [--force] [--json]\n"
		    "                       [--socket PATH]",
	.summary = "migrate the members that a hypervisor runs to others",
	.help =
"The daemon drains one member after the other, migrates it live, and undrains\n"
"it, never below the capacity-floor of its services. Connections go along. One\n"
"that can't migrate stays, the others go on, and the exit status is 1.\n"
"\n"
"      --to HOST           the new host (default: of those that are up the\n"
"                          least loaded one)\n"
"      --deadline SECONDS  wait as long for its connections to go down first,\n"
"                          and give up on it if they don't\n"
"      --force             at the deadline migrate it with those that are left,\n"
"                          and leave alone what backs services that are absent\n",
	.options = OPTION_JSON | OPTION_SOCKET | OPTION_OPERATION |
		   OPTION_EVACUATE,
	.run = run,
};
