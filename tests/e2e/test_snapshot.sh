# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
#
# vmlctl snapshot: what it does to a machine, that clients do not notice, and that
# it is undone whatever fails.
where=outside
vms=3
limit=150

URL="http://$LAB_VIP/work?n=50"

# With an agent, and a file system to be frozen
group_setup()
{
	local i
	for i in 1 2 3; do
		vm_remove "web-$i"
		vm_start "web-$i" --on hv1 --direct --agent --fs --qcow2 --no-wait \
			--cpuset "$(lab_cpu "$i")"
	done
	for i in 1 2 3; do
		vm_wait "web-$i"
		wait_until 60 agent_answers "web-$i"
	done
}

agent_answers()
{
	vm_virsh "$1" qemu-agent-command '{"execute": "guest-ping"}'
}

group_teardown()
{
	local i
	for i in 1 2 3; do
		vm_remove "web-$i"
	done
}

balance()
{
	service_up vml
	config "$1" "mode = weights
		    $2"
	vmld_up
	wait_until 20 nothing_is_left
}

# snapshot ARGUMENT...: in the background, with what it says in $WORK/said
snapshot_start()
{
	director_daemon snapshot vmlctl snapshot "$@"
	on_exit snapshot_stop
}

snapshot_stop()
{
	daemon_kill snapshot
}

snapshot_said()
{
	director_log snapshot
}

snapshot_has_said()
{
	snapshot_said | grep -F -- "$1"
}

# snapshot_ends STATUS
snapshot_ends()
{
	wait_until 90 director_exec test -e /run/lab/snapshot.status
	equal "the status of vmlctl snapshot, which said $(snapshot_said)" \
		"$(director_exec cat /run/lab/snapshot.status)" "$1"
}

snapshots_of()
{
	vm_virsh "$1" snapshot-list --name | xargs
}

