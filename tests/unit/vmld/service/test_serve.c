/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The daemon with its socket, a scripted hypervisor and a kernel of ours. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cmocka.h>

#include "daemon_fixture.h"
#include "fake_kernel.h"
#include "serve/listen.h"
#include "serve/server.h"

static struct fake_kernel kernel;
static struct server *server;

static void write_config(const struct daemon_fixture *f, const char *more)
{
	fixture_write(f, "conf",
		      "poll-interval = 0.1\nsocket = \"%1$s/sock\"\n"
		      "state-directory = \"%1$s/state\"\n"
		      "hypervisor hv1 { uri = \"script://%1$s/script\" }\n"
		      "service web { address = 10.0.0.100 port = 80\n"
		      " members \"web-*\" { } }\n%2$s",
		      f->directory, more);
}

static void start(struct daemon_fixture *f)
{
	fixture_start(f);
	assert_int_equal(server_new(daemon_config(f->daemon)->socket, f->event,
				    f->daemon, &f->log, &server), 0);
}

static void stop_daemon(struct daemon_fixture *f)
{
	server = server_free(server);
	fixture_stop(f);
}

static int set_up(void **state)
{
	struct daemon_fixture *f = calloc(1, sizeof(*f));

	fixture_open(f);
	fake_kernel_init(&kernel);
	fake_kernel_add(&kernel, "10.0.0.1:80", 10);
	fake_kernel_add(&kernel, "10.0.0.2:80", 10);
	fixture_write(f, "script",
		      "host hv1\n"
		      "vm web-1 hv1 address 10.0.0.1 vcpus 1 state running boot 1\n"
		      "vm web-2 hv1 address 10.0.0.2 vcpus 1 state running boot 1\n");
	write_config(f, "");
	start(f);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct daemon_fixture *f = *state;

	stop_daemon(f);
	fixture_close(f);
	free(f);
	return 0;
}

static int dial(const struct daemon_fixture *f)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/sock",
		 f->directory);
	assert_int_equal(connect(fd, (struct sockaddr *)&address,
				 sizeof(address)), 0);
	return fd;
}

/* Send a request as it is, and take the whole answer. */
static char *converse(struct daemon_fixture *f, const char *request)
{
	uint64_t deadline = now_ns() + FIXTURE_PATIENCE_NS;
	size_t capacity = 65536, length = 0;
	char *answer = calloc(1, capacity);
	int fd = dial(f);

	assert_int_equal(write(fd, request, strlen(request)),
			 strlen(request));
	for (;;) {
		ssize_t n = read(fd, answer + length, capacity - 1 - length);

		if (n == 0)
			break;
		if (n > 0) {
			length += (size_t)n;
			continue;
		}
		assert_int_equal(errno, EAGAIN);
		assert_true(now_ns() < deadline);
		assert_true(sd_event_run(f->event, 10000) >= 0);
	}
	close(fd);
	answer[length] = '\0';
	return answer;
}

/* The status; the body is for the caller to json_decref(). */
static int ask_with(struct daemon_fixture *f, const char *method, const char *path,
		    const char *text, json_t **ret_body)
{
	char request[16384], *answer, *body;
	int status;

	snprintf(request, sizeof(request),
		 "%s %s HTTP/1.1\r\nHost: vmld\r\nConnection: close\r\n"
		 "Content-Length: %zu\r\n\r\n%s",
		 method, path, strlen(text), text);
	answer = converse(f, request);
	assert_int_equal(sscanf(answer, "HTTP/1.1 %d", &status), 1);
	assert_non_null(strstr(answer, "Content-Type: application/json\r\n"));
	body = strstr(answer, "\r\n\r\n");
	assert_non_null(body);
	*ret_body = json_loads(body, 0, NULL);
	assert_non_null(*ret_body);
	free(answer);
	return status;
}

static int ask(struct daemon_fixture *f, const char *method, const char *path,
	       json_t **ret_body)
{
	return ask_with(f, method, path, "", ret_body);
}

static void assert_error(struct daemon_fixture *f, const char *method,
			 const char *path, int status, const char *error)
{
	json_t *body;

	assert_int_equal(ask(f, method, path, &body), status);
	assert_string_equal(json_string_value(json_object_get(body, "error")),
			    error);
	json_decref(body);
}

