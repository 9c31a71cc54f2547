/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plays each scenario of tests/scenario to the policy, as a daemon would that
 * polls all hypervisors at the same moments, and compares what it would push,
 * and why, with the folder's file "expected". A line of it is
 *
 *	SECONDS MEMBER SCALE STATE [REASON; REASON...]
 *
 * and is there whenever the daemon would push a member's scale, or the state
 * or the kinds of reason change. The script is of the form that
 * source/script.h explains.
 *
 * VML_SCENARIO_WRITE=1 in the environment writes the files anew instead; then
 * look at what git says about them.
 */
#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "policy/policy.h"
#include "source/script.h"
#include "source/world.h"
#include "util.h"

#define FOLDER "tests/scenario"
#define MAX_SCENARIOS 100
#define MAX_MEMBERS 32
#define MAX_HOSTS 8

/* The script's time 0, so that none of the policy's times is 0. */
#define EPOCH_NS (1000 * NSEC_PER_SEC)

struct shown {
	bool valid;
	uint32_t scale;
	enum vm_state state;
	unsigned int reasons;	/* bits of their types */
};

struct play {
	struct script *script;
	struct world *world;
	struct policy *policy;
	struct policy_member members[MAX_MEMBERS];	/* of the script */
	bool joined[MAX_MEMBERS];
	struct shown shown[MAX_MEMBERS];
	struct vm_inventory *inventories[MAX_HOSTS];	/* the last ones */
	FILE *trace;
};

static void set_members(struct play *play)
{
	struct policy_member members[MAX_MEMBERS];
	size_t n = 0;

	for (size_t i = 0; i < play->script->n_members; i++)
		if (play->joined[i])
			members[n++] = play->members[i];
	assert_int_equal(policy_set_members(play->policy, members, n), 0);
}

/* A member that joins in the script is not there before. */
static bool is_first(const struct script *script, size_t vm)
{
	for (size_t i = 0; i < script->n_steps; i++)
		if (script->steps[i].vm == vm &&
		    script->steps[i].verb == SCRIPT_JOIN)
			return false;
	return true;
}

static void init_members(struct play *play)
{
	const struct script *script = play->script;

	assert_true(script->n_members <= MAX_MEMBERS);
	for (size_t i = 0; i < script->n_members; i++) {
		const struct script_member *from = &script->members[i];
		struct policy_member *member = &play->members[i];

		member->key = from->key;
		member->weight = from->weight;
		member->has_vm = from->vm != SCRIPT_NO_VM;
		if (member->has_vm)
			memcpy(member->uuid, play->world->vms[from->vm].uuid,
			       VM_UUID_SIZE);
		play->joined[i] = is_first(script, from->vm);
	}
	set_members(play);
}

static void tell_inventories(struct play *play)
{
	for (size_t i = 0; i < MAX_HOSTS; i++)
		if (play->inventories[i])
			assert_int_equal(policy_inventory(play->policy,
					 play->inventories[i]), 0);
}

static void change_members(struct play *play, const struct script_step *step)
{
	for (size_t i = 0; i < play->script->n_members; i++) {
		struct policy_member *member = &play->members[i];

		if (play->script->members[i].vm != step->vm)
			continue;
		if (step->verb == SCRIPT_DRAIN || step->verb == SCRIPT_UNDRAIN)
			member->drained = step->verb == SCRIPT_DRAIN;
		else if (step->verb == SCRIPT_WEIGHT)
			member->weight = step->weight;
		else
			play->joined[i] = step->verb == SCRIPT_JOIN;
		if (!play->joined[i])
			play->shown[i].valid = false;
	}
	set_members(play);
	tell_inventories(play);
}

static void show(struct play *play, size_t i, uint64_t now,
		 const struct policy_verdict *verdict)
{
	const struct script_member *member = &play->script->members[i];
	char key[VML_KEY_STRING_MAX], text[POLICY_REASON_STRING_MAX];
	struct shown *shown = &play->shown[i];
	unsigned int reasons = 0;

	for (size_t j = 0; j < verdict->n_reasons; j++)
		reasons |= 1u << verdict->reasons[j].type;
	if (shown->valid && shown->state == verdict->state &&
	    shown->reasons == reasons &&
	    !policy_scale_differs(&policy_default_params, shown->scale,
				  verdict->scale))
		return;
	*shown = (struct shown){
		.valid = true,
		.scale = verdict->scale,
		.state = verdict->state,
		.reasons = reasons,
	};
	fprintf(play->trace, "%.1f %s %.2f %s",
		(double)now / (double)NSEC_PER_SEC,
		member->vm == SCRIPT_NO_VM ?
			vml_destination_key_format(&member->key, key) :
			play->script->vms[member->vm].name,
		(double)verdict->scale / VML_SCALE_ONE,
		vm_state_name(verdict->state));
	for (size_t j = 0; j < verdict->n_reasons; j++)
		fprintf(play->trace, "%s %s", j ? ";" : "",
			policy_reason_format(&verdict->reasons[j], text,
					     sizeof(text)));
	fputc('\n', play->trace);
}

static void evaluate(struct play *play, uint64_t now)
{
	const struct policy_verdict *verdicts;
	size_t n, next = 0;

	verdicts = policy_evaluate(play->policy, EPOCH_NS + now, &n);
	for (size_t i = 0; i < play->script->n_members; i++)
		if (play->joined[i])
			show(play, i, now, &verdicts[next++]);
	assert_int_equal(next, n);
}

