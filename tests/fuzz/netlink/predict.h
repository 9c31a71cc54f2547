/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel must answer to a message, and what must come of it. This is
 * written from the family's specification and from the rules of netlink, apart
 * from the module.
 */
#ifndef FUZZ_PREDICT_H
#define FUZZ_PREDICT_H

#include "model.h"
#include "step.h"

enum outcome {
	OUTCOME_NOTHING,	/* the kernel passes over it */
	OUTCOME_DONE,
	OUTCOME_REFUSED,	/* with the error */
	OUTCOME_MALFORMED,	/* with EINVAL or ERANGE */
	OUTCOME_DUMP,		/* begins a dump */
	OUTCOME_DUMP_REFUSED,	/* begins one, at whose end is the error */
};

struct prediction {
	enum outcome outcome;
	int error;		/* positive */
	uint8_t command;
	bool acknowledged;	/* also if all is well */
	bool applied;		/* it has changed the model */
	bool dump;		/* it can be refused because another one runs */

	/* What a reply or a dump tells. */
	uint32_t service;
	uint32_t generation;
	uint32_t n;		/* destinations, or elements of the dump */
	uint32_t weight;
	uint32_t scale;
	bool leased;
};

/* Of a message of the family. */
struct prediction predict_vml(struct model *model, const uint8_t *bytes,
			      uint32_t size);
struct prediction predict_ipvs(struct model *model, const struct step *step);

#endif
