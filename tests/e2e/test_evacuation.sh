# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
#
# vmlctl evacuate: machines leave a host one at a time, and clients do not notice.
where=outside
vms=3
hosts=2
limit=200

URL="http://$LAB_VIP/work?n=50"

balance()
{
	service_up vml
	config "$1" "mode = weights
		    $2"
	vmld_up
	wait_until 20 nothing_is_left
}

nothing_is_left()
{
	status '[.services[0].destinations[] | select(.scale > 0)] | length' 3 ||
		return 1
	status '[.services[0].destinations[] | select(.drained)] | length' 0
}

# note_hosts: where the machines are now, for vm_host
note_hosts()
{
	local i host
	for i in 1 2 3; do
		for host in hv1 hv2; do
			if [ "$(_lab_virsh "$host" domstate "web-$i" \
					2> /dev/null)" = running ]; then
				echo "$host" > "$LAB_RUN/vms/web-$i"
			fi
		done
	done
}

hosts_are()
{
	local i hosts=()
	note_hosts
	for i in 1 2 3; do
		hosts+=("$(vm_host "web-$i")")
	done
	equal "where the machines are" "${hosts[*]}" "$1"
}

# gather HOST: all machines there
gather()
{
	local i
	for i in 1 2 3; do
		[ "$(vm_host "web-$i")" = "$1" ] || vm_migrate "web-$i" "$1" \
			--undefinesource
	done
}

evacuation_start()
{
	director_daemon evacuation vmlctl evacuate "$@"
	on_exit evacuation_stop
}

evacuation_stop()
{
	daemon_kill evacuation
	note_hosts
}

# evacuation_ends STATUS
evacuation_ends()
{
	wait_until 150 director_exec test -e /run/lab/evacuation.status
	equal "the status of vmlctl evacuate, which said $(director_log evacuation)" \
		"$(director_exec cat /run/lab/evacuation.status)" "$1"
}

test_a_host_is_evacuated_without_a_failed_request()
{
	local i before=()
	gather hv1
	balance "" "capacity-floor = 0.6"
	wait_until 20 status '[.services[0].destinations[] |
		select(.hypervisor == "hv1")] | length' 3
	for i in 1 2 3; do
		before[i]=$(vm_identity "web-$i")
	done
	loads_start
	watch_open
	evacuation_start hv1
	wait_until 20 reasons_have web-1 "draining for an evacuation: x0"
	evacuation_ends 0
	watching_stop
	equal "how many take connections, at the least" \
		"$(director_log watch | grep '^[0-9]' | sort -n | head -n 1)" 2
	hosts_are "hv2 hv2 hv2"
	for i in 1 2 3; do
		vm_is_same "web-$i" "${before[i]}"
		! _lab_virsh hv1 dominfo "web-$i" > /dev/null 2>&1 ||
			fail "web-$i is defined on hv1, too"
	done
	wait_until 20 nothing_is_left
	loads_stop
	echo "note: $(load_figure new .requests) requests, none failed, longest" \
		"$(load_figure new '.latency_ms.max | round') ms"
	vmld_down
}

test_one_that_can_not_migrate_stays_and_the_others_go()
{
	gather hv1
	balance "" ""
	# One of its name is there already
	hypervisor_exec hv2 sh -c 'cat > /run/other.xml && virsh -q -c \
		qemu:///system define /run/other.xml' <<- XML
		<domain type='qemu'><name>web-1</name><memory>1024</memory>
		<os><type arch='x86_64' machine='q35'>hvm</type></os></domain>
	XML
	on_exit _lab_virsh hv2 undefine web-1
	evacuation_start hv1 --to hv2
	evacuation_ends 1
	contains "what was said" "$(director_log evacuation)" \
		"web-1: the migration failed"
	_lab_virsh hv2 undefine web-1
	hosts_are "hv1 hv2 hv2"
	wait_until 20 nothing_is_left
	vmld_down
}

test_an_interrupt_ends_it_and_the_machine_stays()
{
	local before
	gather hv1
	before=$(vm_identity web-1)
	balance "" ""
	on_exit hypervisor_release_libvirtd hv2
	hypervisor_hold_libvirtd hv2
	evacuation_start hv1
	wait_until 20 director_exec grep -q "migrates to hv2" \
		/run/lab/evacuation.log
	director_exec sh -c 'kill -INT "$(cat /run/lab/evacuation.pid)"'
	wait_until 10 has_logged "was cancelled: undoes what was done"
	hypervisor_release_libvirtd hv2
	evacuation_ends 1
	wait_until 20 nothing_is_left
	note_hosts
	vm_is_same web-1 "$before"
	vmld_down
}

test_what_can_not_be_is_refused()
{
	gather hv1
	balance "" ""
	refused 1 "no hypervisor \"hv9\" is configured" \
		director_exec vmlctl evacuate hv9
	refused 1 "are there already" director_exec vmlctl evacuate hv1 --to hv1
	hosts_are "hv1 hv1 hv1"
	vmld_down
	config "" "mode = weights" hv1
	vmld_up
	refused 1 "no other hypervisor is connected" \
		director_exec vmlctl evacuate hv1
	hosts_are "hv1 hv1 hv1"
	vmld_down
}
