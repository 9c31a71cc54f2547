# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
#
# Shares, sets of scales, leases and generations, as the kernel keeps them.
where=inside
limit=240

SERVICE="udp 10.93.0.1:53"

# Prints the new generation
set_scales()
{
	vmlctl set -u 10.93.0.1:53 "$@" --json | jq .generation
}

# shares_are PERCENT COUNT...: of IPVS's own counts, each that near to COUNT
shares_are()
{
	local percent=$1 expected total=0 counts i=0
	shift
	for expected; do
		total=$((total + expected))
	done
	counts=$(sink_counts "$total")
	for expected; do
		i=$((i + 1))
		between "connections of destination $i of ${counts//$'\n'/ }" \
			"$(sed -n "${i}p" <<< "$counts")" \
			"$(awk "BEGIN { print $expected * (100 - $percent) / 100 }")" \
			"$(awk "BEGIN { print $expected * (100 + $percent) / 100 }")"
	done
	echo "note: shares ${counts//$'\n'/ }"
}

picks_are_what_ipvs_counted()
{
	local counts picks
	counts=$(_sink_counts)
	picks=$(vmlctl show -u 10.93.0.1:53 --json | jq -r \
		'.[0].destinations | sort_by(.address | split(".") |
			map(tonumber))[].picks')
	equal "the module's picks" "$picks" "$counts"
	equal "the module's sum" "$(service_value -u 10.93.0.1:53 picks)" \
		"$(awk '{ n += $1 } END { print n }' <<< "$counts")"
}

test_scales_one_two_four_share_70000_picks_within_two_percent()
{
	counted_sink_service vml 100 100 100
	set_scales 10.92.0.1:53=0.25 10.92.0.2:53=0.5 10.92.0.3:53=1 > /dev/null
	traffic burst 70000 10.93.0.1 53
	shares_are 2 10000 20000 40000
	picks_are_what_ipvs_counted
}

test_equal_destinations_get_equal_shares()
{
	counted_sink_service vml 1 1 1 1 1
	traffic burst 50000 10.93.0.1 53
	shares_are 2 10000 10000 10000 10000 10000
}

test_two_equal_destinations_get_a_half_each()
{
	counted_sink_service vml 1 1
	traffic burst 20000 10.93.0.1 53
	shares_are 3 10000 10000
}

test_weight_times_scale_decides()
{
	counted_sink_service vml 1 2 65535
	set_scales 10.92.0.1:53=1 10.92.0.2:53=0.5 10.92.0.3:53=0 > /dev/null
	traffic burst 20000 10.93.0.1 53
	shares_are 3 10000 10000 0
	equal "the effective weight" "$(destination_value -u 10.93.0.1:53 \
		10.92.0.2:53 effective_weight)" 65536
}

test_where_nothing_may_be_picked_connections_are_refused_and_counted()
{
	counted_sink_service vml 1 1
	set_scales 10.92.0.1:53=0 10.92.0.2:53=0 > /dev/null
	traffic burst 100 10.93.0.1 53 2> /dev/null || true
	equal "the connections" "$(_sink_counts | tr '\n' ' ')" "0 0 "
	between "the count of refusals" \
		"$(service_value -u 10.93.0.1:53 no_destination)" 1 100
}

# The first connection, which is counted, fills the one destination
test_an_overloaded_destination_is_skipped_until_it_has_room()
{
	sink_up
	ipvsadm -R <<- EOT
		-A -u 10.93.0.1:53 -s vml
		-a -u 10.93.0.1:53 -r 10.92.200.1:53 -m -w 1 -x 1
	EOT
	traffic burst 1 10.93.0.1 53
	ipvsadm -R <<- EOT
		-E -u 10.93.0.1:53 -s vml -o
		-a -u 10.93.0.1:53 -r 10.92.200.2:53 -m -w 1
	EOT
	traffic burst 1000 10.93.0.1 53
	shares_are 0 1 1000
	between "the skips" \
		"$(service_value -u 10.93.0.1:53 overload_skips)" 100 100000
	ipvsadm -e -u 10.93.0.1:53 -r 10.92.200.1:53 -m -w 1 -x 0
	ipvsadm -Z
	traffic burst 1000 10.93.0.1 53
	shares_are 20 500 500
}