static void happen(struct play *play, const struct script_step *step)
{
	const struct script *script = play->script;
	struct vm_event event;
	size_t host;

	switch (step->verb) {
	case SCRIPT_EVENT:
		world_event(play->world, step, EPOCH_NS, &event);
		for (host = 0; strcmp(script->hosts[host].name,
				      event.hypervisor) != 0;)
			host++;
		if (!play->world->hosts[host].lost)
			policy_event(play->policy, &event);
		break;
	case SCRIPT_DRAIN:
	case SCRIPT_UNDRAIN:
	case SCRIPT_WEIGHT:
	case SCRIPT_JOIN:
	case SCRIPT_LEAVE:
		change_members(play, step);
		break;
	default:
		return;
	}
	evaluate(play, step->time_ns);
}

static void count(struct play *play)
{
	for (size_t i = 0; i < play->script->n_members; i++) {
		const struct script_member *member = &play->script->members[i];
		struct policy_connections connections = { .key = member->key };
		const struct world_vm *vm;

		if (member->vm == SCRIPT_NO_VM || !play->joined[i])
			continue;
		vm = &play->world->vms[member->vm];
		connections.active_connections = (uint32_t)vm->active;
		connections.picks = (uint64_t)llround(vm->n_closed) +
				    connections.active_connections;
		policy_connections(play->policy, &connections, 1);
	}
}

static void poll_hosts(struct play *play)
{
	for (size_t i = 0; i < play->script->n_hosts; i++) {
		if (play->world->hosts[i].lost || play->world->hosts[i].silent)
			continue;
		vm_inventory_free(play->inventories[i]);
		assert_int_equal(world_inventory(play->world, i, EPOCH_NS,
						 &play->inventories[i]), 0);
	}
	tell_inventories(play);
	/* That somebody tells it twice must not change anything. */
	tell_inventories(play);
}

static void run(struct play *play)
{
	const struct script *script = play->script;

	for (uint64_t now = 0; now <= script->until_ns;
	     now += script->poll_ns) {
		const struct script_step *step;

		while ((step = world_step(play->world, now)))
			happen(play, step);
		world_advance(play->world, now);
		count(play);
		poll_hosts(play);
		evaluate(play, now);
	}
}

/* The caller frees it. */
static char *trace_of(const char *path)
{
	_cleanup_free_ char *error = NULL;
	struct play play = {};
	char *trace = NULL;
	size_t size;

	if (script_load(path, &play.script, &error) < 0)
		fail_msg("%s", error);
	play.trace = open_memstream(&trace, &size);
	assert_non_null(play.trace);
	assert_true(play.script->n_hosts <= MAX_HOSTS);
	assert_int_equal(world_new(play.script, &play.world), 0);
	assert_int_equal(policy_new(&policy_default_params, &play.policy), 0);
	init_members(&play);
	run(&play);
	fclose(play.trace);
	for (size_t i = 0; i < MAX_HOSTS; i++)
		vm_inventory_free(play.inventories[i]);
	policy_free(play.policy);
	world_free(play.world);
	script_free(play.script);
	return trace;
}

static char *contents_of(const char *path)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	char *contents = NULL;
	size_t size = 0;

	if (!file || getdelim(&contents, &size, 0, file) < 0) {
		free(contents);
		return strdup("");
	}
	return contents;
}

static void compare(const char *path, const char *wanted, const char *got)
{
	unsigned int line = 1;

	while (*wanted || *got) {
		size_t w = strcspn(wanted, "\n"), g = strcspn(got, "\n");

		if (w != g || memcmp(wanted, got, w) != 0)
			fail_msg("%s:%u: expected \"%.*s\", got \"%.*s\"",
				 path, line, (int)w, wanted, (int)g, got);
		wanted += w + !!wanted[w];
		got += g + !!got[g];
		line++;
	}
}

static void test_scenario(void **state)
{
	_cleanup_free_ char *script = NULL, *expected = NULL, *wanted = NULL;
	_cleanup_free_ char *trace = NULL;
	const char *name = *state;

	assert_true(asprintf(&script, FOLDER "/%s/script", name) > 0);
	assert_true(asprintf(&expected, FOLDER "/%s/expected", name) > 0);
	trace = trace_of(script);
	if (getenv("VML_SCENARIO_WRITE")) {
		_cleanup_fclose_ FILE *file = fopen(expected, "we");

		assert_non_null(file);
		fputs(trace, file);
		return;
	}
	wanted = contents_of(expected);
	compare(expected, wanted, trace);
}

static int is_scenario(const struct dirent *entry)
{
	return entry->d_type == DT_DIR && entry->d_name[0] != '.';
}

int main(void)
{
	struct CMUnitTest tests[MAX_SCENARIOS] = {};
	struct dirent **entries;
	int n = scandir(FOLDER, &entries, is_scenario, alphasort);
	int failed;

	if (n <= 0 || n > MAX_SCENARIOS) {
		fprintf(stderr, "%s: no scenarios, or too many\n", FOLDER);
		return 1;
	}
	for (int i = 0; i < n; i++)
		tests[i] = (struct CMUnitTest){
			.name = entries[i]->d_name,
			.test_func = test_scenario,
			.initial_state = entries[i]->d_name,
		};
	failed = _cmocka_run_group_tests("scenario", tests, (size_t)n, NULL,
					 NULL);
	for (int i = 0; i < n; i++)
		free(entries[i]);
	free(entries);
	return failed;
}
