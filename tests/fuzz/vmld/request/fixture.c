/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "fake_operator.h"
#include "fixture.h"
#include "state_file.h"

/* In memory, since what is kept is brought to the disk each time. */
#define DIRECTORY "/dev/shm/vmld-request-XXXXXX"

static const char script[] =
	"host hv1 cpus 8\nhost hv2 cpus 8\n"
	"vm web-1 hv1 address 10.0.0.1 state running boot 1\n"
	"vm web-2 hv1 address 10.0.0.2 state running boot 1\n"
	"vm web-3 hv2 address 10.0.0.3 state running boot 1\n";

static uint64_t clock_ns = 1000 * NSEC_PER_SEC;

/* In place of the C library's, for the daemon and for its event loop. */
int clock_gettime(clockid_t id, struct timespec *ret)
{
	if (id != CLOCK_MONOTONIC)
		return (int)syscall(SYS_clock_gettime, id, ret);
	ret->tv_sec = (time_t)(clock_ns / NSEC_PER_SEC);
	ret->tv_nsec = (long)(clock_ns % NSEC_PER_SEC);
	return 0;
}

static char *path_of(const struct fixture *f, const char *name)
{
	char *path;

	assert(asprintf(&path, "%s/%s", f->directory, name) > 0);
	return path;
}

static void write_file(const struct fixture *f, const char *name,
		       const char *text)
{
	_cleanup_free_ char *path = path_of(f, name);
	FILE *file = fopen(path, "we");

	assert(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void remove_file(const struct fixture *f, const char *name)
{
	_cleanup_free_ char *path = path_of(f, name);

	assert(remove(path) == 0 || errno == ENOENT);
}

static void forget_kept(const struct fixture *f)
{
	remove_file(f, "state/drains.json");
	remove_file(f, "state/frozen.json");
}

static const struct fixture *only;

static void remove_directory(void)
{
	forget_kept(only);
	remove_file(only, "state");
	remove_file(only, "conf");
	remove_file(only, "script");
	assert(rmdir(only->directory) == 0);
}

void fixture_init(struct fixture *f)
{
	strcpy(f->directory, DIRECTORY);
	assert(mkdtemp(f->directory));
	only = f;
	assert(atexit(remove_directory) == 0);
	/* Below all levels. */
	f->log.level = -1;
	write_file(f, "script", script);
}

void fixture_write_config(const struct fixture *f, const char *of_service)
{
	_cleanup_free_ char *text = NULL;

	/* hv1 can't be migrated to by its URI, which names no host. */
	assert(asprintf(&text,
			"poll-interval = 5\nstate-directory = \"%1$s/state\"\n"
			"hypervisor hv1 { uri = \"script://%1$s/script\" }\n"
			"hypervisor hv2 { uri = \"script://%1$s/script\"\n"
			" migration-uri = \"qemu+tcp://other/hv2\" }\n"
			"service web { address = 10.0.0.100 port = 80 %2$s\n"
			" members \"web-*\" { } }\n",
			f->directory, of_service) > 0);
	write_file(f, "conf", text);
}

static void start(struct fixture *f)
{
	_cleanup_free_ char *path = path_of(f, "conf");
	struct config_errors errors = {};
	struct config *config = NULL;

	assert(config_load(path, &config, &errors) == 0);
	assert(daemon_new(config, f->event, &f->log, &f->options,
			  &f->daemon) == 0);
	assert(daemon_start(f->daemon) == 0);
	/* Inventories of all hosts are waited for, a moment. */
	fixture_pass(f, 0);
	fixture_pass(f, NSEC_PER_SEC / 10);
}

void fixture_begin(struct fixture *f)
{
	uint64_t now;

	forget_kept(f);
	fixture_write_config(f, "");
	f->options = (struct daemon_options){};
	fake_operators = (struct fake_operators){};
	fake_kernel_init(&f->kernel);
	fake_kernel_add(&f->kernel, "10.0.0.1:80", 10);
	fake_kernel_add(&f->kernel, "10.0.0.2:80", 10);
	fake_kernel_add(&f->kernel, "10.0.0.3:80", 10);
	assert(sd_event_new(&f->event) >= 0);
	assert(sd_event_now(f->event, CLOCK_MONOTONIC, &now) >= 0);
	assert(now == clock_ns / 1000);
	start(f);
	assert(service_n_members(daemon_service(f->daemon, 0)) ==
	       FIXTURE_VMS);
}

void fixture_end(struct fixture *f)
{
	f->daemon = daemon_free(f->daemon);
	f->event = sd_event_unref(f->event);
}

void fixture_restart(struct fixture *f)
{
	daemon_free(f->daemon);
	start(f);
}

void fixture_pass(struct fixture *f, uint64_t ns)
{
	int r;

	clock_ns += ns;
	do {
		r = sd_event_run(f->event, 0);
		assert(r >= 0);
	} while (r);
}

struct sink_destination *fixture_destination(struct fixture *f, size_t vm)
{
	char key[VML_KEY_STRING_MAX];

	snprintf(key, sizeof(key), "10.0.0.%zu:80", vm + 1);
	return fake_kernel_find(&f->kernel, key);
}

json_t *fixture_kept(const struct fixture *f, const char *name)
{
	_cleanup_free_ char *directory = path_of(f, "state");
	json_t *file = NULL;
	int r = state_file_read(directory, name, &file);

	assert(r == 0 || r == -ENOENT);
	return file ?: json_object();
}
