/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A service against a kernel that others change, too. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "fake_kernel.h"
#include "service.h"

#define LEASE_MS 10000
#define VMS 3

#define CONFIG(more)							\
	"hypervisor hv1 { uri = \"script:///x\" }\n"			\
	"service web { address = 10.0.0.100 port = 80 " more "\n"	\
	" members \"web-*\" { } }\n"

struct fixture {
	struct fake_kernel kernel;
	struct log log;
	struct drains *drains;
	char directory[32];
	const struct vm_inventory *inventories[1];
	struct vm_inventory *inventory;
	struct service_env env;
	struct service *service;
	uint64_t now;
	enum vm_state states[VMS];
	bool hidden[VMS];	/* nobody knows its address */
	bool dual;		/* they have one of IPv6, too */
	double steal[VMS];
	uint64_t run_ns[VMS], delay_ns[VMS];
};

static struct config *parse(const char *text)
{
	struct config_errors errors = {};
	struct config *config = NULL;

	assert_int_equal(config_parse("f", text, &config, &errors), 0);
	return config;
}

static struct service *new_service(struct fixture *f, const char *text)
{
	struct config *config = parse(text);
	struct service *service;

	assert_int_equal(service_new(config->services[0], &f->env, &service),
			 0);
	config->services[0] = NULL;
	config_free(config);
	return service;
}

static struct fixture *fixture_new(const char *text)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->directory, "/tmp/vmld-service-XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	fake_kernel_init(&f->kernel);
	/* Below all levels: what is said is not looked at here. */
	f->log.level = -1;
	assert_int_equal(drains_load(f->directory, false, &f->drains), 0);
	f->env = (struct service_env){
		.log = &f->log,
		.sink = &f->kernel.sink,
		.control = fake_kernel_control(&f->kernel),
		.drains = f->drains,
		.state_directory = f->directory,
		.poll_interval_ns = NSEC_PER_SEC,
		.lease_ms = LEASE_MS,
		.inventories = f->inventories,
		.n_inventories = 1,
		.settled = true,
	};
	f->now = 1000 * NSEC_PER_SEC;
	for (size_t i = 0; i < VMS; i++)
		f->states[i] = VM_STATE_RUNNING;
	f->service = new_service(f, text);
	return f;
}

static void remove_file(const struct fixture *f, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", f->directory, name);
	unlink(path);
}

static void fixture_free(struct fixture *f)
{
	service_free(f->service);
	drains_free(f->drains);
	vm_inventory_free(f->inventory);
	remove_file(f, "managed.json");
	remove_file(f, "drains.json");
	assert_int_equal(rmdir(f->directory), 0);
	free(f);
}

static void add_destinations(struct fixture *f)
{
	fake_kernel_add(&f->kernel, "10.0.0.1:80", 10);
	fake_kernel_add(&f->kernel, "10.0.0.2:80", 10);
	fake_kernel_add(&f->kernel, "10.0.0.3:80", 10);
}

/* The hypervisor says what it runs. */
static void poll(struct fixture *f)
{
	vm_inventory_free(f->inventory);
	f->inventory = vm_inventory_new("hv1", f->now);
	assert_non_null(f->inventory);
	for (size_t i = 0; i < VMS; i++) {
		struct vm_sample *sample = vm_inventory_add(f->inventory);

		assert_non_null(sample);
		sample->uuid[0] = (uint8_t)(i + 1);
		assert_true(asprintf(&sample->name, "web-%zu", i + 1) > 0);
		sample->state = f->states[i];
		sample->boot_id = f->states[i] == VM_STATE_RUNNING
					  ? 1 : VM_BOOT_ID_NONE;
		sample->time_ns = f->now;
		sample->vcpus = 1;
		sample->has_run = sample->has_steal = true;
		sample->run_ns = f->run_ns[i];
		sample->delay_ns = f->delay_ns[i];
		sample->addresses = calloc(2, sizeof(*sample->addresses));
		sample->n_addresses = f->hidden[i] ? 0 : 1 + f->dual;
		sample->addresses[0].family = AF_INET;
		sample->addresses[0].address.ipv4.s_addr =
			htonl(0x0a000001 + (uint32_t)i);
		sample->addresses[1].family = AF_INET6;
		sample->addresses[1].address.ipv6.s6_addr[0] = 0x20;
		sample->addresses[1].address.ipv6.s6_addr[15] = (uint8_t)i;
	}
	f->inventories[0] = f->inventory;
}

