# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Live migration between two hypervisor hosts, and the proof that the machine
# that arrives is the one that left.
#
# Debian 12's QEMU damages the guest's memory in a slow migration when it
# emulates: hosts between which machines migrate take theirs of Debian 13, see
# hypervisor_root.

# vm_identity NAME: "BOOT-ID TOKEN WRITES intact", see webserver.c
vm_identity()
{
	lab_ns fabric curl -s -f --max-time 10 \
		"http://$(vm_address "$1")/memory"
}

# vm_dirty NAME PAGES: it writes so many pages of its memory a second
vm_dirty()
{
	lab_ns fabric curl -s -f -o /dev/null --max-time 10 \
		"http://$(vm_address "$1")/memory?dirty=$2"
}

# vm_migrate NAME HYPERVISOR [--bandwidth MIB] [VIRSH-OPTION...]: live, with so
# many MiB a second at most. Fails if the machine that arrives is not the same.
vm_migrate()
{
	vm_migrate_start "$@" && vm_migrate_wait "$1"
}

# vm_migrate_start NAME HYPERVISOR [OPTION...]: in the background; what virsh
# says goes to $LAB_RUN/migrate-NAME.log. Ends with vm_migrate_wait.
vm_migrate_start()
{
	local name=$1 to=$2 from options=(--live --p2p --persistent)
	shift 2
	from=$(vm_host "$name") || return 1
	while [ $# -gt 0 ]; do
		options+=("$1")
		shift
	done
	if ! vm_identity "$name" > "$LAB_RUN/migrate-$name.before"; then
		_lab_say "$name does not tell what is in its memory"
		return 1
	fi
	echo "$to" > "$LAB_RUN/migrate-$name.to"
	_lab_virsh "$from" migrate "${options[@]}" "$name" \
		"qemu+tcp://$(_lab_hypervisor_address "$to")/system" \
		> "$LAB_RUN/migrate-$name.log" 2>&1 &
	echo $! > "$LAB_RUN/migrate-$name.pid"
}

# vm_migrate_wait NAME: until the migration has ended; fails as it does
vm_migrate_wait()
{
	local name=$1 status=0
	_lab_wait 300 _lab_process_gone "$(cat "$LAB_RUN/migrate-$name.pid")"
	wait "$(cat "$LAB_RUN/migrate-$name.pid")" || status=$?
	rm "$LAB_RUN/migrate-$name.pid"
	if [ $status -ne 0 ]; then
		_lab_say "$name did not migrate:" \
			"$(cat "$LAB_RUN/migrate-$name.log")"
		return $status
	fi
	cp "$LAB_RUN/migrate-$name.to" "$LAB_RUN/vms/$name"
	vm_is_same "$name" "$(cat "$LAB_RUN/migrate-$name.before")"
}

# vm_bury NAME: what a migration that has failed in post-copy leaves of it, a part on
# each host, is gone; it is shut off where it was
vm_bury()
{
	local name=$1 host to
	to=$(cat "$LAB_RUN/migrate-$name.to")
	for host in "$(vm_host "$name")" "$to"; do
		if _lab_vm_is "(post-copy failed)" "$host" "$name"; then
			# What hangs does not end at the first signal
			vm_kill9 "$name" "$host" || return 1
			_lab_wait 10 _lab_vm_is "shut off" "$host" "$name" ||
				return 1
		fi
	done
	if [ "$to" != "$(vm_host "$name")" ] &&
	   _lab_vm_is "shut off" "$to" "$name"; then
		_lab_virsh "$to" undefine "$name" > /dev/null
	fi
}

# _lab_vm_is WORDS HYPERVISOR NAME: in its state there, with the reason
_lab_vm_is()
{
	local state
	state=$(_lab_virsh "$2" domstate --reason "$3" 2> /dev/null) || return 1
	[[ $state == *"$1"* ]]
}

# vm_settle NAME: whatever a migration of it has come to, it is over, and vm_host
# says where the machine is
vm_settle()
{
	local name=$1 to
	[ -e "$LAB_RUN/migrate-$name.pid" ] || return 0
	vm_virsh "$name" domjobabort > /dev/null 2>&1 ||
		vm_virsh "$name" domjobabort --postcopy > /dev/null 2>&1 || :
	_lab_wait 60 _lab_process_gone "$(cat "$LAB_RUN/migrate-$name.pid")" ||
		return 1
	vm_bury "$name" || return 1
	to=$(cat "$LAB_RUN/migrate-$name.to")
	if _lab_vm_is running "$to" "$name"; then
		echo "$to" > "$LAB_RUN/vms/$name"
	fi
	rm "$LAB_RUN/migrate-$name.pid"
}

# vm_is_same NAME IDENTITY: as vm_identity has said before
vm_is_same()
{
	local now
	now=$(vm_identity "$1") || {
		_lab_say "$1 does not answer any more"
		return 1
	}
	if ! awk -v before="$2" '{
			split(before, b)
			exit !($1 == b[1] && $2 == b[2] && $3 >= b[3] &&
				$4 == "intact" && NF == 4)
		}' <<< "$now"; then
		_lab_say "$1 is not the same any more: \"$2\" before, now \"$now\""
		return 1
	fi
}
