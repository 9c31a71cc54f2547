/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon.h"

static enum exit_code run(const struct arguments *arguments)
{
	_cleanup_(json_decrefp) json_t *request = NULL;
	bool has_domain = arguments->n_operands == 1 &&
			  *arguments->operands[0];

	if (arguments->n_operands > 1 ||
	    has_domain == !!arguments->service_name) {
		complain("name one domain, as its hypervisor does, or a service with --service");
		return EXIT_CODE_USAGE;
	}
	request = json_pack("{s:s, s:b}", "kind", "snapshot", "force",
			    arguments->force);
	if (!daemon_add_text(request, "domain",
			     has_domain ? arguments->operands[0] : NULL) ||
	    !daemon_add_text(request, "service", arguments->service_name) ||
	    !daemon_add_text(request, "name", arguments->name) ||
	    !daemon_add_text(request, "snapshot", arguments->kind))
		return EXIT_CODE_USAGE;
	if (arguments->has_deadline)
		json_object_set_new(request, "deadline",
				    json_real(arguments->deadline_s));
	return daemon_operate(arguments, request);
}

const struct verb verb_snapshot = {
	.name = "snapshot",
	.synopsis = "{DOMAIN | --service NAME} [--name NAME] [--kind KIND]\n"
		    "                       [--deadline SECONDS] [--force] [--json] [--socket PATH]",
	.summary = "take a snapshot of a virtual machine without connections",
	.help =
"The daemon drains the machine, waits for its connections to go down, freezes\n"
"its file systems through the guest agent if there is one, takes the snapshot,\n"
"thaws and undrains. What was done is undone whatever fails, at an interrupt,\n"
"and if this program ends. With --service all machines of a service that the\n"
"configuration names, one at a time, never below its capacity-floor.\n"
"\n"
"      --service NAME      of the configuration\n"
"      --name NAME         of the snapshot (default: vml- and the time)\n"
"      --kind KIND         disk: of the disks, external (default); internal: of\n"
"                          disks and memory, inside of the disks\n"
"      --deadline SECONDS  for the connections to go down (default: the\n"
"                          configuration's drain-deadline)\n"
"      --force             at the deadline go on with those that are left,\n"
"                          instead of giving up\n",
	.options = OPTION_JSON | OPTION_SOCKET | OPTION_OPERATION |
		   OPTION_SNAPSHOT,
	.run = run,
};