static bool is_known(const struct daemon_fixture *f)
{
	const struct service *service = daemon_service(f->daemon, 0);

	return service_n_members(service) == 2 &&
	       service_member(service, 1, daemon_drains(f->daemon)).uuid;
}

static void status_shows_everything(void **state)
{
	struct daemon_fixture *f = *state;
	const char *name, *key, *mode, *member, *domain, *uuid, *vm_state;
	json_t *body, *hypervisor, *service, *first;
	int pid, weight, scale, drained;

	wait_for(f, is_known(f));
	assert_int_equal(ask(f, "GET", "/v1/status", &body), 200);
	assert_int_equal(json_unpack(body, "{s:i, s:[o], s:[o], s:[]}", "pid",
				     &pid, "hypervisors", &hypervisor,
				     "services", &service, "drains"), 0);
	assert_int_equal(pid, getpid());
	assert_string_equal(json_string_value(
		json_object_get(hypervisor, "state")), "connected");
	assert_true(json_is_null(json_object_get(hypervisor, "error")));
	assert_int_equal(json_integer_value(
		json_object_get(hypervisor, "domains")), 2);
	assert_int_equal(json_unpack(service, "{s:s, s:s, s:s, s:[o, o]}",
				     "name", &name, "key", &key, "mode", &mode,
				     "members", &first, &(json_t *){ NULL }),
			 0);
	assert_string_equal(name, "web");
	assert_string_equal(key, "tcp 10.0.0.100:80");
	assert_string_equal(mode, "weights");
	assert_int_equal(json_unpack(first,
				     "{s:s, s:s, s:s, s:s, s:i, s:i, s:b}",
				     "destination", &member, "domain", &domain,
				     "uuid", &uuid, "vm_state", &vm_state,
				     "weight", &weight, "scale", &scale,
				     "drained", &drained), 0);
	assert_string_equal(member, "10.0.0.1:80");
	assert_string_equal(domain, "web-1");
	assert_string_equal(vm_state, "running");
	assert_int_equal(strlen(uuid), 36);
	assert_int_equal(weight, 10);
	assert_int_equal(scale, VML_SCALE_ONE);
	assert_false(drained);
	json_decref(body);
}

static void words_of_others_need_not_be_utf8(void **state)
{
	struct daemon_fixture *f = *state;
	_cleanup_free_ char *path = fixture_path(f, "caf\xe9");
	const char *error, *record;
	json_t *body;

	stop_daemon(f);
	f->options.record = path;
	fixture_write(f, "script", "host hv1\nat 0 lost hv1 \"caf\xe9\"\n");
	start(f);
	wait_for(f, source_error(daemon_source(f->daemon, 0)));
	assert_int_equal(ask(f, "GET", "/v1/status", &body), 200);
	assert_int_equal(json_unpack(body, "{s:s, s:[{s:s}]}", "record",
				     &record, "hypervisors", "error", &error),
			 0);
	assert_string_equal(error, "caf\xef\xbf\xbd");
	assert_non_null(strstr(record, "/caf\xef\xbf\xbd"));
	json_decref(body);
}

static void a_drain_is_in_force_and_outlives_the_daemon(void **state)
{
	struct daemon_fixture *f = *state;
	const char *domain;
	json_t *body;
	int drained, members;

	wait_for(f, is_known(f));
	assert_int_equal(ask(f, "PUT", "/v1/drains/web-2", &body), 200);
	assert_int_equal(json_unpack(body, "{s:s, s:b, s:i}", "domain",
				     &domain, "drained", &drained, "members",
				     &members), 0);
	assert_string_equal(domain, "web-2");
	assert_true(drained);
	assert_int_equal(members, 1);
	json_decref(body);
	wait_for(f, fake_kernel_find(&kernel, "10.0.0.2:80")->scale == 0);

	stop_daemon(f);
	fake_kernel_find(&kernel, "10.0.0.2:80")->scale = VML_SCALE_ONE;
	start(f);
	wait_for(f, fake_kernel_find(&kernel, "10.0.0.2:80")->scale == 0);
	assert_int_equal(ask(f, "DELETE", "/v1/drains/web-2", &body), 200);
	json_decref(body);
	wait_for(f, fake_kernel_find(&kernel, "10.0.0.2:80")->scale ==
		    VML_SCALE_ONE);
}

