# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016,SC2154
#
# From the start of a noisy neighbour on a machine's CPU to the cut of its
# scale, in polls. No peer reacts to one at all.

# Ten of these pages a second want about 13 % of an emulated machine's CPU, and
# eight processes leave a ninth of it. One that wants less than 5 % tells nothing.
NEIGHBOUR_URL="http://$LAB_VIP/work?n=10000"
NEIGHBOUR_PROCESSES=8

# cut_time SINCE: when its scale first fell by a tenth and more after that, by
# the director's clock
cut_time()
{
	director_log vmld | awk -v since="$1" '$1 >= since && /\(web-1\) scale/ {
		for (i = 2; i < NF; i++)
			if ($i == "->" && $(i + 1) + 0 <= .9 * $(i - 1)) {
				print $1
				exit
			}
	}'
}

has_been_cut()
{
	[ -n "$(cut_time "$1")" ]
}

# Where all CPUs are busy with something else, there may be nothing left to cut
wait_for_cut()
{
	local end=$((SECONDS + 15))
	until has_been_cut "$1" || [ "$SECONDS" -ge "$end" ]; do
		sleep 0.5
	done
}

bench_neighbour()
{
	local i ahead begun cut
	for ((i = 1; i <= rounds; i++)); do
		say "neighbour, round $i"
		balancer_up vml
		client_load_start neighbour -r 30 -d 60 -t 20 "$NEIGHBOUR_URL"
		client_load_second neighbour 8
		ahead=$(director_ahead)
		begun=$(awk -v now="$EPOCHREALTIME" -v ahead="$ahead" \
			'BEGIN { printf "%.6f", now + ahead }')
		neighbour_start web-1 $NEIGHBOUR_PROCESSES
		wait_for_cut "$begun"
		cut=$(cut_time "$begun")
		neighbour_stop web-1
		client_load_stop neighbour
		# With a poll a second, seconds are polls
		result --argjson begun "$begun" --argjson cut "${cut:-null}" '
			(if $cut then $cut - $begun else null end) as $time |
			{ balancer: "vml", seconds: $time, polls: $time,
			  cut: (if $cut then 1 else 0 end) }'
		balancer_down
	done
}
