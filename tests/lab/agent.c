/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * agent - run commands in the lab's director without a login.
 *
 *	agent serve ADDRESS PORT			in the director, as pid 1
 *	agent exec [-t SECONDS] [-p] ADDRESS PORT COMMAND [ARGUMENT...]
 *
 * One TCP connection is one command. Both sides send frames: a type byte, a
 * big-endian 32-bit length, the payload. The client gets the command's exit
 * status only from an explicit frame, so a director that has died or panicked
 * can never look like success.
 *
 * Exit status of "exec": the command's own (128 + N if signal N ended it),
 * 124 when the time ran out, 125 when the director could not be reached or was
 * lost on the way.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define FRAME_MAX	65536
#define EXIT_TIMEOUT	124
#define EXIT_LOST	125

enum frame_type {
	FRAME_ARGV = 'A',	/* NUL-terminated strings: the command */
	FRAME_ARGV_PTY = 'T',	/* the same, to run on a terminal */
	FRAME_STDIN = 'I',
	FRAME_STDIN_END = 'E',
	FRAME_STDOUT = 'O',
	FRAME_STDERR = 'R',
	FRAME_EXIT = 'X',	/* big-endian 32-bit exit status */
};

static int write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -EIO;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int read_all(int fd, void *data, size_t len)
{
	char *p = data;

	while (len) {
		ssize_t n = read(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -EIO;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int frame_send(int fd, enum frame_type type, const void *data,
		      size_t len)
{
	unsigned char head[5] = { (unsigned char)type };
	uint32_t be = htonl((uint32_t)len);
	int err;

	memcpy(head + 1, &be, sizeof(be));
	err = write_all(fd, head, sizeof(head));
	return err ? err : write_all(fd, data, len);
}

/* Returns the payload's length, or a negative errno. */
static ssize_t frame_receive(int fd, enum frame_type *ret_type, char *data)
{
	unsigned char head[5];
	uint32_t len;

	if (read_all(fd, head, sizeof(head)))
		return -EIO;
	memcpy(&len, head + 1, sizeof(len));
	len = ntohl(len);
	if (len > FRAME_MAX)
		return -EBADMSG;
	if (read_all(fd, data, len))
		return -EIO;
	*ret_type = head[0];
	return (ssize_t)len;
}

static int parse_address(const char *address, const char *port,
			 struct sockaddr_in *ret)
{
	struct sockaddr_in sa = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(port)),
	};

	if (inet_pton(AF_INET, address, &sa.sin_addr) != 1) {
		fprintf(stderr, "agent: bad address \"%s\"\n", address);
		return -EINVAL;
	}
	*ret = sa;
	return 0;
}

/* ---- the director's side ---- */

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

static int serve(const char *address, const char *port)
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

/* ---- the caller's side ---- */

static struct termios saved_tty;

static void restore_tty(void)
{
	tcsetattr(0, TCSANOW, &saved_tty);
}

static void raw_tty(void)
{
	struct termios raw;

	if (tcgetattr(0, &saved_tty))
		return;
	atexit(restore_tty);
	raw = saved_tty;
	cfmakeraw(&raw);
	tcsetattr(0, TCSANOW, &raw);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static int lost(const char *what)
{
	fprintf(stderr, "agent: %s\n", what);
	return EXIT_LOST;
}

static int timed_out(double seconds, const char *command)
{
	fprintf(stderr, "agent: %s: no end within %g s\n", command, seconds);
	return EXIT_TIMEOUT;
}

/* Connects within the deadline; returns the socket or a negative errno. */
static int connect_within(const struct sockaddr_in *sa, int64_t deadline)
{
	int sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			  0);
	struct pollfd p = { .fd = sock, .events = POLLOUT };
	int one = 1, err = 0;
	socklen_t len = sizeof(err);
	int64_t left = deadline - now_ms();

	if (sock < 0)
		return -errno;
	/* A director that dies without a word ends the connection in ~8 s. */
	setsockopt(sock, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	setsockopt(sock, IPPROTO_TCP, TCP_KEEPIDLE, &(int){ 5 }, sizeof(int));
	setsockopt(sock, IPPROTO_TCP, TCP_KEEPINTVL, &one, sizeof(one));
	setsockopt(sock, IPPROTO_TCP, TCP_KEEPCNT, &(int){ 3 }, sizeof(int));
	setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (!connect(sock, (const struct sockaddr *)sa, sizeof(*sa)))
		goto connected;
	if (errno != EINPROGRESS ||
	    poll(&p, 1, left > 0 ? (int)left : 0) != 1 ||
	    getsockopt(sock, SOL_SOCKET, SO_ERROR, &err, &len) || err) {
		close(sock);
		return -ECONNREFUSED;
	}
connected:
	fcntl(sock, F_SETFL, 0);
	return sock;
}

static int send_command(int sock, bool pty, char **argv)
{
	static char data[FRAME_MAX];
	size_t len = 0;

	for (; *argv; argv++) {
		size_t n = strlen(*argv) + 1;

		if (len + n > sizeof(data))
			return -E2BIG;
		memcpy(data + len, *argv, n);
		len += n;
	}
	return frame_send(sock, pty ? FRAME_ARGV_PTY : FRAME_ARGV, data, len);
}

static int run(const char *address, const char *port, double timeout, bool pty,
	       char **argv)
{
	static char data[FRAME_MAX];
	int64_t deadline = now_ms() + (int64_t)(timeout * 1000);
	struct sockaddr_in sa;
	bool reading = true;
	int sock;

	if (parse_address(address, port, &sa))
		return 2;
	signal(SIGPIPE, SIG_IGN);
	sock = connect_within(&sa, deadline);
	if (sock < 0)
		return lost("the director does not answer");
	if (send_command(sock, pty, argv))
		return lost("the command could not be sent");
	if (pty)
		raw_tty();

	for (;;) {
		struct pollfd p[] = {
			{ .fd = sock, .events = POLLIN },
			{ .fd = reading ? 0 : -1, .events = POLLIN },
		};
		int64_t left = deadline - now_ms();

		if (timeout > 0 && left <= 0)
			return timed_out(timeout, argv[0]);
		if (poll(p, 2, timeout > 0 ? (int)left : -1) < 0 &&
		    errno != EINTR)
			return lost(strerror(errno));
		if (p[0].revents) {
			enum frame_type type;
			ssize_t len = frame_receive(sock, &type, data);
			uint32_t code;

			if (len < 0)
				return lost("the director was lost");
			switch (type) {
			case FRAME_STDOUT:
			case FRAME_STDERR:
				if (write_all(type == FRAME_STDOUT ? 1 : 2,
					      data, (size_t)len))
					return EXIT_LOST;
				break;
			case FRAME_EXIT:
				memcpy(&code, data, sizeof(code));
				return (int)ntohl(code);
			default:
				return lost("the director sent nonsense");
			}
		}
		if (p[1].revents) {
			ssize_t n = read(0, data, sizeof(data));

			reading = n > 0;
			if (frame_send(sock, n > 0 ? FRAME_STDIN
						   : FRAME_STDIN_END,
				       data, n > 0 ? (size_t)n : 0))
				reading = false;
		}
	}
}

static int usage(void)
{
	fputs("usage: agent serve ADDRESS PORT\n"
	      "       agent exec [-t SECONDS] [-p] ADDRESS PORT COMMAND [ARGUMENT...]\n",
	      stderr);
	return 2;
}

int main(int argc, char **argv)
{
	double timeout = 0;
	bool pty = false;
	int opt;

	if (argc == 4 && !strcmp(argv[1], "serve"))
		return serve(argv[2], argv[3]);
	if (argc < 2 || strcmp(argv[1], "exec"))
		return usage();
	optind = 2;
	while ((opt = getopt(argc, argv, "+t:p")) != -1) {
		switch (opt) {
		case 't':
			timeout = atof(optarg);
			break;
		case 'p':
			pty = true;
			break;
		default:
			return usage();
		}
	}
	if (argc - optind < 3)
		return usage();
	return run(argv[optind], argv[optind + 1], timeout, pty,
		   argv + optind + 2);
}
