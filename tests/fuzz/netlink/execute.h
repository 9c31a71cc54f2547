/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FUZZ_EXECUTE_H
#define FUZZ_EXECUTE_H

#include "step.h"
#include "world.h"

/* Make namespaces in which nothing is, yet. */
void execute_begin(const struct families *families);

/* False: the kernel has done something else than was predicted; it is told. */
bool execute(const struct step *step);

/* Send what is pending, compare everything, and leave the namespaces. */
bool execute_end(void);

#endif
