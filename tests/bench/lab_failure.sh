# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016,SC2154
#
# From the kill -9 of a machine's QEMU to the last new connection that it is
# given. A connection that it is given fails; IPVS knows by the client's port
# that it was given to that machine, and the client when it was due. Client and
# kill have the same clock.
#
# And to when it was out: not in IPVS any more, or with a scale of 0. A scheduler
# that counts connections spares it before, for those that it never finishes; wrr
# does not, and so shows when it was out.

RATE=60

# vmld's own: from the hypervisor's event to the scale 0 in force, in ms
event_to_scale()
{
	director_log vmld | awk '/web-1 crashed/ && !began { began = $1 }
		began && /\(web-1\)/ && / -> 0.00/ {
			printf "%.1f", ($1 - began) * 1000
			exit
		}'
}

# watch_for_removal: the director's time when IPVS has no weight for it any more
watch_for_removal()
{
	# shellcheck disable=SC2016 # expanded in the director
	director_daemon removal bash -c '
		while ipvsadm -Ln -t "$1" | grep -q "$2:80 .* 100 "; do
			sleep 0.02
		done
		echo "$EPOCHREALTIME"' removal "$SERVICE" "$(vm_address web-1)"
}

# out_time BALANCER: by the director's clock
out_time()
{
	case $1 in
	vml)
		director_log vmld | awk '/\(web-1\)/ && / -> 0.00/ {
			time = $1
		} END { print time }'
		;;
	*)
		wait_until 20 director_exec test -e /run/lab/removal.status
		director_log removal
		;;
	esac
}

# given_to_the_dead: of the client's failed requests those that IPVS has given
# to web-1
given_to_the_dead()
{
	director_exec ipvsadm -Lnc | awk -v dead="$(vm_address web-1):80" '
		NR == FNR {
			if ($6 == dead) {
				sub(".*:", "", $4)
				given[$4] = 1
			}
			next
		}
		$2 in given' - "$LAB_RUN/load-failure.failures" |
		sort -n
}

# fail_once BALANCER
fail_once()
{
	local killed last failed ahead
	balancer_up "$1"
	client_load_start failure -r $RATE -d 12 -t 3 "http://$LAB_VIP/"
	client_load_second failure 3
	ahead=$(director_ahead)
	[ "$1" = vml ] || watch_for_removal
	killed=$EPOCHREALTIME
	vm_kill9 web-1
	client_load_wait failure
	given_to_the_dead > "$LAB_RUN/given"
	last=$(tail -n 1 "$LAB_RUN/given" | cut -d' ' -f1)
	failed=$(wc -l < "$LAB_RUN/given")
	result --arg balancer "$1" --argjson killed "$killed" \
		--argjson last "${last:-$killed}" --argjson failed "$failed" \
		--argjson out "$(out_time "$1")" --argjson ahead "$ahead" \
		--arg event "$([ "$1" != vml ] || event_to_scale)" '{
			$balancer, $failed,
			out_ms: (($out - $ahead - $killed) * 1000),
			last_ms: ([($last - $killed) * 1000, 0] | max),
			event_ms: ($event | tonumber? // null)}'
	balancer_down
}

bench_failure()
{
	local i balancer
	for ((i = 1; i <= rounds; i++)); do
		for balancer in tcp-wrr http-wrr tcp-wlc http-wlc vml; do
			say "failure with $balancer, round $i"
			fail_once $balancer
		done
	done
}
