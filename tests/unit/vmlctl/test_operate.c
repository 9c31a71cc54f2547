/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is asked of the daemon while an operation is under way. */
#include <fcntl.h>
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
	int signal;		/* that they are, if it isn't SIGINT */
	bool cancelled;
	bool tells;	/* of an event, at once */
} d;

static json_t *operation(void)
{
	const char *state = d.cancelled ? "cancelled" :
			    d.polls ? "running" : "done";

	json_t *events = json_array();

	if (d.tells)
		json_array_append_new(events, json_pack("{s:f, s:s}", "seconds",
							0.0, "text", "begins"));
	return json_pack("{s:i, s:s, s:[], s:o}", "id", 7, "state", state,
			 "members", "events", events);
}

static void interrupt(void)
{
	if (!d.interrupts)
		return;
	d.interrupts--;
	assert_int_equal(raise(d.signal ?: SIGINT), 0);
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
	/* As a request may leave it. */
	errno = 0;
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

/* The same with another standard output; what it says on standard error. */
static enum exit_code operate_into(int output, char *said, size_t size)
{
	const int old_output = dup(STDOUT_FILENO), old_error = dup(STDERR_FILENO);
	_cleanup_fclose_ FILE *errors = tmpfile();
	enum exit_code code;

	assert_non_null(errors);
	fflush(stdout);
	assert_true(dup2(output, STDOUT_FILENO) >= 0);
	assert_true(dup2(fileno(errors), STDERR_FILENO) >= 0);
	code = operate();
	assert_true(dup2(old_output, STDOUT_FILENO) >= 0);
	assert_true(dup2(old_error, STDERR_FILENO) >= 0);
	close(old_output);
	close(old_error);
	clearerr(stdout);
	rewind(errors);
	said[fread(said, 1, size - 1, errors)] = '\0';
	return code;
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

/* As a shell has it ignored that starts a command in the background. */
static void an_interrupt_that_is_ignored_cancels_it(_unused_ void **state)
{
	signal(SIGINT, SIG_IGN);
	d = (struct daemon){ .polls = 9, .interrupts = 1 };
	assert_int_equal(operate(), EXIT_CODE_FAILED);
	assert_string_equal(d.asked, "POST DELETE");
	signal(SIGINT, SIG_DFL);
}

/* As nohup(1) has it ignored. */
static void who_hangs_up_can_have_it_go_on(_unused_ void **state)
{
	sigset_t set;

	/* Which the tests before have blocked. */
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	signal(SIGHUP, SIG_IGN);
	d = (struct daemon){ .polls = 2, .interrupts = 1, .signal = SIGHUP };
	assert_int_equal(operate(), EXIT_CODE_OK);
	assert_string_equal(d.asked, "POST GET GET");
	signal(SIGHUP, SIG_DFL);
	d = (struct daemon){ .polls = 9, .interrupts = 1, .signal = SIGHUP };
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

/* That is its good right, and it goes on. */
static void nobody_has_to_read_it(_unused_ void **state)
{
	char said[256];
	int fds[2];

	d = (struct daemon){ .polls = 3, .tells = true };
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	assert_int_equal(operate_into(fds[1], said, sizeof(said)),
			 EXIT_CODE_OK);
	close(fds[1]);
	assert_string_equal(said, "");
	assert_string_equal(d.asked, "POST GET GET GET");
}

static void a_full_disk_is_told_once(_unused_ void **state)
{
	_cleanup_close_ int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	char said[256];

	d = (struct daemon){ .polls = 3, .tells = true };
	assert_int_equal(operate_into(full, said, sizeof(said)),
			 EXIT_CODE_FAILED);
	assert_string_equal(said, "vmlctl: cannot write the output: No space left on device\n");
	assert_string_equal(d.asked, "POST GET GET GET");
}

/* Nothing is asked for that is other than what was said. */
static void words_that_json_can_not_have_are_refused(_unused_ void **state)
{
	static char *operands[] = { "web-1", "h\xff" };
	const struct {
		const struct verb *verb;
		struct arguments arguments;
	} cases[] = {
		{ &verb_evacuate, { .operands = operands, .n_operands = 1,
				    .to = "h\xff" } },
		{ &verb_evacuate, { .operands = operands + 1,
				    .n_operands = 1 } },
		{ &verb_snapshot, { .operands = operands, .n_operands = 1,
				    .name = "h\xff" } },
		{ &verb_snapshot, { .operands = operands + 1,
				    .n_operands = 1 } },
		{ &verb_snapshot, { .service_name = "h\xff" } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		d = (struct daemon){ 0 };
		assert_int_equal(cases[i].verb->run(&cases[i].arguments),
				 EXIT_CODE_USAGE);
		assert_string_equal(d.asked, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_followed_to_its_end),
		cmocka_unit_test(an_interrupt_cancels_it),
		cmocka_unit_test(an_interrupt_that_is_ignored_cancels_it),
		cmocka_unit_test(who_hangs_up_can_have_it_go_on),
		cmocka_unit_test(a_cancellation_is_repeated_until_it_is_answered),
		cmocka_unit_test(a_second_interrupt_does_not_wait),
		cmocka_unit_test(a_daemon_that_is_gone_ends_it),
		cmocka_unit_test(words_that_json_can_not_have_are_refused),
		cmocka_unit_test(nobody_has_to_read_it),
		cmocka_unit_test(a_full_disk_is_told_once),
	};

	return cmocka_run_group_tests_name("operate", tests, NULL, NULL);
}
