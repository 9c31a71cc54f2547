# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
#
# How the module comes and goes, and its netlink family with it.
where=inside
needs=fresh
limit=240

# timed FILE COMMAND...: leaves its milliseconds in the file; a hang is not
# waited for, since it may be one of all netlink
timed()
{
	local file=$1 begin
	shift
	begin=$(now_ms)
	timeout 20 "$@" > /dev/null || return
	echo $(($(now_ms) - begin)) > "$file"
}

# Two seconds, but not on a machine so busy that the kernel's own schedulers
# need nearly as long, although their files are in memory already.
patience()
{
	local reference=$1
	echo $((reference * 6 > 2000 ? reference * 6 : 2000))
}

test_a_cold_kernel_binds_a_service_within_two_seconds_and_the_family_answers()
{
	local add list n=0 limit
	! grep -q '^ip_vs' /proc/modules || fail "the kernel is not cold"

	timed add.ms ipvsadm -A -t 10.93.0.1:80 -s vml &
	add=$!
	# One beside it that comes as early, and then one after the other
	while kill -0 $add 2> /dev/null; do
		n=$((n + 1))
		timed "list.$n.ms" ipvsadm -Ln ||
			fail "ipvsadm -Ln beside it hangs"
	done
	wait $add || fail "ipvsadm -A -s vml hangs"
	timed show.ms vmlctl show -t 10.93.0.1:80 ||
		fail "the family does not answer"
	between "lists beside it" $n 1 10000

	ipvsadm -D -t 10.93.0.1:80
	rmmod ip_vs_vml
	rmmod ip_vs
	timed reference.ms ipvsadm -A -t 10.93.0.1:80 -s wrr
	limit=$(patience "$(cat reference.ms)")
	between "milliseconds of ipvsadm -A -s vml" "$(cat add.ms)" 0 "$limit"
	between "milliseconds of ipvsadm -Ln beside it" \
		"$(sort -n list.*.ms | tail -n 1)" 0 "$limit"
	between "milliseconds of vmlctl show" "$(cat show.ms)" 0 "$limit"
	echo "note: add $(cat add.ms) ms, list $(sort -n list.*.ms | tail -n 1) ms," \
		"show $(cat show.ms) ms, wrr $(cat reference.ms) ms"
}

test_modprobe_alone_brings_the_family()
{
	unload_module
	modprobe ip_vs_vml
	equal "the services" "$(vmlctl show --json)" "[]"
}

test_asking_for_the_family_loads_the_module()
{
	unload_module
	equal "the services" "$(timeout 20 vmlctl show --json)" "[]"
	is_loaded || fail "the module is not loaded"
}

test_clients_that_come_with_the_module_are_all_answered()
{
	local pids=() i
	unload_module
	for i in 1 2 3 4; do
		timeout 20 vmlctl show --json > "show.$i" 2>&1 &
		pids+=($!)
	done
	modprobe ip_vs_vml
	for i in 1 2 3 4; do
		wait "${pids[i - 1]}" || fail "client $i: $(cat "show.$i")"
		equal "the services" "$(cat "show.$i")" "[]"
	done
}

test_a_bound_service_keeps_the_module()
{
	ipvsadm -A -t 10.93.0.1:80 -s vml
	refused 1 "in use" rmmod ip_vs_vml
	ipvsadm -D -t 10.93.0.1:80
	rmmod ip_vs_vml
}

test_vmlctl_says_that_the_module_is_not_there()
{
	local version
	version=$(uname -r)
	unload_module
	mv "/lib/modules/$version/updates" "/lib/modules/$version/away"
	on_exit mv "/lib/modules/$version/away" "/lib/modules/$version/updates"
	refused 3 "modprobe ip_vs_vml" timeout 20 vmlctl show
}

# One service with traffic on it, in each turn
test_the_module_is_loaded_and_unloaded_in_a_loop()
{
	local i
	for ((i = 1; i <= 10; i++)); do
		modprobe ip_vs_vml
		sink_service vml 1 1
		vmlctl set -u 10.93.0.1:53 10.92.0.1:53=0.5 --lease 60 \
			> /dev/null
		traffic burst 50 10.93.0.1 53
		equal "picks in turn $i" "$(service_value -u 10.93.0.1:53 picks)" 50
		ipvsadm -D -u 10.93.0.1:53
		rmmod ip_vs_vml
	done
}

has_lost_twice()
{
	[ "$(grep -c '"lost"' "$1")" -ge 2 ]
}

test_watch_survives_the_module()
{
	modprobe ip_vs_vml
	watch_start events
	rmmod ip_vs_vml
	wait_event 10 events '.event == "lost"'
	modprobe ip_vs_vml
	wait_until 10 has_lost_twice events
	sink_service vml 1
	wait_event 10 events '.event == "service-bound"
		and .service == "udp 10.93.0.1:53"'
}
