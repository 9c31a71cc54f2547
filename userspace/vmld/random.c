/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <sys/random.h>
#include <sys/types.h>

#include "random.h"

uint64_t random_below(uint64_t limit)
{
	uint64_t number;

	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) !=
	    (ssize_t)sizeof(number))
		number = (uint64_t)random();
	return limit ? number % limit : 0;
}