static void a_domain_that_is_gone_can_be_undrained(void **state)
{
	struct daemon_fixture *f = *state;
	json_t *body;

	wait_for(f, is_known(f));
	assert_int_equal(ask(f, "PUT", "/v1/drains/web-1", &body), 200);
	json_decref(body);
	fake_kernel_remove(&kernel, "10.0.0.1:80");
	wait_for(f, service_n_members(daemon_service(f->daemon, 0)) == 1);
	assert_int_equal(ask(f, "DELETE", "/v1/drains/web-1", &body), 200);
	json_decref(body);
}

static void what_is_not_there_is_said(void **state)
{
	struct daemon_fixture *f = *state;

	assert_error(f, "PUT", "/v1/drains/db%20%221%22", 404,
		     "no member is backed by a domain named \"db \"1\"\"");
	assert_error(f, "DELETE", "/v1/drains/web-1", 404,
		     "domain \"web-1\" is not drained");
	assert_error(f, "GET", "/v2/status", 404,
		     "there is nothing at /v2/status");
	assert_error(f, "PUT", "/v1/drains/", 404,
		     "there is nothing at /v1/drains/");
	assert_error(f, "PUT", "/v1/drains/%ff", 400, "the path is not UTF-8");
	assert_error(f, "G\xff", "/v1/status", 405,
		     "G\xef\xbf\xbd can't be done here, but GET can");
	assert_error(f, "POST", "/v1/status", 405,
		     "POST can't be done here, but GET can");
	assert_error(f, "GET", "/v1/reload", 405,
		     "GET can't be done here, but POST can");
}

static void operations_are_begun_asked_for_and_cancelled(void **state)
{
	struct daemon_fixture *f = *state;
	json_t *body;
	int id;

	wait_for(f, is_known(f));
	fake_kernel_find(&kernel, "10.0.0.1:80")->active_connections = 1;
	assert_int_equal(ask_with(f, "POST", "/v1/operations",
				  "{\"kind\": \"snapshot\", \"domain\": \"web-1\"}",
				  &body), 201);
	assert_int_equal(json_unpack(body, "{s:i}", "id", &id), 0);
	assert_int_equal(id, 1);
	json_decref(body);
	wait_for(f, fake_kernel_find(&kernel, "10.0.0.1:80")->scale == 0);
	assert_int_equal(ask(f, "GET", "/v1/operations/1", &body), 200);
	assert_string_equal(json_string_value(json_object_get(body, "state")),
			    "running");
	json_decref(body);
	assert_int_equal(ask(f, "GET", "/v1/operations", &body), 200);
	assert_int_equal(json_array_size(json_object_get(body, "operations")),
			 1);
	json_decref(body);
	assert_int_equal(ask(f, "DELETE", "/v1/operations/1", &body), 200);
	json_decref(body);
	wait_for(f, fake_kernel_find(&kernel, "10.0.0.1:80")->scale ==
		    VML_SCALE_ONE);
	assert_int_equal(ask(f, "GET", "/v1/operations/1", &body), 200);
	assert_string_equal(json_string_value(json_object_get(body, "state")),
			    "cancelled");
	json_decref(body);
}

