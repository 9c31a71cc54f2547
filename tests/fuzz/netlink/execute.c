// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <linux/ip_vs_vml.h>

#include "answer.h"
#include "execute.h"
#include "ipvs.h"
#include "message.h"
#include "tally.h"
#include "view.h"

#define BATCH_MESSAGES 128u
#define BATCH_BYTES (256 * 1024u)
#define ATTEMPTS 50u
/* The kernel complains if it lacks memory for a large message. */
#define FAILING_MAX 2048u
#define EXPIRY_S 30
/* No longer lease is waited for. */
#define LONGEST_MS 1000

/* The last dump on a socket of its own, or whatever was sent there. */
struct dump {
	struct answer answer;
	uint32_t sequence;
	bool running;		/* not ended, as far as has been read */
	bool overtaken;		/* one before it may be running still */
	bool unchecked;		/* it was begun so */
	uint32_t parts;
};

struct batch {
	uint32_t n, size;
	uint32_t first;		/* sequence number */
	bool dumping;		/* a message before has begun a dump */
	struct answer answers[BATCH_MESSAGES];
	uint32_t offsets[BATCH_MESSAGES];
	uint8_t bytes[BATCH_BYTES];
};

static struct place {
	struct world world;
	struct model model;
	struct batch batch;
	struct dump dumps[DUMP_SOCKETS];
	uint32_t failing;	/* allocation for the next message, or 0 */
	uint32_t sequence;	/* of the last request */
} places[NAMESPACES];

static const struct families *families;

static bool complain(const struct place *place, const char *what,
		     const struct answer *answer, const uint8_t *bytes)
{
	printf("# the kernel answers otherwise: %s\n", what);
	answer_print(answer, (uint32_t)(place - places), bytes);
	return false;
}

/* Hand each message of a datagram over, so far as it was received whole. */
static void for_each_message(const uint8_t *bytes, uint32_t size,
			     void (*take)(const struct nlmsghdr *header,
					  const uint8_t *data, void *userdata),
			     void *userdata)
{
	struct nlmsghdr header;

	while (size >= sizeof(header)) {
		uint32_t length;

		memcpy(&header, bytes, sizeof(header));
		length = header.nlmsg_len;
		if (length < sizeof(header))
			return;
		if (header.nlmsg_len > size)
			header.nlmsg_len = size;
		take(&header, bytes + sizeof(header), userdata);
		if (NLMSG_ALIGN(length) >= size)
			return;
		bytes += NLMSG_ALIGN(length);
		size -= NLMSG_ALIGN(length);
	}
}

static void take_batch_message(const struct nlmsghdr *header,
			       const uint8_t *data, void *userdata)
{
	struct batch *batch = userdata;
	uint32_t i = header->nlmsg_seq - batch->first;

	if (i < batch->n)
		answer_take(&batch->answers[i], header, data);
}

static void take_batch(const uint8_t *bytes, uint32_t size, void *userdata)
{
	for_each_message(bytes, size, take_batch_message, userdata);
}

/*
 * Send what is pending and take all answers in. An allocation for it fails if
 * failing is not 0.
 */
static void exchange(struct place *place, uint32_t failing)
{
	struct batch *batch = &place->batch;

	tally_messages += batch->n;
	if (failing)
		fail_allocation(failing);
	netlink_send(place->world.sock, batch->bytes, batch->size);
	if (failing)
		fail_allocation(0);
	netlink_receive(place->world.sock, UINT32_MAX, take_batch, batch);
}

static void clear(struct batch *batch)
{
	batch->n = 0;
	batch->size = 0;
	batch->dumping = false;
}

static bool flush(struct place *place)
{
	struct batch *batch = &place->batch;
	bool good = true;

	if (!batch->n)
		return true;
	exchange(place, 0);
	for (uint32_t i = 0; i < batch->n && good; i++) {
		const struct answer *answer = &batch->answers[i];
		const char *wrong = answer_check(answer);

		if (wrong)
			good = complain(place, wrong, answer,
					batch->bytes + batch->offsets[i]);
		answer_tally(answer);
	}
	clear(batch);
	return good;
}

/* Fill in what depends on the kernel and on the order of messages. */
static void complete(uint8_t *bytes, uint16_t family, uint32_t number)
{
	struct nlmsghdr header;

	memcpy(&header, bytes, sizeof(header));
	header.nlmsg_type = family;
	header.nlmsg_seq = number;
	header.nlmsg_pid = 0;
	memcpy(bytes, &header, sizeof(header));
}

static struct answer *append(struct place *place, const uint8_t *bytes,
			     uint32_t size, uint16_t family)
{
	struct batch *batch = &place->batch;
	struct answer *answer = &batch->answers[batch->n];

	if (!batch->n)
		batch->first = place->sequence + 1;
	batch->offsets[batch->n++] = batch->size;
	memcpy(batch->bytes + batch->size, bytes, size);
	complete(batch->bytes + batch->size, family, ++place->sequence);
	memset(batch->bytes + batch->size + size, 0, NLMSG_ALIGN(size) - size);
	batch->size += NLMSG_ALIGN(size);
	*answer = (struct answer){ .size = size };
	return answer;
}

