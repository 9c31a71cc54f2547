# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
#
# vmld with real machines behind a real hypervisor: what it does, and what its
# end leaves.
where=outside
vms=3
limit=150

URL="http://$LAB_VIP/work?n=100"

test_check_says_every_error_with_its_line()
{
	local said status=0
	director_exec -i sh -c 'cat > /etc/vml/bad.conf' <<- 'EOT'
		poll-interval = -1
		colour = blue
		hypervisor "hv1" { uri = "qemu+tcp://10.77.0.11/system" }
		service "web" {
		    protocol = tcp
		    address = "10.77.0.300"
		    port = 80
		    members "web-*" { subnet = "10.77.0.0/24" }
		}
		service "api" {
		    protocol = tcp
		    address = "10.77.0.100"
		    port = 80
		    members "api-*" { subnet = "10.77.0.0/24" }
		}
		service "api" {
		    protocol = tcp
		    address = "10.77.0.101"
		    port = 80
		    members "api-*" { subnet = "10.77.0.0/24" }
		}
	EOT
	said=$(director_exec vmld --check /etc/vml/bad.conf 2>&1) || status=$?
	equal "the exit status ($said)" "$status" 1
	equal "the lines ($said)" \
		"$(cut -d: -f1,2 <<< "$said" | tr '\n' ' ')" \
		"/etc/vml/bad.conf:1 /etc/vml/bad.conf:2 /etc/vml/bad.conf:6 /etc/vml/bad.conf:16 "
	contains "line 1" "$(sed -n 1p <<< "$said")" "poll-interval"
	contains "line 2" "$(sed -n 2p <<< "$said")" "colour"
	contains "line 6" "$(sed -n 3p <<< "$said")" "10.77.0.300"
	contains "line 16" "$(sed -n 4p <<< "$said")" "api"
	# And it does not run with such a file
	refused 1 "/etc/vml/bad.conf:2:" \
		director_exec vmld --config /etc/vml/bad.conf
	config "" "mode = weights"
	contains "of a good file" \
		"$(director_exec vmld --check /etc/vml/vmld.conf)" ok
}

test_mode_weights_scales_what_the_administrator_has_made()
{
	service_up vml
	config "" "mode = weights"
	vmld_up
	equal "the machines" "$(status '[.services[0].destinations[].domain] |
		sort | join(" ")')" "web-1 web-2 web-3"
	# Machines that are all new start at full scale
	wait_until 20 scale_is web-1 1 1500
	# Idle machines are neutral; one that is drained is scaled for certain
	director_exec vmlctl drain web-3
	wait_until 10 scale_is web-3 0 0
	wait_until 10 status '.services[0].state' balancing
	lacks "answers" "$(client_asks 30)" web-3
	vmld_down
	kernel_scales_are "[65536,65536,65536]"
	weights_are "100 100 100"
}

shadow_stops()
{
	[ "$(of "$1" .shadow_scale)" = 0 ]
}

# A recording of a real hypervisor, beside the one that balances a shadow that
# would do otherwise, and the reasons for what is done
test_what_was_recorded_is_replayed_and_a_shadow_changes_nothing()
{
	local trace
	service_up vml
	config "" "mode = weights"
	director_exec rm -f /run/lab/recording
	director_daemon vmld vmld --config /etc/vml/vmld.conf \
		--record /run/lab/recording
	wait_until 30 vmld_sees_all
	director_exec vmlctl drain web-3
	wait_until 10 scale_is web-3 0 0
	contains "the explanation" "$(director_exec vmlctl explain web-3)" \
		"end the drain with vmlctl undrain"
	contains "its events or its CPU time" \
		"$(director_exec vmlctl explain "$(vm_address web-1):80")" \
		"1 vCPUs ran"
	director_exec vmlctl undrain web-3
	wait_until 10 scale_is web-3 1 1500
	vmld_down
	trace=$(director_exec vmld --replay /run/lab/recording \
		--config /etc/vml/vmld.conf)
	contains "the trace" "$trace" "web-3 0.00 running drained: x0"
	equal "of another replay" "$(director_exec vmld \
		--replay /run/lab/recording --config /etc/vml/vmld.conf)" \
		"$trace"

	director_daemon vmld vmld --config /etc/vml/vmld.conf --shadow
	wait_until 30 vmld_sees_all
	vm_suspend web-2
	wait_until 20 shadow_stops web-2
	kernel_scales_are "[65536,65536,65536]"
	vm_resume web-2
	vmld_down
}

test_machines_are_found_before_there_is_any_traffic()
{
	director_exec ip neigh flush dev eth0
	service_up vml
	config "" "mode = weights"
	vmld_up
	vmld_down
}

