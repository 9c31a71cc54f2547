// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <string.h>

#include <linux/ip_vs_vml.h>

#include "predict.h"
#include "view.h"

#define MALFORMED (-1)

enum form { UNKNOWN, U16, U32, POSITIVE, BYTES16, SERVICE, DESTINATION };

#define TYPES 8u

/* Indexed by type. */
static const enum form service_forms[TYPES] = {
	[IP_VS_VML_A_SERVICE_FAMILY] = U16,
	[IP_VS_VML_A_SERVICE_PROTOCOL] = U16,
	[IP_VS_VML_A_SERVICE_ADDRESS] = BYTES16,
	[IP_VS_VML_A_SERVICE_PORT] = U16,
	[IP_VS_VML_A_SERVICE_FWMARK] = POSITIVE,
};

static const enum form destination_forms[TYPES] = {
	[IP_VS_VML_A_DESTINATION_FAMILY] = U16,
	[IP_VS_VML_A_DESTINATION_ADDRESS] = BYTES16,
	[IP_VS_VML_A_DESTINATION_PORT] = U16,
	[IP_VS_VML_A_DESTINATION_SCALE] = U32,
};

/* Indexed by command, then by type. */
static const enum form command_forms[][TYPES] = {
	[IP_VS_VML_CMD_SERVICE_GET] = {
		[IP_VS_VML_A_COMMAND_SERVICE] = SERVICE,
	},
	[IP_VS_VML_CMD_DESTINATION_GET] = {
		[IP_VS_VML_A_COMMAND_SERVICE] = SERVICE,
		[IP_VS_VML_A_COMMAND_DESTINATION] = DESTINATION,
	},
	[IP_VS_VML_CMD_SCALE_SET] = {
		[IP_VS_VML_A_COMMAND_SERVICE] = SERVICE,
		[IP_VS_VML_A_COMMAND_DESTINATION] = DESTINATION,
		[IP_VS_VML_A_COMMAND_GENERATION] = U32,
		[IP_VS_VML_A_COMMAND_LEASE] = POSITIVE,
	},
};

static uint16_t u16_of(const struct view *view)
{
	uint16_t value;

	memcpy(&value, view->data, sizeof(value));
	return value;
}

static uint32_t u32_of(const struct view *view)
{
	uint32_t value;

	memcpy(&value, view->data, sizeof(value));
	return value;
}

static int parse(const uint8_t *bytes, uint32_t size, const enum form *forms,
		 struct view *table);

static bool has_form(const struct view *view, enum form form)
{
	static const uint32_t sizes[] = {
		[U16] = 2, [U32] = 4, [POSITIVE] = 4, [BYTES16] = 16,
	};
	struct view inner[TYPES];

	if (form == UNKNOWN)
		return false;
	if (form == SERVICE || form == DESTINATION)
		return view->nested &&
		       !parse(view->data, view->size,
			      form == SERVICE ? service_forms
					      : destination_forms, inner);
	return !view->nested && view->size == sizes[form] &&
	       (form != POSITIVE || u32_of(view));
}

/* Those of each type that come last; data is NULL of what is absent. */
static int parse(const uint8_t *bytes, uint32_t size, const enum form *forms,
		 struct view *table)
{
	int left = (int)size;
	struct view view;

	memset(table, 0, TYPES * sizeof(*table));
	while (view_next(&bytes, &left, &view)) {
		if (view.type >= TYPES || !has_form(&view, forms[view.type]))
			return MALFORMED;
		table[view.type] = view;
	}
	return left > 0 ? MALFORMED : 0;
}

static bool is_family(uint16_t family)
{
	return family == AF_INET || family == AF_INET6;
}

static int address_of(const struct view *view, uint16_t family,
		      uint8_t *address)
{
	static const uint8_t zeros[12];

	memcpy(address, view->data, 16);
	return family == AF_INET && memcmp(address + 4, zeros, 12) ? EINVAL : 0;
}

