/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel.h"
#include "output.h"

static enum exit_code run(const struct arguments *arguments)
{
	_cleanup_(vml_client_freep) struct vml_client *client = NULL;
	const struct vml_commit commit = { 0 };
	enum exit_code code;
	uint32_t generation;
	int r;

	if (!arguments->has_service || arguments->n_operands) {
		complain("name a service, and nothing else");
		return EXIT_CODE_USAGE;
	}
	code = kernel_open(&client);
	if (code != EXIT_CODE_OK)
		return code;
	r = vml_scale_set(client, &arguments->service, NULL, 0, &commit,
			  &generation);
	if (r < 0)
		return kernel_complain(client, r, &arguments->service);
	return output_generation(arguments, generation);
}

const struct verb verb_clear = {
	.name = "clear",
	.synopsis = "SERVICE [--json]",
	.summary = "set all scales of a service to 1",
	.help =
"The service is balanced by the administrator's weights then. A daemon that\n"
"manages the service soon sets its own scales again. Prints the new generation.\n",
	.options = OPTION_JSON | OPTION_SERVICE,
	.run = run,
};
