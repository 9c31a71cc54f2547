# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For tests that run in the director: everything on the stock kernel there, with
# servers and clients in network namespaces of their own.
#
#	client 10.90.0.200-203 --- 10.90.0.1 director 10.91.0.1 --+-- 10.91.0.11 s1
#	   |                       10.90.0.100 (the service)      +-- 10.91.0.12 s2
#	   +-- 10.91.0.200 ---------------------------------------+-- ...
#
# IPv6 the same, with fd90:: for 10.90.0. and fd91:: for 10.91.0. Answers to
# direct-routed and tunnelled requests go to the client's second address.

VIP=10.90.0.100
VIP6=fd90::100

inside_reset()
{
	mkdir -p /run/e2e
	cd /run/e2e || return
	if [ -e /proc/net/ip_vs ]; then
		ipvsadm -C
	fi
}

# module_unloaded: as before the first use
unload_module()
{
	! grep -q '^ip_vs_vml ' /proc/modules || rmmod ip_vs_vml
}

is_loaded()
{
	grep -q '^ip_vs_vml ' /proc/modules
}

# A network of destinations that only have to be routable
sink_up()
{
	[ ! -e /sys/class/net/sink ] || return 0
	ip link add sink type dummy
	ip link set sink up
	ip addr add 10.92.255.254/16 dev sink
	# Nobody answers there, and nobody is to be asked
	ip link set sink arp off
	ip addr add 10.93.0.1/32 dev lo
}

# sink_service SCHEDULER WEIGHT...: a UDP service with one-packet scheduling at
# 10.93.0.1:53 and destinations 10.92.0.1, .2, ... of these weights
sink_service()
{
	local scheduler=$1 weight i=0
	shift
	sink_up
	{
		echo "-A -u 10.93.0.1:53 -s $scheduler -o"
		for weight; do
			i=$((i + 1))
			echo "-a -u 10.93.0.1:53 -r $(sink_address $i):53 -m -w $weight"
		done
	} | ipvsadm -R
}

# sink_address N: 1 is 10.92.0.1, 256 is 10.92.1.0
sink_address()
{
	echo "10.92.$(($1 / 256)).$(($1 % 256))"
}

# As sink_service, with counts of IPVS's own that begin at 0. A destination that
# is added again within two minutes of its removal brings along what IPVS, which
# sums up every two seconds, had not yet counted then.
counted_sink_service()
{
	"${BASH_SOURCE[0]%/*}/unload-ipvs"
	sink_service "$@"
}

# sink_counts TOTAL: the connections that IPVS itself has counted for the
# service's destinations, in their order.
sink_counts()
{
	wait_until 15 _sink_has_counted "$1"
	_sink_counts
}

_sink_counts()
{
	ipvsadm -Ln --stats --exact -u 10.93.0.1:53 |
		awk '$1 == "->" && $2 ~ /^10/ { print $2, $3 }' |
		sort -V | awk '{ print $2 }'
}

_sink_has_counted()
{
	_sink_counts | awk -v total="$1" '{ n += $1 }
		END { print n + 0; exit n != total }'
}

# destination_value SERVICE-OPTION ADDRESS DESTINATION FIELD, as the kernel says
destination_value()
{
	vmlctl show "$1" "$2" --json |
		jq -r --arg d "$3" --arg f "$4" \
			'.[0].destinations[] | select(.destination == $d)[$f]'
}

# service_value SERVICE-OPTION ADDRESS FIELD
service_value()
{
	vmlctl show "$1" "$2" --json | jq -r --arg f "$3" '.[0][$f]'
}

# watch_start FILE: the kernel's events, one JSON object a line; returns once it
# is listening
watch_start()
{
	vmlctl watch --json > "$1" 2>&1 &
	watch_pid=$!
	on_exit kill "$watch_pid"
	wait_until 10 _watch_listens "$watch_pid"
}

# It has joined two multicast groups of generic netlink: the controller's, and
# then the family's. A socket of libnl has the process's number in the low 22
# bits of its own.
_watch_listens()
{
	local protocol port mask n=0
	while read -r _ protocol port mask _; do
		[ "$protocol" = 16 ] || continue
		[ $((port & 0x3fffff)) -eq "$1" ] || continue
		for ((mask = 0x$mask; mask; mask &= mask - 1)); do
			n=$((n + 1))
		done
	done < /proc/net/netlink
	[ "$n" -ge 2 ]
}

# wait_event SECONDS FILE FILTER: until an event meets jq's filter
wait_event()
{
	wait_until "$1" _has_event "$2" "$3"
}

_has_event()
{
	jq -e -s "map(select($2)) | length > 0" "$1" > /dev/null
}

# ---- servers and clients ----

client()
{
	ip netns exec client "$@"
}

