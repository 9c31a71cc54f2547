# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
#
# Connections of every kind that IPVS balances, to servers that answer.
where=inside
limit=300

group_setup()
{
	servers_up 3
}

group_teardown()
{
	servers_down
}

# With each forwarding method, s1 and s2 answer, and s3, of scale 0, doesn't. Each
# has a client of its own: the ports of one may come again within the seconds for
# which IPVS knows them, and it would send those by the former method with the
# route of the present one.
# balanced PROTOCOL SERVICE-OPTION SERVICE PREFIX SUFFIX ADDRESS
balanced()
{
	local protocol=$1 option=$2 service=$3 prefix=$4 suffix=$5 address=$6
	local method who i client=0
	for method in -m -g -i; do
		client=$((client + 1))
		ipvsadm -A "$option" "$service" -s vml
		for i in 1 2 3; do
			ipvsadm -a "$option" "$service" \
				-r "$prefix$((10 + i))$suffix" "$method" -w 10
		done
		vmlctl set "$option" "$service" "${prefix}13$suffix=0" \
			> /dev/null
		who=$(asked 20 -s "${address%100}20$client" "$protocol" \
			"$address" 80)
		equal "answers with $method ($who)" \
			"$(($(share s1 "$who") + $(share s2 "$who")))" 20
		between "answers of s1 with $method ($who)" \
			"$(share s1 "$who")" 2 18
		ipvsadm -D "$option" "$service"
	done
}

test_tcp_over_ipv4_is_balanced_by_nat_direct_routing_and_tunnel()
{
	balanced tcp -t $VIP:80 10.91.0. :80 $VIP
}

test_tcp_over_ipv6_is_balanced_by_nat_direct_routing_and_tunnel()
{
	balanced tcp -t "[$VIP6]:80" "[fd91::" "]:80" $VIP6
}

test_udp_over_ipv4_is_balanced_by_nat_direct_routing_and_tunnel()
{
	balanced udp -u $VIP:80 10.91.0. :80 $VIP
}

test_udp_over_ipv6_is_balanced_by_nat_direct_routing_and_tunnel()
{
	balanced udp -u "[$VIP6]:80" "[fd91::" "]:80" $VIP6
}

test_sctp_over_ipv4_is_balanced_by_nat_direct_routing_and_tunnel()
{
	balanced sctp --sctp-service $VIP:80 10.91.0. :80 $VIP
}

test_sctp_over_ipv6_is_balanced_by_nat_direct_routing_and_tunnel()
{
	balanced sctp --sctp-service "[$VIP6]:80" "[fd91::" "]:80" $VIP6
}

# Not masqueraded: IPVS itself does not translate the answers of such
test_one_packet_udp_is_balanced_and_answered()
{
	ipvsadm -R <<- EOT
		-A -u $VIP:80 -s vml -o
		-a -u $VIP:80 -r 10.91.0.11:80 -g -w 1
		-a -u $VIP:80 -r 10.91.0.12:80 -g -w 1
	EOT
	vmlctl set -u $VIP:80 10.91.0.12:80=0 > /dev/null
	equal "the answers" "$(asked 10 udp $VIP 80)" "s1 10"
}

test_an_ipv6_service_with_ipv4_destinations_is_tunnelled()
{
	local who
	ipvsadm -A -t "[$VIP6]:80" -s vml
	ipvsadm -a -t "[$VIP6]:80" -r 10.91.0.11:80 -i -w 1
	ipvsadm -a -t "[$VIP6]:80" -r 10.91.0.12:80 -i -w 1
	ipvsadm -a -t "[$VIP6]:80" -r "[fd91::13]:80" -i -w 1
	vmlctl set -t "[$VIP6]:80" 10.91.0.12:80=0 "[fd91::13]:80=0.5" \
		> /dev/null
	equal "the scales" "$(vmlctl show -t "[$VIP6]:80" --json | jq -c \
		'.[0].destinations | map([.destination, .scale]) | sort')" \
		'[["10.91.0.11:80",65536],["10.91.0.12:80",0],["[fd91::13]:80",32768]]'
	who=$(asked 24 tcp $VIP6 80)
	equal "answers of s2 ($who)" "$(share s2 "$who")" 0
	# Of idle ones the heaviest is asked; the last request may not be over yet
	between "answers of s1 ($who)" "$(share s1 "$who")" 16 24
}