# Nothing is drained or frozen, and all machines get connections
nothing_is_left()
{
	local i
	status '[.services[0].destinations[] | select(.scale > 0)] | length' 3 ||
		return 1
	status '[.services[0].destinations[] | select(.drained)] | length' 0 ||
		return 1
	director_exec sh -c 'cd /var/lib/vml && cat drains.json frozen.json \
			2> /dev/null || :' |
		jq -e -s 'all(.[]; (.operations // {}) == {} and
			(.frozen // []) == [])' || return 1
	for i in 1 2 3; do
		! vm_is_frozen "web-$i" || return 1
	done
}

writes()
{
	vm_exec "$1" sh -c 'echo x > /mnt/written && sync'
}

load_start()
{
	client_load_start new -r 10 -d 300 -t 30 "$URL"
	client_load_second new 2
}

load_stop()
{
	client_load_stop new
	none_failed new
	echo "note: $(load_figure new .requests) requests, none failed, longest" \
		"$(load_figure new '.latency_ms.max | round') ms"
}

# While there is no overlay over the image
test_one_of_the_memory_too_is_inside_of_the_image()
{
	balance "" ""
	load_start
	snapshot_start web-1 --name memory --kind internal
	snapshot_ends 0
	equal "where it is, and in what state" "$(vm_virsh web-1 snapshot-info \
			memory | awk '/^(State|Location):/ { print $2 }' | xargs)" \
		"running internal"
	wait_until 20 nothing_is_left
	load_stop
	vmld_down
}

test_a_machine_is_drained_frozen_and_back()
{
	local before
	before=$(vm_freezes web-1)
	balance "" ""
	load_start
	vm_freeze_hold web-1
	on_exit vm_freeze_release web-1
	snapshot_start web-1 --name one
	wait_until 20 reasons_have web-1 "draining for a snapshot: x0"
	wait_until 10 scale_is web-1 0 0
	lacks "answers while it is drained" "$(client_asks 10)" web-1
	contains "what is behind its scale" \
		"$(director_exec vmlctl explain web-1)" "draining for a snapshot"
	vm_freeze_release web-1
	snapshot_ends 0
	equal "what its agent was told" "$(vm_freezes web-1)" \
		"$(xargs <<< "$before freeze thaw")"
	contains "its snapshots" "$(snapshots_of web-1)" one
	contains "what was said" "$(snapshot_said)" "is frozen: 1 file systems"
	writes web-1
	wait_until 20 nothing_is_left
	load_stop
	vmld_down
}

test_all_machines_of_a_service_without_a_failed_request()
{
	balance "" "capacity-floor = 0.6"
	load_start
	watch_open
	snapshot_start --service web --name all --json
	snapshot_ends 0
	watching_stop
	equal "how many take connections, at the least" \
		"$(director_log watch | grep '^[0-9]' | sort -n | head -n 1)" 2
	equal "how it ended" \
		"$(snapshot_said | tail -n 1 | jq -c '[.state, .members[].result]')" \
		'["done","done","done","done"]'
	for i in 1 2 3; do
		contains "the snapshots of web-$i" "$(snapshots_of "web-$i")" all
	done
	wait_until 20 nothing_is_left
	load_stop
	vmld_down
}

test_the_floor_is_kept()
{
	balance "" "capacity-floor = 0.5"
	director_exec vmlctl drain web-2
	wait_until 10 scale_is web-2 0 0
	snapshot_start web-1 --name floor --deadline 60
	wait_until 20 snapshot_has_said "waits: without it service \"web\" has not"
	holds 2 scale_is web-1 1 1500
	director_exec vmlctl undrain web-2
	snapshot_ends 0
	wait_until 20 nothing_is_left
	vmld_down

	config "" "capacity-floor = 0.7"
	vmld_up
	wait_until 20 nothing_is_left
	refused 1 "can't keep its capacity-floor of 70 %" \
		director_exec vmlctl snapshot web-1 --name never
	lacks "the snapshots" "$(snapshots_of web-1)" never
	nothing_is_left
	vmld_down
}

test_a_snapshot_that_fails_is_undone()
{
	local before
	balance "" ""
	load_start
	before=$(vm_freezes web-1)
	# Where its overlay would be
	hypervisor_exec hv1 sh -c \
		'echo taken > /var/lib/libvirt/images/web-1.there'
	refused 1 "the snapshot failed" \
		director_exec -t 60 vmlctl snapshot web-1 --name there
	hypervisor_exec hv1 rm /var/lib/libvirt/images/web-1.there
	equal "what its agent was told" "$(vm_freezes web-1)" \
		"$(xargs <<< "$before freeze thaw")"
	wait_until 20 nothing_is_left
	load_stop
	vmld_down
}

# open_start: connections that stay open; $busy is a machine that has some
open_start()
{
	client_load_start open -c 6 -g 0.5 -k -d 300 -t 30 "http://$LAB_VIP/"
	on_exit open_stop
	wait_until 30 status \
		'[.services[0].destinations[].active_connections] | add >= 6' true
	busy=$(status \
		'.services[0].destinations | max_by(.active_connections) | .domain')
}

open_stop()
{
	! kill -0 "$(cat "$LAB_RUN/load-open.pid")" 2> /dev/null ||
		client_load_stop open
}

test_connections_that_stay_are_waited_for_until_the_deadline()
{
	local busy
	balance "" ""
	open_start
	refused 1 "connections after 3 s" director_exec -t 60 \
		vmlctl snapshot "$busy" --name waits --deadline 3
	lacks "the snapshots" "$(snapshots_of "$busy")" waits
	wait_until 20 nothing_is_left
	director_exec -t 60 vmlctl snapshot "$busy" --name forced \
		--deadline 3 --force > "$WORK/said"
	contains "what was said" "$(cat "$WORK/said")" "after 3 s: goes on"
	contains "the snapshots" "$(snapshots_of "$busy")" forced
	wait_until 20 nothing_is_left
	client_load_stop open
	none_failed open
	vmld_down
}

# snapshot_waits NAME: of $busy, for connections which do not end
snapshot_waits()
{
	open_start
	snapshot_start "$busy" --name "$1" --deadline 300
	wait_until 20 snapshot_has_said "waits for"
	scale_is "$busy" 0 0
}

test_an_interrupt_undoes_it()
{
	local busy
	balance "" ""
	snapshot_waits never
	director_exec sh -c 'kill -INT "$(cat /run/lab/snapshot.pid)"'
	snapshot_ends 1
	contains "what was said" "$(snapshot_said)" "was cancelled"
	nothing_is_left
	client_load_stop open
	vmld_down
}

test_who_is_killed_waits_for_nothing_any_more()
{
	local busy
	balance "" ""
	snapshot_waits never
	director_exec sh -c 'kill -KILL "$(cat /run/lab/snapshot.pid)"'
	wait_until 30 nothing_is_left
	has_logged "nobody waits for it any more" || fail "vmld does not say why"
	client_load_stop open
	vmld_down
}

test_one_operation_at_a_time()
{
	local busy
	balance "" ""
	snapshot_waits first
	refused 1 "is under way, and a service has one at a time" \
		director_exec vmlctl snapshot --service web
	status '[.services[0].destinations[] | select(.scale > 0)] | length' 2
	client_load_stop open
	snapshot_ends 0
	vmld_down
}

test_an_administrators_drain_stays()
{
	balance "" ""
	director_exec vmlctl drain web-1
	wait_until 10 scale_is web-1 0 0
	director_exec -t 60 vmlctl snapshot web-1 --name drained
	contains "the snapshots" "$(snapshots_of web-1)" drained
	holds 2 scale_is web-1 0 0
	reasons_have web-1 "drained: x0"
	director_exec vmlctl undrain web-1
	wait_until 20 nothing_is_left
	vmld_down
}

# freezing: a snapshot of web-1 in the moment in which its agent is to freeze
freezing()
{
	vm_freeze_hold web-1
	on_exit vm_freeze_release web-1
	snapshot_start web-1 --name never
	wait_until 20 director_exec grep -q web-1 /var/lib/vml/frozen.json
	wait_until 20 agent_was_asked web-1
}

agent_was_asked()
{
	vm_exec "$1" sh -c 'ps | grep -q "[f]sfreeze-hook freeze"'
}

test_a_stop_of_vmld_undoes_it()
{
	balance "" ""
	freezing
	director_exec sh -c 'kill -TERM "$(cat /run/lab/vmld.pid)"'
	wait_until 10 has_logged "vmld ends: undoes what was done"
	vm_freeze_release web-1
	wait_until 20 director_exec test -e /run/lab/vmld.status
	equal "vmld's exit status" "$(director_daemon_stop vmld)" 0
	! vm_is_frozen web-1 || fail "web-1 is frozen"
	lacks "the snapshots" "$(snapshots_of web-1)" never
	lacks "what is kept" "$(director_exec sh -c 'cat /var/lib/vml/*.json')" \
		web-1
}

test_what_a_killed_vmld_has_left_is_undone_at_the_next_start()
{
	balance "" ""
	freezing
	vmld_kill
	vm_freeze_release web-1
	wait_until 20 vm_is_frozen web-1
	contains "the drain that is left" \
		"$(director_exec cat /var/lib/vml/drains.json)" web-1
	vmld_start
	wait_until 30 vmld_sees_all
	wait_until 30 nothing_is_left
	has_logged "is thawed, which it was left frozen" ||
		fail "vmld does not say that it thaws"
	writes web-1
	lacks "the snapshots" "$(snapshots_of web-1)" never
	vmld_down
}

test_a_libvirtd_that_dies_delays_the_thaw()
{
	balance "" ""
	freezing
	hypervisor_stop_libvirtd hv1 KILL
	on_exit hypervisor_start_libvirtd hv1
	wait_until 20 snapshot_has_said "can't be frozen"
	wait_until 20 snapshot_has_said "can't be thawed"
	vm_freeze_release web-1
	hypervisor_start_libvirtd hv1
	snapshot_ends 1
	wait_until 30 nothing_is_left
	writes web-1
	vmld_down
}
