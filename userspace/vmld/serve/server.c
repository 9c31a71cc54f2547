/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libgen.h>
#include <microhttpd.h>
#include <string.h>

#include "serve/api.h"
#include "serve/listen.h"
#include "serve/server.h"
#include "state_file.h"

#define MAX_CONNECTIONS 64u
/* The longest body that any request needs, and more. */
#define REQUEST_MAX 8192u
/* For which a client may say nothing. */
#define TIMEOUT_S 10u

struct server {
	char *path;
	struct daemon *daemon;
	struct MHD_Daemon *http;
	sd_event_source *io;
	sd_event_source *timer;
};

static enum MHD_Result reply(struct MHD_Connection *connection,
			     unsigned int status, const char *allow,
			     char *text)
{
	struct MHD_Response *response;
	enum MHD_Result result;

	response = MHD_create_response_from_buffer(strlen(text), text,
						   MHD_RESPMEM_MUST_FREE);
	if (!response) {
		free(text);
		return MHD_NO;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
				"application/json");
	if (allow)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, allow);
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

/* One that is being received. */
struct request {
	size_t size;
	bool too_large;
	char text[REQUEST_MAX + 1];
};

static void take_upload(struct request *request, const char *data, size_t size)
{
	if (size > REQUEST_MAX - request->size) {
		request->too_large = true;
		return;
	}
	memcpy(request->text + request->size, data, size);
	request->size += size;
}

static void on_completed(_unused_ void *userdata,
			 _unused_ struct MHD_Connection *connection,
			 void **state,
			 _unused_ enum MHD_RequestTerminationCode code)
{
	free(*state);
	*state = NULL;
}

static enum MHD_Result on_request(void *userdata,
				  struct MHD_Connection *connection,
				  const char *url, const char *method,
				  const char *version, const char *upload,
				  size_t *upload_size, void **state)
{
	struct server *server = userdata;
	struct request *request = *state;
	_cleanup_(json_decrefp) json_t *body = NULL;
	const char *allow = NULL;
	unsigned int status;
	char *text;

	(void)version;
	/* First the headers alone, then what follows. */
	if (!request) {
		*state = calloc(1, sizeof(*request));
		return *state ? MHD_YES : MHD_NO;
	}
	if (*upload_size) {
		take_upload(request, upload, *upload_size);
		*upload_size = 0;
		return MHD_YES;
	}
	/* What is cut off is no JSON, and refused by whoever reads it. */
	status = api_answer(server->daemon, method, url,
			    request->too_large ? "" : request->text, &body,
			    &allow);
	text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	/* Out of memory: the client sees the connection end. */
	return text ? reply(connection, status, allow, text) : MHD_NO;
}

static void run(struct server *server)
{
	MHD_UNSIGNED_LONG_LONG ms;

	MHD_run(server->http);
	if (MHD_get_timeout(server->http, &ms) != MHD_YES) {
		sd_event_source_set_enabled(server->timer, SD_EVENT_OFF);
		return;
	}
	sd_event_source_set_time_relative(server->timer, ms * 1000);
	sd_event_source_set_enabled(server->timer, SD_EVENT_ONESHOT);
}

static int on_io(sd_event_source *source, int fd, uint32_t events,
		 void *userdata)
{
	(void)source;
	(void)fd;
	(void)events;
	run(userdata);
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	run(userdata);
	return 0;
}

static int start(struct server *server, sd_event *event)
{
	const union MHD_DaemonInfo *info;
	int fd, r;

	r = listen_unix(server->path, &fd);
	if (r < 0)
		return r;
	/* libmicrohttpd closes the descriptor, also when it fails. */
	server->http = MHD_start_daemon(
		MHD_USE_EPOLL, 0, NULL, NULL, on_request, server,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
		MAX_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_S,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
		MHD_OPTION_END);
	if (!server->http) {
		unlink(server->path);
		return -ENOMEM;
	}
	info = MHD_get_daemon_info(server->http, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info)
		return -EOPNOTSUPP;
	r = sd_event_add_io(event, &server->io, info->epoll_fd, EPOLLIN, on_io,
			    server);
	if (r < 0)
		return r;
	r = sd_event_add_time(event, &server->timer, CLOCK_MONOTONIC, 0, 0,
			      on_timer, server);
	return r < 0 ? r : 0;
}

int server_new(const char *path, sd_event *event, struct daemon *daemon,
	       const struct log *log, struct server **ret_server)
{
	_cleanup_(server_freep) struct server *server = NULL;
	_cleanup_free_ char *directory = strdup(path);
	int r;

	server = calloc(1, sizeof(*server));
	if (!server || !directory)
		return -ENOMEM;
	server->daemon = daemon;
	server->path = strdup(path);
	if (!server->path)
		return -ENOMEM;
	r = state_directory_make(dirname(directory));
	if (r == 0)
		r = start(server, event);
	if (r == -EADDRINUSE)
		log_error(log, "another vmld listens at %s", path);
	else if (r < 0)
		log_error(log, "can't listen at %s: %s", path, strerror(-r));
	if (r < 0)
		return r;
	*ret_server = TAKE_PTR(server);
	return 0;
}

struct server *server_free(struct server *server)
{
	if (!server)
		return NULL;
	sd_event_source_disable_unref(server->io);
	sd_event_source_disable_unref(server->timer);
	if (server->http) {
		MHD_stop_daemon(server->http);
		unlink(server->path);
	}
	free(server->path);
	free(server);
	return NULL;
}

void server_freep(struct server **server)
{
	server_free(*server);
}
