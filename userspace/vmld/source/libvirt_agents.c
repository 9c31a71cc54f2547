/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <pthread.h>
#include <string.h>

#include "source/libvirt_agents.h"
#include "source/libvirt_link.h"
#include "util.h"

/* For which an agent that does not answer soon is left alone. */
#define PAUSE_NS (600 * NSEC_PER_SEC)
#define SOON_NS (1 * NSEC_PER_SEC)

struct agent {
	uint8_t uuid[VM_UUID_SIZE];
	int64_t boot_id;
	uint64_t asked_ns;
};

struct libvirt_agents {
	pthread_mutex_t lock;	/* of all below */
	unsigned int refs;
	struct agent *agents;
	size_t n;
};

struct libvirt_agents *libvirt_agents_new(void)
{
	struct libvirt_agents *agents = calloc(1, sizeof(*agents));

	if (!agents)
		return NULL;
	agents->refs = 1;
	pthread_mutex_init(&agents->lock, NULL);
	return agents;
}

struct libvirt_agents *libvirt_agents_ref(struct libvirt_agents *agents)
{
	if (!agents)
		return NULL;
	pthread_mutex_lock(&agents->lock);
	agents->refs++;
	pthread_mutex_unlock(&agents->lock);
	return agents;
}

struct libvirt_agents *libvirt_agents_unref(struct libvirt_agents *agents)
{
	unsigned int refs;

	if (!agents)
		return NULL;
	pthread_mutex_lock(&agents->lock);
	refs = --agents->refs;
	pthread_mutex_unlock(&agents->lock);
	if (refs)
		return NULL;
	pthread_mutex_destroy(&agents->lock);
	free(agents->agents);
	free(agents);
	return NULL;
}

static struct agent *find(struct libvirt_agents *agents, const uint8_t *uuid)
{
	for (size_t i = 0; i < agents->n; i++)
		if (memcmp(agents->agents[i].uuid, uuid, VM_UUID_SIZE) == 0)
			return &agents->agents[i];
	return NULL;
}

static void forget(struct libvirt_agents *agents, struct agent *agent)
{
	*agent = agents->agents[--agents->n];
}

static void forget_old(struct libvirt_agents *agents, uint64_t now_ns)
{
	for (size_t i = agents->n; i-- > 0;)
		if (now_ns - agents->agents[i].asked_ns >= PAUSE_NS)
			forget(agents, &agents->agents[i]);
}

static bool begin(struct libvirt_agents *agents, const uint8_t *uuid,
		  int64_t boot_id, uint64_t now_ns)
{
	struct agent *agent, *grown;

	forget_old(agents, now_ns);
	agent = find(agents, uuid);
	if (agent && agent->boot_id == boot_id)
		return false;
	if (!agent) {
		grown = reallocarray(agents->agents, agents->n + 1,
				     sizeof(*grown));
		if (!grown)
			return false;
		agents->agents = grown;
		agent = &grown[agents->n++];
	}
	memcpy(agent->uuid, uuid, VM_UUID_SIZE);
	agent->boot_id = boot_id;
	agent->asked_ns = now_ns;
	return true;
}

bool libvirt_agents_begin(struct libvirt_agents *agents, virDomainPtr domain,
			  uint64_t now_ns)
{
	uint8_t uuid[VM_UUID_SIZE];
	bool begins;

	if (!agents)
		return true;
	if (virDomainGetUUID(domain, uuid) < 0)
		return false;
	pthread_mutex_lock(&agents->lock);
	begins = begin(agents, uuid, link_boot_id(domain), now_ns);
	pthread_mutex_unlock(&agents->lock);
	return begins;
}

void libvirt_agents_end(struct libvirt_agents *agents, virDomainPtr domain,
			uint64_t now_ns)
{
	uint8_t uuid[VM_UUID_SIZE];
	struct agent *agent;

	if (!agents || virDomainGetUUID(domain, uuid) < 0)
		return;
	pthread_mutex_lock(&agents->lock);
	agent = find(agents, uuid);
	if (agent && now_ns - agent->asked_ns < SOON_NS)
		forget(agents, agent);
	pthread_mutex_unlock(&agents->lock);
}
