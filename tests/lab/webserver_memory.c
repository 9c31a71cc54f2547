/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory by which a machine that was moved proves that it is the same one, and
 * whole. Pages are written one after another, round by round, and the content
 * of each follows from the token, its number and the round: a page that was
 * changed, lost or left behind in an older state is seen.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "webserver.h"

#define PAGES		2048
#define WORDS		512		/* of a page of 4 KiB */
#define SLICES		100		/* of a second */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t (*memory)[WORDS];
static uint64_t token;
static uint64_t writes;		/* pages written so far, all rounds */
static unsigned int rate;	/* pages a second */

static uint64_t next_word(uint64_t x)
{
	return x * 6364136223846793005u + 1442695040888963407u;
}

static uint64_t first_word(uint64_t nth_write)
{
	return next_word(token ^ next_word(nth_write));
}

static void write_next_page(void)
{
	uint64_t x = first_word(writes);

	for (unsigned int i = 0; i < WORDS; i++, x = next_word(x))
		memory[writes % PAGES][i] = x;
	writes++;
}

static bool page_is_intact(unsigned int page)
{
	/* Of the writes so far the last one to this page */
	uint64_t last = writes - 1 - (writes - 1 - page) % PAGES;
	uint64_t x = first_word(last);

	for (unsigned int i = 0; i < WORDS; i++, x = next_word(x))
		if (memory[page][i] != x)
			return false;
	return true;
}

static bool fill(void)
{
	if (memory)
		return true;
	memory = aligned_alloc(sizeof(*memory), PAGES * sizeof(*memory));
	if (!memory)
		return false;
	if (getrandom(&token, sizeof(token), 0) != sizeof(token))
		return false;
	while (writes < PAGES)
		write_next_page();
	return true;
}

void memory_check(char *text, size_t size)
{
	unsigned int page, wrong = 0, first = 0;
	int len;

	pthread_mutex_lock(&lock);
	if (!fill()) {
		snprintf(text, size, "- 0 no memory");
		pthread_mutex_unlock(&lock);
		return;
	}
	for (page = PAGES; page-- > 0;) {
		if (page_is_intact(page))
			continue;
		wrong++;
		first = page;
	}
	len = snprintf(text, size, "%016llx %llu ", (unsigned long long)token,
		       (unsigned long long)writes);
	if (wrong)
		snprintf(text + len, size - (size_t)len,
			 "%u of %u pages are wrong, page %u is the first",
			 wrong, PAGES, first);
	else
		snprintf(text + len, size - (size_t)len, "intact");
	pthread_mutex_unlock(&lock);
}

static void *write_pages(void *arg)
{
	unsigned int slice = 0;

	(void)arg;
	for (;;) {
		unsigned int n;

		usleep(1000000 / SLICES);
		pthread_mutex_lock(&lock);
		n = rate * (slice + 1) / SLICES - rate * slice / SLICES;
		slice = (slice + 1) % SLICES;
		while (n--)
			write_next_page();
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

void memory_dirty(unsigned int pages)
{
	static pthread_t writer;
	static bool is_started;

	pthread_mutex_lock(&lock);
	if (fill()) {
		rate = pages;
		if (pages && !is_started)
			is_started = !pthread_create(&writer, NULL,
						     write_pages, NULL);
	}
	pthread_mutex_unlock(&lock);
}
