/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of a recording. */
#ifndef VMLD_RECORD_WRITE_H
#define VMLD_RECORD_WRITE_H

#include <stdint.h>
#include <stdio.h>

#include "source/source.h"

/* Open it for writing at its end, without a last line that is cut off. */
int record_file_open(const char *path, FILE **ret_file);

/* " word", in quotes if need be. */
void write_word(FILE *file, const char *word);
/* " 12.345": no more digits than it takes. */
void write_time(FILE *file, uint64_t ns);
/* What has changed of the machine that word stands for, in lines of its own. */
void write_sample(FILE *file, const char *word, const struct vm_sample *old,
		  const struct vm_sample *new, uint64_t started_ns);

#endif
