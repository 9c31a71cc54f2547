// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/netlink.h>
#include <stddef.h>
#include <string.h>

#include <linux/ip_vs_vml.h>

#include "generate.h"
#include "message.h"
#include "mutate.h"
#include "predict.h"

#define EPISODE_STEPS 20000u

void generate_begin(struct generator *generator, uint64_t seed,
		    uint64_t episode)
{
	static const uint32_t crowds[] = { 3, 8, 8, 20, 60, 500 };
	struct random *random = &generator->random;

	memset(generator, 0, sizeof(*generator));
	random->state = seed;
	random->state = random_next(random) + episode;
	generator->left = EPISODE_STEPS;
	generator->crowded = crowds[random_below(random, 6)];
}

/* Mostly one that the scheduler has. */
static uint32_t any_service(struct generator *generator, uint32_t ns)
{
	const struct model *model = &generator->models[ns];
	struct random *random = &generator->random;
	uint32_t service = random_below(random, POOL_SERVICES);

	if (random_one_in(random, 12))
		return service;
	for (uint32_t i = 0; i < POOL_SERVICES; i++) {
		if (model->services[service].vml)
			break;
		service = (service + 1) % POOL_SERVICES;
	}
	return service;
}

/* Mostly one that the service has. */
static uint32_t any_destination(struct generator *generator, uint32_t ns,
				uint32_t service)
{
	const struct model_service *known =
		&generator->models[ns].services[service];
	struct random *random = &generator->random;
	uint32_t number = random_below(random, generator->crowded);

	if (!known->n || random_one_in(random, 12))
		return random_one_in(random, 4) ?
		       random_below(random, 2 * POOL_DESTINATIONS) : number;
	while (!known->destinations[number % POOL_DESTINATIONS].exists)
		number++;
	return number % POOL_DESTINATIONS;
}

static void put_service(struct generator *generator, struct message *message,
			uint32_t service)
{
	struct service_key key = pool_services[service];
	struct random *random = &generator->random;

	if (random_one_in(random, 50))
		key.port ^= (uint16_t)(1u << random_below(random, 16));
	message_add_service(message, &key);
}

static uint32_t any_scale(struct random *random)
{
	return random_one_in(random, 2) ? random_below(random, 131072)
					: mutate_number(random);
}

static void put_destination(struct generator *generator,
			    struct message *message, uint32_t ns,
			    uint32_t service, bool scaled)
{
	struct random *random = &generator->random;
	const uint32_t scale = any_scale(random);
	const struct destination_key key = pool_destination(
		any_destination(generator, ns, service));

	message_add_destination(message, &key, scaled ? &scale : NULL);
}

/* All destinations of the service that there are, or some of them. */
static void put_scales(struct generator *generator, struct message *message,
		       uint32_t ns, uint32_t service)
{
	const struct model_service *known =
		&generator->models[ns].services[service];
	struct random *random = &generator->random;
	uint32_t of = random_one_in(random, 30) ? 1 : 1 + known->n / 4;

	for (uint32_t i = 0; i < POOL_DESTINATIONS; i++) {
		const struct destination_key key = pool_destination(i);
		uint32_t scale;

		if (!known->destinations[i].exists ||
		    !random_one_in(random, of))
			continue;
		scale = any_scale(random);
		message_add_destination(message, &key, &scale);
	}
	/* Which may be named already, or not exist. */
	if (random_one_in(random, 12))
		put_destination(generator, message, ns, service, true);
	if (random_one_in(random, 60))
		put_destination(generator, message, ns, service, false);
}

static void begin_scale_set(struct generator *generator,
			    struct message *message, uint32_t ns)
{
	struct random *random = &generator->random;
	uint32_t service = any_service(generator, ns);
	uint32_t generation = generator->models[ns].services[service].generation;

	message_begin(message, IP_VS_VML_CMD_SCALE_SET, 0);
	put_service(generator, message, service);
	if (random_one_in(random, 4))
		message_add_u32(message, &message->attributes,
				IP_VS_VML_A_COMMAND_GENERATION,
				generation + random_one_in(random, 8));
	if (random_one_in(random, 3))
		message_add_u32(message, &message->attributes,
				IP_VS_VML_A_COMMAND_LEASE,
				random_one_in(random, 2) ?
				1 + random_below(random, 100) :
				mutate_number(random));
	put_scales(generator, message, ns, service);
}

static void begin_get(struct generator *generator, struct message *message,
		      uint32_t ns)
{
	struct random *random = &generator->random;
	uint32_t service = any_service(generator, ns);

	if (random_one_in(random, 2)) {
		message_begin(message, IP_VS_VML_CMD_SERVICE_GET, 0);
		put_service(generator, message, service);
		return;
	}
	message_begin(message, IP_VS_VML_CMD_DESTINATION_GET, 0);
	put_service(generator, message, service);
	put_destination(generator, message, ns, service,
			random_one_in(random, 30));
}

static void begin_dump(struct generator *generator, struct message *message,
		       uint32_t ns)
{
	struct random *random = &generator->random;

	if (random_one_in(random, 3)) {
		message_begin(message, IP_VS_VML_CMD_SERVICE_GET, NLM_F_DUMP);
		return;
	}
	message_begin(message, IP_VS_VML_CMD_DESTINATION_GET, NLM_F_DUMP);
	put_service(generator, message, any_service(generator, ns));
}

