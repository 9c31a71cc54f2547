/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the status ends, with and without the kernel's and the daemon's part. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "daemon.h"

/* What kernel and daemon say, in place of netlink and the socket. */
static struct {
	int kernel;		/* 0, or why it says nothing */
	bool has_daemon;
} world;

enum exit_code kernel_open_for(const struct arguments *arguments,
			       _unused_ struct vml_client **ret_client,
			       const struct vml_service_key **ret_only)
{
	*ret_only = arguments->has_service ? &arguments->service : NULL;
	return EXIT_CODE_OK;
}

int kernel_read(_unused_ struct vml_client *client,
		_unused_ const struct vml_service_key *only,
		json_t **ret_services)
{
	if (world.kernel < 0)
		return world.kernel;
	*ret_services = json_pack("[{s:s, s:[]}]", "key", "tcp 192.0.2.1:80",
				  "destinations");
	return 0;
}

enum exit_code kernel_complain(_unused_ struct vml_client *client, int error,
			       _unused_ const struct vml_service_key *service)
{
	return error == -ENODEV ? EXIT_CODE_ABSENT : EXIT_CODE_FAILED;
}

void kernel_complain_empty(void)
{
}

void daemon_answer_clear(struct daemon_answer *answer)
{
	json_decref(answer->body);
}

int daemon_request(_unused_ const char *socket_path, _unused_ const char *method,
		   _unused_ const char *path, _unused_ const json_t *request,
		   struct daemon_answer *ret_answer,
		   _unused_ char **ret_error)
{
	if (!world.has_daemon)
		return -ENOENT;
	*ret_answer = (struct daemon_answer){
		.status = 200,
		.body = json_pack("{s:[{s:s, s:[]}]}", "services", "key",
				  "tcp 192.0.2.1:80", "members"),
	};
	return 0;
}

static enum exit_code status_of(const char *service)
{
	struct arguments arguments = { .json = true };

	if (service) {
		arguments.has_service = true;
		assert_int_equal(vml_service_key_parse(service,
						       &arguments.service), 0);
	}
	return verb_status.run(&arguments);
}

static void it_ends_as_what_was_asked_for_is_there(_unused_ void **state)
{
	static const char known[] = "tcp 192.0.2.1:80", other[] = "fwmark 7";
	static const struct {
		int kernel;
		bool has_daemon;
		const char *service;
		enum exit_code code;
	} cases[] = {
		{ 0, true, NULL, EXIT_CODE_OK },
		{ 0, false, NULL, EXIT_CODE_OK },
		{ 0, false, known, EXIT_CODE_OK },
		/* The daemon waits for it. */
		{ -ENOENT, true, known, EXIT_CODE_OK },
		{ -ENOENT, true, other, EXIT_CODE_FAILED },
		{ -ENOENT, false, known, EXIT_CODE_FAILED },
		/* It does without the module. */
		{ -ENODEV, true, NULL, EXIT_CODE_OK },
		{ -ENODEV, true, known, EXIT_CODE_OK },
		{ -ENODEV, true, other, EXIT_CODE_ABSENT },
		{ -ENODEV, false, NULL, EXIT_CODE_ABSENT },
		{ -EPERM, true, NULL, EXIT_CODE_FAILED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		world.kernel = cases[i].kernel;
		world.has_daemon = cases[i].has_daemon;
		assert_int_equal(status_of(cases[i].service), cases[i].code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_ends_as_what_was_asked_for_is_there),
	};

	return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
