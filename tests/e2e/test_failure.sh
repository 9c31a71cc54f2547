# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
#
# vmld and machines that fail: each in its way is out at the event, with its
# reason, and back when it is well. And what becomes of the connections that it
# held.
where=outside
vms=3
limit=150

URL="http://$LAB_VIP/work?n=50"

# One that can fail in every way, instead of web-3
FRAIL=web-4

group_setup()
{
	vm_start $FRAIL --direct --cpuset "$(lab_cpu 3)" --disk --agent \
		--watchdog pause --on-crash preserve
}

group_teardown()
{
	vm_remove $FRAIL
}

# weights_up: the service with two machines, and the one that fails
weights_up()
{
	service_up vml
	director_exec ipvsadm -d -t "$SERVICE" -r "$(vm_address web-3):80"
	director_exec ipvsadm -a -t "$SERVICE" -r "$(vm_address $FRAIL):80" \
		-m -w 100
	config "" "mode = weights"
	vmld_start_with_times
	wait_until 30 vmld_sees_all
}

# Each line of its log begins with the time
vmld_start_with_times()
{
	# shellcheck disable=SC2016 # expanded in the director
	director_daemon vmld bash -c 'exec vmld --config /etc/vml/vmld.conf \
		2> >(while IFS= read -r line; do
			echo "$EPOCHREALTIME $line"
		done >&2)'
}

# note_reaction EVENT: from the event's line in the log to that of the scale 0
note_reaction()
{
	echo "note: scale 0 is in force $(director_log vmld | awk -v event="$1" \
		-v machine="$FRAIL" 'index($0, machine " " event) { began = $1 }
		began && index($0, "(" machine ")") && / -> 0.00/ {
			printf "%.0f", ($1 - began) * 1000
			exit
		}') ms after the event \"$1\""
}

test_a_killed_machine_is_out_until_it_is_started()
{
	weights_up
	vm_kill9 $FRAIL
	is_out $FRAIL "crashed for"
	note_reaction crashed
	has_logged "process died" || fail "vmld does not say what happened"
	vm_start $FRAIL
	wait_until 20 reasons_have $FRAIL "slow start"
	is_back $FRAIL
	vmld_down
}

# panics: and is out
panics()
{
	vm_exec $FRAIL sh -c '(sleep 0.2; echo c > /proc/sysrq-trigger) \
		> /dev/null 2>&1 &'
	is_out $FRAIL "crashed for"
	note_reaction crashed
	has_logged "guest panicked" || fail "vmld does not say what happened"
}

test_a_machine_that_panics_is_out_until_it_is_started()
{
	weights_up
	panics
	vm_stop $FRAIL
	vm_start $FRAIL
	wait_until 20 reasons_have $FRAIL "slow start"
	is_back $FRAIL
	vmld_down
}

test_a_machine_that_is_destroyed_for_its_panic_is_out_until_it_is_started()
{
	weights_up
	vm_virsh $FRAIL set-lifecycle-action crash destroy --live
	panics
	equal "its state" "$(vm_virsh $FRAIL domstate --reason)" \
		"shut off (crashed)"
	# Polls say so too
	holds 2 reasons_have $FRAIL "crashed for"
	scale_is $FRAIL 0 0
	vm_start $FRAIL
	wait_until 20 reasons_have $FRAIL "slow start"
	is_back $FRAIL
	vmld_down
}

fill_disk()
{
	vm_disk_space $FRAIL 1
	vm_exec $FRAIL sh -c 'dd if=/dev/zero of=/dev/vda bs=1M count=4 \
		conv=fsync > /dev/null 2>&1 &'
}

test_a_machine_with_a_full_disk_is_out_until_it_is_resumed()
{
	weights_up
	fill_disk
	is_out $FRAIL "paused on I/O error for"
	note_reaction io-error
	has_logged "enospc" || fail "vmld does not say what happened"
	vm_disk_space $FRAIL 16
	vm_resume $FRAIL
	is_back $FRAIL
	vmld_down
}

test_a_machine_that_hangs_is_out_when_its_watchdog_bites()
{
	weights_up
	vm_exec $FRAIL killall -STOP watchdog
	is_out $FRAIL "paused by watchdog for"
	note_reaction watchdog
	vm_resume $FRAIL
	vm_exec $FRAIL killall -CONT watchdog
	is_back $FRAIL
	vmld_down
}

test_a_guest_that_restarts_begins_slowly()
{
	weights_up
	vm_reset $FRAIL
	wait_until 20 reasons_have $FRAIL "slow start"
	vm_wait $FRAIL
	is_back $FRAIL
	vmld_down
}

