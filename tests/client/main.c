/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvml and the module, through all that happens to a client of it. */
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "fixture.h"

#define MANY 10000
#define FEW 1000

/* Long enough for what is on its way, in a kernel full of checkers. */
#define QUIET_MS 300

#define MODULE_UNLOAD "ipvsadm -C && rmmod ip_vs_vml"

static void assert_error_says(const char *text)
{
	if (!strstr(vml_client_error(client), text))
		fail_msg("\"%s\" does not say \"%s\"",
			 vml_client_error(client), text);
}

static void many_scales_are_set_at_once(_unused_ void **state)
{
	const struct vml_commit commit = { .lease_ms = 600000 };
	_cleanup_free_ struct vml_destination *destinations = NULL;
	_cleanup_free_ struct vml_scale *scales = scales_new(MANY);
	struct vml_service read;
	uint32_t generation;
	size_t n;

	destinations_add(0, MANY);
	assert_int_equal(vml_scale_set(client, &service, scales, MANY, &commit,
				       &generation), 0);
	assert_int_equal(generation, 1);
	assert_int_equal(vml_service_get(client, &service, &read), 0);
	assert_int_equal(read.destinations, MANY);
	assert_int_equal(read.generation, 1);
	assert_true(read.has_lease);
	assert_true(read.lease_ms >= 500000 && read.lease_ms <= 600000);
	assert_int_equal(vml_destination_dump(client, &service, &destinations,
					      &n), 0);
	assert_int_equal(n, MANY);
	for (size_t i = 0; i < n; i++) {
		struct vml_destination_key key = destination_number(i);

		assert_int_equal(vml_destination_key_compare(
					 &destinations[i].key, &key), 0);
		assert_int_equal(destinations[i].scale, i);
		assert_int_equal(destinations[i].effective_weight, 100 * i);
	}
}

static void a_bad_set_is_explained_and_changes_nothing(_unused_ void **state)
{
	_cleanup_free_ struct vml_scale *scales = scales_new(FEW);
	struct vml_commit commit = { 0 };
	struct vml_destination_key key = destination_number(1);
	struct vml_destination destination;
	uint32_t generation = 99;

	destinations_add(0, FEW);
	scales[700].key = destination_number(FEW);
	assert_int_equal(vml_scale_set(client, &service, scales, FEW, &commit,
				       &generation), -ENOENT);
	assert_error_says("destination 10.1.3.232:80: ");
	scales[700].key = destination_number(3);
	assert_int_equal(vml_scale_set(client, &service, scales, FEW, &commit,
				       &generation), -EEXIST);
	assert_error_says("destination 10.1.0.3:80: ");
	commit.compare_generation = true;
	commit.generation = 5;
	assert_int_equal(vml_scale_set(client, &service, scales, 10, &commit,
				       &generation), -ESTALE);
	assert_error_says("generation");
	assert_int_equal(generation, 99);
	assert_int_equal(vml_destination_get(client, &service, &key,
					     &destination), 0);
	assert_int_equal(destination.scale, VML_SCALE_ONE);
}

static void what_is_not_there_is_named(_unused_ void **state)
{
	const struct vml_destination_key key = destination_number(5);
	struct vml_service_key other = service;
	struct vml_destination *destinations = NULL;
	struct vml_destination destination;
	struct vml_service read;
	size_t n;

	assert_int_equal(vml_destination_get(client, &service, &key,
					     &destination), -ENOENT);
	assert_error_says("destination 10.1.0.5:80: ");
	other.port = 81;
	assert_int_equal(vml_service_get(client, &other, &read), -ENOENT);
	assert_error_says("service tcp 10.0.0.1:81: ");
	assert_int_equal(vml_destination_dump(client, &other, &destinations,
					      &n), -ENOENT);
	assert_error_says("service tcp 10.0.0.1:81: ");
	assert_null(destinations);
}

/* Give all destinations one scale after another, until killed. */
static void commit_for_ever(size_t n)
{
	_cleanup_free_ struct vml_scale *scales = scales_new(n);
	const struct vml_commit commit = { 0 };
	uint32_t generation;

	for (uint32_t scale = 1;; scale++) {
		for (size_t i = 0; i < n; i++)
			scales[i].scale = scale;
		if (vml_scale_set(client, &service, scales, n, &commit,
				  &generation) < 0)
			_exit(1);
		poll(NULL, 0, 5);
	}
}

