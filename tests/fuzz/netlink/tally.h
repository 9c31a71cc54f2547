/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the fuzzer has reached, since one that reaches nothing finds nothing. */
#ifndef FUZZ_TALLY_H
#define FUZZ_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "predict.h"

enum tally_event {
	TALLY_PARTS,		/* dumps in more than one part */
	TALLY_TORN,		/* dumps marked as torn */
	TALLY_WHOLE,		/* dumps that were complete and not torn */
	TALLY_ABANDONED,
	TALLY_AUDITS,
	TALLY_EXPIRED,		/* leases whose end was waited for */
	TALLY_FAILED_SETS,	/* sets without memory, and undone */
	TALLY_PICKS,
	TALLY_NAMESPACES,
	TALLY_EVENTS,
};

extern uint64_t tally_messages;

void tally_event(enum tally_event event, uint64_t n);

/* Answers: a positive error, or 0. */
void tally_vml(uint8_t command, bool dump, int error);
void tally_ipvs(enum ipvs_verb verb, int error);

/* A notification of that command. */
void tally_notification(uint8_t command);

/* Print all of it; false if what should be there is not. */
bool tally_print(void);

#endif