static void step(struct fixture *f)
{
	service_step(f->service, &f->env, f->now);
}

/* A second goes by, with a poll at its end. */
static void second(struct fixture *f)
{
	f->now += NSEC_PER_SEC;
	if (f->kernel.has_lease)
		f->kernel.lease_ms -= MIN(f->kernel.lease_ms, 1000u);
	for (size_t i = 0; i < VMS; i++) {
		f->run_ns[i] += (uint64_t)(0.5 * NSEC_PER_SEC *
					   (1 - f->steal[i]));
		f->delay_ns[i] += (uint64_t)(0.5 * NSEC_PER_SEC * f->steal[i]);
	}
	poll(f);
	step(f);
}

static uint32_t scale(struct fixture *f, unsigned int host)
{
	char key[VML_KEY_STRING_MAX];

	snprintf(key, sizeof(key), "10.0.0.%u:80", host);
	return fake_kernel_find(&f->kernel, key)->scale;
}

static void event(struct fixture *f, size_t vm, enum vm_event_type type)
{
	/* After the sample that was taken last. */
	const struct vm_event e = {
		.type = type,
		.hypervisor = "hv1",
		.uuid = { (uint8_t)(vm + 1) },
		.name = "web",
		.boot_id = VM_BOOT_ID_NONE,
		.time_ns = ++f->now,
	};

	assert_true(service_event(f->service, &e));
}

/* Some seconds of steal, so that there is something to push. */
static void starve(struct fixture *f)
{
	f->steal[0] = 0.6;
	for (int i = 0; i < 4; i++)
		second(f);
	assert_true(scale(f, 1) < VML_SCALE_ONE * 3 / 4);
	assert_true(f->kernel.pushes > 0);
}

static void neutral_services_are_left_alone(void **state)
{
	struct fixture *f = fixture_new(CONFIG(""));

	(void)state;
	add_destinations(f);
	for (int i = 0; i < 20; i++)
		second(f);
	assert_int_equal(service_state(f->service), SERVICE_NEUTRAL);
	assert_int_equal(f->kernel.pushes, 0);
	fixture_free(f);
}

static void starved_machines_get_less(void **state)
{
	struct fixture *f = fixture_new(CONFIG(""));

	(void)state;
	add_destinations(f);
	second(f);
	second(f);
	starve(f);
	assert_int_equal(service_state(f->service), SERVICE_BALANCING);
	assert_int_equal(scale(f, 2), VML_SCALE_ONE);
	assert_true(f->kernel.has_lease);
	assert_int_equal(service_generation(f->service), f->kernel.generation);
	fixture_free(f);
}

static void what_does_not_change_is_only_renewed_in_time(void **state)
{
	struct fixture *f = fixture_new(CONFIG(""));
	unsigned int pushes;

	(void)state;
	add_destinations(f);
	f->states[0] = VM_STATE_SHUTOFF;
	second(f);
	assert_int_equal(scale(f, 1), 0);
	pushes = f->kernel.pushes;
	for (int i = 0; i < 40; i++) {
		second(f);
		assert_true(f->kernel.lease_ms > LEASE_MS / 2);
	}
	assert_int_equal(f->kernel.pushes - pushes, 10);
	assert_int_equal(f->kernel.renewals, 10);
	fixture_free(f);
}

static void without_polls_a_step_is_due_before_the_lease_is_half_over(void **state)
{
	struct fixture *f = fixture_new(CONFIG(""));

	(void)state;
	f->env.poll_interval_ns = 3600 * NSEC_PER_SEC;
	add_destinations(f);
	second(f);
	assert_true(service_due(f->service) > f->now);
	assert_true(service_due(f->service) - f->now <
		    LEASE_MS / 2 * NSEC_PER_MSEC);
	fixture_free(f);
}

static void a_machine_that_stops_is_stopped_at_its_event(void **state)
{
	struct fixture *f = fixture_new(CONFIG(""));

	(void)state;
	add_destinations(f);
	second(f);
	second(f);
	event(f, 1, VM_EVENT_STOPPED);
	step(f);
	assert_int_equal(scale(f, 2), 0);
	assert_int_equal(scale(f, 1), VML_SCALE_ONE);
	fixture_free(f);
}