/* One dump a socket can be under way, and more are refused. */
static void predict_busy(struct batch *batch, struct prediction *prediction)
{
	if (!prediction->dump)
		return;
	if (batch->dumping) {
		prediction->outcome = OUTCOME_REFUSED;
		prediction->error = EBUSY;
	} else if (prediction->outcome == OUTCOME_DUMP && prediction->n) {
		batch->dumping = true;
	}
}

static bool make_room(struct place *place, uint32_t size, bool alone)
{
	const struct batch *batch = &place->batch;

	if (alone || batch->n == BATCH_MESSAGES ||
	    batch->size + NLMSG_ALIGN(size) > BATCH_BYTES)
		return flush(place);
	return true;
}

static bool audit(struct place *place, uint32_t service);

/* No memory for the message, for what it asks for, or for an answer. */
static bool lacked_memory(const struct answer *answer)
{
	return answer->error == ENOMEM || answer->error == ENOBUFS ||
	       (!answer->acknowledged && !answer->wrong);
}

/*
 * Send a message while an allocation fails. A set of scales has then been
 * committed as a whole, or not at all: in the latter case it is sent again, so
 * that nothing that follows depends on memory.
 */
static bool send_failing(struct place *place, const uint8_t *bytes,
			 uint32_t size)
{
	static struct model before;
	struct batch *batch = &place->batch;
	struct answer *answer;
	struct prediction prediction;
	struct model after;
	const char *wrong;

	if (!flush(place))
		return false;
	before = place->model;
	answer = append(place, bytes, size, families->vml);
	answer->prediction = predict_vml(&place->model, bytes, size);
	prediction = answer->prediction;
	exchange(place, place->failing);
	place->failing = 0;
	wrong = answer_check(answer);
	/* A dump can go on after the first part has failed. */
	if (wrong && !prediction.dump && !lacked_memory(answer))
		return complain(place, wrong, answer, batch->bytes);
	clear(batch);
	if (!wrong || !prediction.applied || answer->replied)
		return true;
	tally_event(TALLY_FAILED_SETS, 1);
	after = place->model;
	place->model = before;
	if (!audit(place, prediction.service))
		return false;
	place->model = after;
	append(place, bytes, size, families->vml)->prediction = prediction;
	return flush(place);
}

static bool send_vml(struct place *place, const uint8_t *bytes, uint32_t size)
{
	struct answer *answer;
	struct nlmsghdr header;
	bool alone;

	if (place->failing && size <= FAILING_MAX)
		return send_failing(place, bytes, size);
	place->failing = 0;
	/* Where it says that it ends, another one would be seen. */
	memcpy(&header, bytes, sizeof(header));
	alone = header.nlmsg_len != size;
	if (!make_room(place, size, alone))
		return false;
	answer = append(place, bytes, size, families->vml);
	answer->prediction = predict_vml(&place->model, bytes, size);
	predict_busy(&place->batch, &answer->prediction);
	return !alone || flush(place);
}

static bool send_ipvs(struct place *place, const struct step *step)
{
	uint8_t bytes[IPVS_MESSAGE_MAX];
	uint32_t size = ipvs_write(step, bytes);
	struct answer *answer;

	if (!make_room(place, size, false))
		return false;
	answer = append(place, bytes, size, families->ipvs);
	answer->one_of_ipvs = true;
	answer->prediction = predict_ipvs(&place->model, step);
	return true;
}

/* Ask for a service, or for its destinations in one dump. */
static struct answer *ask(struct place *place, uint8_t command, uint16_t flags,
			  uint32_t service)
{
	static struct message message;
	uint8_t bytes[256];
	struct answer *answer;
	uint32_t size;

	message_begin(&message, command, flags);
	message_add_service(&message, &pool_services[service]);
	size = message_write(&message, bytes, sizeof(bytes));
	answer = append(place, bytes, size, families->vml);
	answer->prediction = predict_vml(&place->model, bytes, size);
	return answer;
}

static bool look_at_service(struct place *place, uint32_t service)
{
	struct model_service *known = &place->model.services[service];
	const struct answer *answer = ask(place, IP_VS_VML_CMD_SERVICE_GET, 0,
					  service);

	if (!flush(place))
		return false;
	if (known->lease && !answer->leased)
		model_end_lease(known);
	return true;
}

/* Compare all that can be asked of a service with the model. */
static bool audit(struct place *place, uint32_t service)
{
	struct model_service *known = &place->model.services[service];
	struct answer *answer;

	if (!flush(place) || !look_at_service(place, service))
		return false;
	tally_event(TALLY_AUDITS, 1);
	if (!known->vml)
		return true;
	/* Other namespaces change nothing here, but leases end at any time. */
	for (uint32_t i = 0; i < ATTEMPTS; i++) {
		answer = ask(place, IP_VS_VML_CMD_DESTINATION_GET, NLM_F_DUMP,
			     service);
		answer->expected = known;
		if (!flush(place))
			return false;
		if (!answer->torn)
			return true;
	}
	printf("# %u dumps have been torn\n", ATTEMPTS);
	return false;
}

