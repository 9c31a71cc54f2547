/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Usage: race SECONDS
 *
 * Run all activities for so long, and longer on a machine that is too slow for
 * each to get on; then check that each has, that the state is right, and that
 * everything can be removed. Prints a plan and a line for each test.
 */
#include <err.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "race.h"

/* So many of each there must be, and how much longer they are waited for. */
#define LEAST 3
#define OVERTIME_NS (120 * NSEC_PER_SEC)

/* How long all bind vml, and how long a duel is. */
#define BOUND_US 700000
#define DUEL_US 700000

/* For all activities to end what they are about, once they are asked to. */
#define STOP_NS (60 * NSEC_PER_SEC)

static const char *const names[N_COUNTS] = {
	[DESTINATIONS_ADDED] = "destinations are added",
	[DESTINATIONS_EDITED] = "destinations are edited",
	[DESTINATIONS_REMOVED] = "destinations are removed",
	[SERVICES_ADDED] = "services are added",
	[SERVICES_REMOVED] = "services are removed",
	[SCHEDULERS_TO_VML] = "services are given to vml",
	[SCHEDULERS_FROM_VML] = "services are taken from vml",
	[SETS_COMMITTED] = "scales are set",
	[SETS_COMPARED] = "scales are set to the generation expected",
	[SETS_STALE] = "scales for an old generation are refused",
	[SERVICE_DUMPS] = "services are dumped",
	[DESTINATION_DUMPS] = "destinations are dumped",
	[PICKS_SEEN] = "services are seen with picks",
	[EVENTS_BOUND] = "services are heard to be bound",
	[EVENTS_UNBOUND] = "services are heard to be unbound",
	[EVENTS_ADDED] = "destinations are heard to be added",
	[EVENTS_REMOVED] = "destinations are heard to be removed",
	[EVENTS_COMMITTED] = "scales are heard to be committed",
	[EVENTS_EXPIRED] = "leases are heard to expire",
	[NAMESPACES_LEFT] = "namespaces go with services in them",
	[MODULE_UNLOADED] = "the module is unloaded and loaded again",
	[DATAGRAMS_SENT] = "datagrams are sent",
	[CONNECTIONS_SERVED] = "connections are served",
};

static const struct activity activities[] = {
	{ "destinations", 1, true, race_destinations },
	{ "destinations", 1, false, race_destinations },
	{ "services", 1, false, race_services },
	{ "schedulers", 1, false, race_schedulers },
	{ "scales", 1, true, race_scales },
	{ "scales", 1, false, race_scales },
	{ "dumps", 1, false, race_dumps },
	{ "events", 1, false, race_events },
	{ "namespaces", 2, false, race_namespaces },
	{ "module", 1, false, race_module },
	{ "datagrams", 2, true, race_datagrams },
	{ "connections", 1, false, race_connections },
};

#define PROCESSES_MAX 32

struct process {
	pid_t pid;
	const char *name;
};

static void open_clients(struct racer *racer)
{
	if (ipvs_control_new(&racer->ipvs) < 0 ||
	    vml_client_open(&racer->vml) < 0)
		errx(1, "no clients");
}

/* Something is there to begin with, and all modules are loaded. */
static void populate(struct racer *racer)
{
	static const char *const schedulers[] = { "rr", "wlc", "vml" };

	for (unsigned int i = 0; i < N_SERVICES; i++)
		service_put(racer, i, schedulers[i % ARRAY_SIZE(schedulers)]);
}

static pid_t start(const struct activity *activity, struct race *race,
		   uint64_t seed)
{
	struct racer racer = {
		.race = race,
		.duels = activity->duels,
		.random = seed,
	};
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	open_clients(&racer);
	activity->run(&racer);
	_exit(0);
}