static void dumps_are_never_torn(_unused_ void **state)
{
	size_t whole = 0;
	pid_t child;

	destinations_add(0, 3000);
	child = fork();
	if (child == 0) {
		if (vml_client_open(&client) < 0)
			_exit(1);
		commit_for_ever(3000);
	}
	for (int i = 0; i < 100; i++) {
		_cleanup_free_ struct vml_destination *destinations = NULL;
		size_t n = 0;
		int r;

		r = vml_destination_dump(client, &service, &destinations, &n);
		if (r == -EAGAIN)
			continue;
		assert_int_equal(r, 0);
		assert_int_equal(n, 3000);
		whole++;
		for (size_t j = 1; j < n; j++)
			assert_int_equal(destinations[j].scale,
					 destinations[0].scale);
	}
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_true(whole > 0);
}

static void events_are_heard(_unused_ void **state)
{
	_cleanup_(vml_listener_freep) struct vml_listener *listener = NULL;
	struct vml_commit commit = { .lease_ms = 300 };
	_cleanup_free_ struct vml_scale *scales = scales_new(1);
	struct vml_destination_key key = destination_number(9);
	struct heard heard;
	uint32_t generation;

	assert_int_equal(vml_listener_open(&listener), 0);
	run("ipvsadm -A -f 7 -6 -s vml");
	heard = listen_for(listener, QUIET_MS);
	assert_int_equal(heard.last.type, VML_EVENT_SERVICE_BOUND);
	assert_int_equal(heard.last.service.fwmark, 7);
	assert_int_equal(heard.last.service.family, AF_INET6);
	run("ipvsadm -E -f 7 -6 -s wrr");
	heard = listen_for(listener, QUIET_MS);
	assert_int_equal(heard.last.type, VML_EVENT_SERVICE_UNBOUND);

	destinations_add(0, 10);
	heard = listen_for(listener, QUIET_MS);
	assert_int_equal(heard.count[VML_EVENT_DESTINATION_ADDED], 10);
	assert_int_equal(vml_service_key_compare(&heard.last.service, &service),
			 0);
	assert_int_equal(vml_destination_key_compare(&heard.last.destination,
						     &key), 0);
	destinations_delete(9, 1);
	heard = listen_for(listener, QUIET_MS);
	assert_int_equal(heard.last.type, VML_EVENT_DESTINATION_REMOVED);
	assert_int_equal(vml_destination_key_compare(&heard.last.destination,
						     &key), 0);

	assert_int_equal(vml_scale_set(client, &service, scales, 1, &commit,
				       &generation), 0);
	heard = listen_for(listener, 1000);
	assert_int_equal(heard.count[VML_EVENT_SCALES_COMMITTED], 1);
	assert_int_equal(heard.count[VML_EVENT_LEASE_EXPIRED], 1);
	assert_int_equal(heard.last.type, VML_EVENT_LEASE_EXPIRED);
	assert_int_equal(heard.last.generation, generation);
	assert_int_equal(heard.count[VML_EVENT_LOST], 0);
}

static void other_namespaces_are_not_heard(_unused_ void **state)
{
	_cleanup_(vml_listener_freep) struct vml_listener *listener = NULL;
	struct heard heard;

	assert_int_equal(vml_listener_open(&listener), 0);
	run("unshare -n ipvsadm -A -f 8 -s vml");
	heard = listen_for(listener, QUIET_MS);
	assert_int_equal(heard.count[VML_EVENT_SERVICE_BOUND], 0);
}

static void a_client_loads_the_module(_unused_ void **state)
{
	struct vml_service *services;
	size_t n;

	for (int i = 0; i < 5; i++) {
		run(MODULE_UNLOAD);
		assert_int_equal(vml_service_dump(client, &services, &n), 0);
		assert_int_equal(n, 0);
		free(services);
	}
}

static void a_client_survives_a_reload(_unused_ void **state)
{
	struct vml_service read;

	assert_int_equal(vml_service_get(client, &service, &read), 0);
	run(MODULE_UNLOAD " && modprobe ip_vs_vml");
	assert_int_equal(vml_service_get(client, &service, &read), -ENOENT);
	assert_error_says("service tcp 10.0.0.1:80: ");
	run("ipvsadm -A -t " SERVICE " -s vml");
	assert_int_equal(vml_service_get(client, &service, &read), 0);
}

