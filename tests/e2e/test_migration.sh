# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
#
# vmld while machines migrate live between two hosts: what it gives them, what it
# never takes from them, and where it looks for them afterwards.
where=outside
vms=3
hosts=2
limit=200

URL="http://$LAB_VIP/work?n=50"

migrates()
{
	vm_virsh "$1" domjobinfo | grep -q 'Data remaining'
}

# watch_destinations: from now on what the kernel has of the service, all the time
watch_destinations()
{
	# shellcheck disable=SC2016 # expanded in the director
	watching_start sh -c '
		ipvsadm -Ln -t "$1" | sed -n "s/^  -> \([0-9].*\)/\1/p" |
			sort | awk "{ printf \"%s=%s \", \$1, \$3 }"
		echo
		sleep 0.5
	' sh "$SERVICE"
}

# Since then they were always there, with the weight that they have
destinations_stayed()
{
	watching_stop
	# The last line may not be whole
	equal "all that the kernel had of the service" \
		"$(director_log watch | grep '^10\.' | head -n -1 | sort -u)" \
		"10.77.0.21:80=100 10.77.0.22:80=100 10.77.0.23:80=100 "
}

note_load()
{
	echo "note: $(load_figure new .requests) new connections, p99" \
		"$(load_figure new '.latency_ms.p99 | round') ms, longest" \
		"$(load_figure new '.latency_ms.max | round') ms"
}

# migration_is_followed: web-1 migrates to the other host under load. It stays in
# the black-out for as long as the new host's libvirt, which is to let it run, is
# held.
migration_is_followed()
{
	local to picks
	to=$(elsewhere web-1)
	vmld_up
	wait_until 20 of_hypervisor web-1 "$(vm_host web-1)"
	loads_start
	watch_destinations
	vm_dirty web-1 500
	vm_migrate_start web-1 "$to" --bandwidth 8
	wait_until 20 reasons_have web-1 "migrating: x0.70"
	wait_until 20 migrates web-1
	on_exit hypervisor_release_libvirtd "$to"
	hypervisor_hold_libvirtd "$to"
	wait_until 60 reasons_have web-1 "migration black-out: x0"
	wait_until 5 scale_is web-1 0 0
	picks=$(of web-1 .picks)
	lacks "answers in the black-out" "$(client_asks 8)" web-1
	wait_until 5 is_in_black_out_with web-1 "$picks"
	hypervisor_release_libvirtd "$to"
	vm_migrate_wait web-1
	vm_dirty web-1 0
	wait_until 30 of_hypervisor web-1 "$to"
	wait_until 20 reasons_lack web-1 migrat
	wait_until 20 scale_is web-1 1 1500
	wait_until 60 is_given_connections web-1
	destinations_stayed
	loads_stop
	note_load
	note_scales
	vmld_down
}

# Of web-1, as far as vmld found them worth a line
note_scales()
{
	echo "note: its scales: $(director_log vmld | sed -n \
		's/.*(web-1) scale [0-9.]* -> \([0-9.]*\).*/\1/p' | tr '\n' ' ')"
}

# is_in_black_out_with MACHINE PICKS: and so many connections were given to it
is_in_black_out_with()
{
	[ "$(of "$1" '"\(.scale) \(.picks)"')" = "0 $2" ]
}

of_hypervisor()
{
	[ "$(of "$1" .hypervisor)" = "$2" ]
}

test_a_migration_is_followed_and_loses_no_request()
{
	service_up vml
	config "" "mode = weights"
	migration_is_followed
}

# Its CPU is taken away for that, and nothing else shows it
test_a_machine_that_is_slowed_down_to_converge_is_spared_for_that()
{
	service_up vml
	config "" "mode = weights"
	vmld_up
	client_load_start new -r 10 -d 300 -t 30 "$URL"
	vm_dirty web-1 20000
	vm_migrate_start web-1 "$(elsewhere web-1)" --bandwidth 8 \
		--auto-converge
	wait_until 60 reasons_have web-1 "migrating, throttled by"
	scale_is web-1 10 560
	contains "why" "$(director_exec vmlctl explain web-1)" \
		"slowed down until its memory can be sent"
	vm_dirty web-1 0
	vm_migrate_wait web-1
	wait_until 20 reasons_lack web-1 migrat
	client_load_stop new
	none_failed new
	vmld_down
}

test_a_migration_keeps_the_destination_in_mode_destinations()
{
	director_exec ipvsadm -A -t "$SERVICE" -s vml
	config "" "mode = destinations"
	migration_is_followed
}

test_a_migration_keeps_the_destination_in_mode_service()
{
	config "" "mode = service"
	migration_is_followed
}

# given_up COMMAND...: which ends a migration of web-1 in its middle
given_up()
{
	local from
	from=$(vm_host web-1)
	service_up vml
	config "" "mode = weights"
	vmld_up
	loads_start
	vm_migrate_start web-1 "$(elsewhere web-1)" --bandwidth 1
	wait_until 20 reasons_have web-1 "migrating: x0.70"
	wait_until 20 migrates web-1
	"$@"
	! vm_migrate_wait web-1 2> "$WORK/said" ||
		fail "the migration was not given up"
	vm_is_same web-1 "$(cat "$LAB_RUN/migrate-web-1.before")"
	wait_until 10 reasons_lack web-1 migrat
	wait_until 20 of_hypervisor web-1 "$from"
	wait_until 20 scale_is web-1 1 1500
	loads_stop
	note_load
	vmld_down
}

test_a_cancelled_migration_goes_back_to_normal()
{
	given_up vm_virsh web-1 domjobabort
}