test_a_firewall_mark_names_a_service_of_several_ports()
{
	local who tables
	ipvsadm -A -f 7 -s vml
	ipvsadm -A -f 7 -6 -s vml
	ipvsadm -a -f 7 -r 10.91.0.11:80 -m
	ipvsadm -a -f 7 -r 10.91.0.12:80 -m
	ipvsadm -a -f 7 -6 -r "[fd91::12]:80" -m
	ipvsadm -a -f 7 -6 -r "[fd91::13]:80" -m
	iptables -t mangle -A PREROUTING -d $VIP -p tcp --dport 80:81 \
		-j MARK --set-mark 7
	on_exit iptables -t mangle -F PREROUTING
	ip6tables -t mangle -A PREROUTING -d $VIP6 -p tcp --dport 80:81 \
		-j MARK --set-mark 7
	on_exit ip6tables -t mangle -F PREROUTING
	vmlctl set -f 7 10.91.0.11:80=0 > /dev/null
	vmlctl set -f 7 -6 "[fd91::12]:80=0" > /dev/null
	equal "answers at port 80" "$(asked 8 tcp $VIP 80)" "s2 8"
	equal "answers at port 81" "$(asked 8 tcp $VIP 81)" "s2 8"
	equal "answers by IPv6" "$(asked 8 tcp $VIP6 81)" "s3 8"
	equal "the services" "$(vmlctl show --json | jq -c 'map(.key) | sort')" \
		'["fwmark 7","fwmark 7 ipv6"]'
}

test_a_persistent_client_stays_while_new_ones_follow_the_scales()
{
	local first other
	ipvsadm -R <<- EOT
		-A -t $VIP:80 -s vml -p 600
		-a -t $VIP:80 -r 10.91.0.11:80 -m
		-a -t $VIP:80 -r 10.91.0.12:80 -m
	EOT
	first=$(asked 10 -s 10.90.0.200 tcp $VIP 80)
	case $first in
	"s1 10") other=s2 ;;
	"s2 10") other=s1 ;;
	*) fail "one client was sent to several servers: $first" ;;
	esac
	vmlctl set -t $VIP:80 "10.91.0.1${first:1:1}:80=0" > /dev/null
	equal "answers to the first client" \
		"$(asked 5 -s 10.90.0.200 tcp $VIP 80)" "${first%% *} 5"
	equal "answers to the second" \
		"$(asked 5 -s 10.90.0.201 tcp $VIP 80)" "$other 5"
	equal "answers to the third" \
		"$(asked 5 -s 10.90.0.202 tcp $VIP 80)" "$other 5"
}

test_network_namespaces_do_not_know_of_each_other()
{
	local ns
	for ns in e2e-a e2e-b; do
		ip netns add $ns
		on_exit eval "[ ! -e /run/netns/$ns ] || ip netns del $ns"
		ip -n $ns link set lo up
		ip netns exec $ns ipvsadm -R <<- EOT
			-A -u 10.93.0.1:53 -s vml -o
			-a -u 10.93.0.1:53 -r 10.92.0.1:53 -m
		EOT
	done
	ip netns exec e2e-a vmlctl set -u 10.93.0.1:53 10.92.0.1:53=0.25 \
		> /dev/null
	equal "the services of ours" "$(vmlctl show --json)" "[]"
	equal "the scale in a" "$(ip netns exec e2e-a vmlctl show --json |
		jq -c 'map(.destinations[].scale)')" "[16384]"
	equal "the scale in b" "$(ip netns exec e2e-b vmlctl show --json |
		jq -c 'map(.destinations[].scale)')" "[65536]"
	# One goes with its service, and takes nothing along
	ip netns del e2e-a
	ip netns exec e2e-b vmlctl set -u 10.93.0.1:53 10.92.0.1:53=0.5 \
		> /dev/null
	ip netns del e2e-b
	wait_until 20 rmmod ip_vs_vml
}

# holds a connection open: hold_start NAME; then hold_asks NAME
hold_start()
{
	rm -f "$1.in"
	mkfifo "$1.in"
	: > "$1.out"
	(exec ip netns exec client traffic hold tcp $VIP 80) \
		< "$1.in" > "$1.out" 2>&1 &
	on_exit eval "kill $! 2> /dev/null; rm $1.in $1.out"
	exec {hold_fd}> "$1.in"
	eval "hold_fd_$1=$hold_fd"
	hold_asks "$1"
}

hold_asks()
{
	local fd=hold_fd_$1 lines
	lines=$(wc -l < "$1.out")
	echo >&"${!fd}"
	wait_until 10 _has_more_lines "$1.out" "$lines"
}

_has_more_lines()
{
	[ "$(wc -l < "$1")" -gt "$2" ]
}

# IPVS leaves a service without a scheduler for a moment while it changes it,
# and refuses what comes then, whichever the schedulers are: what must not be
# hurt are open connections and those that come later.
test_a_service_is_edited_from_wlc_to_vml_and_back_under_traffic()
{
	local i
	ipvsadm -R <<- EOT
		-A -t $VIP:80 -s wlc
		-a -t $VIP:80 -r 10.91.0.11:80 -m
		-a -t $VIP:80 -r 10.91.0.12:80 -m
		-a -t $VIP:80 -r 10.91.0.13:80 -m
	EOT
	hold_start one
	asks_start asks.log tcp $VIP 80
	for ((i = 0; i < 5; i++)); do
		ipvsadm -E -t $VIP:80 -s vml
		vmlctl set -t $VIP:80 10.91.0.11:80=0.5 > /dev/null
		equal "the destinations" "$(vmlctl show -t $VIP:80 --json |
			jq -c '.[0].destinations | map(.scale)')" \
			"[32768,65536,65536]"
		hold_asks one
		asked 3 tcp $VIP 80 > /dev/null
		ipvsadm -E -t $VIP:80 -s wlc
		asked 3 tcp $VIP 80 > /dev/null
	done
	asks_stop
	echo "note: $(tail -n 1 asks.log)"
}

