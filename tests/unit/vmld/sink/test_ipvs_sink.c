/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plain IPVS as a sink, with a kernel that others change, too. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "sink/ipvs_control.h"
#include "sink/sink.h"
#include "util.h"

#define N 3
#define HALF (VML_SCALE_ONE / 2)

/* IPVS, in place of ipvs_control.c. */
static struct kernel {
	struct ipvs_destination destinations[N];	/* sorted by key */
	size_t n;
	/* The next dump has not this one, or twice; SIZE_MAX: all is well. */
	size_t missed, doubled;
	size_t removed;		/* since it was dumped; SIZE_MAX: none */
	unsigned int edits_left;	/* until vmld is killed */
} kernel;

static struct fixture {
	char directory[32];
	struct log log;
	struct sink *sink;
	struct vml_service_key key;
} f;

int ipvs_service_get(_unused_ struct ipvs_control *control,
		     _unused_ const struct vml_service_key *key,
		     struct ipvs_service *ret_service)
{
	*ret_service = (struct ipvs_service){ .scheduler = "sed" };
	return 0;
}

int ipvs_destination_dump(_unused_ struct ipvs_control *control,
			  _unused_ const struct vml_service_key *service,
			  struct ipvs_destination **ret_destinations,
			  size_t *ret_n)
{
	struct ipvs_destination *all = calloc(kernel.n + 1, sizeof(*all));
	size_t n = 0;

	assert_non_null(all);
	for (size_t i = 0; i < kernel.n; i++) {
		if (i != kernel.missed)
			all[n++] = kernel.destinations[i];
		if (i == kernel.doubled)
			all[n++] = kernel.destinations[i];
	}
	kernel.missed = kernel.doubled = SIZE_MAX;
	*ret_destinations = all;
	*ret_n = n;
	return 0;
}

int ipvs_destination_edit(_unused_ struct ipvs_control *control,
			  _unused_ const struct vml_service_key *service,
			  const struct ipvs_destination *destination)
{
	if (!kernel.edits_left)
		return -EINTR;
	kernel.edits_left--;
	for (size_t i = 0; i < kernel.n; i++) {
		if (vml_destination_key_compare(&kernel.destinations[i].key,
						&destination->key))
			continue;
		if (i == kernel.removed)
			return -ENOENT;
		kernel.destinations[i] = *destination;
		return 0;
	}
	return -ENOENT;
}

static void start(void)
{
	assert_int_equal(sink_ipvs_new(NULL, f.directory, false, &f.log,
				       &f.sink), 0);
}

static int set_up(_unused_ void **state)
{
	kernel = (struct kernel){
		.n = N,
		.missed = SIZE_MAX,
		.doubled = SIZE_MAX,
		.removed = SIZE_MAX,
		.edits_left = UINT32_MAX,
	};
	for (size_t i = 0; i < N; i++) {
		char text[VML_KEY_STRING_MAX];

		snprintf(text, sizeof(text), "10.0.0.%zu:80", i + 1);
		vml_destination_key_parse(text, &kernel.destinations[i].key);
		kernel.destinations[i].weight = 200;
	}
	/* Says nothing. */
	f = (struct fixture){ .directory = "/tmp/vmld-sink-XXXXXX",
			      .log.level = -1 };
	assert_non_null(mkdtemp(f.directory));
	assert_int_equal(vml_service_key_parse("tcp 10.0.0.100:80", &f.key), 0);
	start();
	return 0;
}

static int tear_down(_unused_ void **state)
{
	char command[64];

	sink_free(f.sink);
	snprintf(command, sizeof(command), "rm -r %s", f.directory);
	return system(command);
}

static size_t read_all(struct sink_destination ret_destinations[2 * N])
{
	struct sink_service service;
	size_t n;

	assert_int_equal(f.sink->ops->read(f.sink, &f.key, &service), 0);
	n = service.n_destinations;
	memcpy(ret_destinations, service.destinations,
	       n * sizeof(*ret_destinations));
	sink_service_clear(&service);
	return n;
}

/* All to the half of their weights. */
static int push(void)
{
	struct vml_scale scales[N];
	uint32_t generation;

	for (size_t i = 0; i < N; i++)
		scales[i] = (struct vml_scale){
			.key = kernel.destinations[i].key,
			.scale = HALF,
		};
	return f.sink->ops->push(f.sink, &f.key, scales, N, 0, 0, &generation);
}

static void restore(void)
{
	assert_int_equal(f.sink->ops->restore(f.sink, &f.key), 0);
	for (size_t i = 0; i < N; i++)
		assert_int_equal(kernel.destinations[i].weight, 200);
}

