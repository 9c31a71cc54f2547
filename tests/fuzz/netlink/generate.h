/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Episodes: sequences of steps, each beginning with empty namespaces, that
 * follow from a seed alone and not from what the kernel answers.
 */
#ifndef FUZZ_GENERATE_H
#define FUZZ_GENERATE_H

#include "model.h"
#include "random.h"
#include "step.h"

struct generator {
	struct random random;
	struct model models[NAMESPACES];
	uint32_t left;		/* steps */
	uint32_t crowded;	/* how many destinations a service has, about */
};

void generate_begin(struct generator *generator, uint64_t seed,
		    uint64_t episode);

/* The next step, or false at the episode's end. */
bool generate_next(struct generator *generator, struct step *ret_step);

#endif