static void an_absent_family_is_told_at_once(_unused_ void **state)
{
	struct vml_listener *listener = NULL;
	struct vml_service read;
	uint64_t before;

	run(MODULE_UNLOAD " && " NO_MODPROBE);
	before = now_ns();
	assert_int_equal(vml_service_get(client, &service, &read), -ENODEV);
	assert_error_says("module");
	assert_int_equal(vml_listener_open(&listener), -ENODEV);
	assert_true(now_ns() - before < 2 * NSEC_PER_SEC);
	run(MODPROBE);
	assert_int_equal(vml_service_get(client, &service, &read), -ENOENT);
}

/* Run a test in a child that may give up what the next one needs. */
static void in_child(void (*test)(void))
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		test();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* The state of a process, as /proc/PID/stat has it. */
static char state_of(pid_t pid)
{
	_cleanup_fclose_ FILE *file = NULL;
	char path[32], state;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%*d %*s %c", &state), 1);
	return state;
}

/*
 * The time between the loading of a module and the registration of its family
 * is too short to be met: the module only seems to be loaded, by what this
 * process sees of /sys/module.
 */
static void pretend_module(const char *state)
{
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	run("mount --make-rprivate / && mount -t tmpfs tmpfs /sys/module && "
	    "mkdir /sys/module/ip_vs_vml && "
	    "echo %s > /sys/module/ip_vs_vml/initstate", state);
}

static void a_new_modules_family_is_waited_for(_unused_ void **state)
{
	struct vml_service *services;
	int ready[2], status;
	pid_t child;
	size_t n;

	run(MODULE_UNLOAD " && " NO_MODPROBE);
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		pretend_module("live");
		vml_client_set_timeout(client, 60000);
		assert_int_equal(write(ready[1], "", 1), 1);
		_exit(vml_service_dump(client, &services, &n) == 0 ? 0 : 1);
	}
	assert_int_equal(read(ready[0], &status, 1), 1);
	/* Asleep in poll(); in the kernel it would be in state D. */
	while (!strchr("SZ", state_of(child)))
		;
	run("modprobe ip_vs_vml");
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	close(ready[0]);
	close(ready[1]);
}

static void in_vain(void)
{
	struct vml_service *services;
	uint64_t before;
	size_t n;

	pretend_module("live");
	vml_client_set_timeout(client, 700);
	before = now_ns();
	if (vml_service_dump(client, &services, &n) != -ENODEV ||
	    now_ns() - before < 600 * NSEC_PER_MSEC)
		_exit(1);
	run("echo going > /sys/module/ip_vs_vml/initstate");
	vml_client_set_timeout(client, 60000);
	before = now_ns();
	if (vml_service_dump(client, &services, &n) != -ENODEV ||
	    now_ns() - before > 10 * NSEC_PER_SEC)
		_exit(2);
}

static void no_family_is_waited_for_for_ever(_unused_ void **state)
{
	run(MODULE_UNLOAD " && " NO_MODPROBE);
	in_child(in_vain);
}

static void a_listener_survives_reloads(_unused_ void **state)
{
	_cleanup_(vml_listener_freep) struct vml_listener *listener = NULL;
	struct heard heard;

	assert_int_equal(vml_listener_open(&listener), 0);
	for (int i = 0; i < 5; i++) {
		run(MODULE_UNLOAD);
		heard = listen_for(listener, QUIET_MS);
		assert_int_equal(heard.count[VML_EVENT_LOST], 1);
		assert_int_equal(heard.last.type, VML_EVENT_LOST);
		assert_int_equal(access("/sys/module/ip_vs_vml", F_OK), -1);
		run("modprobe ip_vs_vml");
		heard = listen_for(listener, QUIET_MS);
		assert_int_equal(heard.count[VML_EVENT_LOST], 1);
		run("ipvsadm -A -t " SERVICE " -s vml");
		heard = listen_for(listener, QUIET_MS);
		assert_int_equal(heard.count[VML_EVENT_SERVICE_BOUND], 1);
	}
}

