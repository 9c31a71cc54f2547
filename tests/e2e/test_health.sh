# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
#
# Servers that fail while their machines run: they are out when their checks say so,
# with what was found as the reason, and back when they are well.
#
# On hosts whose libvirt knows the machines' addresses of IPv4, and no others.
where=outside
vms=3
hosts=2
limit=150

# checks_up TCP-OR-HTTP OPTIONS: vmld, checking the three machines, and web-3 whole
# again in the end
checks_up()
{
	on_exit server_repair
	service_up vml
	config "" "health $1 {
		    delay-loop = 0.5
		    delay-before-retry = 0.2
		    retry = 1
		    $2
		}"
	vmld_up
	wait_until 20 explained web-3 "check passed"
}

server_repair()
{
	vm_exec web-3 sh -c 'rm -f /status; killall -CONT webserver ||
		webserver 80' > /dev/null 2>&1
}

# is_out_though_it_runs REASON
is_out_though_it_runs()
{
	wait_until 30 reasons_have web-3 "check fails for"
	is_out web-3 "$1"
	equal "its machine's state" "$(of web-3 .vm_state)" running
}

answers_with_errors()
{
	checks_up http "path = \"/\""
	vm_exec web-3 sh -c 'echo 503 Service Unavailable > /status'
	is_out_though_it_runs "(status 503)"
	vm_exec web-3 rm /status
	is_back web-3
	vmld_down
}

does_not_listen()
{
	checks_up tcp ""
	vm_exec web-3 killall webserver
	is_out_though_it_runs "TCP check fails for"
	reasons_have web-3 "(connection refused)" ||
		fail "the reasons are $(of web-3 .reasons)"
	vm_exec web-3 webserver 80
	is_back web-3
	vmld_down
}

test_a_server_that_answers_with_errors_is_out_until_it_does_not()
{
	answers_with_errors
}

test_a_server_that_does_not_listen_is_out_until_it_does()
{
	does_not_listen
}

test_over_ipv6_a_server_that_answers_with_errors_is_out_until_it_does_not()
{
	over_ipv6
	answers_with_errors
}

test_over_ipv6_a_server_that_does_not_listen_is_out_until_it_does()
{
	over_ipv6
	does_not_listen
}

# All the while it answers at its other address
test_a_server_without_its_ipv6_address_is_out_until_it_has_it()
{
	over_ipv6
	checks_up http "connect-timeout = 1"
	on_exit ipv6_address replace
	ipv6_address del
	is_out_though_it_runs "HTTP check fails for"
	vm_answers web-3 || fail "web-3 does not answer at its IPv4 address"
	ipv6_address replace
	is_back web-3
	vmld_down
}

# ipv6_address VERB: of web-3's
ipv6_address()
{
	vm_exec web-3 ip -6 addr "$1" "$(address_of web-3)/64" dev eth0
}

test_a_server_that_hangs_is_out_until_it_goes_on()
{
	checks_up http "connect-timeout = 1"
	# Connections are made by its kernel, also now
	vm_exec web-3 killall -STOP webserver
	is_out_though_it_runs "(timed out)"
	explained web-3 "timed out" || fail "explain does not say so"
	vm_exec web-3 killall -CONT webserver
	is_back web-3
	vmld_down
}

test_all_that_fail_are_not_shed()
{
	# Nobody listens there
	config "" "health tcp { port = 81 delay-loop = 0.5 retry = 0 }"
	service_up vml
	vmld_start
	wait_until 30 status '.services[0].state' panic
	wait_until 5 kernel_scales_are "[65536,65536,65536]"
	[ -n "$(client_asks 3)" ] || fail "no machine answers"
	vmld_down
}

# Nobody knows its machine, so that all there is to go by is what it attracts
test_what_fails_at_once_attracts_no_more_than_it_is_let()
{
	on_exit server_repair
	service_up vml
	config "" ""
	director_exec sed -i 's/"web-\*"/"nobody"/' /etc/vml/vmld.conf
	vmld_start
	wait_until 30 status '.services[0].state' neutral
	vm_exec web-3 sh -c 'echo 503 Service Unavailable > /status'
	client_load_start sink -c 12 -d 300 -t 30 "http://$LAB_VIP/work?n=20000"
	wait_until 60 reasons_have web-3 "times its share"
	wait_until 30 scale_is web-3 50 900
	scale_is web-1 1000 1000 || fail "another one is capped"
	vm_exec web-3 rm /status
	wait_until 90 scale_is web-3 1000 1000
	client_load_stop sink
	vmld_down
}
