# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016,SC2154
#
# Failed requests and latency while snapshots of all machines with their memory
# are taken, one after the other.

# shellcheck source=lab_migration.sh
. "$here/lab_migration.sh"

snapshot_all()
{
	local i
	for i in 1 2 3; do
		hypervisor_exec "$(vm_host "web-$i")" \
			rm -f "/var/lib/libvirt/web-$i.mem"
		vm_virsh "web-$i" snapshot-create-as bench --no-metadata \
			--memspec "/var/lib/libvirt/web-$i.mem,snapshot=external"
		client_load_second snapshot \
			$(($(client_load_seconds snapshot) + 2))
	done
}

bench_snapshot()
{
	local i balancer
	for ((i = 1; i <= rounds; i++)); do
		for balancer in wlc haproxy vml; do
			say "snapshot with $balancer, round $i"
			disturbed $balancer snapshot snapshot_all
		done
	done
}
