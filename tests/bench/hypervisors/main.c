/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fleet of hypervisor hosts that are not there, see fake_libvirtd.h, the
 * first at 127.1.0.1, the second at 127.1.0.2, ...
 *
 *	hypervisors HOSTS MACHINES VCPUS [kvm]
 *
 * HOSTS with MACHINES each. Host h, from 0, has those with the numbers from
 * 256 * h + 1 on, so that no more than 255 have addresses of their own in
 * 10.0.h.0/24. Commands, one a line:
 *
 *	calls		prints for each host: stats calls, all calls
 *	hang HOST	from now on it answers nobody
 *	answer HOST	again
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_libvirtd.h"

#define LIBVIRT_PORT 16509

static struct fake_libvirtd *start(unsigned int host,
				   struct fake_machines machines)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(LIBVIRT_PORT),
		.sin_addr.s_addr = htonl(0x7f010001 + host),
	};

	machines.first = 256 * host + 1;
	return fake_libvirtd_start((const struct sockaddr *)&address,
				   sizeof(address), &machines);
}

static void print_calls(struct fake_libvirtd *const *hosts, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		printf("%u %u\n",
		       fake_libvirtd_calls(hosts[i], FAKE_GET_ALL_DOMAIN_STATS),
		       fake_libvirtd_all_calls(hosts[i]));
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct fake_machines machines = {};
	struct fake_libvirtd **hosts;
	unsigned int n, host;
	char line[64];

	if (argc < 4)
		return 2;
	n = (unsigned int)atoi(argv[1]);
	machines.n = (unsigned int)atoi(argv[2]);
	machines.vcpus = (unsigned int)atoi(argv[3]);
	machines.has_kvm_figures = argc > 4 && strcmp(argv[4], "kvm") == 0;
	hosts = calloc(n, sizeof(*hosts));
	if (!hosts || n > 255 || machines.n > 255)
		return 2;
	for (unsigned int i = 0; i < n; i++)
		hosts[i] = start(i, machines);
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		if (strcmp(line, "calls\n") == 0)
			print_calls(hosts, n);
		else if (sscanf(line, "hang %u", &host) == 1 && host < n)
			fake_libvirtd_hang(hosts[host], true);
		else if (sscanf(line, "answer %u", &host) == 1 && host < n)
			fake_libvirtd_hang(hosts[host], false);
		else
			return 2;
	}
	return 0;
}
