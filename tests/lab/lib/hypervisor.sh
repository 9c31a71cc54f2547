# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Hypervisor hosts: namespaces with directories, control groups and a libvirtd
# of their own, reached by the director as qemu+tcp://ADDRESS/system.

# _lab_hypervisor_address NAME: hv1 is 10.77.0.11
_lab_hypervisor_address()
{
	echo "10.77.0.$((10 + ${1##*[!0-9]}))"
}

# Which control groups there are that we may use: v1, v2 or none
_lab_cgroups()
{
	if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
		[ -w /sys/fs/cgroup/cgroup.procs ] && echo v2 || echo none
	elif [ -n "$(_lab_cgroup_v1_mounts)" ]; then
		echo v1
	else
		echo none
	fi
}

# The writable v1 hierarchies, as "CONTROLLERS MOUNTPOINT"
_lab_cgroup_v1_mounts()
{
	local point type options controllers
	while read -r _ point type options _; do
		[ "$type" = cgroup ] || continue
		[ -w "$point/cgroup.procs" ] || continue
		controllers=$(tr ',' '\n' <<< "$options" |
			grep -vxE 'rw|relatime|nosuid|nodev|noexec|xattr|clone_children|release_agent=.*' |
			paste -sd,)
		echo "$controllers $point"
	done < /proc/mounts
}

# Makes the host's group in each hierarchy; lists them in cgroups (for the end)
# and, in DIR, as controllers and procs (for the host).
_lab_hypervisor_cgroups()
{
	local kind=$1 dir=$2 group controllers point value
	group=vml-lab-${LAB_RUN##*/}-${dir##*/}
	case $kind in
	v1)
		while read -r controllers point; do
			mkdir "$point/$group"
			echo "$point/$group" >> "$LAB_RUN/cgroups"
			case ,$controllers, in
			*,cpuset,*)
				for value in cpuset.cpus cpuset.mems; do
					cat "$point/$value" \
						> "$point/$group/$value"
				done
				echo 1 > "$point/$group/cgroup.clone_children"
				;;
			esac
			echo "$controllers" >> "$dir/controllers"
			echo "$point/$group/cgroup.procs" >> "$dir/procs"
		done < <(_lab_cgroup_v1_mounts)
		;;
	v2)
		point=/sys/fs/cgroup
		for value in cpuset cpu io memory pids; do
			grep -qw $value $point/cgroup.controllers || continue
			grep -qw $value $point/cgroup.subtree_control ||
				echo +$value > $point/cgroup.subtree_control
		done
		# A group with processes has no controllers for its children:
		# the host's own live in a group beside libvirt's "machine".
		mkdir -p "$point/$group/host"
		echo "$point/$group" >> "$LAB_RUN/cgroups"
		echo "$point/$group/cgroup.procs" >> "$dir/procs"
		;;
	esac
}

_lab_hypervisor_configure()
{
	local etc=$1/etc address=$2
	mkdir -p "$etc"
	cat > "$etc/libvirtd.conf" <<- CONF
		host_uuid = "$(cat /proc/sys/kernel/random/uuid)"
		listen_tls = 0
		listen_tcp = 1
		listen_addr = "$address"
		auth_tcp = "none"
		auth_unix_ro = "none"
		auth_unix_rw = "none"
		log_outputs = "3:file:/var/log/libvirt/libvirtd.log"
	CONF
	cat > "$etc/qemu.conf" <<- CONF
		security_driver = "none"
		user = "root"
		group = "root"
		dynamic_ownership = 0
		remember_owner = 0
		namespaces = []
		stdio_handler = "file"
		migration_address = "$address"
		migration_host = "$address"
		keepalive_interval = -1
	CONF
}

# hypervisor_root: prints a root directory with libvirt and QEMU of Debian 13,
# between which machines can migrate
hypervisor_root()
{
	"$LAB_TREE/tests/chroot/make" trixie hypervisor libvirt-clients \
		libvirt-daemon-driver-qemu libvirt-daemon-system mount procps \
		qemu-system-x86
}

# hypervisor_start NAME [--no-cgroups] [--root DIR]: NAME ends in a number, hv1
# is 10.77.0.11. Without control groups all VMs are plain processes with an equal
# claim to the CPU; libvirt cannot limit them then. Its libvirt and QEMU are
# those of the root directory DIR, see hypervisor_root.
hypervisor_start()
{
	local name=$1 dir=$LAB_RUN/$1 address kind outer root=/
	address=$(_lab_hypervisor_address "$name")
	kind=$(_lab_cgroups)
	shift
	while [ $# -gt 0 ]; do
		case $1 in
		--no-cgroups) kind=none ;;
		--root) root=$2; shift ;;
		*)
			_lab_say "hypervisor_start: unknown option $1"
			return 2
			;;
		esac
		shift
	done
	mkdir "$dir"
	mkdir -p "$LAB_RUN/boot"
	_lab_ns_add "$name"
	# With the hardware address of that name's host before it, if there was
	# one: others may still know it
	lab_ns "$name" ip link add br0 \
		address "52:54:00:76:00:$(printf %02x "${address##*.}")" \
		type bridge forward_delay 0
	lab_ns "$name" ip link set br0 up
	_lab_cable servers "$name" "$name"
	lab_ns "$name" ip link set eth0 master br0
	lab_ns "$name" ip addr add "$address/24" dev br0
	# Learn the VMs' addresses from what they announce, as libvirt's ARP
	# source expects
	lab_ns "$name" sysctl -qw net.ipv4.conf.br0.arp_accept=1
	_lab_hypervisor_cgroups "$kind" "$dir"
	_lab_hypervisor_configure "$dir" "$address"

	(
		_lab_join_cgroups "$dir"
		exec setsid --fork nsenter --net="$LAB_RUN/ns/$name" \
			unshare -m -u -i -C -p --fork --kill-child \
			--mount-proc "$LAB_DIR/hypervisor-init" "$name" \
			"$dir" "$LAB_RUN/boot" "$kind" "$root"
	) < /dev/null > "$dir/init.log" 2>&1
	if ! _lab_wait 10 test -e "$dir/run/hypervisor-ready"; then
		_lab_say "hypervisor $name did not start:"
		cat "$dir/init.log" >&2
		return 1
	fi
	# The host's pid 1, as seen from here
	outer=$(_lab_processes_of_ns "$name")
	_lab_hypervisor_pid "$outer" > "$dir/pid"
	if [ "$kind" = v2 ]; then
		# From now on the processes of the host itself
		echo "/sys/fs/cgroup/vml-lab-${LAB_RUN##*/}-$name/host/cgroup.procs" \
			> "$dir/procs"
		_lab_move_to_cgroups "$dir" "$outer"
	fi
	hypervisor_start_libvirtd "$name"
}