two_servers()
{
	ipvsadm -R <<- EOT
		-A -t $VIP:80 -s vml
		-a -t $VIP:80 -r 10.91.0.11:80 -m -w 1
		-a -t $VIP:80 -r 10.91.0.12:80 -m -w 1
	EOT
}

# As many connections as s1 has kept make both equal again.
gets_its_half_again()
{
	wait_until 10 is_idle 10.91.0.12:80
	hold_start two
	equal "the one with fewer connections" "$(cat two.out)" s2
	between "answers of s1 again" "$(share s1 "$(asked 60 tcp $VIP 80)")" \
		10 50
}

test_weight_0_quiesces_and_keeps_what_is_open()
{
	two_servers
	ipvsadm -e -t $VIP:80 -r 10.91.0.12:80 -m -w 0
	hold_start one
	ipvsadm -e -t $VIP:80 -r 10.91.0.11:80 -m -w 0
	ipvsadm -e -t $VIP:80 -r 10.91.0.12:80 -m -w 1
	equal "answers" "$(asked 10 tcp $VIP 80)" "s2 10"
	hold_asks one
	equal "answers on the open connection" "$(tr '\n' ' ' < one.out)" "s1 s1 "
	ipvsadm -e -t $VIP:80 -r 10.91.0.11:80 -m -w 1
	gets_its_half_again
}

test_scale_0_keeps_what_is_open()
{
	two_servers
	vmlctl set -t $VIP:80 10.91.0.12:80=0 > /dev/null
	hold_start one
	vmlctl set -t $VIP:80 10.91.0.11:80=0 10.91.0.12:80=1 > /dev/null
	equal "answers" "$(asked 10 tcp $VIP 80)" "s2 10"
	hold_asks one
	equal "answers on the open connection" "$(tr '\n' ' ' < one.out)" "s1 s1 "
}

test_a_removed_destination_gets_nothing_and_is_neutral_when_added_again()
{
	two_servers
	vmlctl set -t $VIP:80 10.91.0.11:80=0.5 10.91.0.12:80=0 > /dev/null
	hold_start one
	ipvsadm -d -t $VIP:80 -r 10.91.0.11:80
	vmlctl clear -t $VIP:80 > /dev/null
	equal "answers" "$(asked 20 tcp $VIP 80)" "s2 20"
	refused 1 "10.91.0.11:80" vmlctl set -t $VIP:80 10.91.0.11:80=0.5

	ipvsadm -a -t $VIP:80 -r 10.91.0.11:80 -m -w 1
	equal "the scale" "$(destination_value -t $VIP:80 10.91.0.11:80 scale)" \
		65536
	hold_asks one
	equal "answers on the open connection" "$(tr '\n' ' ' < one.out)" "s1 s1 "
	gets_its_half_again
}

test_destinations_come_and_go_under_traffic_without_a_failed_request()
{
	local i
	two_servers
	asks_start asks.log tcp $VIP 80
	for ((i = 0; i < 5; i++)); do
		ipvsadm -a -t $VIP:80 -r 10.91.0.13:80 -m
		# Quiesced first, so that none is cut off
		ipvsadm -e -t $VIP:80 -r 10.91.0.13:80 -m -w 0
		wait_until 10 is_idle 10.91.0.13:80
		ipvsadm -d -t $VIP:80 -r 10.91.0.13:80
	done
	asks_stop
	contains "the client" "$(tail -n 3 asks.log)" " ok, 0 failed"
	between "requests" "$(cut -d' ' -f1 asks.log)" 20 1000000
	echo "note: $(cat asks.log)"
}

is_idle()
{
	[ "$(destination_value -t $VIP:80 "$1" active_connections)" = 0 ]
}

# Both are drawn for each connection, so that with 8 open on s1 it is taken for
# none, unless 8 are not over yet on s2.
test_of_equal_servers_the_less_loaded_is_taken()
{
	local i who
	ipvsadm -R <<- EOT
		-A -t $VIP:80 -s vml
		-a -t $VIP:80 -r 10.91.0.11:80 -m -w 1
	EOT
	for i in a b c d e f g h; do
		hold_start $i
	done
	ipvsadm -a -t $VIP:80 -r 10.91.0.12:80 -m -w 1
	who=$(asked 40 tcp $VIP 80)
	between "answers of s2 ($who)" "$(share s2 "$who")" 36 40
}
