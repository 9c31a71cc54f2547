/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is asked of the daemon while an operation is under way. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "daemon.h"

/* A daemon, in place of the socket. */
static struct daemon {
	char asked[256];	/* the methods, in their order */
	unsigned int silent;	/* requests that it does not answer from now on */
	unsigned int polls;	/* until the operation ends by itself */
	unsigned int interrupts;	/* of the user, as soon as it has begun */
	bool cancelled;
} d;

static json_t *operation(void)
{
	const char *state = d.cancelled ? "cancelled" :
			    d.polls ? "running" : "done";

	return json_pack("{s:i, s:s, s:[], s:[]}", "id", 7, "state", state,
			 "members", "events");
}

static void interrupt(void)
{
	if (!d.interrupts)
		return;
	d.interrupts--;
	assert_int_equal(raise(SIGINT), 0);
}

void daemon_answer_clear(struct daemon_answer *answer)
{
	json_decref(answer->body);
}

int daemon_request(_unused_ const char *socket_path, const char *method,
		   const char *path, _unused_ const json_t *request,
		   struct daemon_answer *ret_answer, char **ret_error)
{
	assert_string_equal(path, "/v1/operations/7");
	strcat(strcat(d.asked, " "), method);
	interrupt();
	if (d.silent) {
		d.silent--;
		*ret_error = strdup("vmld does not answer");
		return -ETIMEDOUT;
	}
	d.cancelled |= !strcmp(method, "DELETE");
	if (d.polls)
		d.polls--;
	*ret_answer = (struct daemon_answer){
		.status = 200,
		.body = operation(),
	};
	return 0;
}

enum exit_code daemon_ask(_unused_ const char *socket_path, const char *method,
			  const char *path, _unused_ const json_t *request,
			  json_t **ret_body)
{
	assert_string_equal(path, "/v1/operations");
	strcat(d.asked, method);
	interrupt();
	*ret_body = operation();
	return EXIT_CODE_OK;
}

static enum exit_code operate(void)
{
	const struct arguments arguments = { .json = true };

	return daemon_operate(&arguments, NULL);
}

static void it_is_followed_to_its_end(_unused_ void **state)
{
	d = (struct daemon){ .polls = 2 };
	assert_int_equal(operate(), EXIT_CODE_OK);
	assert_string_equal(d.asked, "POST GET GET");
}

static void an_interrupt_cancels_it(_unused_ void **state)
{
	d = (struct daemon){ .polls = 9, .interrupts = 1 };
	assert_int_equal(operate(), EXIT_CODE_FAILED);
	assert_string_equal(d.asked, "POST DELETE");
}

/* A cancellation that did not arrive is none. */
static void a_cancellation_is_repeated_until_it_is_answered(_unused_ void **state)
{
	d = (struct daemon){ .polls = 9, .interrupts = 1, .silent = 2 };
	assert_int_equal(operate(), EXIT_CODE_FAILED);
	assert_string_equal(d.asked, "POST DELETE DELETE DELETE");
}

/* It is undone all the same. */
static void a_second_interrupt_does_not_wait(_unused_ void **state)
{
	d = (struct daemon){ .polls = 9, .interrupts = 2, .silent = 2 };
	assert_int_equal(operate(), EXIT_CODE_FAILED);
	assert_string_equal(d.asked, "POST DELETE");
}

static void a_daemon_that_is_gone_ends_it(_unused_ void **state)
{
	d = (struct daemon){ .polls = 9, .silent = 3 };
	assert_int_equal(operate(), EXIT_CODE_FAILED);
	assert_string_equal(d.asked, "POST GET GET GET");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_followed_to_its_end),
		cmocka_unit_test(an_interrupt_cancels_it),
		cmocka_unit_test(a_cancellation_is_repeated_until_it_is_answered),
		cmocka_unit_test(a_second_interrupt_does_not_wait),
		cmocka_unit_test(a_daemon_that_is_gone_ends_it),
	};

	return cmocka_run_group_tests_name("operate", tests, NULL, NULL);
}