/* Bend some messages once, few of them many times. */
static void finish(struct generator *generator, struct message *message,
		   struct step *step)
{
	struct random *random = &generator->random;
	uint32_t n = 0;

	if (random_one_in(random, 3))
		message->flags |= NLM_F_ACK;
	if (random_one_in(random, 20))
		message->flags |= NLM_F_ECHO;
	if (random_one_in(random, 3))
		n = random_one_in(random, 10) ? 2 + random_below(random, 6) : 1;
	for (uint32_t i = 0; i < n; i++)
		mutate(message, random);
	step->size = message_write(message, step->bytes, MESSAGE_MAX);
	if (random_one_in(random, 16))
		step->size = mutate_bytes(step->bytes, step->size, random);
	predict_vml(&generator->models[step->ns], step->bytes, step->size);
}

static void make_vml(struct generator *generator, struct step *step)
{
	static struct message message;
	struct random *random = &generator->random;

	step->kind = STEP_VML;
	if (random_one_in(random, 40))
		begin_dump(generator, &message, step->ns);
	else if (random_one_in(random, 2))
		begin_get(generator, &message, step->ns);
	else
		begin_scale_set(generator, &message, step->ns);
	finish(generator, &message, step);
}

static void make_dump(struct generator *generator, struct step *step)
{
	static struct message message;

	step->kind = STEP_DUMP;
	step->number = random_below(&generator->random, DUMP_SOCKETS);
	begin_dump(generator, &message, step->ns);
	finish(generator, &message, step);
}

static void choose_verb(struct generator *generator, struct step *step)
{
	const struct model *model = &generator->models[step->ns];
	const struct model_service *service = &model->services[step->service];
	struct random *random = &generator->random;
	uint32_t lot = random_below(random, 100);

	if (lot < 1 && random_one_in(random, 10))
		step->verb = IPVS_FLUSH;
	else if (lot < 3)
		step->verb = IPVS_DELETE_SERVICE;
	else if (lot < 9)
		step->verb = IPVS_EDIT_SERVICE;
	else if (!service->exists || lot < 12)
		step->verb = IPVS_ADD_SERVICE;
	else if (service->n < generator->crowded ? lot < 60 : lot < 30)
		step->verb = IPVS_ADD_DESTINATION;
	else if (lot < 80)
		step->verb = IPVS_EDIT_DESTINATION;
	else
		step->verb = IPVS_DELETE_DESTINATION;
}

static void make_ipvs(struct generator *generator, struct step *step)
{
	struct random *random = &generator->random;
	uint32_t destination;

	step->kind = STEP_IPVS;
	step->service = random_below(random, POOL_SERVICES);
	choose_verb(generator, step);
	step->scheduler = random_one_in(random, 4) ?
			  random_below(random, SCHEDULERS) : SCHEDULER_VML;
	if (step->verb == IPVS_ADD_DESTINATION && !random_one_in(random, 8))
		destination = random_below(random, generator->crowded);
	else
		destination = any_destination(generator, step->ns,
					      step->service);
	step->destination = destination % POOL_DESTINATIONS;
	step->weight = random_one_in(random, 10) ? mutate_number(random) >> 1 :
		       random_below(random, 100);
	if (random_one_in(random, 200))
		step->weight = 0x80000000;
	step->upper_threshold = random_one_in(random, 10) ?
				random_below(random, 4) : 0;
	step->tunnel = pool_destination(step->destination).family !=
		       pool_services[step->service].family;
	if (random_one_in(random, 50))
		step->tunnel = !step->tunnel;
	predict_ipvs(&generator->models[step->ns], step);
}

static void make_rare(struct generator *generator, struct step *step)
{
	struct random *random = &generator->random;

	step->service = any_service(generator, step->ns);
	switch (random_below(random, 100)) {
	case 0:
		if (random_one_in(random, 20)) {
			step->kind = STEP_RENEW;
			memset(&generator->models[step->ns], 0,
			       sizeof(generator->models[step->ns]));
			break;
		}
		/* fall through */
	case 1:
		step->kind = STEP_EXPIRE;
		break;
	case 2 ... 4:
		step->kind = STEP_AUDIT;
		break;
	case 5 ... 9:
		step->kind = STEP_FAIL;
		step->number = 1 + random_below(random, 20);
		break;
	case 10 ... 14:
		step->kind = STEP_EVENTS;
		break;
	case 15 ... 19:
		step->kind = STEP_CLOSE;
		step->number = random_below(random, DUMP_SOCKETS);
		break;
	case 20 ... 39:
		make_dump(generator, step);
		break;
	case 40 ... 69:
		step->kind = STEP_READ;
		step->number = random_below(random, DUMP_SOCKETS);
		break;
	case 70 ... 79:
		step->kind = STEP_PACKETS;
		step->service = random_below(random, POOL_SERVICES);
		step->number = 1 + random_below(random, 30);
		break;
	default:
		step->kind = STEP_SEND;
		break;
	}
}

bool generate_next(struct generator *generator, struct step *ret_step)
{
	struct random *random = &generator->random;

	if (!generator->left--)
		return false;
	memset(ret_step, 0, offsetof(struct step, bytes));
	ret_step->ns = random_below(random, NAMESPACES);
	if (random_one_in(random, 20))
		make_rare(generator, ret_step);
	else if (random_one_in(random, 4))
		make_ipvs(generator, ret_step);
	else
		make_vml(generator, ret_step);
	return true;
}