test_a_guest_whose_agent_is_gone_has_less_until_it_is_back()
{
	weights_up
	# shellcheck disable=SC2016 # expanded in the guest
	vm_exec $FRAIL sh -c 'tr "\0" " " < "/proc/$(pidof qemu-ga)/cmdline" > /agent
		killall qemu-ga'
	wait_until 20 reasons_have $FRAIL "guest agent gone for"
	has_logged "agent-lost" || fail "vmld does not say what happened"
	scale_is $FRAIL 1 1100
	vm_exec $FRAIL sh /agent
	wait_until 20 has_logged "agent-back"
	wait_until 5 reasons_lack $FRAIL "guest agent"
	vmld_down
}

# expire_up KEEP-OR-EXPIRE: machines come and go with their destinations
expire_up()
{
	director_exec sh -c 'modprobe ip_vs
		echo 1 > /proc/sys/net/ipv4/vs/expire_nodest_conn'
	director_exec ipvsadm -A -t "$SERVICE" -s vml
	config "" "mode = destinations
		    on-failure = $1"
	vmld_start
	wait_until 30 has_destination $FRAIL
	# Another one beside it, or there would be panic
	director_exec vmlctl drain web-2
	director_exec vmlctl drain web-3
	wait_until 20 scale_is web-3 0 0
	wait_until 20 scale_is $FRAIL 1 1500
}

has_destination()
{
	director_exec ipvsadm -Ln -t "$SERVICE" | grep -F "$(vm_address "$1"):80"
}

has_no_destination()
{
	! has_destination "$1"
}

# connection_open: to the frail machine, in a process of the client that sends once
# more on it at a line in $WORK/ask; what comes back is in $WORK/connection
connection_open()
{
	director_exec vmlctl drain web-1
	wait_until 20 scale_is web-1 0 0
	mkfifo "$WORK/ask"
	: > "$WORK/connection"
	# shellcheck disable=SC2016 # expanded in the client
	client_exec bash -c '
		exec 3<> "/dev/tcp/$1/80" 4<> "$2/ask"
		printf "GET / HTTP/1.1\r\nHost: x\r\n\r\n" >&3
		while IFS= read -r line <&3; do
			echo "$line"
			[[ $line != hello* ]] || break
		done
		read -r go <&4
		printf "GET / HTTP/1.1\r\nHost: x\r\n\r\n" >&3
		cat <&3
		echo "ended with $?"
	' connection "$LAB_VIP" "$WORK" >> "$WORK/connection" 2>&1 &
	on_exit end_connection $!
	wait_line 20 "$WORK/connection" "hello from $FRAIL"
	director_exec vmlctl undrain web-1
	wait_until 20 scale_is web-1 1 1500
}

# The process itself, whether or not a shell stands between
end_connection()
{
	pkill -P "$1" || kill "$1" 2> /dev/null || :
}

test_connections_of_a_failed_machine_expire_if_they_are_to()
{
	expire_up expire
	connection_open
	vm_kill9 $FRAIL
	wait_until 20 has_no_destination $FRAIL
	echo > "$WORK/ask"
	wait_line 20 "$WORK/connection" "ended with"
	contains "the connection" "$(cat "$WORK/connection")" "reset by peer"
	vm_start $FRAIL
	wait_until 30 has_destination $FRAIL
	vmld_down
}

test_connections_of_a_machine_paused_on_an_error_expire_if_they_are_to()
{
	expire_up expire
	fill_disk
	wait_until 20 has_no_destination $FRAIL
	vm_disk_space $FRAIL 16
	vm_resume $FRAIL
	wait_until 30 has_destination $FRAIL
	# What somebody pauses keeps its connections
	vm_suspend $FRAIL
	wait_until 20 scale_is $FRAIL 0 0
	holds 3 has_destination $FRAIL
	vm_resume $FRAIL
	vmld_down
}

test_connections_of_a_failed_machine_are_kept_otherwise()
{
	expire_up keep
	vm_kill9 $FRAIL
	wait_until 20 reasons_have $FRAIL "crashed for"
	holds 3 has_destination $FRAIL
	vmld_down
}

test_that_connections_cannot_expire_is_said()
{
	expire_up expire
	vmld_down
	lacks "the log" "$(director_log vmld)" expire_nodest_conn
	director_exec sh -c 'echo 0 > /proc/sys/net/ipv4/vs/expire_nodest_conn'
	vmld_start
	wait_until 20 has_logged "expire_nodest_conn"
	vmld_down
	director_exec vmld --check /etc/vml/vmld.conf
	config "" "on-failure = expire"
	refused 1 "mode weights" director_exec vmld --check /etc/vml/vmld.conf
}
