// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdio.h>

#include <linux/ip_vs_vml.h>

#include "answer.h"
#include "tally.h"
#include "view.h"

/* What the extended acknowledgement says of the request. */
static void check_explanation(struct answer *answer, uint16_t flags,
			      const uint8_t *bytes, uint32_t size)
{
	struct nlmsghdr request;
	uint32_t skip = sizeof(int) + sizeof(request);
	struct view view;
	uint32_t offset;

	if (!(flags & NLM_F_CAPPED)) {
		memcpy(&request, bytes + sizeof(int), sizeof(request));
		skip = sizeof(int) + NLMSG_ALIGN(request.nlmsg_len);
	}
	if (!(flags & NLM_F_ACK_TLVS) || skip > size) {
		/* Nothing, or cut off by the buffer. */
		if (skip <= size && answer->error != EOPNOTSUPP &&
		    answer->error != EBUSY && !answer->one_of_ipvs &&
		    answer->size >= NLMSG_HDRLEN + GENL_HDRLEN &&
		    answer->prediction.outcome == OUTCOME_REFUSED)
			answer->wrong = "the error is not explained";
		return;
	}
	if (view_find(bytes + skip, size - skip, NLMSGERR_ATTR_OFFS, &view)) {
		offset = (uint32_t)view_number(&view, 4);
		if (offset < NLMSG_HDRLEN + GENL_HDRLEN ||
		    offset >= answer->size)
			answer->wrong = "the error names a place outside of the request";
	} else if (answer->error == ENOENT || answer->error == EEXIST ||
		   answer->error == ESTALE || answer->error == EAFNOSUPPORT) {
		answer->wrong = "the error does not name an attribute";
	}
}

static void take_service(struct answer *answer, const uint8_t *bytes,
			 uint32_t size)
{
	const struct prediction *expected = &answer->prediction;
	struct view view;

	answer->leased = view_find(bytes, size, IP_VS_VML_A_COMMAND_LEASE,
				   &view);
	if (expected->outcome != OUTCOME_DONE)
		return;
	if (view_find_number(bytes, size, IP_VS_VML_A_COMMAND_GENERATION, 4) !=
	    expected->generation)
		answer->wrong = "another generation";
	if (view_find_number(bytes, size, IP_VS_VML_A_COMMAND_DESTINATIONS,
			     4) != expected->n)
		answer->wrong = "another number of destinations";
	if (answer->leased && !expected->leased)
		answer->wrong = "a lease";
	tally_event(TALLY_PICKS,
		    view_find_number(bytes, size, IP_VS_VML_A_COMMAND_PICKS,
				     8));
}

/* The scale of the destination and, from its key, its number or -1. */
static int read_destination(const uint8_t *bytes, uint32_t size,
			    uint32_t *ret_scale)
{
	struct destination_key key = { 0 };
	struct view nest, view;

	if (!view_find(bytes, size, IP_VS_VML_A_COMMAND_DESTINATION, &nest))
		return -1;
	key.family = (uint16_t)view_find_number(
		nest.data, nest.size, IP_VS_VML_A_DESTINATION_FAMILY, 2);
	key.port = (uint16_t)view_find_number(nest.data, nest.size,
					      IP_VS_VML_A_DESTINATION_PORT, 2);
	if (!view_find(nest.data, nest.size, IP_VS_VML_A_DESTINATION_ADDRESS,
		       &view) || view.size != sizeof(key.address))
		return -1;
	memcpy(key.address, view.data, sizeof(key.address));
	*ret_scale = (uint32_t)view_find_number(
		nest.data, nest.size, IP_VS_VML_A_DESTINATION_SCALE, 4);
	return pool_find_destination(&key);
}

static void take_destination(struct answer *answer, const uint8_t *bytes,
			     uint32_t size)
{
	const struct prediction *expected = &answer->prediction;
	uint32_t scale = 0, weight;
	int number = read_destination(bytes, size, &scale);

	weight = (uint32_t)view_find_number(bytes, size,
					    IP_VS_VML_A_COMMAND_WEIGHT, 4);
	if (number < 0) {
		answer->wrong = "a destination that cannot be";
		return;
	}
	if (view_find_number(bytes, size, IP_VS_VML_A_COMMAND_EFFECTIVE_WEIGHT,
			     8) != (uint64_t)weight * scale)
		answer->wrong = "another effective weight";
	if (expected->outcome == OUTCOME_DONE) {
		if (weight != expected->weight)
			answer->wrong = "another weight";
		if (scale != expected->scale &&
		    !(expected->leased && scale == IP_VS_VML_SCALE_ONE))
			answer->wrong = "another scale";
	} else if (answer->expected) {
		const struct model_destination *destination =
			&answer->expected->destinations[number];

		if (!destination->exists)
			answer->wrong = "a destination that is not there";
		else if (destination->weight != weight)
			answer->wrong = "another weight";
		answer->scaled += destination->scale == scale;
		answer->neutral += scale == IP_VS_VML_SCALE_ONE;
	}
}

