/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sources' pure parts: texts, libvirt's numbers and words, scripts. */
#include <libvirt/libvirt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "source/libvirt_lifecycle.h"
#include "source/libvirt_stats.h"
#include "source/libvirt_xml.h"
#include "source/script.h"
#include "util.h"

static void test_identities(void **state)
{
	static const char text[] = "01234567-89ab-cdef-0123-456789abcdef";
	uint8_t uuid[VM_UUID_SIZE], mac[VM_MAC_SIZE];
	char buffer[VM_UUID_STRING_MAX];
	struct vm_address a, b;

	(void)state;
	assert_int_equal(vm_uuid_parse(text, uuid), 0);
	assert_int_equal(uuid[0], 0x01);
	assert_int_equal(uuid[15], 0xef);
	assert_string_equal(vm_uuid_format(uuid, buffer), text);
	assert_int_equal(vm_uuid_parse("0123456789ABCDEF0123456789abcdef",
				       uuid), 0);
	assert_string_equal(vm_uuid_format(uuid, buffer), text);
	assert_int_equal(vm_uuid_parse("", uuid), -EINVAL);
	assert_int_equal(vm_uuid_parse("01234567-89ab-cdef-0123-456789abcde",
				       uuid), -EINVAL);
	assert_int_equal(vm_uuid_parse("01234567-89ab-cdef-0123-456789abcdef0",
				       uuid), -EINVAL);

	assert_int_equal(vm_mac_parse("52:54:00:aB:cd:0f", mac), 0);
	assert_memory_equal(mac, "\x52\x54\x00\xab\xcd\x0f", 6);
	assert_int_equal(vm_mac_parse("52:54:00:ab:cd", mac), -EINVAL);
	assert_int_equal(vm_mac_parse("52:54:00:ab:cd:0g", mac), -EINVAL);
	assert_int_equal(vm_mac_parse("525400abcd0f", mac), -EINVAL);

	assert_int_equal(vm_address_parse("10.0.0.1", &a), 0);
	assert_int_equal(vm_address_parse("10.0.0.2", &b), 0);
	assert_false(vm_address_equal(&a, &b));
	assert_int_equal(vm_address_parse("10.0.0.1", &b), 0);
	assert_true(vm_address_equal(&a, &b));
	assert_int_equal(vm_address_parse("fd77::1", &b), 0);
	assert_int_equal(b.family, AF_INET6);
	assert_false(vm_address_equal(&a, &b));
	assert_int_equal(vm_address_parse("10.0.0", &a), -EINVAL);

	assert_string_equal(vm_state_name(VM_STATE_MIGRATING), "migrating");
	assert_string_equal(vm_state_name(99), "unknown");
	assert_string_equal(source_state_name(SOURCE_LOST), "lost");
	assert_string_equal(source_capability_name(SOURCE_HAS_STEAL), "steal");
}

static void test_xml(void **state)
{
	static const char xml[] =
		"<domain type='qemu' id='1'>\n"
		"  <metadata><x><devices><interface type='bridge'>"
		"<mac address='00:00:00:00:00:01'/></interface></devices></x>"
		"</metadata>\n"
		"  <devices>\n"
		"    <interface type='bridge'>\n"
		"      <mac address='52:54:00:77:00:15'/>\n"
		"    </interface>\n"
		"    <interface type='network'></interface>\n"
		"    <interface type='network'>\n"
		"      <mac address='52:54:00:77:00:16'/>\n"
		"    </interface>\n"
		"    <channel type='unix'>\n"
		"      <target type='virtio' name='org.qemu.guest_agent.0' state='%s'/>\n"
		"    </channel>\n"
		"  </devices>\n"
		"</domain>\n";
	_cleanup_free_ uint8_t (*macs)[VM_MAC_SIZE] = NULL;
	char text[sizeof(xml) + 20];
	size_t n, length;

	(void)state;
	snprintf(text, sizeof(text), xml, "connected");
	assert_int_equal(libvirt_xml_macs(text, &macs, &n), 0);
	assert_int_equal(n, 2);
	assert_memory_equal(macs[0], "\x52\x54\x00\x77\x00\x15", 6);
	assert_memory_equal(macs[1], "\x52\x54\x00\x77\x00\x16", 6);
	assert_true(libvirt_xml_has_agent(text));

	/* Cut off anywhere, it is still only text. */
	for (length = strlen(text); length-- > 0;) {
		_cleanup_free_ uint8_t (*some)[VM_MAC_SIZE] = NULL;
		_cleanup_free_ char *cut = strndup(text, length);

		assert_int_equal(libvirt_xml_macs(cut, &some, &n), 0);
		assert_true(n <= 2);
		libvirt_xml_has_agent(cut);
	}
	snprintf(text, sizeof(text), xml, "disconnected");
	assert_false(libvirt_xml_has_agent(text));
	assert_false(libvirt_xml_has_agent("<domain/>"));
}

