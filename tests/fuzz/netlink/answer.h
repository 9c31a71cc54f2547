/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the kernel's answers to a request are those that were predicted. */
#ifndef FUZZ_ANSWER_H
#define FUZZ_ANSWER_H

#include "predict.h"

struct answer {
	struct prediction prediction;
	uint32_t size;		/* of the request */
	bool one_of_ipvs;

	bool replied;
	bool acknowledged;	/* or refused: see error */
	bool ended;		/* a dump */
	bool torn;
	bool leased;		/* the service that the reply tells of */
	int error;		/* positive */
	uint32_t elements;
	const char *wrong;	/* NULL: nothing so far */

	/* Compare the elements of the dump with this, if it is not NULL. */
	const struct model_service *expected;
	uint32_t scaled;	/* those with the expected scale */
	uint32_t neutral;
};

/* Take in one message of the kernel's. */
void answer_take(struct answer *answer, const struct nlmsghdr *header,
		 const uint8_t *bytes);

/* All has come: NULL, or what is not as it should be. */
const char *answer_check(const struct answer *answer);

/* Tell of the answer, and of the request in that namespace, if it is known. */
void answer_print(const struct answer *answer, uint32_t ns,
		  const uint8_t *request);

/* Count the answer in. */
void answer_tally(const struct answer *answer);

#endif
