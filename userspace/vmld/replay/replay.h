/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A replay: what a script or a recording says, through the daemon's own
 * discovery and policy, under a configuration that may be another one; out
 * comes the trace of scales and reasons (trace.h). The same input gives the
 * same trace, always.
 */
#ifndef VMLD_REPLAY_REPLAY_H
#define VMLD_REPLAY_REPLAY_H

#include <stdio.h>

#include "config.h"
#include "log.h"

/*
 * Replay a file. A script is polled as the configuration says, and a recording
 * as it was. config is taken over. On failure *ret_error, which the caller
 * frees, is the reason, "FILE:LINE: reason" if it is the file's (NULL: no
 * memory).
 */
int replay_run(const char *path, struct config *config, const struct log *log,
	       FILE *trace, char **ret_error);

#endif