static void test_lifecycle(void **state)
{
	static const struct {
		int event;
		int detail;
		int type;
	} cases[] = {
		{ VIR_DOMAIN_EVENT_DEFINED, VIR_DOMAIN_EVENT_DEFINED_ADDED,
		  -ENOENT },
		{ VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_BOOTED,
		  VM_EVENT_STARTED },
		{ VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_MIGRATED,
		  VM_EVENT_MIGRATING_IN },
		{ VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_RESTORED,
		  VM_EVENT_RESTORED },
		{ VIR_DOMAIN_EVENT_SUSPENDED,
		  VIR_DOMAIN_EVENT_SUSPENDED_MIGRATED, VM_EVENT_BLACKOUT },
		{ VIR_DOMAIN_EVENT_SUSPENDED,
		  VIR_DOMAIN_EVENT_SUSPENDED_POSTCOPY, VM_EVENT_POSTCOPY },
		{ VIR_DOMAIN_EVENT_SUSPENDED,
		  VIR_DOMAIN_EVENT_SUSPENDED_IOERROR, VM_EVENT_IO_ERROR },
		{ VIR_DOMAIN_EVENT_SUSPENDED,
		  VIR_DOMAIN_EVENT_SUSPENDED_PAUSED, VM_EVENT_SUSPENDED },
		{ VIR_DOMAIN_EVENT_SUSPENDED,
		  VIR_DOMAIN_EVENT_SUSPENDED_POSTCOPY_FAILED,
		  VM_EVENT_POSTCOPY_FAILED },
		{ VIR_DOMAIN_EVENT_RESUMED,
		  VIR_DOMAIN_EVENT_RESUMED_POSTCOPY, VM_EVENT_MIGRATED_IN },
		{ VIR_DOMAIN_EVENT_RESUMED,
		  VIR_DOMAIN_EVENT_RESUMED_POSTCOPY_FAILED,
		  VM_EVENT_POSTCOPY_FAILED },
		{ VIR_DOMAIN_EVENT_RESUMED,
		  VIR_DOMAIN_EVENT_RESUMED_MIGRATED, VM_EVENT_MIGRATED_IN },
		{ VIR_DOMAIN_EVENT_RESUMED,
		  VIR_DOMAIN_EVENT_RESUMED_UNPAUSED, VM_EVENT_RESUMED },
		{ VIR_DOMAIN_EVENT_STOPPED,
		  VIR_DOMAIN_EVENT_STOPPED_MIGRATED, VM_EVENT_MIGRATED_OUT },
		{ VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_FAILED,
		  VM_EVENT_CRASHED },
		{ VIR_DOMAIN_EVENT_SHUTDOWN, VIR_DOMAIN_EVENT_SHUTDOWN_GUEST,
		  VM_EVENT_STOPPED },
		{ VIR_DOMAIN_EVENT_SHUTDOWN, VIR_DOMAIN_EVENT_SHUTDOWN_HOST,
		  -ENOENT },
		{ VIR_DOMAIN_EVENT_STOPPED, 4711, VM_EVENT_STOPPED },
		{ VIR_DOMAIN_EVENT_CRASHED, VIR_DOMAIN_EVENT_CRASHED_PANICKED,
		  VM_EVENT_CRASHED },
		{ 4711, 0, -ENOENT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *word = NULL;
		int type = libvirt_lifecycle_translate(cases[i].event,
						       cases[i].detail, &word);

		if (type != cases[i].type)
			fail_msg("%d/%d: %d", cases[i].event, cases[i].detail,
				 type);
		assert_true(type < 0 || strlen(word) > 0);
	}
}

static void test_states(void **state)
{
	enum vm_pause pause;

	(void)state;
	assert_int_equal(libvirt_stats_state(VIR_DOMAIN_BLOCKED, 0, &pause),
			 VM_STATE_RUNNING);
	assert_int_equal(libvirt_stats_state(VIR_DOMAIN_PAUSED,
					     VIR_DOMAIN_PAUSED_MIGRATION,
					     &pause), VM_STATE_PAUSED);
	assert_int_equal(pause, VM_PAUSE_MIGRATION);
	assert_int_equal(libvirt_stats_state(VIR_DOMAIN_PAUSED,
					     VIR_DOMAIN_PAUSED_POSTCOPY,
					     &pause), VM_STATE_PAUSED);
	assert_int_equal(pause, VM_PAUSE_POSTCOPY);
	assert_int_equal(libvirt_stats_state(VIR_DOMAIN_PAUSED,
					     VIR_DOMAIN_PAUSED_IOERROR,
					     &pause), VM_STATE_PAUSED);
	assert_int_equal(pause, VM_PAUSE_IO_ERROR);
	assert_int_equal(libvirt_stats_state(VIR_DOMAIN_RUNNING,
					     VIR_DOMAIN_RUNNING_POSTCOPY,
					     &pause), VM_STATE_RUNNING);
	assert_int_equal(libvirt_stats_state(VIR_DOMAIN_RUNNING,
					     VIR_DOMAIN_RUNNING_POSTCOPY_FAILED,
					     &pause), VM_STATE_PAUSED);
	assert_int_equal(pause, VM_PAUSE_POSTCOPY_FAILED);
	assert_int_equal(libvirt_stats_state(VIR_DOMAIN_PAUSED,
					     VIR_DOMAIN_PAUSED_POSTCOPY_FAILED,
					     &pause), VM_STATE_PAUSED);
	assert_int_equal(pause, VM_PAUSE_POSTCOPY_FAILED);
	assert_int_equal(libvirt_stats_state(VIR_DOMAIN_PAUSED,
					     VIR_DOMAIN_PAUSED_CRASHED,
					     &pause), VM_STATE_CRASHED);
	assert_int_equal(libvirt_stats_state(VIR_DOMAIN_PAUSED,
					     VIR_DOMAIN_PAUSED_STARTING_UP,
					     &pause), VM_STATE_SHUTOFF);
	assert_int_equal(libvirt_stats_state(VIR_DOMAIN_SHUTDOWN, 0, &pause),
			 VM_STATE_SHUTOFF);
	assert_int_equal(libvirt_stats_state(VIR_DOMAIN_SHUTOFF,
					     VIR_DOMAIN_SHUTOFF_CRASHED,
					     &pause), VM_STATE_CRASHED);
	assert_int_equal(libvirt_stats_state(VIR_DOMAIN_SHUTOFF,
					     VIR_DOMAIN_SHUTOFF_MIGRATED,
					     &pause), VM_STATE_SHUTOFF);
	assert_int_equal(libvirt_stats_state(4711, 0, &pause),
			 VM_STATE_UNKNOWN);
}

struct parameters {
	virTypedParameterPtr list;
	int n;
	int room;
};

static void add_vcpu(struct parameters *parameters, int i,
		     unsigned long long time, long long delay)
{
	char name[64];

	snprintf(name, sizeof(name), "vcpu.%d.state", i);
	virTypedParamsAddInt(&parameters->list, &parameters->n,
			     &parameters->room, name, VIR_VCPU_RUNNING);
	snprintf(name, sizeof(name), "vcpu.%d.time", i);
	virTypedParamsAddULLong(&parameters->list, &parameters->n,
				&parameters->room, name, time);
	if (delay < 0)
		return;
	snprintf(name, sizeof(name), "vcpu.%d.delay", i);
	virTypedParamsAddULLong(&parameters->list, &parameters->n,
				&parameters->room, name,
				(unsigned long long)delay);
}

static void begin_vcpus(struct parameters *parameters, unsigned int current,
			unsigned int maximum)
{
	*parameters = (struct parameters){};
	virTypedParamsAddUInt(&parameters->list, &parameters->n,
			      &parameters->room, "vcpu.current", current);
	virTypedParamsAddUInt(&parameters->list, &parameters->n,
			      &parameters->room, "vcpu.maximum", maximum);
}

static void test_vcpus(void **state)
{
	struct parameters parameters;
	struct vm_sample sample = {};

	(void)state;
	/* Nothing at all: QEMU was busy. */
	libvirt_stats_vcpus(NULL, 0, &sample);
	assert_false(sample.has_run);

	/* A hole, where one is not plugged in. */
	begin_vcpus(&parameters, 2, 4);
	add_vcpu(&parameters, 0, 100, 10);
	add_vcpu(&parameters, 3, 200, 20);
	libvirt_stats_vcpus(parameters.list, parameters.n, &sample);
	assert_true(sample.has_run);
	assert_true(sample.has_steal);
	assert_int_equal(sample.vcpus, 2);
	assert_true(sample.run_ns == 300);
	assert_true(sample.delay_ns == 30);
	virTypedParamsFree(parameters.list, parameters.n);

	/* No waiting time: an old libvirt, or a kernel without it. */
	sample = (struct vm_sample){};
	begin_vcpus(&parameters, 1, 1);
	add_vcpu(&parameters, 0, 100, -1);
	libvirt_stats_vcpus(parameters.list, parameters.n, &sample);
	assert_true(sample.has_run);
	assert_false(sample.has_steal);
	virTypedParamsFree(parameters.list, parameters.n);
}

static void add_number(struct parameters *parameters, const char *name,
		       unsigned long long number)
{
	virTypedParamsAddULLong(&parameters->list, &parameters->n,
				&parameters->room, name, number);
}

static void test_disks_and_memory(void **state)
{
	struct parameters parameters = {};
	struct vm_sample sample = {};

	(void)state;
	/* As libvirt gives them; some are of no interest. */
	virTypedParamsAddUInt(&parameters.list, &parameters.n,
			      &parameters.room, "block.count", 2);
	virTypedParamsAddString(&parameters.list, &parameters.n,
				&parameters.room, "block.0.name", "vda");
	add_number(&parameters, "block.0.rd.reqs", 10);
	add_number(&parameters, "block.0.rd.bytes", 4096);
	add_number(&parameters, "block.0.rd.times", 1000);
	add_number(&parameters, "block.0.wr.reqs", 20);
	add_number(&parameters, "block.0.wr.times", 3000);
	add_number(&parameters, "block.0.fl.reqs", 1);
	add_number(&parameters, "block.0.fl.times", 500);
	add_number(&parameters, "block.1.rd.reqs", 4);
	add_number(&parameters, "block.1.rd.times", 7);
	add_number(&parameters, "balloon.current", 1048576);
	add_number(&parameters, "balloon.swap_in", 4000);
	libvirt_stats_blocks(parameters.list, parameters.n, &sample);
	libvirt_stats_memory(parameters.list, parameters.n, &sample);
	assert_true(sample.has_block);
	assert_true(sample.block_requests == 35);
	assert_true(sample.block_ns == 4507);
	/* The guest has not told yet. */
	assert_false(sample.has_memory);
	add_number(&parameters, "balloon.last-update", 1700000000);
	libvirt_stats_memory(parameters.list, parameters.n, &sample);
	assert_true(sample.has_memory);
	assert_true(sample.swapped_in == 4000);
	assert_true(sample.memory_time == 1700000000);
	virTypedParamsFree(parameters.list, parameters.n);

	sample = (struct vm_sample){};
	libvirt_stats_blocks(NULL, 0, &sample);
	libvirt_stats_memory(NULL, 0, &sample);
	assert_false(sample.has_block);
	assert_false(sample.has_memory);
}

/* What the text "host hv1\nvm web-1 hv1\n" and a last line give. */
static char *error_of(const char *line)
{
	char path[] = "/tmp/vml-test-XXXXXX";
	_cleanup_close_ int fd = mkstemp(path);
	struct script *script = NULL;
	char *error = NULL, *reason = NULL;
	int r;

	assert_true(fd >= 0);
	assert_true(dprintf(fd, "host hv1\nvm web-1 hv1\n%s\n", line) > 0);
	r = script_load(path, &script, &error);
	unlink(path);
	script_free(script);
	assert_int_equal(r < 0, error != NULL);
	if (error) {
		assert_int_equal(strncmp(error, path, strlen(path)), 0);
		reason = strdup(error + strlen(path));
		free(error);
	}
	return reason;
}

static void test_script_errors(void **state)
{
	static const struct {
		const char *line;
		const char *reason;
	} cases[] = {
		{ "", NULL },
		{ "# all is a comment", NULL },
		{ "at 1 set web-1 run 0.5 delay 0.5 # and this", NULL },
		{ "at 1 event web-1 stopped hv1", NULL },
		{ "at 1 lost hv1 Connection refused", NULL },
		{ "member web-1 [fd77::21]:80 7", NULL },
		{ "recording 1 2026-11-25T00:00:00Z",
		  ":3: a recording can only be replayed" },
		{ "recording 1 2026-11-25T00:00:00Z 2",
		  ":3: \"2\" is too much" },
		{ "wait 5", ":3: \"wait\" is not a statement" },
		{ "at 1 set web-1 boot -2", ":3: -2 is not between -1 and 2.14748e+09" },
		{ "until", ":3: a time in seconds is missing" },
		{ "until 1s", ":3: \"1s\" is not a number" },
		{ "until nan", ":3: \"nan\" is not a number" },
		{ "until -1", ":3: -1 is not between 0 and 1e+09" },
		{ "until 1 2", ":3: \"2\" is too much" },
		{ "vm web-2 hv9", ":3: no host is named \"hv9\"" },
		{ "vm web-2 hv1 speed 3", ":3: \"speed\" is not a key" },
		{ "vm web-2 hv1 run 1.5", ":3: 1.5 is not between 0 and 1" },
		{ "vm web-2 hv1 run", ":3: a value is missing" },
		{ "vm web-2 hv1 state up", ":3: \"up\" is not a state" },
		{ "vm web-2 hv1 address 1.2", ":3: \"1.2\" is not an address" },
		{ "host hv2 no-fun", ":3: \"no-fun\" is not a limit" },
		{ "member web-1 10.0.0.1",
		  ":3: \"10.0.0.1\" is not a destination" },
		{ "at 1 explode web-1", ":3: \"explode\" is not a statement" },
		{ "at 1 check web-1 bored",
		  ":3: \"bored\" is not what a check finds" },
		{ "at 1 check web-1", ":3: what was found is missing" },
		{ "at 1 check web-1 status", ":3: a status is missing" },
		{ "at 1 check web-1 refused 1", ":3: \"1\" is too much" },
		{ "at 1 event web-1 bored", ":3: \"bored\" is not an event" },
		{ "at 1 event web-9 stopped",
		  ":3: no vm is named \"web-9\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *reason = error_of(cases[i].line);

		if (!cases[i].reason || !reason)
			assert_ptr_equal(cases[i].reason, reason);
		else
			assert_string_equal(cases[i].reason, reason);
	}
}

static void test_script_order(void **state)
{
	char path[] = "/tmp/vml-test-XXXXXX";
	_cleanup_close_ int fd = mkstemp(path);
	_cleanup_free_ char *error = NULL;
	struct script *script;

	(void)state;
	dprintf(fd, "host hv1\nvm a hv1\nat 3 drain a\nat 1 undrain a\n"
		"at 3 undrain a\nuntil 7.5\n");
	assert_int_equal(script_load(path, &script, &error), 0);
	unlink(path);
	assert_int_equal(script->n_steps, 3);
	assert_int_equal(script->steps[0].line, 4);
	assert_int_equal(script->steps[1].line, 3);
	assert_int_equal(script->steps[2].line, 5);
	assert_true(script->until_ns == 7500 * NSEC_PER_MSEC);
	script_free(script);

	assert_int_equal(script_load("/does/not/exist", &script, &error),
			 -ENOENT);
	assert_string_equal(error,
			    "/does/not/exist: No such file or directory");
}

static int initialize_libvirt(void **state)
{
	(void)state;
	return virInitialize();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identities),
		cmocka_unit_test(test_xml),
		cmocka_unit_test(test_lifecycle),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_vcpus),
		cmocka_unit_test(test_disks_and_memory),
		cmocka_unit_test(test_script_errors),
		cmocka_unit_test(test_script_order),
	};

	return cmocka_run_group_tests_name("source_text", tests,
					   initialize_libvirt, NULL);
}
