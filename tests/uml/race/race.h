/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything that can happen to the module, at once. Each activity runs in
 * processes of its own, since the threads of one share a processor in a
 * user-mode kernel; all do what they do to the same few services.
 */
#ifndef TEST_RACE_H
#define TEST_RACE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "libvml.h"
#include "sink/ipvs_control.h"
#include "util.h"

/* What has succeeded. There must be some of each at the end. */
enum count {
	DESTINATIONS_ADDED,
	DESTINATIONS_EDITED,
	DESTINATIONS_REMOVED,
	SERVICES_ADDED,
	SERVICES_REMOVED,
	SCHEDULERS_TO_VML,
	SCHEDULERS_FROM_VML,
	SETS_COMMITTED,
	SETS_COMPARED,
	SETS_STALE,
	SERVICE_DUMPS,
	DESTINATION_DUMPS,
	PICKS_SEEN,
	EVENTS_BOUND,
	EVENTS_UNBOUND,
	EVENTS_ADDED,
	EVENTS_REMOVED,
	EVENTS_COMMITTED,
	EVENTS_EXPIRED,
	NAMESPACES_LEFT,
	MODULE_UNLOADED,
	DATAGRAMS_SENT,
	CONNECTIONS_SERVED,
	N_COUNTS,
};

/* Shared by all processes. */
struct race {
	atomic_bool stop;
	/* Nobody is to bind vml, so that the module can be unloaded. */
	atomic_bool away;
	/* Only those run that change a table and that read it, and one only. */
	atomic_bool duel;
	atomic_ulong counts[N_COUNTS];
};

/* A process's own. Running out of memory ends it. */
struct racer {
	struct race *race;
	bool duels;
	uint64_t random;
	struct ipvs_control *ipvs;
	struct vml_client *vml;
};

struct activity {
	const char *name;
	unsigned int processes;
	bool duels;
	void (*run)(struct racer *racer);
};

/* Whether to do another round; may wait before. */
bool goes_on(const struct racer *racer);

static inline void count(struct racer *racer, enum count which)
{
	atomic_fetch_add_explicit(&racer->race->counts[which], 1,
				  memory_order_relaxed);
}

/* A random number below n. */
uint32_t below(struct racer *racer, uint32_t n);

/*
 * The services: one for TCP, then others for one-packet UDP. The first of
 * those, like that for TCP, is never removed.
 */
#define N_SERVICES 5
#define N_FIXED 2
#define DUEL 1
#define N_DESTINATIONS 24

/* One of all, or the one that the duel is about. */
unsigned int any_service(struct racer *racer);
struct vml_service_key service_key(unsigned int i);
/* Its properties, and vml or, at times and while that is away, another. */
struct ipvs_service service_of(struct racer *racer, unsigned int i);
struct ipvs_destination destination_of(struct racer *racer, unsigned int i);

/* End the process unless r is 0 or one of the errors of being late. */
bool succeeded(struct racer *racer, const char *what, int r);

/* A network namespace of one's own in which the services can be reached. */
void enter_namespace(void);

void race_destinations(struct racer *racer);
void race_services(struct racer *racer);
void race_schedulers(struct racer *racer);
void race_scales(struct racer *racer);
void race_dumps(struct racer *racer);
void race_events(struct racer *racer);
void race_namespaces(struct racer *racer);
void race_module(struct racer *racer);
void race_datagrams(struct racer *racer);
void race_connections(struct racer *racer);

/* Sockets that traffic ends at; they stay open. */
void open_sinks(void);

/* Send n datagrams to a service of UDP. */
void send_datagrams(unsigned int service, unsigned int n);

int service_remove(const struct vml_service_key *key);
/* Add a service, or edit it if it is there, however long IPVS takes. */
void service_put(struct racer *racer, unsigned int i, const char *scheduler);

/* What is checked when all is quiet again: NULL, or what is wrong. */
const char *state_is_consistent(struct racer *racer);
const char *traffic_follows_scales(struct racer *racer);
const char *everything_goes(struct racer *racer);

#endif
