/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "health/probe.h"
#include "util.h"

/* What a server that passes may have to say; after it nobody listens. */
#define MAX_BODY (64 * 1024)

#define MAX_URL 2048

struct probes {
	sd_event *loop;
	CURLM *multi;
	int epoll;		/* of libcurl's sockets */
	sd_event_source *io;
	sd_event_source *timer;
	size_t n_running;
	size_t n_waiting;
	struct probe *first;	/* of those that wait */
	struct probe *last;
};

struct probe {
	struct probes *probes;
	const struct health_config *config;
	struct vml_destination_key destination;
	probe_done_t done;
	void *userdata;
	CURL *easy;		/* NULL: it waits */
	struct curl_slist *headers;
	size_t received;
	bool is_deaf;		/* nobody tells it when its socket is ready */
	int socket_error;	/* an errno: why it has none; 0: it may have one */
	struct probe *next;
	struct probe *previous;
};

static void append(struct probes *probes, struct probe *probe)
{
	probe->previous = probes->last;
	*(probes->last ? &probes->last->next : &probes->first) = probe;
	probes->last = probe;
	probes->n_waiting++;
}

static void take_out(struct probes *probes, struct probe *probe)
{
	*(probe->previous ? &probe->previous->next : &probes->first) =
		probe->next;
	*(probe->next ? &probe->next->previous : &probes->last) =
		probe->previous;
	probe->next = probe->previous = NULL;
	probes->n_waiting--;
}

static size_t on_body(_unused_ char *data, size_t size, size_t n,
		      void *userdata)
{
	struct probe *probe = userdata;

	probe->received += size * n;
	return probe->received > MAX_BODY ? 0 : size * n;
}

/* libcurl itself would not tell why there is none. */
static curl_socket_t on_open(void *userdata, _unused_ curlsocktype purpose,
			     struct curl_sockaddr *address)
{
	struct probe *probe = userdata;
	int fd = socket(address->family, address->socktype | SOCK_CLOEXEC,
			address->protocol);

	probe->socket_error = fd < 0 ? errno : 0;
	return fd < 0 ? CURL_SOCKET_BAD : fd;
}

static void format_url(const struct probe *probe, char url[static MAX_URL])
{
	const struct vml_destination_key *key = &probe->destination;
	const struct health_config *config = probe->config;
	unsigned int port = config->port ? config->port : key->port;
	bool is_v6 = key->family == AF_INET6;
	char address[INET6_ADDRSTRLEN];

	inet_ntop(key->family, &key->address, address, sizeof(address));
	snprintf(url, MAX_URL, "http://%s%s%s:%u%s", is_v6 ? "[" : "", address,
		 is_v6 ? "]" : "", port,
		 config->type == HEALTH_HTTP ? config->path : "/");
}