static void take_reply(struct answer *answer, const uint8_t *bytes,
		       uint32_t size)
{
	const struct prediction *expected = &answer->prediction;
	const struct genlmsghdr *generic = (const void *)bytes;

	bytes += GENL_HDRLEN;
	size -= GENL_HDRLEN;
	/* An echo, which comes besides the reply. */
	if (generic->cmd == IP_VS_VML_CMD_SCALES_COMMITTED)
		return;
	if (expected->outcome != OUTCOME_DONE &&
	    expected->outcome != OUTCOME_DUMP)
		answer->wrong = "a reply";
	answer->replied = true;
	answer->elements++;
	if (generic->cmd != expected->command)
		answer->wrong = "a reply of another command";
	else if (generic->cmd == IP_VS_VML_CMD_SERVICE_GET)
		take_service(answer, bytes, size);
	else if (generic->cmd == IP_VS_VML_CMD_DESTINATION_GET)
		take_destination(answer, bytes, size);
	else if (view_find_number(bytes, size, IP_VS_VML_A_COMMAND_GENERATION,
				  4) != expected->generation)
		answer->wrong = "another generation";
}

void answer_take(struct answer *answer, const struct nlmsghdr *header,
		 const uint8_t *bytes)
{
	uint32_t size = header->nlmsg_len - NLMSG_HDRLEN;
	int error = 0;

	answer->torn |= header->nlmsg_flags & NLM_F_DUMP_INTR;
	if (header->nlmsg_type != NLMSG_ERROR &&
	    header->nlmsg_type != NLMSG_DONE) {
		if (size < GENL_HDRLEN)
			answer->wrong = "a reply too short";
		else
			take_reply(answer, bytes, size);
		return;
	}
	if (size < sizeof(error)) {
		answer->wrong = "an end too short";
		return;
	}
	memcpy(&error, bytes, sizeof(error));
	if (answer->acknowledged || answer->ended)
		answer->wrong = "a second end";
	answer->error = -error;
	if (header->nlmsg_type == NLMSG_DONE) {
		answer->ended = true;
		return;
	}
	answer->acknowledged = true;
	if (error)
		check_explanation(answer, header->nlmsg_flags, bytes, size);
}

static const char *check_done(const struct answer *answer)
{
	const struct prediction *expected = &answer->prediction;

	if (answer->error)
		return "an error";
	if (answer->acknowledged != expected->acknowledged)
		return "an acknowledgement too many or too few";
	/* Also a message that asks for nothing can be acknowledged. */
	if (!answer->one_of_ipvs && !answer->replied && expected->command)
		return "no reply";
	return answer->elements > 1 ? "a second reply" : NULL;
}

static const char *check_dump(const struct answer *answer)
{
	const struct prediction *expected = &answer->prediction;

	if (answer->error)
		return "an error";
	if (!answer->ended || answer->acknowledged)
		return "no end of the dump";
	if (answer->torn)
		return NULL;
	if (answer->elements != expected->n)
		return "more or fewer elements of the dump";
	if (answer->expected && answer->scaled != answer->elements &&
	    !(answer->expected->lease && answer->neutral == answer->elements))
		return "other scales";
	return NULL;
}

const char *answer_check(const struct answer *answer)
{
	const struct prediction *expected = &answer->prediction;

	if (answer->wrong)
		return answer->wrong;
	switch (expected->outcome) {
	case OUTCOME_NOTHING:
		return answer->acknowledged || answer->ended ? "an answer"
							     : NULL;
	case OUTCOME_DONE:
		return check_done(answer);
	case OUTCOME_REFUSED:
		return !answer->acknowledged ? "no error" :
		       answer->error != expected->error ? "another error" :
							  NULL;
	case OUTCOME_MALFORMED:
		return !answer->acknowledged ? "no error" :
		       answer->error != EINVAL && answer->error != ERANGE ?
		       "another error" : NULL;
	case OUTCOME_DUMP:
		return check_dump(answer);
	default:
		return !answer->ended ? "no end of the dump" :
		       answer->error != expected->error ? "another error" :
							  NULL;
	}
}

void answer_print(const struct answer *answer, uint32_t ns,
		  const uint8_t *request)
{
	static const char *const outcomes[] = {
		[OUTCOME_NOTHING] = "nothing",
		[OUTCOME_DONE] = "done",
		[OUTCOME_REFUSED] = "refused",
		[OUTCOME_MALFORMED] = "malformed",
		[OUTCOME_DUMP] = "dump",
		[OUTCOME_DUMP_REFUSED] = "dump refused",
	};
	const struct prediction *expected = &answer->prediction;

	printf("# predicted: %s, error %d, generation %" PRIu32 ", %" PRIu32
	       " elements, service %" PRIu32 "\n", outcomes[expected->outcome],
	       expected->error, expected->generation, expected->n,
	       expected->service);
	printf("# answered: error %d, %" PRIu32 " elements%s%s%s%s\n",
	       answer->error, answer->elements,
	       answer->replied ? ", reply" : "",
	       answer->acknowledged ? ", acknowledgement" : "",
	       answer->ended ? ", end" : "", answer->torn ? ", torn" : "");
	if (!request)
		return;
	printf("# to: %s %" PRIu32 " ", answer->one_of_ipvs ? "ipvs" : "vml",
	       ns);
	for (uint32_t i = 0; i < answer->size; i++)
		printf("%02x", request[i]);
	putchar('\n');
}

void answer_tally(const struct answer *answer)
{
	const struct prediction *expected = &answer->prediction;

	if (answer->one_of_ipvs)
		tally_ipvs((enum ipvs_verb)expected->command, answer->error);
	else if (expected->outcome != OUTCOME_NOTHING)
		tally_vml(expected->command, expected->dump, answer->error);
	if (answer->torn)
		tally_event(TALLY_TORN, 1);
	else if (answer->ended && !answer->error)
		tally_event(TALLY_WHOLE, 1);
}