/* 0, or the error; *service is then as it was. */
static int find_service(const struct model *model, const struct view *nest,
			uint32_t *service)
{
	struct service_key key = { 0 };
	struct view t[TYPES];
	bool partly, complete;
	int found, error;

	if (!nest->data)
		return EINVAL;
	parse(nest->data, nest->size, service_forms, t);
	if (!t[IP_VS_VML_A_SERVICE_FAMILY].data)
		return EINVAL;
	key.family = u16_of(&t[IP_VS_VML_A_SERVICE_FAMILY]);
	if (!is_family(key.family))
		return EAFNOSUPPORT;
	partly = t[IP_VS_VML_A_SERVICE_PROTOCOL].data ||
		 t[IP_VS_VML_A_SERVICE_ADDRESS].data ||
		 t[IP_VS_VML_A_SERVICE_PORT].data;
	complete = t[IP_VS_VML_A_SERVICE_PROTOCOL].data &&
		   t[IP_VS_VML_A_SERVICE_ADDRESS].data &&
		   t[IP_VS_VML_A_SERVICE_PORT].data;
	if (t[IP_VS_VML_A_SERVICE_FWMARK].data) {
		if (partly)
			return EINVAL;
		key.fwmark = u32_of(&t[IP_VS_VML_A_SERVICE_FWMARK]);
	} else {
		if (!complete)
			return EINVAL;
		key.protocol = u16_of(&t[IP_VS_VML_A_SERVICE_PROTOCOL]);
		key.port = u16_of(&t[IP_VS_VML_A_SERVICE_PORT]);
		error = address_of(&t[IP_VS_VML_A_SERVICE_ADDRESS], key.family,
				   key.address);
		if (error)
			return error;
	}
	found = pool_find_service(&key);
	if (found < 0 || !model->services[found].vml)
		return ENOENT;
	*service = (uint32_t)found;
	return 0;
}

/* 0, or the error. *ret_scale is NULL if it has none. */
static int find_destination(const struct model_service *service,
			    const struct view *nest, uint32_t *ret_number,
			    const uint32_t **ret_scale)
{
	static uint32_t scale;
	struct destination_key key = { 0 };
	struct view t[TYPES];
	int found, error;

	parse(nest->data, nest->size, destination_forms, t);
	if (!t[IP_VS_VML_A_DESTINATION_FAMILY].data ||
	    !t[IP_VS_VML_A_DESTINATION_ADDRESS].data ||
	    !t[IP_VS_VML_A_DESTINATION_PORT].data)
		return EINVAL;
	key.family = u16_of(&t[IP_VS_VML_A_DESTINATION_FAMILY]);
	if (!is_family(key.family))
		return EAFNOSUPPORT;
	key.port = u16_of(&t[IP_VS_VML_A_DESTINATION_PORT]);
	error = address_of(&t[IP_VS_VML_A_DESTINATION_ADDRESS], key.family,
			   key.address);
	if (error)
		return error;
	found = pool_find_destination(&key);
	if (found < 0 || !service->destinations[found].exists)
		return ENOENT;
	*ret_number = (uint32_t)found;
	*ret_scale = NULL;
	if (t[IP_VS_VML_A_DESTINATION_SCALE].data) {
		scale = u32_of(&t[IP_VS_VML_A_DESTINATION_SCALE]);
		*ret_scale = &scale;
	}
	return 0;
}

static int get_destination(const struct model *model, const struct view *table,
			   struct prediction *prediction)
{
	const struct view *nest = &table[IP_VS_VML_A_COMMAND_DESTINATION];
	const struct model_service *service;
	const uint32_t *scale;
	uint32_t number;
	int error;

	if (!table[IP_VS_VML_A_COMMAND_SERVICE].data || !nest->data)
		return EINVAL;
	error = find_service(model, &table[IP_VS_VML_A_COMMAND_SERVICE],
			     &prediction->service);
	if (error)
		return error;
	service = &model->services[prediction->service];
	error = find_destination(service, nest, &number, &scale);
	if (error)
		return error;
	if (scale)
		return EINVAL;
	prediction->weight = service->destinations[number].weight;
	prediction->scale = service->destinations[number].scale;
	prediction->leased = service->lease;
	return 0;
}