static void bad_operations_are_refused(void **state)
{
	static const struct {
		const char *text;
		int status;
		const char *error;
	} cases[] = {
		{ "", 400, "what came with the request is no JSON object" },
		{ "[]", 400, "what came with the request is no JSON object" },
		{ "{}", 400, "\"kind\" is missing" },
		{ "{\"kind\": \"x\"}", 400,
		  "\"kind\" is neither snapshot nor evacuation" },
		{ "{\"kind\": \"snapshot\"}", 400,
		  "a snapshot takes either a domain or a service" },
		{ "{\"kind\": \"snapshot\", \"domain\": \"web-1\", \"service\": \"web\"}",
		  400, "a snapshot takes either a domain or a service" },
		{ "{\"kind\": \"snapshot\", \"domain\": 1}", 400,
		  "\"domain\" is no text" },
		{ "{\"kind\": \"snapshot\", \"domain\": \"web-1\", \"to\": \"hv1\"}",
		  400, "a snapshot takes no host" },
		{ "{\"kind\": \"snapshot\", \"domain\": \"web-1\", \"deadline\": -1}",
		  400, "\"deadline\" is no number of seconds, from 0 to 86400" },
		{ "{\"kind\": \"snapshot\", \"domain\": \"web-1\", \"snapshot\": \"x\"}",
		  400, "\"snapshot\" is neither disk nor internal" },
		{ "{\"kind\": \"snapshot\", \"domain\": \"web-1\", \"colour\": 1}",
		  400, "\"colour\" is not known, or no such value" },
		{ "{\"kind\": \"evacuation\"}", 400, "\"host\" is missing" },
		{ "{\"kind\": \"evacuation\", \"host\": \"hv1\", \"name\": \"x\"}",
		  400, "an evacuation takes no domain, service or name" },
		{ "{\"kind\": \"evacuation\", \"host\": \"hv1\"}", 404,
		  "no other hypervisor is connected that could take the machines, and is not evacuated itself" },
		{ "{\"kind\": \"snapshot\", \"domain\": \"db\"}", 404,
		  "no member is backed by a domain named \"db\"" },
	};
	struct daemon_fixture *f = *state;
	char *large = calloc(1, 10000);
	json_t *body;

	wait_for(f, is_known(f));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(ask_with(f, "POST", "/v1/operations",
					  cases[i].text, &body),
				 cases[i].status);
		assert_string_equal(json_string_value(
			json_object_get(body, "error")), cases[i].error);
		json_decref(body);
	}
	/* One that is good but for its length. */
	memset(large, ' ', 9000);
	strcat(large, "{\"kind\": \"snapshot\", \"domain\": \"web-1\"}");
	assert_int_equal(ask_with(f, "POST", "/v1/operations", large, &body), 400);
	json_decref(body);
	free(large);
	assert_error(f, "GET", "/v1/operations/1", 404,
		     "there is no such operation");
	assert_error(f, "DELETE", "/v1/operations/-1", 404,
		     "there is no such operation");
	assert_error(f, "PUT", "/v1/operations/1", 405,
		     "PUT can't be done here, but GET, DELETE can");
	assert_error(f, "DELETE", "/v1/operations", 405,
		     "DELETE can't be done here, but GET, POST can");
}

static void a_bad_configuration_changes_nothing(void **state)
{
	struct daemon_fixture *f = *state;
	char expected[256];

	wait_for(f, is_known(f));
	write_config(f, "lease = -1\ncolour = red\n");
	snprintf(expected, sizeof(expected),
		 "%s/conf:7: lease \"-1\" is negative: from 1 to 86400 seconds\n"
		 "%s/conf:8: unknown option \"colour\"\n",
		 f->directory, f->directory);
	assert_error(f, "POST", "/v1/reload", 422, expected);
	assert_int_equal(daemon_config(f->daemon)->lease_ms, 10000);
	assert_true(is_known(f));

	write_config(f, "lease = 3\nsink = ipvs");
	snprintf(expected, sizeof(expected),
		 "%s/conf:8: sink can't change in a reload: restart vmld\n",
		 f->directory);
	assert_error(f, "POST", "/v1/reload", 422, expected);
}

static void a_good_configuration_takes_effect(void **state)
{
	struct daemon_fixture *f = *state;
	json_t *body;

	wait_for(f, is_known(f));
	write_config(f, "lease = 3\nservice api { fwmark = 1 members \"*\" { } }\n"
			"hypervisor hv2 { uri = \"test:///default\" }\n");
	assert_int_equal(ask(f, "POST", "/v1/reload", &body), 200);
	json_decref(body);
	assert_int_equal(daemon_config(f->daemon)->lease_ms, 3000);
	assert_int_equal(daemon_n_services(f->daemon), 2);
	assert_int_equal(daemon_n_hypervisors(f->daemon), 2);
	/* The same as before, and not one that has to learn everything. */
	assert_true(is_known(f));

	write_config(f, "");
	assert_int_equal(kernel.restores, 0);
	assert_int_equal(ask(f, "POST", "/v1/reload", &body), 200);
	json_decref(body);
	assert_int_equal(daemon_n_services(f->daemon), 1);
	assert_int_equal(kernel.restores, 1);
}

