# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A run of the lab: its directory, its owner, and how it always ends.
#
# Everything about a run is in LAB_RUN, /run/vml-lab/ID. Each process of the
# lab lives in one of the run's network namespaces: that is how they are all
# found at the end, whoever started them.

LAB_RUN=
_lab_exit_hooks=()

_lab_say()
{
	echo "lab: $*" >&2
}

# _lab_wait SECONDS COMMAND...: until the command succeeds, for state that can
# only be looked at.
_lab_wait()
{
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000))
	shift
	until "$@"; do
		[ "${EPOCHREALTIME/./}" -lt "$end" ] || return 1
		sleep 0.05
	done
}

# Runs a program so that a trap need not wait for its end: bash runs none
# before a program in the foreground has ended.
_lab_interruptible()
{
	"$@" <&0 &
	wait $!
}

# "PID START-TIME" names a process for ever, also when the number is used again.
_lab_process_name()
{
	local stat
	{ read -r stat < "/proc/$1/stat"; } 2> /dev/null || return 1
	# shellcheck disable=SC2086 # fields of the process's status
	set -- "$1" ${stat##*) }
	echo "$1 ${21}"
}

_lab_process_lives()
{
	[ -n "$1" ] && [ "$(_lab_process_name "${1%% *}")" = "$1" ]
}

# lab_become_root COMMAND...: unless we are root, run this through sudo instead,
# with what the lab's caller may have set
lab_become_root()
{
	[ "$(id -u)" -ne 0 ] || return 0
	# What is ours in the cache stays so
	mkdir -p "${LAB_CACHE%/*}"
	echo "The lab makes network namespaces and virtual machines, which" \
		"takes root: asking sudo." >&2
	exec sudo "BUILD=$LAB_BUILD" "VML_CACHE=${LAB_CACHE%/*}" \
		"VML_RESULTS=${VML_RESULTS:-}" "LAB_ID=${LAB_ID:-}" "$@"
}

# lab_on_exit COMMAND: also run this when the lab goes down.
lab_on_exit()
{
	_lab_exit_hooks+=("$1")
}

# lab_up [--keep ID]
# With --keep the run outlives this process and is found again by lab_attach;
# otherwise it ends with this process, however that ends.
lab_up()
{
	local id=$$ keep=
	if [ "${1:-}" = --keep ]; then
		keep=1
		id=$2
	fi
	if [ "$(id -u)" -ne 0 ]; then
		_lab_say "the lab makes namespaces and needs root"
		return 1
	fi
	_lab_sweep
	if [ -e "$LAB_BASE/$id" ]; then
		_lab_say "lab \"$id\" is up already ($LAB_BASE/$id)"
		return 1
	fi
	LAB_RUN=$LAB_BASE/$id
	mkdir -p "$LAB_RUN/ns" "$LAB_CACHE"
	if [ -n "$keep" ]; then
		echo "boot $(cat /proc/sys/kernel/random/boot_id)" \
			> "$LAB_RUN/owner"
	else
		_lab_process_name $$ > "$LAB_RUN/owner"
		trap lab_down EXIT
		trap 'exit 129' HUP
		trap 'exit 130' INT
		trap 'exit 143' TERM
		_lab_start_keeper
	fi
	lab_programs
	_lab_network_up
}

# lab_attach ID: use a run that another process keeps.
lab_attach()
{
	if [ ! -d "$LAB_BASE/$1/ns" ]; then
		_lab_say "no lab \"$1\" is up"
		return 1
	fi
	LAB_RUN=$LAB_BASE/$1
	lab_programs
}

# Ends the run; may be called again. Returns non-zero if something stayed.
lab_down()
{
	local run=$LAB_RUN hook
	[ -n "$run" ] || return 0
	trap '' HUP INT TERM
	for hook in ${_lab_exit_hooks[@]+"${_lab_exit_hooks[@]}"}; do
		"$hook"
	done
	_lab_exit_hooks=()
	LAB_RUN=
	_lab_stop_keeper "$run"
	_lab_remove "$run" || return 1
	trap - HUP INT TERM EXIT
}

# Even SIGKILL of the owner must leave nothing: a process in a session of its
# own waits for the owner's end and then cleans up.
_lab_start_keeper()
{
	(
		trap '' HUP INT TERM
		# shellcheck disable=SC2016 # expanded by that process
		exec setsid --fork bash -c '
			. "$1/lab.sh"
			_lab_process_name $$ > "$2/keeper"
			tail --pid="$3" -s 0.5 -f /dev/null
			_lab_remove "$2"
		' vml-lab-keeper "$LAB_DIR" "$LAB_RUN" $$
	) < /dev/null > /dev/null 2>&1
	if ! _lab_wait 5 test -s "$LAB_RUN/keeper"; then
		_lab_say "the keeper did not start"
		return 1
	fi
}

_lab_stop_keeper()
{
	local keeper
	keeper=$(cat "$1/keeper" 2> /dev/null) || return 0
	if _lab_process_lives "$keeper"; then
		# Its child, tail, too
		pkill -KILL -P "${keeper% *}" || :
		kill -KILL "${keeper% *}" 2> /dev/null || :
	fi
}

# Removes runs whose owner is gone.
_lab_sweep()
{
	local run owner fd boot
	[ -d "$LAB_BASE" ] || return 0
	boot=$(cat /proc/sys/kernel/random/boot_id)
	exec {fd}< "$LAB_BASE"
	flock "$fd"
	for run in "$LAB_BASE"/*/; do
		run=${run%/}
		owner=$(cat "$run/owner" 2> /dev/null) || owner=
		[ "$owner" != "boot $boot" ] || continue
		_lab_process_lives "$owner" && continue
		[ -d "$run" ] || continue
		_lab_say "cleaning up after a run that was killed: $run"
		_lab_stop_keeper "$run"
		_lab_remove "$run"
	done
	exec {fd}<&-
}

# All processes in the run's network namespaces.
_lab_processes()
{
	local args=() inode
	while read -r inode; do
		args+=(-o -lname "net:\\[$inode\\]")
	done < <(cat "$1"/ns/*.inode 2> /dev/null)
	[ ${#args[@]} -gt 0 ] || return 0
	find /proc/[0-9]*/ns/net -maxdepth 0 \( "${args[@]:1}" \) 2> /dev/null |
		cut -d/ -f3
}

_lab_kill_all()
{
	local pids
	pids=$(_lab_processes "$1")
	_lab_kill "$pids"
}

# _lab_kill PIDS: succeeds if there are none
_lab_kill()
{
	[ -n "$1" ] || return 0
	# shellcheck disable=SC2086 # a list of numbers
	kill -KILL $1 2> /dev/null
	return 1
}

_lab_remove()
{
	local run=$1 status=0 ns
	if ! _lab_wait 10 _lab_kill_all "$run"; then
		_lab_say "processes of $run do not end:" \
			"$(_lab_processes "$run" | tr '\n' ' ')"
		status=1
	fi
	for ns in "$run"/ns/*; do
		[ -e "$ns" ] || continue
		case $ns in
		*.inode) ;;
		*) umount "$ns" 2> /dev/null || : ;;
		esac
	done
	_lab_remove_cgroups "" "$run" || status=1
	rm -rf "$run" || status=1
	# Gone with the last run
	rmdir "$LAB_BASE" 2> /dev/null || :
	return $status
}

# _lab_remove_cgroups END [RUN]: of the run's groups those that end so
_lab_remove_cgroups()
{
	local status=0 dir
	while read -r dir; do
		_lab_wait 5 _lab_remove_cgroup "$dir" || {
			_lab_say "cgroup $dir does not go away"
			status=1
		}
	done < <(grep -s -- "$1\$" "${2:-$LAB_RUN}/cgroups")
	return $status
}

_lab_remove_cgroup()
{
	[ -d "$1" ] || return 0
	find "$1" -depth -type d -exec rmdir {} + 2> /dev/null
	[ ! -d "$1" ]
}