static int set_http(struct probe *probe)
{
	const char *host = probe->config->virtualhost;
	_cleanup_free_ char *header = NULL;

	curl_easy_setopt(probe->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(probe->easy, CURLOPT_WRITEDATA, probe);
	curl_easy_setopt(probe->easy, CURLOPT_HTTP_VERSION,
			 (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(probe->easy, CURLOPT_PATH_AS_IS, 1L);
	if (!host)
		return 0;
	if (asprintf(&header, "Host: %s", host) < 0) {
		header = NULL;
		return -ENOMEM;
	}
	probe->headers = curl_slist_append(NULL, header);
	if (!probe->headers)
		return -ENOMEM;
	curl_easy_setopt(probe->easy, CURLOPT_HTTPHEADER, probe->headers);
	return 0;
}

/* To the member itself: nothing of the environment has a say in it. */
static int set_up(struct probe *probe)
{
	long timeout_ms = (long)(probe->config->connect_timeout_ns /
				 NSEC_PER_MSEC);
	char url[MAX_URL];

	format_url(probe, url);
	if (curl_easy_setopt(probe->easy, CURLOPT_URL, url) != CURLE_OK ||
	    curl_easy_setopt(probe->easy, CURLOPT_PROXY, "") != CURLE_OK ||
	    curl_easy_setopt(probe->easy, CURLOPT_USERAGENT,
			     "vmld/" VML_VERSION) != CURLE_OK)
		return -ENOMEM;
	curl_easy_setopt(probe->easy, CURLOPT_PRIVATE, probe);
	curl_easy_setopt(probe->easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl_easy_setopt(probe->easy, CURLOPT_OPENSOCKETDATA, probe);
	curl_easy_setopt(probe->easy, CURLOPT_NOSIGNAL, 1L);
	/* Or it keeps all addresses, and goes through them for each. */
	curl_easy_setopt(probe->easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
	curl_easy_setopt(probe->easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(probe->easy, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(probe->easy, CURLOPT_TIMEOUT_MS, timeout_ms);
	curl_easy_setopt(probe->easy, CURLOPT_CONNECTTIMEOUT_MS, timeout_ms);
	if (probe->config->type == HEALTH_HTTP)
		return set_http(probe);
	curl_easy_setopt(probe->easy, CURLOPT_CONNECT_ONLY, 1L);
	return 0;
}

static void hang_up(struct probe *probe)
{
	if (!probe->easy)
		return;
	curl_multi_remove_handle(probe->probes->multi, probe->easy);
	curl_easy_cleanup(probe->easy);
	curl_slist_free_all(probe->headers);
	probe->easy = NULL;
	probe->headers = NULL;
	probe->probes->n_running--;
}

static int start(struct probe *probe)
{
	int r;

	probe->easy = curl_easy_init();
	if (!probe->easy)
		return -ENOMEM;
	probe->probes->n_running++;
	r = set_up(probe);
	if (r == 0 && curl_multi_add_handle(probe->probes->multi,
					    probe->easy) != CURLM_OK)
		r = -ENOMEM;
	if (r < 0)
		hang_up(probe);
	return r;
}

static void finish(struct probe *probe, const struct health_result *result)
{
	hang_up(probe);
	probe->done(result, probe->userdata);
	free(probe);
}

static void start_waiting(struct probes *probes)
{
	while (probes->first && probes->n_running < PROBES_AT_ONCE) {
		struct probe *probe = probes->first;

		take_out(probes, probe);
		if (start(probe) < 0)
			finish(probe, NULL);
	}
}

int probe_new(struct probes *probes, const struct health_config *config,
	      const struct vml_destination_key *destination, probe_done_t done,
	      void *userdata, struct probe **ret_probe)
{
	struct probe *probe = calloc(1, sizeof(*probe));
	int r;

	if (!probe)
		return -ENOMEM;
	*probe = (struct probe){
		.probes = probes,
		.config = config,
		.destination = *destination,
		.done = done,
		.userdata = userdata,
	};
	if (probes->n_running >= PROBES_AT_ONCE) {
		append(probes, probe);
	} else {
		r = start(probe);
		if (r < 0) {
			free(probe);
			return r;
		}
	}
	*ret_probe = probe;
	return 0;
}

struct probe *probe_cancel(struct probe *probe)
{
	struct probes *probes;

	if (!probe)
		return NULL;
	probes = probe->probes;
	if (probe->easy)
		hang_up(probe);
	else
		take_out(probes, probe);
	free(probe);
	start_waiting(probes);
	return NULL;
}

/* What ended a connection before it was one. */
static enum health_outcome connect_outcome(const struct probe *probe)
{
	long error = 0;

	curl_easy_getinfo(probe->easy, CURLINFO_OS_ERRNO, &error);
	switch (probe->socket_error ?: error) {
	case ECONNREFUSED:
		return HEALTH_REFUSED;
	case ETIMEDOUT:
		return HEALTH_TIMED_OUT;
	case ECONNRESET:
		return HEALTH_CLOSED;
	/* The fault is ours. */
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case ENOBUFS:
	case EADDRNOTAVAIL:
		return _HEALTH_OUTCOME_MAX;
	default:
		return HEALTH_UNREACHABLE;
	}
}

/* _HEALTH_OUTCOME_MAX: none, it could not be made. */
static struct health_result result_of(const struct probe *probe, CURLcode code)
{
	struct health_result result = { .outcome = HEALTH_PASSED };
	long status = 0;

	if (probe->is_deaf) {
		result.outcome = _HEALTH_OUTCOME_MAX;
		return result;
	}
	switch (code) {
	case CURLE_OK:
	case CURLE_WRITE_ERROR:		/* we have heard enough */
		break;
	case CURLE_COULDNT_CONNECT:
		result.outcome = connect_outcome(probe);
		return result;
	case CURLE_OPERATION_TIMEDOUT:
		result.outcome = HEALTH_TIMED_OUT;
		return result;
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		result.outcome = HEALTH_CLOSED;
		return result;
	case CURLE_OUT_OF_MEMORY:
	case CURLE_FAILED_INIT:
		result.outcome = _HEALTH_OUTCOME_MAX;
		return result;
	default:
		result.outcome = HEALTH_MALFORMED;
		return result;
	}
	if (probe->config->type != HEALTH_HTTP)
		return result;
	curl_easy_getinfo(probe->easy, CURLINFO_RESPONSE_CODE, &status);
	if (!health_config_accepts(probe->config, (unsigned int)status)) {
		result.outcome = HEALTH_STATUS;
		result.status = (unsigned int)status;
	}
	return result;
}

static void finish_ended(struct probes *probes)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(probes->multi, &left))) {
		struct health_result result;
		struct probe *probe;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
				  &probe);
		result = result_of(probe, message->data.result);
		finish(probe, result.outcome == _HEALTH_OUTCOME_MAX ? NULL :
								      &result);
	}
	start_waiting(probes);
}

static int actions_of(uint32_t events)
{
	return (events & EPOLLIN ? CURL_CSELECT_IN : 0) |
	       (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
	       (events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
}

/*
 * All that is ready, since the event loop would look at all of it again after
 * each. One by one, since libcurl may have closed what was ready before.
 */
static int on_io(_unused_ sd_event_source *source, _unused_ int fd,
		 _unused_ uint32_t revents, void *userdata)
{
	struct probes *probes = userdata;
	int most = PROBES_AT_ONCE, running;
	struct epoll_event event;

	while (most-- && epoll_wait(probes->epoll, &event, 1, 0) == 1)
		curl_multi_socket_action(probes->multi, event.data.fd,
					 actions_of(event.events), &running);
	finish_ended(probes);
	return 0;
}

static int on_timer(_unused_ sd_event_source *source, _unused_ uint64_t usec,
		    void *userdata)
{
	struct probes *probes = userdata;
	int running;

	curl_multi_socket_action(probes->multi, CURL_SOCKET_TIMEOUT, 0,
				 &running);
	finish_ended(probes);
	return 0;
}

/*
 * libcurl's wishes: what to wait for at a socket, and until when. An error here
 * would end all probes, and all that are to come.
 */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *userdata,
		     void *assigned)
{
	struct probes *probes = userdata;
	struct probe *probe = NULL;
	struct epoll_event event = {
		.events = (what & CURL_POLL_IN ? EPOLLIN : 0) |
			  (what & CURL_POLL_OUT ? EPOLLOUT : 0),
		.data.fd = fd,
	};

	if (what == CURL_POLL_REMOVE) {
		epoll_ctl(probes->epoll, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	if (epoll_ctl(probes->epoll, assigned ? EPOLL_CTL_MOD : EPOLL_CTL_ADD,
		      fd, &event) < 0) {
		curl_easy_getinfo(easy, CURLINFO_PRIVATE, &probe);
		/* New releases have a socket of their own, of no probe. */
		if (probe)
			probe->is_deaf = true;
		return 0;
	}
	curl_multi_assign(probes->multi, fd, probes);
	return 0;
}

static int on_timeout_wanted(_unused_ CURLM *multi, long ms, void *userdata)
{
	struct probes *probes = userdata;

	if (ms < 0) {
		sd_event_source_set_enabled(probes->timer, SD_EVENT_OFF);
		return 0;
	}
	sd_event_source_set_time_relative(probes->timer, (uint64_t)ms * 1000);
	sd_event_source_set_enabled(probes->timer, SD_EVENT_ONESHOT);
	return 0;
}

int probes_new(sd_event *loop, struct probes **ret_probes)
{
	_cleanup_(probes_freep) struct probes *probes = NULL;
	int r;

	if (curl_global_init(CURL_GLOBAL_NOTHING) != CURLE_OK)
		return -ENOMEM;
	probes = calloc(1, sizeof(*probes));
	if (!probes) {
		curl_global_cleanup();
		return -ENOMEM;
	}
	probes->epoll = -1;
	probes->loop = sd_event_ref(loop);
	probes->multi = curl_multi_init();
	if (!probes->multi)
		return -ENOMEM;
	probes->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (probes->epoll < 0)
		return -errno;
	r = sd_event_add_io(loop, &probes->io, probes->epoll, EPOLLIN, on_io,
			    probes);
	if (r < 0)
		return r;
	r = sd_event_add_time(loop, &probes->timer, CLOCK_MONOTONIC, 0, 1000,
			      on_timer, probes);
	if (r >= 0)
		r = sd_event_source_set_enabled(probes->timer, SD_EVENT_OFF);
	if (r < 0)
		return r;
	curl_multi_setopt(probes->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(probes->multi, CURLMOPT_SOCKETDATA, probes);
	curl_multi_setopt(probes->multi, CURLMOPT_TIMERFUNCTION,
			  on_timeout_wanted);
	curl_multi_setopt(probes->multi, CURLMOPT_TIMERDATA, probes);
	*ret_probes = TAKE_PTR(probes);
	return 0;
}

struct probes *probes_free(struct probes *probes)
{
	if (!probes)
		return NULL;
	if (probes->multi)
		curl_multi_cleanup(probes->multi);
	sd_event_source_disable_unref(probes->timer);
	sd_event_source_disable_unref(probes->io);
	if (probes->epoll >= 0)
		close(probes->epoll);
	sd_event_unref(probes->loop);
	free(probes);
	curl_global_cleanup();
	return NULL;
}

void probes_freep(struct probes **probes)
{
	probes_free(*probes);
}

sd_event *probes_loop(const struct probes *probes)
{
	return probes->loop;
}

size_t probes_n_running(const struct probes *probes)
{
	return probes->n_running;
}

size_t probes_n_waiting(const struct probes *probes)
{
	return probes->n_waiting;
}