static void a_listener_recovers_from_an_overrun(_unused_ void **state)
{
	_cleanup_(vml_listener_freep) struct vml_listener *listener = NULL;
	const int small = 4096;
	struct heard heard;

	assert_int_equal(vml_listener_open(&listener), 0);
	assert_int_equal(setsockopt(vml_listener_fd(listener), SOL_SOCKET,
				    SO_RCVBUF, &small, sizeof(small)), 0);
	destinations_add(0, 200);
	heard = listen_for(listener, QUIET_MS);
	assert_true(heard.count[VML_EVENT_LOST] > 0);
	assert_true(heard.count[VML_EVENT_DESTINATION_ADDED] < 200);
	destinations_delete(0, 1);
	heard = listen_for(listener, QUIET_MS);
	assert_int_equal(heard.count[VML_EVENT_LOST], 0);
	assert_int_equal(heard.count[VML_EVENT_DESTINATION_REMOVED], 1);

	/* The word that the family has gone is among what is lost. */
	destinations_delete(1, 199);
	run(MODULE_UNLOAD);
	heard = listen_for(listener, QUIET_MS);
	assert_true(heard.count[VML_EVENT_LOST] > 0);
	assert_int_equal(access("/sys/module/ip_vs_vml", F_OK), -1);

	/* So is the word that it has gone and is back. */
	run("modprobe ip_vs_vml && ipvsadm -A -t " SERVICE " -s vml");
	listen_for(listener, QUIET_MS);
	destinations_add(0, 200);
	run(MODULE_UNLOAD " && modprobe ip_vs_vml");
	heard = listen_for(listener, QUIET_MS);
	assert_true(heard.count[VML_EVENT_LOST] > 0);
	run("ipvsadm -A -t " SERVICE " -s vml");
	heard = listen_for(listener, QUIET_MS);
	assert_int_equal(heard.count[VML_EVENT_SERVICE_BOUND], 1);
}

static void a_timeout_is_kept_and_got_over(_unused_ void **state)
{
	struct vml_service read;

	vml_client_set_timeout(client, 0);
	assert_int_equal(vml_service_get(client, &service, &read), -ETIMEDOUT);
	assert_error_says("did not answer within 0 ms");
	vml_client_set_timeout(client, VML_DEFAULT_TIMEOUT_MS);
	assert_int_equal(vml_service_get(client, &service, &read), 0);
}

static void without_privilege(void)
{
	struct vml_service read;

	if (setuid(65534) < 0 ||
	    vml_service_get(client, &service, &read) != -EPERM ||
	    !strstr(vml_client_error(client), "CAP_NET_ADMIN"))
		_exit(1);
}

static void a_missing_privilege_is_named(_unused_ void **state)
{
	in_child(without_privilege);
}

/* Privileged in its own namespaces, but not to exceed the system's limits. */
static void in_user_namespace(void)
{
	_cleanup_free_ struct vml_scale *scales = scales_new(2 * MANY);
	const struct vml_commit commit = { 0 };
	uint32_t generation;

	vml_client_free(client);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0 ||
	    vml_client_open(&client) < 0)
		_exit(1);
	if (vml_scale_set(client, &service, scales, MANY / 2, &commit,
			  &generation) != -ENOENT ||
	    !strstr(vml_client_error(client), "service tcp 10.0.0.1:80: "))
		_exit(2);
	if (vml_scale_set(client, &service, scales, 2 * MANY, &commit,
			  &generation) != -EMSGSIZE ||
	    !strstr(vml_client_error(client), "wmem_max"))
		_exit(3);
}

static void limits_of_a_user_namespace_are_explained(_unused_ void **state)
{
	in_child(in_user_namespace);
}

#define IN_NAMESPACE(test)						\
	cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_NAMESPACE(many_scales_are_set_at_once),
		IN_NAMESPACE(a_bad_set_is_explained_and_changes_nothing),
		IN_NAMESPACE(what_is_not_there_is_named),
		IN_NAMESPACE(dumps_are_never_torn),
		IN_NAMESPACE(events_are_heard),
		IN_NAMESPACE(other_namespaces_are_not_heard),
		IN_NAMESPACE(a_client_loads_the_module),
		IN_NAMESPACE(a_client_survives_a_reload),
		IN_NAMESPACE(an_absent_family_is_told_at_once),
		IN_NAMESPACE(a_new_modules_family_is_waited_for),
		IN_NAMESPACE(no_family_is_waited_for_for_ever),
		IN_NAMESPACE(a_listener_survives_reloads),
		IN_NAMESPACE(a_listener_recovers_from_an_overrun),
		IN_NAMESPACE(a_timeout_is_kept_and_got_over),
		IN_NAMESPACE(a_missing_privilege_is_named),
		IN_NAMESPACE(limits_of_a_user_namespace_are_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
