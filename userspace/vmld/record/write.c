/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "record/write.h"
#include "util.h"

#define FIRST_WORD "recording "

/* A line is at most that long: machines have names of some hundred bytes. */
#define LONGEST_LINE 65536

void write_word(FILE *file, const char *word)
{
	bool plain = *word;

	for (const char *c = word; *c; c++)
		plain &= isalnum((unsigned char)*c) || strchr("._:/@-", *c);
	if (plain) {
		fprintf(file, " %s", word);
		return;
	}
	fputs(" \"", file);
	for (const char *c = word; *c; c++) {
		if (*c == '"' || *c == '\\')
			fputc('\\', file);
		fputc(iscntrl((unsigned char)*c) ? '?' : *c, file);
	}
	fputc('"', file);
}

void write_time(FILE *file, uint64_t ns)
{
	uint64_t rest = ns % NSEC_PER_SEC;
	int digits = 9;

	fprintf(file, " %llu", (unsigned long long)(ns / NSEC_PER_SEC));
	if (!rest)
		return;
	for (; rest % 10 == 0; rest /= 10)
		digits--;
	fprintf(file, ".%0*llu", digits, (unsigned long long)rest);
}

/* The size of what is whole of a recording, or a negative errno. */
static off_t whole_size(int fd, off_t size)
{
	_cleanup_free_ char *end = malloc(LONGEST_LINE);
	char first[sizeof(FIRST_WORD) - 1] = "";
	off_t from = size > LONGEST_LINE ? size - LONGEST_LINE : 0;
	ssize_t n;

	if (!end)
		return -ENOMEM;
	if (!size)
		return 0;
	if (pread(fd, first, sizeof(first), 0) < 0)
		return -errno;
	if (strncmp(first, FIRST_WORD, MIN((size_t)size, sizeof(first))) != 0)
		return -EEXIST;
	n = pread(fd, end, LONGEST_LINE, from);
	if (n < 0)
		return -errno;
	while (n > 0 && end[n - 1] != '\n')
		n--;
	return from + n;
}

int record_file_open(const char *path, FILE **ret_file)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	off_t whole;

	fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY,
		  0600);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EEXIST;
	whole = whole_size(fd, st.st_size);
	if (whole < 0)
		return (int)whole;
	if (whole < st.st_size && ftruncate(fd, whole) < 0)
		return -errno;
	*ret_file = fdopen(fd, "ae");
	if (!*ret_file)
		return -errno;
	fd = -1;
	return 0;
}
