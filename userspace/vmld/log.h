/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log: the journal if stderr leads there, stderr otherwise. A line for
 * each change, none for what goes on as before.
 */
#ifndef VMLD_LOG_H
#define VMLD_LOG_H

#include <stdbool.h>
#include <syslog.h>

#include "util.h"

struct log {
	bool journal;
	int level;	/* LOG_ERR to LOG_DEBUG: the least important one shown */
};

void log_open(struct log *ret_log, int level);
_printf_(3, 4) void log_line(const struct log *log, int level,
			     const char *format, ...);

#define log_error(log, ...) log_line(log, LOG_ERR, __VA_ARGS__)
#define log_warning(log, ...) log_line(log, LOG_WARNING, __VA_ARGS__)
#define log_notice(log, ...) log_line(log, LOG_NOTICE, __VA_ARGS__)
#define log_info(log, ...) log_line(log, LOG_INFO, __VA_ARGS__)
#define log_debug(log, ...) log_line(log, LOG_DEBUG, __VA_ARGS__)

#endif