static int set_scales(struct model *model, const struct view *table,
		      const uint8_t *bytes, uint32_t size,
		      struct prediction *prediction)
{
	static uint32_t scales[POOL_DESTINATIONS];
	static bool named[POOL_DESTINATIONS];
	const struct view *expected = &table[IP_VS_VML_A_COMMAND_GENERATION];
	struct model_service *service;
	int left = (int)size, error;
	struct view view;

	error = find_service(model, &table[IP_VS_VML_A_COMMAND_SERVICE],
			     &prediction->service);
	if (error)
		return error;
	service = &model->services[prediction->service];
	if (expected->data && u32_of(expected) != service->generation)
		return ESTALE;
	memset(named, 0, sizeof(named));
	while (view_next(&bytes, &left, &view)) {
		const uint32_t *scale;
		uint32_t number;

		if (view.type != IP_VS_VML_A_COMMAND_DESTINATION)
			continue;
		error = find_destination(service, &view, &number, &scale);
		if (error)
			return error;
		if (!scale)
			return EINVAL;
		if (named[number])
			return EEXIST;
		named[number] = true;
		scales[number] = *scale;
	}
	for (uint32_t i = 0; i < POOL_DESTINATIONS; i++)
		service->destinations[i].scale = named[i] ? scales[i] :
						 IP_VS_VML_SCALE_ONE;
	service->lease = table[IP_VS_VML_A_COMMAND_LEASE].data ?
			 u32_of(&table[IP_VS_VML_A_COMMAND_LEASE]) : 0;
	prediction->generation = ++service->generation;
	prediction->applied = true;
	return 0;
}

static int predict_do(struct model *model, const struct view *table,
		      const uint8_t *bytes, uint32_t size,
		      struct prediction *prediction)
{
	const struct model_service *service;
	int error;

	switch (prediction->command) {
	case IP_VS_VML_CMD_SERVICE_GET:
		error = find_service(model, &table[IP_VS_VML_A_COMMAND_SERVICE],
				     &prediction->service);
		if (error)
			return error;
		service = &model->services[prediction->service];
		prediction->generation = service->generation;
		prediction->n = service->n;
		prediction->leased = service->lease;
		return 0;
	case IP_VS_VML_CMD_DESTINATION_GET:
		return get_destination(model, table, prediction);
	default:
		return set_scales(model, table, bytes, size, prediction);
	}
}

static int predict_dump(struct model *model, const struct view *table,
			struct prediction *prediction)
{
	int error;

	if (prediction->command == IP_VS_VML_CMD_SERVICE_GET) {
		prediction->n = model->n;
		return 0;
	}
	if (!table[IP_VS_VML_A_COMMAND_SERVICE].data ||
	    table[IP_VS_VML_A_COMMAND_DESTINATION].data)
		return EINVAL;
	error = find_service(model, &table[IP_VS_VML_A_COMMAND_SERVICE],
			     &prediction->service);
	if (!error)
		prediction->n = model->services[prediction->service].n;
	return error;
}