/* As after a restart: nobody watches it. */
static void machines_of_a_hypervisor_that_is_configured_no_more_are_unknown(
	void **state)
{
	struct daemon_fixture *f = *state;
	json_t *body;
	char hv2[128];

	stop_daemon(f);
	fixture_write(f, "script",
		      "host hv1\nhost hv2\n"
		      "vm web-1 hv1 address 10.0.0.1 vcpus 1 state running boot 1\n"
		      "vm web-2 hv2 address 10.0.0.2 vcpus 1 state shutoff boot 1\n");
	snprintf(hv2, sizeof(hv2),
		 "hypervisor hv2 { uri = \"script://%s/script\" }\n",
		 f->directory);
	write_config(f, hv2);
	start(f);
	wait_for(f, is_known(f) && kernel.destinations[1].scale == 0);
	write_config(f, "");
	assert_int_equal(ask(f, "POST", "/v1/reload", &body), 200);
	json_decref(body);
	wait_for(f, kernel.destinations[1].scale == VML_SCALE_ONE);
	assert_false(is_known(f));
}

static void nonsense_and_silence_hurt_nobody(void **state)
{
	static const char *const requests[] = {
		"\r\n\r\n",
		"GET\r\n\r\n",
		"GET / HTTP/9.9\r\n\r\n",
		"\x16\x03\x01\x02\r\n\r\n",
		"POST /v1/reload HTTP/1.1\r\nContent-Length: x\r\n\r\n",
	};
	struct daemon_fixture *f = *state;
	int silent = dial(f);
	json_t *body;

	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		int fd = dial(f);

		assert_int_equal(write(fd, requests[i], strlen(requests[i])),
				 strlen(requests[i]));
		close(fd);
	}
	assert_int_equal(ask(f, "GET", "/v1/status", &body), 200);
	json_decref(body);
	close(silent);
}

static void a_body_is_taken_and_not_looked_at(void **state)
{
	struct daemon_fixture *f = *state;
	char *answer;

	answer = converse(f, "PUT /v1/drains/x HTTP/1.1\r\nHost: vmld\r\n"
			     "Connection: close\r\nContent-Length: 5\r\n\r\n"
			     "hello");
	assert_non_null(strstr(answer, "404"));
	free(answer);
}

static void only_one_daemon_has_the_state_and_the_socket(void **state)
{
	struct daemon_fixture *f = *state;
	struct daemon *second = NULL;
	char path[64];
	struct stat st;
	int fd;

	assert_int_equal(daemon_new(fixture_config(f), f->event, &f->log,
				    &f->options, &second), -EBUSY);
	snprintf(path, sizeof(path), "%s/sock", f->directory);
	assert_int_equal(listen_unix(path, &fd), -EADDRINUSE);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	/* It would be one of the abstract namespace, open to everybody. */
	assert_int_equal(listen_unix("", &fd), -EINVAL);
}

static void all_behind_a_scale_is_explained(void **state)
{
	static const char *const names[] = { "web-1", "10.0.0.1:80" };
	struct daemon_fixture *f = *state;
	const char *service, *destination, *domain, *decided, *layer, *text;
	json_t *body, *facts, *reasons, *events;
	int weight;

	wait_for(f, is_known(f));
	assert_int_equal(ask(f, "PUT", "/v1/drains/web-1", &body), 200);
	json_decref(body);
	wait_for(f, !service_member(daemon_service(f->daemon, 0), 0,
				    daemon_drains(f->daemon))
			     .destination->scale);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char path[64];

		snprintf(path, sizeof(path), "/v1/explain/%s", names[i]);
		assert_int_equal(ask(f, "GET", path, &body), 200);
		assert_int_equal(json_unpack(
			body, "{s:[{s:s, s:s, s:s, s:s, s:i, s:o, s:o, s:o}]}",
			"members", "service", &service, "destination",
			&destination, "domain", &domain, "decided_by",
			&decided, "weight", &weight, "facts", &facts,
			"reasons", &reasons, "events", &events), 0);
		assert_string_equal(service, "web");
		assert_string_equal(destination, "10.0.0.1:80");
		assert_string_equal(domain, "web-1");
		assert_string_equal(decided, "drain");
		assert_int_equal(weight, 10);
		assert_int_equal(json_unpack(facts, "[{s:s, s:s}]", "layer",
					     &layer, "text", &text), 0);
		assert_string_equal(layer, "administrator");
		assert_string_equal(text, "weight 10");
		assert_int_equal(json_unpack(reasons, "[{s:s}]", "advice",
					     &text), 0);
		assert_string_equal(text, "end the drain with vmlctl undrain");
		assert_true(json_is_array(events));
		json_decref(body);
	}
	assert_error(f, "GET", "/v1/explain/web-9", 404,
		     "\"web-9\" is no destination, and no domain behind one");
	assert_error(f, "POST", "/v1/explain/web-1", 405,
		     "POST can't be done here, but GET can");
}