_lab_processes_of_ns()
{
	find /proc/[0-9]*/ns/net -maxdepth 0 \
		-lname "net:\\[$(cat "$LAB_RUN/ns/$1.inode")\\]" 2> /dev/null |
		cut -d/ -f3
}

_lab_kill_in_ns()
{
	local pids
	pids=$(_lab_processes_of_ns "$1")
	_lab_kill "$pids"
}

# Of these processes the one that is pid 1 in its own namespace
_lab_hypervisor_pid()
{
	local pid
	for pid in $1; do
		if awk '$1 == "NSpid:" { exit !(NF > 2 && $NF == 1) }' \
				"/proc/$pid/status" 2> /dev/null; then
			echo "$pid"
			return 0
		fi
	done
	return 1
}

_lab_move_to_cgroups()
{
	local procs pid
	[ -e "$1/procs" ] || return 0
	while read -r procs; do
		for pid in $2; do
			echo "$pid" > "$procs"
		done
	done < "$1/procs"
}

_lab_join_cgroups()
{
	_lab_move_to_cgroups "$1" "$BASHPID"
}

# hypervisor_exec NAME COMMAND...: run it on the host
hypervisor_exec()
(
	dir=$LAB_RUN/$1
	pid=$(cat "$dir/pid") || exit
	shift
	_lab_join_cgroups "$dir"
	exec nsenter -t "$pid" -m -u -i -n -p -C -- "$@"
)

hypervisor_start_libvirtd()
{
	hypervisor_exec "$1" libvirtd --daemon --listen \
		--pid-file /run/libvirtd.pid < /dev/null || return 1
	if ! _lab_wait 10 hypervisor_exec "$1" \
			virsh -c qemu:///system uri > /dev/null 2>&1; then
		_lab_say "libvirtd on $1 does not answer"
		return 1
	fi
}

# hypervisor_stop_libvirtd NAME [SIGNAL]: its VMs run on
hypervisor_stop_libvirtd()
{
	local pid
	pid=$(cat "$LAB_RUN/$1/run/libvirtd.pid") || return 1
	_lab_signal_libvirtd "$1" "${2:-TERM}" || return 1
	_lab_wait 10 _lab_libvirtd_gone "$1" "$pid"
}

_lab_libvirtd_gone()
{
	! hypervisor_exec "$1" kill -0 "$2" 2> /dev/null
}

# hypervisor_hold_libvirtd NAME: it hangs, until it is released
hypervisor_hold_libvirtd()
{
	_lab_signal_libvirtd "$1" STOP
}

hypervisor_release_libvirtd()
{
	_lab_signal_libvirtd "$1" CONT
}

_lab_signal_libvirtd()
{
	hypervisor_exec "$1" kill -s "$2" "$(cat "$LAB_RUN/$1/run/libvirtd.pid")"
}

# hypervisor_kill NAME: power loss
hypervisor_kill()
{
	kill -KILL "$(cat "$LAB_RUN/$1/pid")"
}

# hypervisor_stop NAME: it and its VMs are gone, and may be started anew
hypervisor_stop()
{
	local name=$1 vm
	if ! _lab_wait 10 _lab_kill_in_ns "$name"; then
		_lab_say "processes of $name do not end"
		return 1
	fi
	if ! _lab_remove_cgroups "/vml-lab-${LAB_RUN##*/}-$name"; then
		return 1
	fi
	lab_ns fabric ip link del "$name"
	umount "$LAB_RUN/ns/$name"
	rm -f "$LAB_RUN/ns/$name" "$LAB_RUN/ns/$name.inode"
	for vm in "$LAB_RUN"/vms/*; do
		if [ -e "$vm" ] && [ "$(cat "$vm")" = "$name" ]; then
			rm -f "$vm" "$LAB_RUN/neighbour-${vm##*/}"
		fi
	done
	rm -rf "${LAB_RUN:?}/$name"
}

# _lab_virsh HYPERVISOR ARGUMENT...
_lab_virsh()
{
	local host=$1
	shift
	hypervisor_exec "$host" virsh -q -c qemu:///system "$@" < /dev/null
}
