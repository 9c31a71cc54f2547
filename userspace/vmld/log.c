/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file and the line of each call would only ever be the one in here. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <stdarg.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>

#include "log.h"

static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       !fstat(STDERR_FILENO, &st) && st.st_dev == device &&
	       st.st_ino == inode;
}

void log_open(struct log *ret_log, int level)
{
	*ret_log = (struct log){
		.journal = stderr_is_journal(),
		.level = level,
	};
}

void log_line(const struct log *log, int level, const char *format, ...)
{
	_cleanup_free_ char *line = NULL;
	va_list arguments;
	int r;

	if (level > log->level)
		return;
	va_start(arguments, format);
	r = vasprintf(&line, format, arguments);
	va_end(arguments);
	if (r < 0) {
		line = NULL;
		return;
	}
	if (log->journal && sd_journal_print(level, "%s", line) >= 0)
		return;
	fprintf(stderr, "vmld: %s%s\n",
		level <= LOG_ERR	? "error: "
		: level == LOG_WARNING	? "warning: "
					: "",
		line);
}
