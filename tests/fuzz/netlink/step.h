/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the fuzzer does, step by step, and as lines of text: see
 * corpus/README.md.
 */
#ifndef FUZZ_STEP_H
#define FUZZ_STEP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define NAMESPACES 2u
#define DUMP_SOCKETS 3u
#define MESSAGE_MAX 65536u

enum step_kind {
	STEP_VML,	/* put a message of the family into the datagram */
	STEP_IPVS,	/* likewise one of IPVS */
	STEP_SEND,	/* send the datagram, and check all answers */
	STEP_FAIL,	/* let an allocation for the next message fail */
	STEP_DUMP,	/* start a dump on a socket of its own */
	STEP_READ,	/* read one part of it */
	STEP_CLOSE,	/* abandon it */
	STEP_PACKETS,	/* to a service */
	STEP_AUDIT,	/* compare a service with the model */
	STEP_EXPIRE,	/* wait for the end of a service's lease */
	STEP_EVENTS,	/* read what the namespace's listener has heard */
	STEP_RENEW,	/* leave the namespace as it is, and make another */
};

enum ipvs_verb {
	IPVS_ADD_SERVICE,
	IPVS_EDIT_SERVICE,
	IPVS_DELETE_SERVICE,
	IPVS_ADD_DESTINATION,
	IPVS_EDIT_DESTINATION,
	IPVS_DELETE_DESTINATION,
	IPVS_FLUSH,
	IPVS_VERBS,
};

enum scheduler {
	SCHEDULER_VML,
	SCHEDULER_RR,
	SCHEDULER_WLC,
	SCHEDULER_NONE,
	SCHEDULERS,
};

struct step {
	enum step_kind kind;
	uint32_t ns;
	uint32_t service;	/* not of VML and DUMP */
	uint32_t number;	/* socket, packets, or which allocation */

	/* of IPVS */
	enum ipvs_verb verb;
	enum scheduler scheduler;
	uint32_t destination;
	uint32_t weight;
	uint32_t upper_threshold;
	bool tunnel;

	/*
	 * Of VML and DUMP: a netlink message whose type, sequence number and
	 * port are filled in later.
	 */
	uint32_t size;
	uint8_t bytes[MESSAGE_MAX] __attribute__((aligned(8)));
};

extern const char *const ipvs_verb_names[IPVS_VERBS];
extern const char *const scheduler_names[SCHEDULERS];

void step_print(const struct step *step, FILE *file);

/*
 * Read the next step, over comments and blank lines. 1: a step, 0: the end,
 * -1: a mistake, which *ret_why tells of. *line counts the lines.
 */
int step_read(FILE *file, unsigned int *line, struct step *ret_step,
	      const char **ret_why);

#endif
