# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The lab's own programs, compiled when their source or the compiler changes.

# _lab_key FILE-OR-TEXT...: a short name for content
_lab_key()
{
	local arg
	for arg; do
		if [ -f "$arg" ]; then
			cat "$arg"
		else
			echo "$arg"
		fi
	done | sha256sum | cut -c1-16
}

# _lab_cached NAME KEY COMMAND...: prints the path of $LAB_CACHE/NAME-KEY; if
# it is missing, "COMMAND... PATH" makes it first. Others of this name go.
_lab_cached()
{
	local name=$1 path=$LAB_CACHE/$1-$2 old
	shift 2
	if [ ! -e "$path" ]; then
		mkdir -p "$LAB_CACHE"
		"$@" "$path.new.$$" >&2 || {
			rm -rf "$path.new.$$"
			_lab_say "could not make $path"
			return 1
		}
		for old in "$LAB_CACHE/$name"-????????????????; do
			# One that a run may still use stays for a while
			if [ -e "$old" ] &&
			   [ -n "$(find "$old" -maxdepth 0 -mtime +1)" ]; then
				rm -rf "$old"
			fi
		done
		mv -T "$path.new.$$" "$path" 2> /dev/null || [ -e "$path" ]
		rm -rf "$path.new.$$"
	fi
	echo "$path"
}

_lab_compile()
{
	local out=${*: -1}
	"${CC:-gcc}" -std=gnu11 -O2 -Wall -Wextra -D_GNU_SOURCE -static \
		-pthread -o "$out" "${@:1:$#-1}" -lm
}

# Sets LAB_AGENT, LAB_WEBSERVER and LAB_LOAD to the programs.
# shellcheck disable=SC2034 # used in the other parts
lab_programs()
{
	LAB_AGENT=$(_lab_program agent) || return 1
	LAB_WEBSERVER=$(_lab_program webserver) || return 1
	LAB_LOAD=$(_lab_program load) || return 1
}

_lab_program()
{
	_lab_cached "$1" "$(_lab_key "$LAB_DIR/$1"*.[ch] \
		"$("${CC:-gcc}" -dumpfullversion)")" \
		_lab_compile "$LAB_DIR/$1"*.c
}