static void commit_by_hand(struct fake_kernel *kernel)
{
	kernel->generation++;
	fake_kernel_find(kernel, "10.0.0.3:80")->scale = 7;
}

static void sets_of_others_are_seen_before_ours_replaces_them(void **state)
{
	struct fixture *f = fixture_new(CONFIG(""));
	unsigned int reads;

	(void)state;
	add_destinations(f);
	second(f);
	second(f);
	reads = f->kernel.reads;
	f->kernel.before_push = commit_by_hand;
	event(f, 0, VM_EVENT_STOPPED);
	step(f);
	assert_null(f->kernel.before_push);
	assert_int_equal(f->kernel.reads - reads, 2);
	assert_int_equal(scale(f, 1), 0);
	assert_int_equal(scale(f, 3), VML_SCALE_ONE);
	fixture_free(f);
}

static void remove_the_first(struct fake_kernel *kernel)
{
	fake_kernel_remove(kernel, "10.0.0.1:80");
	kernel->destinations[0].scale = VML_SCALE_ONE;
}

static void a_destination_that_goes_meanwhile_costs_one_more_reading(void **state)
{
	struct fixture *f = fixture_new(CONFIG(""));

	(void)state;
	add_destinations(f);
	second(f);
	second(f);
	event(f, 0, VM_EVENT_STOPPED);
	event(f, 1, VM_EVENT_STOPPED);
	f->kernel.before_push = remove_the_first;
	step(f);
	assert_null(f->kernel.before_push);
	assert_int_equal(scale(f, 2), 0);
	assert_int_equal(service_n_members(f->service), 2);
	fixture_free(f);
}

static void always_stale(struct fake_kernel *kernel)
{
	kernel->generation++;
	kernel->before_push = always_stale;
}

static void somebody_who_never_stops_does_not_hang_us(void **state)
{
	struct fixture *f = fixture_new(CONFIG(""));
	unsigned int reads;

	(void)state;
	add_destinations(f);
	second(f);
	second(f);
	reads = f->kernel.reads;
	f->kernel.before_push = always_stale;
	event(f, 0, VM_EVENT_STOPPED);
	step(f);
	assert_true(f->kernel.reads - reads < 10);
	f->kernel.before_push = NULL;
	step(f);
	assert_int_equal(scale(f, 1), 0);
	fixture_free(f);
}

static void the_module_may_come_and_go(void **state)
{
	struct fixture *f = fixture_new(CONFIG(""));

	(void)state;
	f->kernel.loaded = false;
	second(f);
	assert_int_equal(service_state(f->service), SERVICE_ABSENT);
	assert_int_equal(service_n_members(f->service), 0);
	f->kernel.loaded = true;
	f->kernel.bound = false;
	second(f);
	assert_int_equal(service_state(f->service), SERVICE_ABSENT);
	f->kernel.bound = true;
	add_destinations(f);
	second(f);
	assert_int_equal(service_state(f->service), SERVICE_NEUTRAL);
	starve(f);
	f->kernel.loaded = false;
	second(f);
	assert_int_equal(service_state(f->service), SERVICE_ABSENT);
	f->kernel.loaded = true;
	for (size_t i = 0; i < f->kernel.n; i++)
		f->kernel.destinations[i].scale = VML_SCALE_ONE;
	f->kernel.generation = 0;
	f->kernel.has_lease = false;
	second(f);
	assert_true(scale(f, 1) < VML_SCALE_ONE * 3 / 4);
	fixture_free(f);
}

static void scales_in_force_stay_until_we_know_better(void **state)
{
	struct fixture *f = fixture_new(CONFIG(""));

	(void)state;
	add_destinations(f);
	fake_kernel_find(&f->kernel, "10.0.0.1:80")->scale = 20000;
	fake_kernel_find(&f->kernel, "10.0.0.2:80")->scale = 0;
	f->kernel.has_lease = true;
	f->kernel.lease_ms = 5000;
	f->env.settled = false;
	f->inventories[0] = NULL;
	step(f);
	assert_int_equal(scale(f, 1), 20000);
	assert_int_equal(scale(f, 2), 0);
	/* Kept in force, too. */
	assert_int_equal(f->kernel.lease_ms, LEASE_MS);
	/* But what is certain is certain. */
	f->states[2] = VM_STATE_SHUTOFF;
	second(f);
	assert_int_equal(scale(f, 1), 20000);
	assert_int_equal(scale(f, 3), 0);
	f->env.settled = true;
	second(f);
	assert_int_equal(scale(f, 1), VML_SCALE_ONE);
	assert_int_equal(scale(f, 2), VML_SCALE_ONE);
	fixture_free(f);
}

