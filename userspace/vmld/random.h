/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chance, so that what begins at the same moment does not stay in step. */
#ifndef VMLD_RANDOM_H
#define VMLD_RANDOM_H

#include <stdint.h>

/* From 0 to below limit; 0 if that is 0. No secrets are made of it. */
uint64_t random_below(uint64_t limit);

#endif
