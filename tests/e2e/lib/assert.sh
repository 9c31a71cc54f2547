# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What a test expects. A test ends at the first thing that is not so.

fail()
{
	echo "failed: $*" >&2
	exit 1
}

# equal WHAT ACTUAL EXPECTED
equal()
{
	[ "$2" = "$3" ] || fail "$1: is \"$2\", should be \"$3\""
}

# between WHAT NUMBER LOWEST HIGHEST
between()
{
	awk -v x="$2" -v low="$3" -v high="$4" \
		'BEGIN { exit !(x != "" && x + 0 >= low && x + 0 <= high) }' ||
		fail "$1: is \"$2\", should be in $3 to $4"
}

# contains WHAT TEXT WORDS
contains()
{
	[[ $2 == *"$3"* ]] || fail "$1: \"$3\" is not in \"$2\""
}

lacks()
{
	[[ $2 != *"$3"* ]] || fail "$1: \"$3\" is in \"$2\""
}

# refused STATUS WORDS COMMAND...: it must end with that status, and say that
refused()
{
	local expected=$1 words=$2 said status=0
	shift 2
	said=$("$@" 2>&1 < /dev/null) || status=$?
	equal "the status of \"$*\" ($said)" "$status" "$expected"
	contains "what \"$*\" says" "$said" "$words"
}

now_ms()
{
	echo $((${EPOCHREALTIME/./} / 1000))
}

# wait_until SECONDS COMMAND...: until it succeeds, for what can only be looked
# at; what it said last is shown if it never does.
wait_until()
{
	local end=$(($(now_ms) + $1 * 1000)) said
	shift
	until said=$("$@" 2>&1); do
		[ "$(now_ms)" -lt "$end" ] ||
			fail "not within the time: $* ($said)"
		sleep 0.05
	done
}

# wait_line SECONDS FILE WORDS: until a line of the file has them
wait_line()
{
	wait_until "$1" _has_line "$2" "$3"
}

_has_line()
{
	grep -q -F -- "$2" "$1" || {
		cat "$1"
		return 1
	}
}

# holds SECONDS COMMAND...: it must succeed all the time
holds()
{
	local end=$(($(now_ms) + $1 * 1000)) said
	shift
	while [ "$(now_ms)" -lt "$end" ]; do
		said=$("$@" 2>&1) || fail "no longer so: $* ($said)"
		sleep 0.1
	done
}

# on_exit COMMAND...: when the test ends, the last one first
_exit_commands=()
on_exit()
{
	_exit_commands+=("$(printf '%q ' "$@")")
}

_run_exit_commands()
{
	local status=$? i
	set +e
	for ((i = ${#_exit_commands[@]} - 1; i >= 0; i--)); do
		eval "${_exit_commands[i]}"
	done
	exit $status
}
trap _run_exit_commands EXIT