static void a_shadow_explains_and_changes_nothing(void **state)
{
	struct daemon_fixture *f = *state;
	const struct daemon_options beside = {
		.shadow = true,
		.socket = "/does/not/exist/sock",
	};
	struct daemon *second = NULL;
	char drains[64];
	struct stat st;
	json_t *body;

	/* One can run beside the one that balances. */
	assert_int_equal(daemon_new(fixture_config(f), f->event, &f->log,
				    &beside, &second), 0);
	assert_string_equal(daemon_config(second)->socket, beside.socket);
	daemon_free(second);
	stop_daemon(f);

	fixture_write(f, "script",
		   "host hv1\n"
		   "vm web-1 hv1 address 10.0.0.1 state shutoff\n"
		   "vm web-2 hv1 address 10.0.0.2\n");
	f->options.shadow = true;
	kernel.pushes = 0;
	start(f);
	wait_for(f, is_known(f) &&
		    !service_member(daemon_service(f->daemon, 0), 0,
				    daemon_drains(f->daemon))
			     .destination->scale);
	assert_int_equal(ask(f, "GET", "/v1/status", &body), 200);
	assert_true(json_is_true(json_object_get(body, "shadow")));
	json_decref(body);
	assert_error(f, "PUT", "/v1/drains/web-2", 409,
		     "this vmld is a shadow, and changes nothing");
	kernel.restores = 0;
	daemon_restore(f->daemon);
	assert_int_equal(kernel.pushes, 0);
	assert_int_equal(kernel.restores, 0);
	assert_int_equal(fake_kernel_find(&kernel, "10.0.0.1:80")->scale,
			 VML_SCALE_ONE);
	snprintf(drains, sizeof(drains), "%s/state/drains.json", f->directory);
	assert_int_equal(stat(drains, &st), -1);
}

static void what_a_dead_daemon_left_is_replaced(void **state)
{
	char directory[] = "/tmp/vmld-listen-XXXXXX", path[64];
	struct stat st;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/sock", directory);
	assert_int_equal(listen_unix(path, &fd), 0);
	close(fd);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(listen_unix(path, &fd), 0);
	close(fd);
	unlink(path);

	/* But nothing else is. */
	fd = creat(path, 0600);
	close(fd);
	assert_int_equal(listen_unix(path, &fd), -ENOTSOCK);
	assert_int_equal(stat(path, &st), 0);
	unlink(path);
	assert_int_equal(rmdir(directory), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(status_shows_everything),
		TEST(words_of_others_need_not_be_utf8),
		TEST(a_drain_is_in_force_and_outlives_the_daemon),
		TEST(a_domain_that_is_gone_can_be_undrained),
		TEST(what_is_not_there_is_said),
		TEST(operations_are_begun_asked_for_and_cancelled),
		TEST(bad_operations_are_refused),
		TEST(a_bad_configuration_changes_nothing),
		TEST(a_good_configuration_takes_effect),
		TEST(machines_of_a_hypervisor_that_is_configured_no_more_are_unknown),
		TEST(nonsense_and_silence_hurt_nobody),
		TEST(a_body_is_taken_and_not_looked_at),
		TEST(only_one_daemon_has_the_state_and_the_socket),
		TEST(all_behind_a_scale_is_explained),
		TEST(a_shadow_explains_and_changes_nothing),
		cmocka_unit_test(what_a_dead_daemon_left_is_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
