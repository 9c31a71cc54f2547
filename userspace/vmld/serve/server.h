/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HTTP over a UNIX socket, in the event loop of the daemon. */
#ifndef VMLD_SERVE_SERVER_H
#define VMLD_SERVE_SERVER_H

#include "loop.h"

struct server;

/*
 * Listen at path. A socket that nobody listens at is replaced; -EADDRINUSE:
 * somebody does. Says by itself what is the matter. All is borrowed.
 */
int server_new(const char *path, sd_event *event, struct daemon *daemon,
	       const struct log *log, struct server **ret_server);
struct server *server_free(struct server *server);
void server_freep(struct server **server);

#endif