struct prediction predict_vml(struct model *model, const uint8_t *bytes,
			      uint32_t size)
{
	const uint32_t headers = NLMSG_HDRLEN + GENL_HDRLEN;
	struct prediction prediction = { .outcome = OUTCOME_NOTHING };
	struct genlmsghdr generic;
	struct nlmsghdr header;
	struct view table[TYPES];
	uint16_t strange;
	bool dump;

	memcpy(&header, bytes, sizeof(header));
	if (header.nlmsg_len < NLMSG_HDRLEN || header.nlmsg_len > size)
		return prediction;
	prediction.acknowledged = header.nlmsg_flags & NLM_F_ACK;
	if (!(header.nlmsg_flags & NLM_F_REQUEST)) {
		if (prediction.acknowledged)
			prediction.outcome = OUTCOME_DONE;
		return prediction;
	}
	if (header.nlmsg_len < headers) {
		prediction.outcome = OUTCOME_MALFORMED;
		return prediction;
	}
	memcpy(&generic, bytes + NLMSG_HDRLEN, sizeof(generic));
	prediction.command = generic.cmd;
	dump = (header.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	strange = (uint16_t)~(NLM_F_REQUEST | NLM_F_ACK | NLM_F_ECHO |
			      (dump ? NLM_F_DUMP : 0));
	if (generic.reserved || header.nlmsg_flags & strange) {
		prediction.outcome = OUTCOME_MALFORMED;
		return prediction;
	}
	if (generic.cmd < IP_VS_VML_CMD_SERVICE_GET ||
	    generic.cmd > IP_VS_VML_CMD_SCALE_SET ||
	    (dump && generic.cmd == IP_VS_VML_CMD_SCALE_SET)) {
		prediction.outcome = OUTCOME_REFUSED;
		prediction.error = EOPNOTSUPP;
		return prediction;
	}
	prediction.dump = dump;
	bytes += headers;
	size = header.nlmsg_len - headers;
	/* A dump of services takes no heed of which one is named. */
	if (parse(bytes, size, command_forms[generic.cmd], table)) {
		prediction.outcome = OUTCOME_MALFORMED;
		return prediction;
	}
	if (dump) {
		prediction.error = predict_dump(model, table, &prediction);
		prediction.outcome = prediction.error ? OUTCOME_DUMP_REFUSED
						      : OUTCOME_DUMP;
		return prediction;
	}
	prediction.error = predict_do(model, table, bytes, size, &prediction);
	prediction.outcome = prediction.error ? OUTCOME_REFUSED : OUTCOME_DONE;
	return prediction;
}

static int predict_destination(struct model_service *service,
			       const struct step *step)
{
	struct model_destination *destination =
		&service->destinations[step->destination];
	struct destination_key key = pool_destination(step->destination);

	if (!service->exists)
		return ESRCH;
	if (step->verb == IPVS_DELETE_DESTINATION) {
		if (!destination->exists)
			return ENOENT;
		destination->exists = false;
		service->n--;
		return 0;
	}
	/* IPv4 to IPv6, and the reverse, goes through tunnels alone. */
	if (key.family != pool_services[step->service].family && !step->tunnel)
		return EINVAL;
	if (step->weight > INT32_MAX)
		return ERANGE;
	if (step->upper_threshold > INT32_MAX)
		return EINVAL;
	if (step->verb == IPVS_ADD_DESTINATION) {
		if (destination->exists)
			return EEXIST;
		destination->exists = true;
		destination->scale = IP_VS_VML_SCALE_ONE;
		service->n++;
	} else if (!destination->exists) {
		return ENOENT;
	}
	destination->weight = step->weight;
	return 0;
}

static void delete_service(struct model *model, uint32_t number)
{
	struct model_service *service = &model->services[number];

	model_bind(model, number, false);
	memset(service, 0, sizeof(*service));
}

static int predict_service(struct model *model, const struct step *step)
{
	struct model_service *service = &model->services[step->service];

	if (step->verb == IPVS_ADD_SERVICE ? service->exists
					   : !service->exists)
		return step->verb == IPVS_ADD_SERVICE ? EEXIST : ESRCH;
	if (step->verb == IPVS_DELETE_SERVICE) {
		delete_service(model, step->service);
		return 0;
	}
	service->exists = true;
	model_bind(model, step->service, step->scheduler == SCHEDULER_VML);
	return 0;
}

struct prediction predict_ipvs(struct model *model, const struct step *step)
{
	struct prediction prediction = {
		.command = (uint8_t)step->verb,
		.acknowledged = true,
		.service = step->service,
	};

	switch (step->verb) {
	case IPVS_FLUSH:
		for (uint32_t i = 0; i < POOL_SERVICES; i++)
			if (model->services[i].exists)
				delete_service(model, i);
		break;
	case IPVS_ADD_SERVICE:
	case IPVS_EDIT_SERVICE:
	case IPVS_DELETE_SERVICE:
		prediction.error = predict_service(model, step);
		break;
	default:
		prediction.error = predict_destination(
			&model->services[step->service], step);
		break;
	}
	prediction.outcome = prediction.error ? OUTCOME_REFUSED : OUTCOME_DONE;
	prediction.applied = !prediction.error;
	return prediction;
}
