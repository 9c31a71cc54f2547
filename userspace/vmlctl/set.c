/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "arguments.h"
#include "kernel.h"
#include "merge.h"
#include "output.h"

/* How often the scales in force may change under our hands. */
#define ATTEMPTS 10

/* How many destinations are listed if none of them is the one named. */
#define LISTED_MAX 20

static enum exit_code complain_unknown(const struct vml_destination *list,
				       size_t n,
				       const struct vml_destination_key *key)
{
	char text[VML_KEY_STRING_MAX];

	complain("destination %s: no such destination in the service, which has:",
		 vml_destination_key_format(key, text));
	for (size_t i = 0; i < MIN(n, (size_t)LISTED_MAX); i++)
		fprintf(stderr, "  %s\n",
			vml_destination_key_format(&list[i].key, text));
	if (n > LISTED_MAX)
		fprintf(stderr, "  and %zu more\n", n - LISTED_MAX);
	return EXIT_CODE_FAILED;
}

/*
 * Merge the changes into the scales in force, on the condition that they are
 * still in force when the set arrives. What is left of their lease is kept
 * unless one is given: to make it longer would freeze what was leased.
 * *ret_again: they were not.
 */
static enum exit_code merge_once(struct vml_client *client,
				 const struct arguments *arguments,
				 const struct vml_scale *changes, size_t n,
				 uint32_t *ret_generation, bool *ret_again)
{
	_cleanup_free_ struct vml_destination *destinations = NULL;
	_cleanup_free_ struct vml_scale *scales = NULL;
	struct vml_commit commit = { .compare_generation = true };
	size_t n_destinations, n_scales, bad;
	char text[VML_KEY_STRING_MAX];
	struct vml_service service;
	int r;

	*ret_again = false;
	r = vml_service_get(client, &arguments->service, &service);
	if (r >= 0)
		r = vml_destination_dump(client, &arguments->service,
					 &destinations, &n_destinations);
	if (r < 0)
		return kernel_complain(client, r, &arguments->service);
	r = scales_merge(destinations, n_destinations, changes, n, &scales,
			 &n_scales, &bad);
	if (r == -ENOENT)
		return complain_unknown(destinations, n_destinations,
					&changes[bad].key);
	if (r == -EEXIST) {
		complain("destination %s is named twice",
			 vml_destination_key_format(&changes[bad].key, text));
		return EXIT_CODE_USAGE;
	}
	if (r < 0) {
		complain("%s", strerrordesc_np(-r));
		return EXIT_CODE_FAILED;
	}
	commit.generation = arguments->has_generation ? arguments->generation :
							service.generation;
	if (arguments->has_lease)
		commit.lease_ms = arguments->lease_ms;
	else if (service.has_lease)
		commit.lease_ms = MAX(service.lease_ms, 1u);
	r = vml_scale_set(client, &arguments->service, scales, n_scales,
			  &commit, ret_generation);
	/* -ENOENT: one that we had just read has gone. */
	if (!arguments->has_generation && (r == -ESTALE || r == -ENOENT)) {
		*ret_again = true;
		return EXIT_CODE_FAILED;
	}
	if (r < 0)
		return kernel_complain(client, r, &arguments->service);
	return EXIT_CODE_OK;
}

static enum exit_code merge(struct vml_client *client,
			    const struct arguments *arguments,
			    const struct vml_scale *changes, size_t n,
			    uint32_t *ret_generation)
{
	enum exit_code code;
	bool again;

	for (int i = 0; i < ATTEMPTS; i++) {
		code = merge_once(client, arguments, changes, n, ret_generation,
				  &again);
		if (!again)
			return code;
	}
	complain("the scales of the service kept changing: %s",
		 vml_client_error(client));
	return EXIT_CODE_FAILED;
}

static enum exit_code replace(struct vml_client *client,
			      const struct arguments *arguments,
			      const struct vml_scale *scales, size_t n,
			      uint32_t *ret_generation)
{
	const struct vml_commit commit = {
		.lease_ms = arguments->lease_ms,
		.compare_generation = arguments->has_generation,
		.generation = arguments->generation,
	};
	int r;

	r = vml_scale_set(client, &arguments->service, scales, n, &commit,
			  ret_generation);
	if (r < 0)
		return kernel_complain(client, r, &arguments->service);
	return EXIT_CODE_OK;
}

static enum exit_code run(const struct arguments *arguments)
{
	_cleanup_(vml_client_freep) struct vml_client *client = NULL;
	_cleanup_free_ struct vml_scale *scales = NULL;
	char error[ARGUMENTS_ERROR_MAX];
	size_t n = (size_t)arguments->n_operands;
	enum exit_code code;
	uint32_t generation;

	if (!arguments->has_service || !n) {
		complain("name a service and at least one DESTINATION=SCALE");
		return EXIT_CODE_USAGE;
	}
	scales = calloc(n, sizeof(*scales));
	if (!scales) {
		complain("out of memory");
		return EXIT_CODE_FAILED;
	}
	for (size_t i = 0; i < n; i++)
		if (assignment_parse(arguments->operands[i], &scales[i],
				     error) < 0) {
			complain("%s", error);
			return EXIT_CODE_USAGE;
		}
	code = kernel_open(&client);
	if (code != EXIT_CODE_OK)
		return code;
	code = arguments->replace ?
		replace(client, arguments, scales, n, &generation) :
		merge(client, arguments, scales, n, &generation);
	if (code != EXIT_CODE_OK)
		return code;
	return output_generation(arguments, generation);
}

const struct verb verb_set = {
	.name = "set",
	.synopsis = "SERVICE DESTINATION=SCALE... [--lease SECONDS]\n"
		    "                  [--generation N] [--replace] [--json]",
	.summary = "set scales of destinations by hand",
	.help =
"A scale is a factor on the destination's weight: 1 leaves it, 0.5 halves it, 0\n"
"stops new connections. Other destinations keep their scales. A daemon that\n"
"manages the service soon sets its own again.\n"
"\n"
"  --lease SECONDS  go back to scale 1 after that time; 0: never. Without it,\n"
"                   a lease that is running goes on\n"
"  --generation N   only if this is the service's generation\n"
"  --replace        destinations that are not named get scale 1; without\n"
"                   --lease, the set has none\n"
"\n"
"Prints the new generation.\n",
	.options = OPTION_JSON | OPTION_SERVICE | OPTION_SET,
	.run = run,
};