test_a_migration_whose_new_host_fails_goes_back_to_normal()
{
	local to
	to=$(elsewhere web-1)
	on_exit hypervisor_start_libvirtd "$to"
	given_up hypervisor_stop_libvirtd "$to" KILL
}

test_a_machine_killed_while_it_migrates_is_out_until_it_is_back()
{
	service_up vml
	config "" "mode = weights"
	vmld_up
	vm_migrate_start web-1 "$(elsewhere web-1)" --bandwidth 1
	wait_until 20 reasons_have web-1 "migrating: x0.70"
	vm_kill9 web-1
	wait_until 10 reasons_have web-1 "crashed"
	wait_until 10 scale_is web-1 0 0
	! vm_migrate_wait web-1 2> "$WORK/said" ||
		fail "a dead machine has migrated"
	holds 3 scale_is web-1 0 0
	gets_none web-1 20
	vm_start web-1
	wait_until 20 reasons_have web-1 "slow start"
	vmld_down
}

test_a_machine_that_fetches_its_memory_later_is_spared_until_it_has_it()
{
	local to
	to=$(elsewhere web-1)
	service_up vml
	config "" "mode = weights"
	vmld_up
	loads_start
	vm_dirty web-1 100
	vm_migrate_start web-1 "$to" --bandwidth 4 --postcopy \
		--postcopy-bandwidth 4
	wait_until 20 migrates web-1
	wait_until 20 vm_virsh web-1 migrate-postcopy
	wait_until 20 has_logged "post-copy goes on"
	wait_until 10 reasons_have web-1 "migrating: x0.70"
	vm_migrate_wait web-1
	vm_dirty web-1 0
	wait_until 10 reasons_lack web-1 migrat
	wait_until 20 of_hypervisor web-1 "$to"
	loads_stop
	note_load
	vmld_down
}

# fails_in_postcopy REASON COMMAND...: which leaves web-1, as it runs on its new host,
# without memory that is still on the old one. It is out for that reason until it is
# started again, and its destination stays.
fails_in_postcopy()
{
	local reason=$1 picks to
	shift
	to=$(elsewhere web-1)
	director_exec ipvsadm -A -t "$SERVICE" -s vml
	config "" "mode = destinations"
	vmld_up
	watch_destinations
	vm_migrate_start web-1 "$to" --bandwidth 4 --postcopy \
		--postcopy-bandwidth 1
	on_exit vm_bury web-1
	wait_until 20 migrates web-1
	wait_until 20 vm_virsh web-1 migrate-postcopy
	wait_until 20 of_hypervisor web-1 "$to"
	"$@" web-1 "$to"
	wait_until 20 reasons_have web-1 "$reason"
	wait_until 5 scale_is web-1 0 0
	! vm_migrate_wait web-1 2> "$WORK/said" ||
		fail "without its memory the machine has migrated"
	picks=$(of web-1 .picks)
	lacks "answers" "$(client_asks 10)" web-1
	holds 2 is_out_with web-1 "$reason" "$picks"
	destinations_stayed
	vm_bury web-1
	vm_start web-1
	wait_until 20 reasons_have web-1 "slow start"
	wait_until 20 scale_is web-1 1 1500
	vmld_down
}

# is_out_with MACHINE REASON PICKS
is_out_with()
{
	local now
	now=$(of "$1" '"\(.scale) \(.picks) \(.reasons | join(" "))"')
	echo "$1: $now"
	[[ $now == "0 $3 "*"$2"* ]]
}

test_a_machine_lost_while_its_memory_follows_is_out_until_it_is_started()
{
	fails_in_postcopy "crashed for" vm_kill9
}

test_a_machine_whose_memory_stops_following_is_out_until_it_is_started()
{
	fails_in_postcopy "paused in failed post-copy for" stop_postcopy
}

# As when the network between the two hosts fails
stop_postcopy()
{
	vm_virsh "$1" domjobabort --postcopy
}

# out_of_sight COMMAND...: which migrates web-1 to a host that is not watched. It comes
# back afterwards.
out_of_sight()
{
	local here there
	here=$(vm_host web-1)
	there=$(elsewhere web-1)
	director_exec ipvsadm -A -t "$SERVICE" -s vml
	config "" "mode = destinations" "$here"
	vmld_start
	wait_until 30 status '[.services[0].destinations[] |
		select(.domain == "web-1")] | length' 1
	loads_start
	"$@" "$there"
	wait_until 20 reasons_have web-1 "out of sight"
	holds 3 scale_is web-1 1000 1000
	vm_migrate web-1 "$here" --undefinesource
	wait_until 20 of_hypervisor web-1 "$here"
	wait_until 20 reasons_lack web-1 migrat
	loads_stop
	note_load
	vmld_down
}

test_a_machine_that_leaves_for_a_host_not_watched_is_neutral_and_stays()
{
	out_of_sight leave
}

leave()
{
	vm_migrate web-1 "$1" --undefinesource
}

test_a_machine_that_leaves_so_is_neutral_while_its_memory_follows()
{
	out_of_sight leave_before_its_memory
}

leave_before_its_memory()
{
	vm_dirty web-1 100
	vm_migrate_start web-1 "$1" --bandwidth 4 --postcopy \
		--postcopy-bandwidth 2 --undefinesource
	wait_until 20 migrates web-1
	wait_until 20 vm_virsh web-1 migrate-postcopy
	wait_until 10 reasons_have web-1 "out of sight"
	wait_until 5 scale_is web-1 1000 1000
	migrates web-1 || fail "its memory has followed already"
	vm_migrate_wait web-1
	vm_dirty web-1 0
}
