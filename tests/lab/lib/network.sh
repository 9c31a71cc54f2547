# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The lab's network: "fabric" is the namespace that holds the switches and the
# director's network cards; it also routes between servers and clients, which
# is the way back for direct routing.

# lab_ns NAME COMMAND...: run a command in one of the lab's network namespaces
# (fabric, client, or a hypervisor's name).
lab_ns()
{
	local ns=$LAB_RUN/ns/$1
	shift
	nsenter --net="$ns" "$@"
}

_lab_ns_add()
{
	local ns=$LAB_RUN/ns/$1
	touch "$ns"
	unshare --net="$ns" true
	stat -L -c %i "$ns" > "$ns.inode"
	lab_ns "$1" ip link set lo up
}

# _lab_switch NAME HOST: a bridge, where the lab's router is .254
_lab_switch()
{
	lab_ns fabric ip link add "$1" type bridge forward_delay 0
	lab_ns fabric ip link set "$1" up
	lab_ns fabric ip addr add "10.$2.0.254/24" dev "$1"
	lab_ns fabric ip -6 addr add "fd$2::254/64" dev "$1" nodad
}

# _lab_cable SWITCH NAMESPACE PORT: a namespace's eth0 into a switch
_lab_cable()
{
	lab_ns fabric ip link add "$3" type veth peer name eth0 \
		netns "$LAB_RUN/ns/$2"
	lab_ns fabric ip link set "$3" master "$1" up
	lab_ns "$2" ip link set eth0 up
}

_lab_tap()
{
	lab_ns fabric ip tuntap add dev "$1" mode tap
	if [ -n "${2:-}" ]; then
		lab_ns fabric ip link set "$1" master "$2"
	fi
	lab_ns fabric ip link set "$1" up
}

_lab_network_up()
{
	_lab_ns_add fabric
	lab_ns fabric sysctl -qw net.ipv4.ip_forward=1 \
		net.ipv6.conf.all.forwarding=1
	_lab_switch servers 77
	_lab_switch clients 78
	_lab_tap dir-servers servers
	_lab_tap dir-clients clients
	_lab_tap dir-manage
	lab_ns fabric ip addr add 10.79.0.1/24 dev dir-manage

	_lab_ns_add client
	_lab_cable clients client client
	lab_ns client ip addr add 10.78.0.200/24 dev eth0
	lab_ns client ip -6 addr add fd78::200/64 dev eth0 nodad
	lab_ns client ip route add default via 10.78.0.1
	lab_ns client ip -6 route add default via fd78::1
	# A load of many short connections needs ports enough
	lab_ns client sysctl -qw net.ipv4.ip_local_port_range='1024 65535' \
		net.ipv4.tcp_tw_reuse=1
}

# lab_cpu N: the CPU for the Nth VM. The first one is for the director and the
# client; a VM has its own as long as there are enough, the first VM the last
# CPU, so that a neighbour disturbs only one VM where there are two CPUs.
lab_cpu()
{
	local allowed=() range cpu n
	for range in $(awk '$1 == "Cpus_allowed_list:" { print $2 }' \
			/proc/self/status | tr , ' '); do
		for ((cpu = ${range%-*}; cpu <= ${range#*-}; cpu++)); do
			allowed+=("$cpu")
		done
	done
	n=$((${#allowed[@]} - $1))
	echo "${allowed[n > 0 ? n : 0]}"
}