test_a_destination_and_a_service_are_found_when_they_come()
{
	config "" "mode = weights"
	vmld_start
	wait_until 20 status '.services[0].state' absent
	service_up vml
	wait_until 20 vmld_sees_all
	director_exec ipvsadm -d -t "$SERVICE" -r 10.77.0.23:80
	wait_until 20 status '.services[0].destinations | length' 2
	director_exec ipvsadm -a -t "$SERVICE" -r 10.77.0.23:80 -m -w 5
	wait_until 20 vmld_sees_all
	director_exec ipvsadm -E -t "$SERVICE" -s wlc
	wait_until 20 status '.services[0].state' absent
	director_exec ipvsadm -E -t "$SERVICE" -s vml
	wait_until 20 vmld_sees_all
	vmld_down
}

test_scales_that_somebody_else_sets_are_put_right()
{
	service_up vml
	config "" "mode = weights"
	vmld_up
	wait_until 20 scale_is web-1 1 1500
	director_exec vmlctl set -t "$SERVICE" 10.77.0.21:80=0
	wait_until 20 scale_is web-1 1 1500
	vmld_down
}

test_mode_destinations_follows_its_machines()
{
	director_exec ipvsadm -A -t "$SERVICE" -s vml
	config "" "mode = destinations
		    weight-per-vcpu = 50"
	vmld_up
	weights_are "50 50 50"
	# Quiesced at first, and removed when it stays away
	vm_stop web-3
	wait_until 20 weights_are "50 50 0"
	wait_until 60 weights_are "50 50"
	vm_start web-3
	wait_until 30 weights_are "50 50 50"
	equal "answers" "$(client_asks 12 | wc -l)" 12
	vmld_down
}

test_mode_service_makes_the_service_and_again_when_it_is_deleted()
{
	config "" "mode = service
		    scheduler = vml
		    persistence = 300"
	vmld_up
	contains "the service" "$(director_exec ipvsadm -Ln -t "$SERVICE")" \
		"vml persistent 300"
	weights_are "100 100 100"
	director_exec ipvsadm -D -t "$SERVICE"
	wait_until 20 weights_are "100 100 100"
	wait_until 20 vmld_sees_all
	equal "answers" "$(client_asks 4 | uniq | wc -l)" 1
	vmld_down
}

test_direct_routing_and_tunnels_to_machines_are_balanced()
{
	local method
	for method in -g -i; do
		service_up vml $method
		config "" "mode = weights"
		vmld_up
		client_load -r 10 -d 2 -t 5 "http://$LAB_VIP/" > "$WORK/said"
		contains "errors with $method" "$(cat "$WORK/said")" \
			"errors: connect 0 reset 0 timeout 0 status 0 local 0"
		vmld_down
		ipvs_forget
	done
}

test_a_machine_killed_on_its_hypervisor_gets_nothing_until_it_is_back()
{
	local begin picks second
	service_up vml
	config "" "mode = weights"
	vmld_up
	client_load_start kill -r 15 -d 100 -t 3 "$URL"
	client_load_second kill 3

	begin=$(now_ms)
	vm_kill9 web-2
	wait_until 10 scale_is web-2 0 0
	echo "note: scale 0 seen after $(($(now_ms) - begin)) ms"
	picks=$(of web-2 .picks)
	second=$(client_load_seconds kill)
	contains "why" "$(of web-2 '.reasons | join(" ")')" "x0"
	# Requests of before may still run into their time limit
	client_load_second kill $((second + 8))
	equal "picks of the dead machine" "$(of web-2 .picks)" "$picks"
	equal "failed requests afterwards" \
		"$(errors_since kill $((second + 4)))" 0

	vm_start web-2 --no-wait
	wait_until 60 scale_is web-2 1 700
	wait_until 5 reasons_have web-2 "slow start"
	wait_until 60 is_given_connections web-2
	client_load_stop kill
	vmld_down
}

test_a_suspended_machine_gets_nothing_until_it_is_resumed()
{
	service_up vml
	config "" "mode = weights"
	vmld_up
	vm_suspend web-3
	wait_until 10 scale_is web-3 0 0
	gets_none web-3 20
	vm_resume web-3
	wait_until 20 scale_is web-3 1 1500
	vmld_down
}

test_kill_9_of_vmld_loses_no_request_and_the_lease_ends_its_scales()
{
	local delay
	service_up vml
	config "lease = 3" "mode = weights"
	vmld_up
	# What must not outlive it
	director_exec vmlctl drain web-1
	wait_until 20 scale_is web-1 0 0
	client_load_start kill9 -c 4 -k -n 3 -d 100 -t 10 "$URL"
	client_load_second kill9 1
	vmld_kill
	for delay in 0 0.05 0.3 1 2.2; do
		vmld_start
		# A moment of its life, not a wait for something
		sleep $delay
		vmld_kill
	done
	# Without it
	wait_until 15 kernel_scales_are "[65536,65536,65536]"
	client_load_second kill9 $(($(client_load_seconds kill9) + 2))
	client_load_stop kill9
	none_failed kill9
	between "requests" "$(load_figure kill9 .requests)" 20 1000000
	echo "note: $(load_figure kill9 .requests) requests"
	# And it comes back as if nothing had been, with its drain
	vmld_up
	wait_until 20 scale_is web-1 0 0
	vmld_down
}