test_a_set_names_what_it_scales_and_leaves_the_rest_neutral()
{
	sink_service vml 1 1 1
	set_scales 10.92.0.1:53=0.25 10.92.0.2:53=0.5 > /dev/null
	set_scales --replace 10.92.0.3:53=0.75 > /dev/null
	equal "the scales" "$(vmlctl show -u 10.93.0.1:53 --json |
		jq -c '.[0].destinations | map(.scale)')" "[65536,65536,49152]"
	vmlctl clear -u 10.93.0.1:53 > /dev/null
	equal "the scales" "$(vmlctl show -u 10.93.0.1:53 --json |
		jq -c '.[0].destinations | map(.scale)')" "[65536,65536,65536]"
}

ten_thousand()
{
	seq 10000 | awk -v rest="$1" '{
		printf "10.92.%d.%d:53%s\n", $1 / 256, $1 % 256, rest }'
}

# KiB that the kernel has for itself
kernel_memory()
{
	awk '/^(SUnreclaim|VmallocUsed|Percpu):/ { kib += $2 }
		END { print kib }' /proc/meminfo
}

test_10000_destinations_are_scaled_in_one_message()
{
	local generation
	local begin memory
	sink_service vml
	memory=$(kernel_memory)
	begin=$(now_ms)
	ten_thousand " -m -w 100" | sed 's/^/-a -u 10.93.0.1:53 -r /' |
		ipvsadm -R
	echo "note: added in $(($(now_ms) - begin)) ms"
	# Of the hundreds of tables that there were meanwhile not many are left
	memory=$(($(kernel_memory) - memory))
	echo "note: taking $memory KiB"
	between "KiB of memory" "$memory" 5000 80000
	begin=$(now_ms)
	# shellcheck disable=SC2046 # many words
	generation=$(set_scales --replace $(ten_thousand '=0.5'))
	echo "note: set in $(($(now_ms) - begin)) ms"
	equal "the generation" "$generation" 1
	equal "the scales" "$(vmlctl show -u 10.93.0.1:53 --json |
		jq -c '.[0].destinations | length, (map(.scale) | unique)' |
		tr '\n' ' ')" "10000 [32768] "

	# shellcheck disable=SC2046
	refused 1 "10.95.0.9:53" vmlctl set -u 10.93.0.1:53 --replace \
		$(ten_thousand '=0.25' | sed '7000s/.*/10.95.0.9:53=0.25/')
	# shellcheck disable=SC2046
	refused 1 "10.92.0.7:53" vmlctl set -u 10.93.0.1:53 --replace \
		$(ten_thousand '=0.25' | sed '7000s/.*/10.92.0.7:53=0.25/')
	equal "the generation" "$(service_value -u 10.93.0.1:53 generation)" 1
	equal "the scales" "$(vmlctl show -u 10.93.0.1:53 --json |
		jq -c '.[0].destinations | map(.scale) | unique')" "[32768]"
}

test_an_unknown_destination_changes_nothing_and_is_named()
{
	sink_service vml 1 1
	set_scales 10.92.0.1:53=0.5 > /dev/null
	refused 1 "10.92.0.77:53" vmlctl set -u 10.93.0.1:53 --replace \
		10.92.0.1:53=0.25 10.92.0.77:53=0.25 10.92.0.2:53=0.25
	equal "the scale" "$(destination_value -u 10.93.0.1:53 10.92.0.1:53 \
		scale)" 32768
	equal "the generation" "$(service_value -u 10.93.0.1:53 generation)" 1
}

test_an_unknown_service_is_named()
{
	refused 1 "udp 10.93.0.1:99" vmlctl set -u 10.93.0.1:99 10.92.0.1:53=1
}

test_a_service_of_another_scheduler_is_none_of_ours()
{
	sink_service wlc 1
	refused 1 "udp 10.93.0.1:53" vmlctl show -u 10.93.0.1:53
}