static bool expire(struct place *place, uint32_t service)
{
	const struct timespec pause = { .tv_nsec = 5 * 1000 * 1000 };
	struct model_service *known = &place->model.services[service];
	struct timespec now;
	time_t end;

	if (!flush(place))
		return false;
	if (!known->lease || known->lease > LONGEST_MS)
		return true;
	clock_gettime(CLOCK_MONOTONIC, &now);
	end = now.tv_sec + EXPIRY_S;
	while (known->lease) {
		nanosleep(&pause, NULL);
		if (!look_at_service(place, service))
			return false;
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec > end) {
			printf("# a lease has not ended\n");
			return false;
		}
	}
	tally_event(TALLY_EXPIRED, 1);
	return audit(place, service);
}

static void take_dump_message(const struct nlmsghdr *header,
			      const uint8_t *data, void *userdata)
{
	struct dump *dump = userdata;

	if (header->nlmsg_seq == dump->sequence)
		answer_take(&dump->answer, header, data);
}

static void take_dump(const uint8_t *bytes, uint32_t size, void *userdata)
{
	struct dump *dump = userdata;

	dump->parts++;
	for_each_message(bytes, size, take_dump_message, userdata);
}

static bool read_dump(struct place *place, uint32_t number)
{
	struct dump *dump = &place->dumps[number];
	const struct answer *answer = &dump->answer;
	const char *wrong;

	/* One that is running always has something to be read. */
	if (!netlink_receive(place->world.dumps[number], 1, take_dump, dump))
		dump->overtaken = false;
	if (!dump->running || (!answer->ended && !answer->acknowledged))
		return true;
	dump->running = false;
	answer_tally(answer);
	if (dump->parts > 2)
		tally_event(TALLY_PARTS, 1);
	if (dump->unchecked)
		return true;
	wrong = answer_check(answer);
	return wrong ? complain(place, wrong, answer, NULL) : true;
}

static bool start_dump(struct place *place, const struct step *step)
{
	struct dump *dump = &place->dumps[step->number];
	uint8_t bytes[MESSAGE_MAX];

	if (!flush(place))
		return false;
	dump->overtaken |= dump->running;
	dump->unchecked = dump->overtaken;
	dump->sequence = ++place->sequence;
	dump->parts = 0;
	dump->running = true;
	dump->answer = (struct answer){ .size = step->size };
	dump->answer.prediction = predict_vml(&place->model, step->bytes,
					      step->size);
	memcpy(bytes, step->bytes, step->size);
	complete(bytes, families->vml, dump->sequence);
	netlink_send(place->world.dumps[step->number], bytes, step->size);
	tally_messages++;
	return true;
}

static void abandon_dump(struct place *place, uint32_t number)
{
	if (place->dumps[number].running)
		tally_event(TALLY_ABANDONED, 1);
	world_renew_dump(&place->world, number);
	place->dumps[number].running = false;
	place->dumps[number].overtaken = false;
}

static void take_event_message(const struct nlmsghdr *header,
			       const uint8_t *data, void *userdata)
{
	(void)userdata;
	if (header->nlmsg_type == families->vml)
		tally_notification(data[0]);
}

static void take_event(const uint8_t *bytes, uint32_t size, void *userdata)
{
	for_each_message(bytes, size, take_event_message, userdata);
}

static bool renew(struct place *place)
{
	if (!flush(place))
		return false;
	world_close(&place->world);
	memset(place, 0, sizeof(*place));
	world_open(&place->world, families);
	tally_event(TALLY_NAMESPACES, 1);
	return true;
}

void execute_begin(const struct families *known)
{
	families = known;
	for (uint32_t i = 0; i < NAMESPACES; i++) {
		memset(&places[i], 0, sizeof(places[i]));
		world_open(&places[i].world, families);
		tally_event(TALLY_NAMESPACES, 1);
	}
}

bool execute(const struct step *step)
{
	struct place *place = &places[step->ns];

	switch (step->kind) {
	case STEP_VML:
		return send_vml(place, step->bytes, step->size);
	case STEP_IPVS:
		return send_ipvs(place, step);
	case STEP_SEND:
		return flush(place);
	case STEP_FAIL:
		place->failing = step->number;
		return true;
	case STEP_DUMP:
		return start_dump(place, step);
	case STEP_READ:
		return read_dump(place, step->number);
	case STEP_CLOSE:
		abandon_dump(place, step->number);
		return true;
	case STEP_PACKETS:
		if (!flush(place))
			return false;
		send_packets(&place->world, step->service, step->number);
		return true;
	case STEP_AUDIT:
		return audit(place, step->service);
	case STEP_EXPIRE:
		return expire(place, step->service);
	case STEP_EVENTS:
		netlink_receive(place->world.listener, UINT32_MAX, take_event,
				NULL);
		return true;
	default:
		return renew(place);
	}
}

bool execute_end(void)
{
	for (uint32_t i = 0; i < NAMESPACES; i++) {
		struct place *place = &places[i];

		for (uint32_t service = 0; service < POOL_SERVICES; service++)
			if (!audit(place, service))
				return false;
		world_close(&place->world);
	}
	return true;
}
