/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <curl/curl.h>

#include "daemon.h"
#include "output.h"

enum exit_code daemon_drain(const struct arguments *arguments,
			    const char *method)
{
	_cleanup_(json_decrefp) json_t *body = NULL;
	_cleanup_free_ char *path = NULL;
	enum exit_code code;
	const char *domain;
	char *escaped;
	bool drained;
	int r;

	if (arguments->n_operands != 1 || !*arguments->operands[0]) {
		complain("name one domain, as its hypervisor does");
		return EXIT_CODE_USAGE;
	}
	domain = arguments->operands[0];
	escaped = curl_easy_escape(NULL, domain, 0);
	if (!escaped) {
		complain("out of memory");
		return EXIT_CODE_FAILED;
	}
	r = asprintf(&path, "/v1/drains/%s", escaped);
	curl_free(escaped);
	if (r < 0) {
		path = NULL;
		complain("out of memory");
		return EXIT_CODE_FAILED;
	}
	code = daemon_ask(arguments->socket, method, path, NULL, &body);
	if (code != EXIT_CODE_OK)
		return code;
	if (arguments->json)
		return output_json(body);
	drained = json_is_true(json_object_get(body, "drained"));
	printf("%s: %s, destinations: %lld\n", domain,
	       drained ? "drained" : "not drained any more",
	       (long long)json_integer_value(json_object_get(body, "members")));
	return output_end();
}

static enum exit_code run(const struct arguments *arguments)
{
	return daemon_drain(arguments, "PUT");
}

const struct verb verb_drain = {
	.name = "drain",
	.synopsis = "DOMAIN [--json] [--socket PATH]",
	.summary = "give a virtual machine no new connections",
	.help =
"The daemon sets the scale of every destination that the domain backs to 0, in\n"
"all services, until \"vmlctl undrain DOMAIN\". Connections that are open stay\n"
"open. A drain survives a restart of the daemon.\n",
	.options = OPTION_JSON | OPTION_SOCKET,
	.run = run,
};
