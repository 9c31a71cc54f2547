# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016,SC2154
#
# Failed requests and latency while snapshots of all machines with their memory
# are taken, one after the other: by vmlctl, which drains each, and where there is
# no vmld by virsh. A machine stands still while its memory is written.

# shellcheck source=lab_migration.sh
. "$here/lab_migration.sh"

# Machines whose disks can hold snapshots, as they cannot migrate here
with_images()
{
	local i
	for i in 1 2 3; do
		vm_remove "web-$i"
		vm_start "web-$i" --on "hv$(((i - 1) % 2 + 1))" --fs --qcow2 \
			--no-wait --cpuset "$(lab_cpu $i)"
	done
	for i in 1 2 3; do
		vm_wait "web-$i"
	done
}

snapshot_all()
{
	local i
	if [ "$balancer" = vml ]; then
		director_exec -t 120 vmlctl snapshot --service web \
			--kind internal --name bench
	else
		for i in 1 2 3; do
			vm_virsh "web-$i" snapshot-create-as bench
		done
	fi
	client_load_second snapshot $(($(client_load_seconds snapshot) + 2))
	for i in 1 2 3; do
		vm_virsh "web-$i" snapshot-delete bench > /dev/null
	done
}

bench_snapshot()
{
	local i balancer
	with_images
	for ((i = 1; i <= rounds; i++)); do
		for balancer in wlc haproxy vml; do
			say "snapshot with $balancer, round $i"
			disturbed $balancer snapshot snapshot_all
		done
	done
}
