/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any word as a key, a scale, or an assignment of both. */
#include <assert.h>
#include <string.h>

#include "arguments.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size);
	struct vml_destination_key destination, same_destination;
	struct vml_service_key service, same_service;
	char error[ARGUMENTS_ERROR_MAX];
	char again[VML_KEY_STRING_MAX];
	struct vml_scale assignment;
	uint32_t scale;

	if (vml_service_key_parse(text, &service) == 0) {
		vml_service_key_format(&service, again);
		assert(!vml_service_key_parse(again, &same_service));
		assert(!vml_service_key_compare(&service, &same_service));
	}
	if (vml_destination_key_parse(text, &destination) == 0) {
		vml_destination_key_format(&destination, again);
		assert(!vml_destination_key_parse(again, &same_destination));
		assert(!vml_destination_key_compare(&destination,
						    &same_destination));
	}
	scale_parse(text, &scale);
	if (assignment_parse(text, &assignment, error) < 0)
		assert(memchr(error, '\0', sizeof(error)) && *error);
	return 0;
}