static bool has_ended_well(const struct process *process, int status)
{
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return true;
	printf("%s: %s %d\n", process->name,
	       WIFSIGNALED(status) ? "signal" : "status",
	       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	return false;
}

/* Take in all that have ended: whether they ended well. */
static bool reap(struct process *processes, size_t n, size_t *running)
{
	bool well = true;

	*running = 0;
	for (size_t i = 0; i < n; i++) {
		int status;

		if (!processes[i].pid)
			continue;
		if (waitpid(processes[i].pid, &status, WNOHANG) <= 0) {
			(*running)++;
			continue;
		}
		processes[i].pid = 0;
		well &= has_ended_well(&processes[i], status);
	}
	return well;
}

static bool is_over(struct race *race, uint64_t end)
{
	uint64_t now = now_ns();

	for (size_t i = 0; i < N_COUNTS; i++)
		if (atomic_load(&race->counts[i]) < LEAST)
			return now >= end + OVERTIME_NS;
	return now >= end;
}

/*
 * In turn: all bind vml; those that share its tables are alone; nobody binds
 * it, until the module has been unloaded.
 */
static bool run(struct racer *racer, struct process *processes, size_t n,
		uint64_t end)
{
	struct race *race = racer->race;
	size_t running;

	while (!is_over(race, end)) {
		unsigned long unloaded =
			atomic_load(&race->counts[MODULE_UNLOADED]);

		usleep(BOUND_US);
		atomic_store(&race->duel, true);
		service_put(racer, DUEL, "vml");
		usleep(DUEL_US);
		atomic_store(&race->duel, false);
		atomic_store(&race->away, true);
		while (atomic_load(&race->counts[MODULE_UNLOADED]) ==
		       unloaded && !is_over(race, end)) {
			if (!reap(processes, n, &running))
				return false;
			usleep(1000);
		}
		atomic_store(&race->away, false);
	}
	return true;
}

static bool stop(struct race *race, struct process *processes, size_t n)
{
	uint64_t end = now_ns() + STOP_NS;
	bool well = true;
	size_t running;

	atomic_store(&race->stop, true);
	do {
		usleep(10000);
		well &= reap(processes, n, &running);
	} while (running && now_ns() < end);
	for (size_t i = 0; i < n; i++) {
		if (!processes[i].pid)
			continue;
		printf("%s does not end\n", processes[i].name);
		kill(processes[i].pid, SIGKILL);
	}
	return well && !running;
}

static int failed;

static void result(bool good, const char *test)
{
	printf("%s - %s\n", good ? "ok" : "not ok", test);
	failed |= !good;
}

static void result_of(unsigned long times, const char *test)
{
	bool good = times >= LEAST;

	printf("%s - %s # %lu times\n", good ? "ok" : "not ok", test, times);
	failed |= !good;
}

static void check(struct racer *racer, const char *test,
		  const char *(*function)(struct racer *racer))
{
	const char *wrong = function(racer);

	if (wrong)
		printf("%s\n", wrong);
	result(!wrong, test);
}

int main(int argc, char **argv)
{
	struct process processes[PROCESSES_MAX];
	struct racer racer = { .random = now_ns() };
	size_t n = 0;
	bool well;

	if (argc != 2)
		errx(2, "usage: race SECONDS");
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("1..%d\n", N_COUNTS + 4);
	racer.race = mmap(NULL, sizeof(*racer.race), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (racer.race == MAP_FAILED)
		err(1, "mmap");
	enter_namespace();
	open_sinks();
	open_clients(&racer);
	populate(&racer);
	for (size_t i = 0; i < ARRAY_SIZE(activities); i++) {
		for (unsigned int j = 0; j < activities[i].processes; j++) {
			processes[n].name = activities[i].name;
			processes[n].pid = start(&activities[i], racer.race,
						 racer.random + n);
			n++;
		}
	}
	well = run(&racer, processes, n,
		   now_ns() + strtoul(argv[1], NULL, 10) * NSEC_PER_SEC);
	well &= stop(racer.race, processes, n);
	result(well, "nothing fails, and nothing hangs");

	for (size_t i = 0; i < N_COUNTS; i++)
		result_of(atomic_load(&racer.race->counts[i]), names[i]);
	check(&racer, "vml knows what IPVS knows", state_is_consistent);
	check(&racer, "traffic follows the scales", traffic_follows_scales);
	check(&racer, "everything can be removed and unloaded",
	      everything_goes);
	return failed;
}
