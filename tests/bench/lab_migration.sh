# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016,SC2154
#
# Failed requests and latency while web-1 migrates live to the other host, and
# writes to its memory faster than it can be sent: QEMU slows it down until
# that converges, as it does where machines are busy.

MIGRATION_RATE=30

# disturbed BALANCER WHAT COMMAND...: what the client saw while the command ran
disturbed()
{
	local name=$1 what=$2 begun ended
	shift 2
	balancer_up "$name"
	# No more than 90 s; it is stopped when all is done
	client_load_start "$what" -r $MIGRATION_RATE -d 90 -w 4 -t 20 -s 3 \
		"http://$LAB_VIP/work?n=400"
	client_load_second "$what" 4
	begun=$EPOCHREALTIME
	"$@" >&2
	ended=$EPOCHREALTIME
	client_load_stop "$what"
	result --arg balancer "$name" --argjson begun "$begun" \
		--argjson ended "$ended" \
		--slurpfile load "$LAB_RUN/load-$what.json" '$load[0] | {
			$balancer, seconds: ($ended - $begun),
			requests, failed: (.errors | add),
			p50_ms: .latency_ms.p50, p99_ms: .latency_ms.p99,
			max_ms: .latency_ms.max}'
	balancer_down
}

migrate()
{
	vm_dirty web-1 6000
	vm_migrate web-1 "$(elsewhere web-1)" --bandwidth 8 \
		--auto-converge
	vm_dirty web-1 0
	# And what comes of it
	client_load_second migration $(($(client_load_seconds migration) + 3))
}

bench_migration()
{
	local i balancer
	for ((i = 1; i <= rounds; i++)); do
		for balancer in wlc haproxy vml; do
			say "migration with $balancer, round $i"
			disturbed $balancer migration migrate
		done
	done
}
