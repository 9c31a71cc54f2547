/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What asking alone costs: a program that asks each hypervisor for the figures
 * that vmld wants, once a second, and drops the answers.
 *
 *	bare HOSTS
 */
#include <libvirt/libvirt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define GROUPS                                           \
	(VIR_DOMAIN_STATS_STATE | VIR_DOMAIN_STATS_VCPU | \
	 VIR_DOMAIN_STATS_BLOCK | VIR_DOMAIN_STATS_BALLOON)

static void ask(virConnectPtr connection)
{
	virDomainStatsRecordPtr *records;

	if (virConnectGetAllDomainStats(connection, GROUPS, &records,
			VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT) < 0)
		exit(1);
	virDomainStatsRecordListFree(records);
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 0;
	virConnectPtr *connections = calloc((size_t)n + 1,
					    sizeof(*connections));
	struct timespec next;

	if (!n || !connections)
		return 2;
	for (int i = 0; i < n; i++) {
		char uri[64];

		snprintf(uri, sizeof(uri), "qemu+tcp://127.1.0.%d/system",
			 i + 1);
		connections[i] = virConnectOpen(uri);
		if (!connections[i])
			return 1;
	}
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (;;) {
		for (int i = 0; i < n; i++)
			ask(connections[i]);
		next.tv_sec++;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
}