static void drained_machines_get_nothing_until_undrained(void **state)
{
	struct fixture *f = fixture_new(CONFIG(""));

	(void)state;
	add_destinations(f);
	second(f);
	assert_int_equal(drains_set(f->drains, "web-2", true), 0);
	step(f);
	assert_int_equal(scale(f, 2), 0);
	assert_true(service_member(f->service, 1, f->drains).drained);
	assert_int_equal(drains_set(f->drains, "web-2", false), 0);
	step(f);
	assert_int_equal(scale(f, 2), VML_SCALE_ONE);
	fixture_free(f);
}

static void all_machines_down_is_a_panic_and_neutral(void **state)
{
	struct fixture *f = fixture_new(CONFIG(""));

	(void)state;
	add_destinations(f);
	second(f);
	for (size_t i = 0; i < VMS; i++)
		f->states[i] = VM_STATE_SHUTOFF;
	second(f);
	assert_int_equal(service_state(f->service), SERVICE_PANIC);
	for (unsigned int i = 1; i <= VMS; i++)
		assert_int_equal(scale(f, i), VML_SCALE_ONE);
	f->states[2] = VM_STATE_RUNNING;
	second(f);
	assert_int_equal(service_state(f->service), SERVICE_BALANCING);
	assert_int_equal(scale(f, 1), 0);
	fixture_free(f);
}

static void in_mode_service_all_of_it_is_made_again(void **state)
{
	struct fixture *f = fixture_new(
		CONFIG("mode = service persistence = 60 weight-per-vcpu = 7"));

	(void)state;
	f->kernel.bound = false;
	second(f);
	assert_true(f->kernel.bound);
	assert_string_equal(f->kernel.service.scheduler, "vml");
	assert_int_equal(f->kernel.service.persistence, 60);
	assert_int_equal(f->kernel.n, 3);
	assert_int_equal(f->kernel.destinations[0].weight, 7);
	f->kernel.bound = false;
	second(f);
	assert_int_equal(f->kernel.n, 3);
	strcpy(f->kernel.service.scheduler, "rr");
	f->kernel.service.other_flags = 8;
	second(f);
	assert_string_equal(f->kernel.service.scheduler, "vml");
	assert_int_equal(f->kernel.service.other_flags, 8);
	fixture_free(f);
}

static void a_member_without_a_machine_is_served_as_well(void **state)
{
	struct fixture *f = fixture_new(
		CONFIG("mode = destinations member 10.0.0.9 { weight = 5 }"));
	struct service_member member;

	(void)state;
	f->states[1] = VM_STATE_SHUTOFF;
	second(f);
	second(f);
	assert_int_equal(f->kernel.n, 3);
	assert_int_equal(fake_kernel_find(&f->kernel, "10.0.0.9:80")->weight,
			 5);
	assert_int_equal(scale(f, 9), VML_SCALE_ONE);
	member = service_member(f->service, 2, f->drains);
	assert_null(member.domain);
	assert_null(member.uuid);
	assert_null(member.hypervisor);
	fixture_free(f);
}

static void destinations_survive_a_crash_of_ours(void **state)
{
	struct fixture *f = fixture_new(CONFIG("mode = destinations"));

	(void)state;
	second(f);
	assert_int_equal(f->kernel.n, 3);
	f->states[0] = VM_STATE_SHUTOFF;
	second(f);
	assert_int_equal(fake_kernel_find(&f->kernel, "10.0.0.1:80")->weight,
			 0);
	service_free(f->service);
	f->service = new_service(f, CONFIG("mode = destinations"));
	second(f);
	assert_int_equal(fake_kernel_find(&f->kernel, "10.0.0.1:80")->weight,
			 0);
	assert_int_equal(scale(f, 1), 0);
	f->states[0] = VM_STATE_RUNNING;
	second(f);
	assert_int_equal(fake_kernel_find(&f->kernel, "10.0.0.1:80")->weight,
			 100);
	fixture_free(f);
}