# servers_up N: the client and s1 to sN
servers_up()
{
	local i
	modprobe -a ipip sit ip6_tunnel sctp
	ipvsadm --set 900 10 5
	ip netns add client
	ip -batch - <<- EOT
		link add clients type veth peer name eth0 netns client
		link set clients up
		addr add 10.90.0.1/24 dev clients
		addr add $VIP/32 dev clients
		addr add fd90::1/64 dev clients nodad
		addr add $VIP6/128 dev clients nodad
		link add servers type bridge forward_delay 0
		link set servers up
		addr add 10.91.0.1/24 dev servers
		addr add fd91::1/64 dev servers nodad
		link add to-client type veth peer name eth1 netns client
		link set to-client master servers up
	EOT
	ip -n client -batch - <<- EOT
		link set lo up
		link set eth0 up
		link set eth1 up
		addr add 10.90.0.200/24 dev eth0
		addr add 10.90.0.201/24 dev eth0
		addr add 10.90.0.202/24 dev eth0
		addr add 10.90.0.203/24 dev eth0
		addr add 10.91.0.200/24 dev eth1
		addr add fd90::200/64 dev eth0 nodad
		addr add fd90::201/64 dev eth0 nodad
		addr add fd90::202/64 dev eth0 nodad
		addr add fd90::203/64 dev eth0 nodad
		addr add fd91::200/64 dev eth1 nodad
	EOT
	for ((i = 1; i <= $1; i++)); do
		_server_up "$i"
	done
}

_server_up()
{
	local i=$1 ns=s$1 host=$((10 + $1))
	ip netns add "$ns"
	ip link add "to-$ns" type veth peer name eth0 netns "$ns"
	ip link set "to-$ns" master servers up
	ip netns exec "$ns" sysctl -qw net.ipv4.conf.all.arp_ignore=1 \
		net.ipv4.conf.all.arp_announce=2
	ip -n "$ns" -batch - <<- EOT
		link set lo up
		link set eth0 up
		link set tunl0 up
		link set sit0 up
		link set ip6tnl0 up
		addr add 10.91.0.$host/24 dev eth0
		addr add $VIP/32 dev lo
		route add default via 10.91.0.1
		route add default via 10.91.0.200 table 100
		rule add from $VIP table 100
		addr add fd91::$host/64 dev eth0 nodad
		addr add $VIP6/128 dev lo nodad
		route add default via fd91::1
		route add default via fd91::200 table 100
	EOT
	ip -n "$ns" -6 rule add from $VIP6 table 100
	server_listens "$i" tcp udp sctp
}

# server_listens N PROTOCOL...: s1 answers "s1", at port 80 of all its addresses
server_listens()
{
	local i=$1 address
	shift
	for address in "10.91.0.$((10 + i))" "fd91::$((10 + i))" "$VIP" "$VIP6"; do
		ip netns exec "s$i" traffic serve "$address" 80 "s$i" "$@" \
			>> "/run/e2e/s$i.pids"
	done
}

server_dies()
{
	# shellcheck disable=SC2046 # a list of numbers
	kill -KILL $(cat "/run/e2e/s$1.pids")
	rm "/run/e2e/s$1.pids"
}

servers_down()
{
	local pids ns link
	for pids in /run/e2e/s*.pids; do
		[ ! -e "$pids" ] || server_dies "$(basename "$pids" .pids | tr -d s)"
	done
	# Before the namespaces, which take their links along some time later
	for link in clients to-client servers; do
		[ ! -e "/sys/class/net/$link" ] || ip link del "$link"
	done
	for ns in /run/netns/s* /run/netns/client; do
		[ ! -e "$ns" ] || ip netns del "${ns##*/}"
	done
}

# asked COUNT OPTION-OR-ARGUMENT...: who answered the client's requests, each
# with how often: "s1 20 s2 20"; all must be answered
asked()
{
	local count=$1
	shift
	client traffic ask -n "$count" "$@" > answers ||
		fail "not all of $count requests were answered: $(tail -n 3 answers)"
	sort answers | uniq -c | awk '{ printf "%s%s %s", separator, $2, $1
		separator = " " }'
}

# share NAME WHO-ANSWERED: how often NAME did
share()
{
	awk -v name="$1" '{ for (i = 1; i < NF; i += 2)
		if ($i == name) n = $(i + 1) } END { print n + 0 }' <<< "$2"
}

# asks_start FILE ARGUMENT...: the client asks until asks_stop
asks_start()
{
	local file=$1
	shift
	(exec ip netns exec client traffic ask -n 0 -i 20 "$@") \
		> "$file" 2>&1 &
	asks_pid=$!
	asks_file=$file
	on_exit eval "kill $asks_pid 2> /dev/null"
}

# Its end, whatever became of the requests: it sums them up when it is told to
# end, and its status is 1 if any has failed.
asks_stop()
{
	local status=0
	kill "$asks_pid"
	wait "$asks_pid" || status=$?
	[ "$status" -le 1 ] || fail "the client ends with status $status"
	contains "the client" "$(tail -n 1 "$asks_file")" " ok, "
}