test_a_lease_that_runs_out_returns_the_service_to_its_weights()
{
	counted_sink_service vml 3 1
	watch_start events
	set_scales 10.92.0.1:53=0 --lease 5 > /dev/null
	wait_event 5 events '.event == "scales-committed" and .lease_ms == 5000'
	traffic burst 400 10.93.0.1 53
	shares_are 0 0 400
	wait_event 20 events '.event == "lease-expired"
		and .service == "'"$SERVICE"'" and .generation == 1'
	between "seconds from the one event to the other" "$(jq -s \
		'(map(select(.event == "lease-expired")) | .[0].time) -
		 (map(select(.event == "scales-committed")) | .[0].time)' \
		events)" 4.5 15
	equal "the scale" "$(destination_value -u 10.93.0.1:53 10.92.0.1:53 \
		scale)" 65536
	equal "the lease" "$(service_value -u 10.93.0.1:53 lease_ms)" null
	ipvsadm -Z
	traffic burst 8000 10.93.0.1 53
	shares_are 8 6000 2000
}

test_a_renewed_lease_goes_on()
{
	local begin
	sink_service vml 1 1
	watch_start events
	begin=$(now_ms)
	set_scales 10.92.0.1:53=0.5 --lease 8 > /dev/null
	wait_until 10 lease_is_below 6500
	set_scales 10.92.0.1:53=0.5 --lease 60 > /dev/null
	wait_event 10 events '.generation == 2'
	wait_until 20 is_later_than $((begin + 10000))
	! grep -q lease-expired events || fail "the lease ran out"
	scale_is 32768 || fail "the scale is neutral"
}

is_later_than()
{
	[ "$(now_ms)" -gt "$1" ]
}

lease_is_below()
{
	[ "$(service_value -u 10.93.0.1:53 lease_ms)" -lt "$1" ]
}

scale_is()
{
	[ "$(destination_value -u 10.93.0.1:53 10.92.0.1:53 scale)" = "$1" ]
}

test_compare_and_swap_refuses_an_old_generation_and_says_why()
{
	sink_service vml 1 1
	equal "the first generation" "$(set_scales 10.92.0.1:53=0.5)" 1
	equal "the second" "$(set_scales --generation 1 10.92.0.1:53=0.25)" 2
	refused 1 "generation" vmlctl set -u 10.93.0.1:53 --generation 1 \
		10.92.0.1:53=0.75
	scale_is 16384 || fail "the refused set has changed the scale"
}

test_of_two_writers_that_compare_none_is_lost()
{
	local i pids=()
	sink_service vml 1 1 1 1 1 1 1 1
	for i in 1 2 3 4 5 6 7 8; do
		vmlctl set -u 10.93.0.1:53 "10.92.0.$i:53=0.5" > /dev/null &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || fail "one writer was refused"
	done
	equal "the generation" "$(service_value -u 10.93.0.1:53 generation)" 8
	equal "the scales" "$(vmlctl show -u 10.93.0.1:53 --json |
		jq -c '.[0].destinations | map(.scale) | unique')" "[32768]"
}

test_events_tell_what_becomes_of_services_and_destinations()
{
	local events
	modprobe ip_vs_vml
	watch_start events
	sink_service vml 1
	ipvsadm -a -u 10.93.0.1:53 -r 10.92.0.2:53 -m
	ipvsadm -d -u 10.93.0.1:53 -r 10.92.0.1:53
	ipvsadm -D -u 10.93.0.1:53
	wait_event 10 events '.event == "service-unbound"'
	events=$(jq -r '[.event, .service, .destination] | join(" ")' events)
	equal "the events" "$events" "service-bound udp 10.93.0.1:53 
destination-added udp 10.93.0.1:53 10.92.0.1:53
destination-added udp 10.93.0.1:53 10.92.0.2:53
destination-removed udp 10.93.0.1:53 10.92.0.1:53
service-unbound udp 10.93.0.1:53 "
}