/* Only a tunnel leads to the other family: IPVS refuses all else. */
static void destinations_are_of_the_family_of_the_service(void **state)
{
	struct fixture *f = fixture_new(CONFIG("mode = destinations"));

	(void)state;
	f->dual = true;
	second(f);
	assert_int_equal(f->kernel.n, 3);
	service_free(f->service);
	f->service = new_service(f, CONFIG("mode = destinations forwarding = tunnel"));
	second(f);
	assert_int_equal(f->kernel.n, 6);
	fixture_free(f);
}

/* One that can't be added is tried again, and keeps no other waiting. */
static void destinations_do_not_wait_for_one_another(void **state)
{
	struct fixture *f = fixture_new(CONFIG("mode = destinations"));

	(void)state;
	f->kernel.refused = "10.0.0.1:80";
	second(f);
	assert_null(fake_kernel_find(&f->kernel, "10.0.0.1:80"));
	assert_non_null(fake_kernel_find(&f->kernel, "10.0.0.2:80"));
	assert_non_null(fake_kernel_find(&f->kernel, "10.0.0.3:80"));
	f->states[1] = VM_STATE_SHUTOFF;
	second(f);
	assert_int_equal(scale(f, 2), 0);
	assert_int_equal(fake_kernel_find(&f->kernel, "10.0.0.2:80")->weight,
			 0);
	f->kernel.refused = NULL;
	second(f);
	assert_non_null(fake_kernel_find(&f->kernel, "10.0.0.1:80"));
	fixture_free(f);
}

/* What was asked for has to be done as far as it can be. */
static void scales_do_not_wait_for_destinations(void **state)
{
	struct fixture *f = fixture_new(CONFIG("mode = destinations"));
	char path[64];

	(void)state;
	second(f);
	second(f);
	/* In the way of the file that is to replace the old one. */
	snprintf(path, sizeof(path), "%s/managed.json.new", f->directory);
	assert_int_equal(mkdir(path, 0700), 0);
	f->states[0] = VM_STATE_SHUTOFF;
	second(f);
	assert_int_equal(fake_kernel_find(&f->kernel, "10.0.0.1:80")->weight,
			 100);
	assert_int_equal(scale(f, 1), 0);
	assert_int_equal(rmdir(path), 0);
	second(f);
	assert_int_equal(fake_kernel_find(&f->kernel, "10.0.0.1:80")->weight,
			 0);
	fixture_free(f);
}

/* A weight that the other vmld gave is not the administrator's. */
static void a_shadow_follows_what_is_managed(void **state)
{
	struct fixture *f = fixture_new(CONFIG("mode = destinations"));
	struct service *shadow, *balances = f->service;

	(void)state;
	second(f);
	shadow = new_service(f, CONFIG("mode = destinations"));
	f->states[0] = VM_STATE_SHUTOFF;
	second(f);
	second(f);
	assert_int_equal(fake_kernel_find(&f->kernel, "10.0.0.1:80")->weight,
			 0);
	f->env.observes = true;
	f->service = shadow;
	second(f);
	assert_int_equal(service_member(shadow, 0, f->drains).weight, 100);
	service_free(balances);
	fixture_free(f);
}

/*
 * Asking for addresses takes time, and what a destination is for is not known until
 * all have been asked; but one whose address nobody knows must not matter for ever.
 */
static void destinations_wait_for_addresses_after_a_start(void **state)
{
	struct fixture *f = fixture_new(CONFIG("mode = destinations"));
	const struct sink_destination *first;

	(void)state;
	second(f);
	first = fake_kernel_find(&f->kernel, "10.0.0.1:80");
	assert_int_equal(first->weight, 100);
	service_free(f->service);
	f->service = new_service(f, CONFIG("mode = destinations"));
	f->hidden[0] = true;
	second(f);
	second(f);
	assert_int_equal(first->weight, 100);
	f->hidden[0] = false;
	second(f);
	assert_int_equal(first->weight, 100);

	service_free(f->service);
	f->service = new_service(f, CONFIG("mode = destinations"));
	f->hidden[0] = true;
	for (int i = 0; i < 20; i++)
		second(f);
	assert_int_equal(first->weight, 100);
	for (int i = 0; i < 20; i++)
		second(f);
	assert_int_equal(first->weight, 0);
	fixture_free(f);
}

