/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the web server, see webserver.c. */
#ifndef LAB_WEBSERVER_H
#define LAB_WEBSERVER_H

#include <stddef.h>

/* webserver_memory.c: memory whose content is known at any moment */

/*
 * What is in it: "TOKEN WRITES intact", or instead of the last word what is not
 * as it was written. The first call fills the memory, under a random token;
 * WRITES counts the pages that were written so far.
 */
void memory_check(char *text, size_t size);
/* From now on write so many pages a second, 0: none. */
void memory_dirty(unsigned int pages);

#endif
