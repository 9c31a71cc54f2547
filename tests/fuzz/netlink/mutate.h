/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FUZZ_MUTATE_H
#define FUZZ_MUTATE_H

#include "message.h"
#include "random.h"

/* Bend a message in one way of many. */
void mutate(struct message *message, struct random *random);

/* The same of a written message: its bytes, and what is missing at its end. */
uint32_t mutate_bytes(uint8_t *bytes, uint32_t size, struct random *random);

/* A number at which something may change. */
uint32_t mutate_number(struct random *random);

#endif
