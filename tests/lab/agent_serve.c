/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The director's side of the agent: a process for each connection. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent.h"

struct session {
	int sock;
	int in, out, err;	/* our ends of the command's files, or -1 */
	pid_t pid;
	int pidfd;
	char pending[FRAME_MAX];	/* standard input not yet taken */
	size_t pending_len, pending_off;
	bool in_ends;
	bool pty;
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void exec_command(char **argv)
{
	sigset_t none;

	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvp(argv[0], argv);
	fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static int session_spawn_pipes(struct session *s, char **argv)
{
	int in[2], out[2], err[2];

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) ||
	    pipe2(err, O_CLOEXEC))
		return -errno;
	s->pid = fork();
	if (s->pid < 0)
		return -errno;
	if (!s->pid) {
		setsid();
		dup2(in[0], 0);
		dup2(out[1], 1);
		dup2(err[1], 2);
		exec_command(argv);
	}
	close(in[0]);
	close(out[1]);
	close(err[1]);
	s->in = in[1];
	s->out = out[0];
	s->err = err[0];
	return 0;
}

static int session_spawn_pty(struct session *s, char **argv)
{
	int master;

	s->pid = forkpty(&master, NULL, NULL, NULL);
	if (s->pid < 0)
		return -errno;
	if (!s->pid)
		exec_command(argv);
	s->in = master;
	s->out = dup(master);
	s->pty = true;
	return 0;
}

static int session_start(struct session *s)
{
	static char data[FRAME_MAX + 1];
	enum frame_type type;
	char **argv;
	ssize_t len = frame_receive(s->sock, &type, data);
	size_t n = 0, i = 0;
	int err;

	if (len <= 0 || data[len - 1])
		return -EBADMSG;
	for (ssize_t k = 0; k < len; k++)
		n += !data[k];
	argv = calloc(n + 1, sizeof(*argv));
	if (!argv)
		return -ENOMEM;
	for (char *p = data; p < data + len; p += strlen(p) + 1)
		argv[i++] = p;

	err = type == FRAME_ARGV_PTY ? session_spawn_pty(s, argv)
				     : session_spawn_pipes(s, argv);
	free(argv);
	if (err)
		return err;
	s->pidfd = (int)syscall(SYS_pidfd_open, s->pid, 0);
	if (s->pidfd < 0)
		return -errno;
	fcntl(s->in, F_SETFL, O_NONBLOCK);
	fcntl(s->out, F_SETFL, O_NONBLOCK);
	if (s->err >= 0)
		fcntl(s->err, F_SETFL, O_NONBLOCK);
	return 0;
}

/* Takes one frame from the client. The client gone is an error. */
static int session_input(struct session *s)
{
	enum frame_type type;
	ssize_t len = frame_receive(s->sock, &type, s->pending);

	if (len < 0)
		return (int)len;
	if (type == FRAME_STDIN_END) {
		s->in_ends = true;
		if (!s->pty)
			close_fd(&s->in);
	} else if (type == FRAME_STDIN && s->in >= 0) {
		s->pending_len = (size_t)len;
		s->pending_off = 0;
	}
	return 0;
}

static void session_feed(struct session *s)
{
	ssize_t n = write(s->in, s->pending + s->pending_off,
			  s->pending_len - s->pending_off);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n < 0) {
		/* The command reads no more: that is its right. */
		s->pending_len = s->pending_off = 0;
		close_fd(&s->in);
		return;
	}
	s->pending_off += (size_t)n;
}

/* Forwards what is there; closes the file at its end. */
static int session_forward(struct session *s, int *fd, enum frame_type type)
{
	static char data[FRAME_MAX];

	while (*fd >= 0) {
		ssize_t n = read(*fd, data, sizeof(data));

		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n <= 0) {
			close_fd(fd);
			return 0;
		}
		if (frame_send(s->sock, type, data, (size_t)n))
			return -EIO;
	}
	return 0;
}

static int session_finish(struct session *s)
{
	uint32_t code;
	int status;

	/*
	 * A daemon started in the background may hold these files open for
	 * ever: take what has been written so far, and no more.
	 */
	if (session_forward(s, &s->out, FRAME_STDOUT) ||
	    session_forward(s, &s->err, FRAME_STDERR))
		return -EIO;
	if (waitpid(s->pid, &status, 0) != s->pid)
		return -errno;
	code = htonl((uint32_t)(WIFEXITED(status) ? WEXITSTATUS(status)
						  : 128 + WTERMSIG(status)));
	return frame_send(s->sock, FRAME_EXIT, &code, sizeof(code));
}

static int session_loop(struct session *s)
{
	for (;;) {
		bool feeding = s->pending_off < s->pending_len;
		struct pollfd p[] = {
			{ .fd = s->pidfd, .events = POLLIN },
			{ .fd = s->out, .events = POLLIN },
			{ .fd = s->err, .events = POLLIN },
			{ .fd = feeding ? s->in : -1, .events = POLLOUT },
			/* While input waits to be taken, only watch for the end */
			{ .fd = s->sock, .events = feeding ? POLLRDHUP : POLLIN },
		};

		if (poll(p, 5, -1) < 0 && errno != EINTR)
			return -errno;
		if (p[1].revents &&
		    session_forward(s, &s->out, FRAME_STDOUT))
			return -EIO;
		if (p[2].revents &&
		    session_forward(s, &s->err, FRAME_STDERR))
			return -EIO;
		if (p[0].revents)
			return session_finish(s);
		if (p[3].revents)
			session_feed(s);
		if (p[4].revents & (POLLERR | POLLHUP | POLLRDHUP))
			return -ECONNRESET;
		if (p[4].revents & POLLIN && session_input(s))
			return -ECONNRESET;
	}
}

static void session_run(int sock)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s)
		return;
	signal(SIGCHLD, SIG_DFL);
	s->sock = sock;
	s->in = s->out = s->err = -1;
	if (session_start(s)) {
		fprintf(stderr, "agent: cannot start a command\n");
	} else if (session_loop(s)) {
		kill(-s->pid, SIGKILL);
	}
	free(s);
}

int serve(const char *address, const char *port)
{
	struct sockaddr_in sa;
	int one = 1, sock;

	if (parse_address(address, port, &sa))
		return 2;
	signal(SIGPIPE, SIG_IGN);
	/* As pid 1 we inherit every orphan; the kernel reaps them for us. */
	signal(SIGCHLD, SIG_IGN);
	sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (sock < 0 ||
	    setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(sock, (struct sockaddr *)&sa, sizeof(sa)) ||
	    listen(sock, 64)) {
		perror("agent: listen");
		return 1;
	}
	for (;;) {
		int conn = accept4(sock, NULL, NULL, SOCK_CLOEXEC);

		if (conn < 0)
			continue;
		setsockopt(conn, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		setsockopt(conn, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
		if (!fork()) {
			close(sock);
			session_run(conn);
			_exit(0);
		}
		close(conn);
	}
}
