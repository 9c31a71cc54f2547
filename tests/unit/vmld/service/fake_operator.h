/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Operators for tests, in place of source/operator.c: they note what is asked of
 * them, and answer as they are told.
 */
#ifndef TESTS_FAKE_OPERATOR_H
#define TESTS_FAKE_OPERATOR_H

#include "source/operator.h"

struct fake_operators {
	char did[512];		/* "freeze hv1", ... in their order */
	char to[64];		/* of the last migration */
	enum vm_call_type fails;	/* with result */
	int result;		/* 0: all goes well */
	/* And this one does not answer; a migration does once it is aborted. */
	bool hangs;
	enum vm_call_type hanging;
	struct vm_operator *migrating;	/* NULL: none hangs */
	/* Called with each call before it is answered; may be NULL. */
	void (*on_call)(const struct vm_call *call);
};

extern struct fake_operators fake_operators;

#endif
