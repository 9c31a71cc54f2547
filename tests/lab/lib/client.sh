# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The client: load from its own namespace, across the director.

# client_load OPTION... URL: see load.c
client_load()
{
	_lab_interruptible lab_ns client "$LAB_LOAD" "$@"
}

# client_load_start NAME OPTION... URL: in the background, with a line a second
# in $LAB_RUN/load-NAME.log, and for each request that failed in
# $LAB_RUN/load-NAME.failures; the figures come to $LAB_RUN/load-NAME.json
client_load_start()
{
	local name=$1
	shift
	rm -f "$LAB_RUN/load-$name.json"
	: > "$LAB_RUN/load-$name.log"
	lab_ns client "$LAB_LOAD" -p -j "$LAB_RUN/load-$name.json" \
		-f "$LAB_RUN/load-$name.failures" "$@" \
		> "$LAB_RUN/load-$name.log" 2>&1 < /dev/null &
	echo $! > "$LAB_RUN/load-$name.pid"
}

# client_load_second NAME N: until the load in the background has run so long
client_load_second()
{
	_lab_wait $(($2 + 10)) _lab_load_has_run "$@"
}

_lab_load_has_run()
{
	[ "$(client_load_seconds "$1")" -ge "$2" ]
}

# client_load_seconds NAME: for how long the load has run
client_load_seconds()
{
	wc -l < "$LAB_RUN/load-$1.log"
}

# client_load_wait NAME: until it has ended by itself
client_load_wait()
{
	wait "$(cat "$LAB_RUN/load-$1.pid")"
}

# client_load_stop NAME: ends it early; its figures are written
client_load_stop()
{
	local pid
	pid=$(cat "$LAB_RUN/load-$1.pid")
	# The load itself, whether or not a shell stands between
	pkill -TERM -P "$pid" || kill -TERM "$pid"
	client_load_wait "$1"
}

# client_exec COMMAND...
client_exec()
{
	lab_ns client "$@"
}