test_sigterm_leaves_neutral_scales_at_once()
{
	service_up vml
	config "lease = 60" "mode = weights"
	vmld_up
	director_exec vmlctl drain web-2
	wait_until 20 scale_is web-2 0 0
	vmld_down
	kernel_scales_are "[65536,65536,65536]"
}

test_sighup_with_a_bad_file_keeps_the_configuration_and_says_so()
{
	service_up vml
	config "lease = 7" "mode = weights"
	vmld_up
	config "lease = soon" "mode = weights"
	director_exec sh -c 'kill -HUP "$(cat /run/lab/vmld.pid)"'
	wait_until 20 has_logged "stays in force"
	has_logged "/etc/vml/vmld.conf:2:" || fail "the line is not named"
	equal "the lease" "$(status .daemon.lease)" 7
	director_exec vmlctl drain web-2
	wait_until 20 scale_is web-2 0 0
	config "lease = 9" "mode = weights"
	director_exec sh -c 'kill -HUP "$(cat /run/lab/vmld.pid)"'
	wait_until 20 status .daemon.lease 9
	scale_is web-2 0 0
	vmld_down
}

test_vmld_survives_the_module()
{
	local i
	service_up vml
	config "" "mode = weights"
	vmld_up
	for i in 1 2 3; do
		director_exec sh -c 'ipvsadm -C && rmmod ip_vs_vml'
		director_exec modprobe ip_vs_vml
		service_up vml
		wait_until 30 vmld_sees_all
		director_exec vmlctl drain web-1
		wait_until 20 scale_is web-1 0 0
		director_exec vmlctl undrain web-1
		wait_until 20 scale_is web-1 1 1500
	done
	vmld_down
}

test_a_drained_machine_stays_drained_over_a_restart()
{
	service_up vml
	config "" "mode = weights"
	vmld_up
	director_exec vmlctl drain web-1
	wait_until 20 scale_is web-1 0 0
	contains "why" "$(of web-1 '.reasons | join(" ")')" "drained"
	lacks "answers" "$(client_asks 20)" web-1
	vmld_down
	vmld_up
	wait_until 20 scale_is web-1 0 0
	director_exec vmlctl undrain web-1
	wait_until 20 scale_is web-1 1 1500
	refused 1 "web-9" director_exec vmlctl drain web-9
	refused 1 "web-1" director_exec vmlctl undrain web-1
	vmld_down
}

test_libvirtd_may_go_and_come()
{
	local before after
	service_up vml
	config "" "mode = weights"
	vmld_up
	director_exec vmlctl drain web-3
	wait_until 20 scale_is web-3 0 0
	before=$(of web-1 .scale)
	hypervisor_stop_libvirtd hv1
	wait_until 20 has_logged "lost the connection"
	holds 6 scale_is web-3 0 0
	after=$(of web-1 .scale)
	between "the held scale" "$after" $((before * 90 / 100)) \
		$((before * 110 / 100))
	equal "lines about it" "$(logged "lost the connection")" 1
	equal "lines about retries" "$(logged "can't connect")" 0
	equal "the hypervisor" "$(status '.daemon.hypervisors[0].state' |
		sed 's/connecting/lost/')" lost

	hypervisor_start_libvirtd hv1
	wait_until 60 status '.daemon.hypervisors[0].state' connected
	wait_until 20 has_logged "hv1: connected" 2
	vm_suspend web-2
	wait_until 20 scale_is web-2 0 0
	vm_resume web-2
	vmld_down
}

# lower_than MACHINE PERCENT: than that of the best of the others
lower_than()
{
	local scales
	scales=$(status "[.services[0].destinations[] | {domain, scale}] |
		(map(select(.domain == \"$1\").scale)[0]) as \$it |
		(map(select(.domain != \"$1\").scale) | max) as \$best |
		\"\(\$it) \(\$best)\"")
	echo "its scale and the best: $scales"
	[ -n "$scales" ] && [ $((${scales% *} * 100)) -lt \
		$((${scales#* } * $2)) ]
}

not_lower_than()
{
	! lower_than "$@"
}

test_a_noisy_neighbour_lowers_the_scale_of_its_victim_for_as_long()
{
	service_up vml
	config "" "mode = weights"
	vmld_up
	client_load_start noisy -r 30 -d 140 -t 10 "http://$LAB_VIP/work?n=1000"
	client_load_second noisy 3
	# More of them than of anything else that this machine may have to do
	neighbour_start web-1 8
	wait_until 40 lower_than web-1 70
	wait_until 10 reasons_have web-1 "steal"
	neighbour_stop web-1
	wait_until 80 not_lower_than web-1 75
	client_load_stop noisy
	vmld_down
}
