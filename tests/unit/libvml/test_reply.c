/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers that come in several datagrams, torn, or with something between. */
#include <string.h>

#include <linux/ip_vs_vml.h>

#include "answer.h"
#include "message.h"
#include "parse.h"
#include "reply.h"

static int count(const struct nlmsghdr *message, void *userdata)
{
	struct vml_destination destination;
	int r = vml_parse_destination(message, &destination);

	if (r < 0)
		return r;
	++*(size_t *)userdata;
	return 0;
}

static struct vml_reply reply_new(size_t *counter)
{
	*counter = 0;
	return (struct vml_reply){
		.sequence = TEST_SEQUENCE,
		.type = TEST_FAMILY_ID,
		.take = count,
		.userdata = counter,
	};
}

/* Feed one message, which is given up. */
static int feed(struct vml_reply *reply, struct nl_msg *message)
{
	int r = vml_reply_feed(reply, nlmsg_hdr(message),
			       nlmsg_hdr(message)->nlmsg_len);

	nlmsg_free(message);
	return r;
}

static void a_dump_goes_on_to_its_end(_unused_ void **state)
{
	struct vml_reply reply;
	size_t counter;

	reply = reply_new(&counter);
	assert_int_equal(feed(&reply, answer_destination("192.0.2.1:80")), 0);
	assert_int_equal(feed(&reply, answer_destination("192.0.2.2:80")), 0);
	assert_int_equal(feed(&reply, answer_ack(NLMSG_DONE, 0, NULL, 0)), 1);
	assert_int_equal(counter, 2);
	assert_int_equal(reply.messages, 2);
	assert_int_equal(reply.ack.error, 0);
	assert_false(reply.torn);
}

static void a_torn_dump_is_noticed(_unused_ void **state)
{
	struct vml_reply reply;
	struct nl_msg *message;
	size_t counter;

	reply = reply_new(&counter);
	message = answer_destination("192.0.2.1:80");
	nlmsg_hdr(message)->nlmsg_flags |= NLM_F_DUMP_INTR;
	assert_int_equal(feed(&reply, message), 0);
	assert_int_equal(feed(&reply, answer_ack(NLMSG_DONE, 0, NULL, 0)), 1);
	assert_true(reply.torn);
	/* The mark may come with the end only. */
	reply = reply_new(&counter);
	message = answer_ack(NLMSG_DONE, 0, NULL, 0);
	nlmsg_hdr(message)->nlmsg_flags |= NLM_F_DUMP_INTR;
	assert_int_equal(feed(&reply, message), 1);
	assert_true(reply.torn);
}

static void other_answers_are_passed_over(_unused_ void **state)
{
	struct vml_reply reply;
	struct nl_msg *message;
	size_t counter;

	reply = reply_new(&counter);
	message = answer_ack(NLMSG_ERROR, -EIO, NULL, 0);
	nlmsg_hdr(message)->nlmsg_seq = TEST_SEQUENCE - 1;
	assert_int_equal(feed(&reply, message), 0);
	message = answer_destination("192.0.2.1:80");
	nlmsg_hdr(message)->nlmsg_type = TEST_FAMILY_ID + 1;
	assert_int_equal(feed(&reply, message), 0);
	assert_int_equal(feed(&reply, answer_new(NLMSG_NOOP, 0, 0)), 0);
	assert_int_equal(counter, 0);
	assert_int_equal(feed(&reply, answer_ack(NLMSG_ERROR, 0, NULL, 0)), 1);
}

static void the_rest_is_taken_in_after_an_error(_unused_ void **state)
{
	struct vml_reply reply;
	struct nl_msg *message;
	size_t counter;

	reply = reply_new(&counter);
	message = answer_new(TEST_FAMILY_ID, NLM_F_MULTI,
			     IP_VS_VML_CMD_DESTINATION_GET);
	assert_int_equal(feed(&reply, message), 0);
	assert_int_equal(reply.error, -EBADMSG);
	assert_int_equal(feed(&reply, answer_destination("192.0.2.1:80")), 0);
	assert_int_equal(counter, 0);
	assert_int_equal(feed(&reply, answer_ack(NLMSG_DONE, 0, NULL, 0)), 1);
	assert_int_equal(reply.error, -EBADMSG);
}

static void a_refusal_ends_the_answer(_unused_ void **state)
{
	struct vml_reply reply;
	size_t counter;

	reply = reply_new(&counter);
	assert_int_equal(feed(&reply, answer_ack(NLMSG_DONE, -ENOENT,
						 "no such service", 0)), 1);
	assert_int_equal(reply.ack.error, -ENOENT);
	assert_string_equal(reply.ack.text, "no such service");
}

static void rubbish_is_refused(_unused_ void **state)
{
	_cleanup_free_ uint8_t *rubbish = malloc(64);
	struct vml_reply reply;
	size_t counter;

	memset(rubbish, 0xff, 64);
	reply = reply_new(&counter);
	assert_int_equal(vml_reply_feed(&reply, rubbish, 64), -EBADMSG);
	memset(rubbish, 0, 64);
	assert_int_equal(vml_reply_feed(&reply, rubbish, 64), -EBADMSG);
	assert_int_equal(vml_reply_feed(&reply, rubbish, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_dump_goes_on_to_its_end),
		cmocka_unit_test(a_torn_dump_is_noticed),
		cmocka_unit_test(other_answers_are_passed_over),
		cmocka_unit_test(the_rest_is_taken_in_after_an_error),
		cmocka_unit_test(a_refusal_ends_the_answer),
		cmocka_unit_test(rubbish_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