static void a_new_configuration_goes_on_with_what_was_learned(void **state)
{
	struct fixture *f = fixture_new(CONFIG(""));
	struct service *heir;

	(void)state;
	add_destinations(f);
	second(f);
	second(f);
	starve(f);
	heir = new_service(f, CONFIG("persistence = 1"));
	service_inherit(heir, f->service, &f->env);
	service_free(f->service);
	f->service = heir;
	step(f);
	assert_true(scale(f, 1) < VML_SCALE_ONE * 3 / 4);
	fixture_free(f);
}

/* Or a machine that is back would never have a connection again. */
static void weights_that_are_handed_over_are_none_of_ours(void **state)
{
	struct fixture *f = fixture_new(CONFIG("mode = destinations"));
	struct service *heir;

	(void)state;
	second(f);
	f->states[0] = VM_STATE_SHUTOFF;
	second(f);
	fake_kernel_find(&f->kernel, "10.0.0.2:80")->weight = 0;
	second(f);
	assert_int_equal(fake_kernel_find(&f->kernel, "10.0.0.1:80")->weight,
			 0);
	heir = new_service(f, CONFIG(""));
	service_inherit(heir, f->service, &f->env);
	service_free(f->service);
	f->service = heir;
	assert_int_equal(fake_kernel_find(&f->kernel, "10.0.0.1:80")->weight,
			 100);
	/* The administrator's own. */
	assert_int_equal(fake_kernel_find(&f->kernel, "10.0.0.2:80")->weight,
			 0);
	second(f);
	assert_int_equal(scale(f, 1), 0);
	fixture_free(f);
}

static void at_the_end_all_is_neutral(void **state)
{
	struct fixture *f = fixture_new(CONFIG(""));

	(void)state;
	add_destinations(f);
	second(f);
	second(f);
	starve(f);
	service_restore(f->service, &f->env);
	assert_int_equal(f->kernel.restores, 1);
	assert_int_equal(scale(f, 1), VML_SCALE_ONE);
	fixture_free(f);
}

static void storms_of_events_leave_time_for_others(void **state)
{
	struct fixture *f = fixture_new(CONFIG(""));

	(void)state;
	add_destinations(f);
	second(f);
	service_kick(f->service, f->now);
	assert_true(service_due(f->service) > f->now);
	assert_true(service_due(f->service) <= f->now + NSEC_PER_SEC / 2);
	fixture_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(neutral_services_are_left_alone),
		cmocka_unit_test(starved_machines_get_less),
		cmocka_unit_test(what_does_not_change_is_only_renewed_in_time),
		cmocka_unit_test(without_polls_a_step_is_due_before_the_lease_is_half_over),
		cmocka_unit_test(a_machine_that_stops_is_stopped_at_its_event),
		cmocka_unit_test(sets_of_others_are_seen_before_ours_replaces_them),
		cmocka_unit_test(a_destination_that_goes_meanwhile_costs_one_more_reading),
		cmocka_unit_test(somebody_who_never_stops_does_not_hang_us),
		cmocka_unit_test(the_module_may_come_and_go),
		cmocka_unit_test(scales_in_force_stay_until_we_know_better),
		cmocka_unit_test(drained_machines_get_nothing_until_undrained),
		cmocka_unit_test(all_machines_down_is_a_panic_and_neutral),
		cmocka_unit_test(in_mode_service_all_of_it_is_made_again),
		cmocka_unit_test(a_member_without_a_machine_is_served_as_well),
		cmocka_unit_test(destinations_survive_a_crash_of_ours),
		cmocka_unit_test(destinations_are_of_the_family_of_the_service),
		cmocka_unit_test(destinations_do_not_wait_for_one_another),
		cmocka_unit_test(scales_do_not_wait_for_destinations),
		cmocka_unit_test(a_shadow_follows_what_is_managed),
		cmocka_unit_test(destinations_wait_for_addresses_after_a_start),
		cmocka_unit_test(a_new_configuration_goes_on_with_what_was_learned),
		cmocka_unit_test(weights_that_are_handed_over_are_none_of_ours),
		cmocka_unit_test(at_the_end_all_is_neutral),
		cmocka_unit_test(storms_of_events_leave_time_for_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