static void scales_become_weights(_unused_ void **state)
{
	struct sink_destination read[2 * N];

	assert_int_equal(push(), 0);
	assert_int_equal(read_all(read), N);
	for (size_t i = 0; i < N; i++) {
		assert_int_equal(kernel.destinations[i].weight, 100);
		assert_int_equal(read[i].weight, 200);
		assert_int_equal(read[i].scale, HALF);
	}
	restore();
}

static void a_kill_between_two_weights_loses_nothing(_unused_ void **state)
{
	kernel.edits_left = 1;
	assert_int_equal(push(), -EINTR);
	kernel.edits_left = UINT32_MAX;
	sink_free(f.sink);
	start();
	restore();
}

/*
 * IPVS dumps many destinations in parts, and counts them in between: if others are
 * removed meanwhile one is left out, if some are added one comes twice.
 */
static void a_dump_that_is_torn_loses_nothing(_unused_ void **state)
{
	struct sink_destination read[2 * N];

	assert_int_equal(push(), 0);
	kernel.missed = 1;
	assert_int_equal(read_all(read), N);
	kernel.doubled = 2;
	assert_int_equal(read_all(read), N);
	for (size_t i = 0; i < N; i++)
		assert_int_equal(read[i].weight, 200);
	restore();
}

/* At the end there is no other time. */
static void one_that_is_gone_keeps_no_other_from_its_weight(_unused_ void **state)
{
	assert_int_equal(push(), 0);
	kernel.removed = 0;
	assert_int_equal(f.sink->ops->restore(f.sink, &f.key), -ENOENT);
	assert_int_equal(kernel.destinations[1].weight, 200);
	assert_int_equal(kernel.destinations[2].weight, 200);
}

/* What is kept then is right after the next start, too. */
static void a_full_disk_keeps_no_weight(_unused_ void **state)
{
	struct sink_destination read[2 * N];
	char path[64];

	assert_int_equal(push(), 0);
	/* In the way of the file that is to replace the old one. */
	snprintf(path, sizeof(path), "%s/weights.json.new", f.directory);
	assert_int_equal(mkdir(path, 0700), 0);
	f.sink->ops->restore(f.sink, &f.key);
	for (size_t i = 0; i < N; i++)
		assert_int_equal(kernel.destinations[i].weight, 200);
	sink_free(f.sink);
	start();
	assert_int_equal(read_all(read), N);
	for (size_t i = 0; i < N; i++)
		assert_int_equal(read[i].weight, 200);
}

static void what_is_gone_is_forgotten(_unused_ void **state)
{
	struct sink_destination read[2 * N];

	assert_int_equal(push(), 0);
	kernel.n = 2;
	assert_int_equal(read_all(read), 2);
	kernel.n = 3;
	assert_int_equal(read_all(read), 3);
	assert_int_equal(read[1].weight, 200);
	/* It is another one, and this its administrator's wish. */
	assert_int_equal(read[2].weight, 100);
}

/* Of a shadow, beside the one that pushes. */
static void who_observes_follows(_unused_ void **state)
{
	struct sink_destination read[2 * N];
	struct sink *pushes = f.sink, *observes;

	assert_int_equal(sink_ipvs_new(NULL, f.directory, true, &f.log,
				       &observes), 0);
	for (int i = 0; i < 2; i++) {
		f.sink = pushes;
		assert_int_equal(push(), 0);
		f.sink = observes;
		assert_int_equal(read_all(read), N);
		for (size_t j = 0; j < N; j++) {
			assert_int_equal(kernel.destinations[j].weight, 100);
			assert_int_equal(read[j].weight, 200);
		}
		f.sink = pushes;
		restore();
		f.sink = observes;
		assert_int_equal(read_all(read), N);
		for (size_t j = 0; j < N; j++)
			assert_int_equal(read[j].weight, 200);
	}
	/* A weight that the administrator changes is one. */
	kernel.destinations[0].weight = 50;
	assert_int_equal(read_all(read), N);
	assert_int_equal(read[0].weight, 50);
	sink_free(observes);
	f.sink = pushes;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(scales_become_weights),
		TEST(a_kill_between_two_weights_loses_nothing),
		TEST(a_dump_that_is_torn_loses_nothing),
		TEST(one_that_is_gone_keeps_no_other_from_its_weight),
		TEST(a_full_disk_keeps_no_weight),
		TEST(what_is_gone_is_forgotten),
		TEST(who_observes_follows),
	};

	return cmocka_run_group_tests_name("ipvs_sink", tests, NULL, NULL);
}
