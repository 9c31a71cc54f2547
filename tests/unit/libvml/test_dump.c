/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dumps that are torn, in place of a kernel's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "client.h"
#include "parse.h"

static struct {
	unsigned int torn;	/* as many dumps are, at first */
	uint64_t now;		/* which each of them takes one of */
	unsigned int requests;
	uint64_t deadline;	/* of the latest */
} kernel;

uint64_t vml_client_deadline(const struct vml_client *client)
{
	return kernel.now + client->timeout_ms;
}

int vml_client_request(_unused_ struct vml_client *client,
		       _unused_ struct nl_msg *message, struct vml_reply *reply,
		       uint64_t deadline)
{
	kernel.requests++;
	kernel.now++;
	kernel.deadline = deadline;
	if (kernel.now > deadline)
		return -ETIMEDOUT;
	reply->torn = kernel.torn != 0;
	if (kernel.torn)
		kernel.torn--;
	return reply->take(NULL, reply->userdata);
}

int vml_client_bad_request(_unused_ struct vml_client *client, int error)
{
	return error;
}

int vml_client_fail(_unused_ struct vml_client *client, int error,
		    _unused_ const char *format, ...)
{
	return error;
}

static int parse(_unused_ const struct nlmsghdr *message, void *element)
{
	*(unsigned int *)element = kernel.requests;
	return 0;
}

static int dump(unsigned int timeout, unsigned int *ret_element)
{
	struct vml_client client = { .timeout_ms = timeout };
	_cleanup_free_ void *elements = NULL;
	size_t n = 0;
	int r;

	r = vml_client_dump(&client, 1, NULL, sizeof(unsigned int), parse,
			    &elements, &n);
	if (r == 0) {
		assert_int_equal(n, 1);
		*ret_element = *(unsigned int *)elements;
	}
	return r;
}

static void a_torn_one_is_read_again(_unused_ void **state)
{
	unsigned int element;

	memset(&kernel, 0, sizeof(kernel));
	kernel.torn = 2;
	assert_int_equal(dump(100, &element), 0);
	/* Of the one that was whole. */
	assert_int_equal(element, 3);
}

static void at_last_it_is_given_up(_unused_ void **state)
{
	unsigned int element;

	memset(&kernel, 0, sizeof(kernel));
	kernel.torn = 100;
	assert_int_equal(dump(100, &element), -EAGAIN);
}

static void all_of_them_have_one_timeout(_unused_ void **state)
{
	unsigned int element;

	memset(&kernel, 0, sizeof(kernel));
	kernel.torn = 100;
	assert_int_equal(dump(3, &element), -ETIMEDOUT);
	assert_int_equal(kernel.deadline, 3);
	assert_int_equal(kernel.requests, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_torn_one_is_read_again),
		cmocka_unit_test(at_last_it_is_given_up),
		cmocka_unit_test(all_of_them_have_one_timeout),
	};

	return cmocka_run_group_tests_name("dump", tests, NULL, NULL);
}
