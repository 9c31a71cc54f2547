/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/hosts.h"
#include "util.h"

int hosts_intern(struct hosts *hosts, const char *name)
{
	_cleanup_free_ char *copy = NULL;
	struct host *grown;

	for (size_t i = 0; i < hosts->n; i++)
		if (strcmp(hosts->hosts[i].name, name) == 0)
			return (int)i;
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	grown = reallocarray(hosts->hosts, hosts->n + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	hosts->hosts = grown;
	hosts->hosts[hosts->n] = (struct host){ .name = TAKE_PTR(copy) };
	return (int)hosts->n++;
}

bool hosts_advance(struct hosts *hosts, int host, uint64_t polled_ns,
		   unsigned int members)
{
	struct host *last = &hosts->hosts[host];

	if (polled_ns < last->polled_ns ||
	    (polled_ns == last->polled_ns && members == last->members))
		return false;
	last->polled_ns = polled_ns;
	last->members = members;
	return true;
}

void hosts_done(struct hosts *hosts)
{
	for (size_t i = 0; i < hosts->n; i++) {
		free(hosts->hosts[i].name);
		colocation_done(&hosts->hosts[i].colocation);
	}
	free(hosts->hosts);
	*hosts = (struct hosts){};
}
