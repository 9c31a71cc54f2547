# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
#
# The sink for plain IPVS weights, on a director that has no module of ours.
where=outside
needs=plain
vms=3
limit=120

test_weights_are_written_and_restored_at_the_end()
{
	service_up wrr
	config "sink = ipvs" "mode = weights"
	vmld_up
	director_exec vmlctl drain web-2
	wait_until 20 web_2_weighs 0
	lacks "answers" "$(client_asks 20)" web-2
	vmld_down
	weights_are "100 100 100"
	! director_exec grep -q '^ip_vs_vml ' /proc/modules ||
		fail "the module is loaded"
}

web_2_weighs()
{
	director_exec ipvsadm -Ln -t "$SERVICE" |
		grep -q "10.77.0.22:80 *Masq *$1 "
}

test_the_administrators_weights_are_known_again_after_kill_9()
{
	service_up wlc
	config "sink = ipvs" "mode = weights"
	vmld_up
	director_exec vmlctl drain web-2
	wait_until 20 web_2_weighs 0
	vmld_kill
	web_2_weighs 0 || fail "nobody has written, but the weight is another"
	vmld_up
	wait_until 20 web_2_weighs 0
	director_exec vmlctl undrain web-2
	wait_until 20 web_2_weighs "[1-9][0-9]*"
	vmld_down
	weights_are "100 100 100"
}

test_a_weight_that_the_administrator_changes_is_the_new_base()
{
	service_up wlc
	config "sink = ipvs" "mode = weights"
	vmld_up
	director_exec vmlctl drain web-2
	wait_until 20 web_2_weighs 0
	director_exec ipvsadm -e -t "$SERVICE" -r 10.77.0.21:80 -m -w 300
	# Its next look at the kernel takes it for what it is
	wait_until 20 status '.services[0].destinations[] |
		select(.domain == "web-1") | .weight > 200' true
	vmld_down
	weights_are "300 100 100"
}

test_the_sink_of_the_module_says_that_there_is_none()
{
	service_up wlc
	config "" "mode = weights"
	vmld_start
	wait_until 20 has_logged "ip_vs_vml"
	wait_until 20 status '.services[0].state' absent
	vmld_down
	weights_are "100 100 100"
}
