/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMLD_SERVE_LISTEN_H
#define VMLD_SERVE_LISTEN_H

/*
 * A UNIX socket that listens at path, for its owner and its group. One that a
 * dead process has left is replaced. -EADDRINUSE: somebody listens there;
 * -ENOTSOCK: there is something else.
 */
int listen_unix(const char *path, int *ret_fd);

#endif
