# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The director: a stock kernel in a VM, with a root file system of this machine
# (or of a directory) shared read-only under an overlay in memory. Commands run
# through the agent, see agent.c.

LAB_DIRector_modules="virtio_pci virtio-rng virtio_net 9p 9pnet_virtio overlay"

# These two append to the array args of their caller.
_lab_add_share()
{
	args+=(-fsdev "local,id=$1,path=$2,security_model=none,readonly=on,multidevs=remap"
		-device "virtio-9p-pci,fsdev=$1,mount_tag=$1")
}

# _lab_add_nic NAME PLACE: the places decide which one is eth0
_lab_add_nic()
{
	args+=(-netdev "tap,id=$1,ifname=dir-$1,script=no,downscript=no"
		-device "virtio-net-pci,netdev=$1,mac=52:54:00:79:00:0$2,addr=0x1$2,romfile=")
}

# director_start [--kernel DIR] [--root DIR] [--module KO | --no-module]
#		 [--cpus N] [--memory MIB] [--cpuset CPUS]
# DIR is a root directory: --kernel takes its kernel and modules from there,
# --root everything. The module installed for modprobe is the build's, if there
# is one. Returns once commands can be run.
director_start()
{
	local root=/ from='' module='' cpus=1 memory=512 cpuset=0-1023
	while [ $# -gt 0 ]; do
		case $1 in
		--kernel) from=$2 ;;
		--root) root=$2 ;;
		--module) module=$2 ;;
		--no-module) module=none; set -- "" "$@" ;;
		--cpus) cpus=$2 ;;
		--memory) memory=$2 ;;
		--cpuset) cpuset=$2 ;;
		*)
			_lab_say "director_start: unknown option $1"
			return 2
			;;
		esac
		shift 2
	done
	from=${from:-$root}
	if [ -z "$module" ]; then
		module=$LAB_TREE/ip_vs_vml.ko
		[ -e "$module" ] || module=none
	fi

	local kernel initramfs version accel append cpu=host args=()
	version=$(_lab_kernel_version "$from") || return 1
	kernel=$(lab_vmlinux "$from") || return 1
	initramfs=$(_lab_initramfs director "$from" "$LAB_DIRector_modules" \
		"$LAB_AGENT=agent" "$LAB_DIR/director-init") || return 1
	accel=$(lab_accel) || return 1
	if [ "$accel" != kvm ]; then
		cpu=qemu64,+rdrand
		cpus+=,maxcpus=$(lab_tcg_max_vcpus "$cpus")
	fi

	append="console=ttyS0 loglevel=5 panic=-1 mitigations=off"
	append+=" lab.path=$LAB_BUILD lab.share=tree:$LAB_TREE"
	_lab_add_share root "$root"
	_lab_add_share tree "$LAB_TREE"
	case $LAB_BUILD/ in
	"$LAB_TREE"/*) ;;
	*)
		_lab_add_share build "$LAB_BUILD"
		append+=" lab.share=build:$LAB_BUILD"
		;;
	esac
	if [ "$(realpath "$from")" != "$(realpath "$root")" ]; then
		_lab_add_share modules "$(realpath "$from/lib/modules")"
		append+=" lab.share=modules:/lib/modules"
	fi
	_lab_add_nic servers 0
	_lab_add_nic clients 1
	_lab_add_nic manage 2
	lab_ns fabric taskset -c "$cpuset" \
		qemu-system-x86_64 -name director -machine q35 \
		-accel "$accel" -cpu "$cpu" -smp "$cpus" -m "$memory" \
		-nodefaults -no-user-config -display none -no-reboot \
		-kernel "$kernel" -initrd "$initramfs" -append "$append" \
		-serial "file:$LAB_RUN/director.console" \
		-device virtio-rng-pci "${args[@]}" \
		-daemonize -pidfile "$LAB_RUN/director.pid" || return 1
	echo "$version" > "$LAB_RUN/director.version"
	if [ "$module" != none ]; then
		_lab_stage_module "$from" "$module" || return 1
	fi
	if ! _lab_wait 60 LAB_DIRector_decided; then
		_lab_say "the director did not boot within 60 s:"
		tail -n 20 "$LAB_RUN/director.console" >&2
		return 1
	fi
	if ! director_running; then
		_lab_say "the director ended while it booted:"
		tail -n 20 "$LAB_RUN/director.console" >&2
		return 1
	fi
	if [ "$module" != none ]; then
		_lab_send_module || return 1
	fi
	if [ "$accel" != kvm ] && [ "${cpus%%,*}" -gt 1 ]; then
		_lab_hold_hooks
	fi
}

# QEMU's emulation of several vCPUs may lose one, for ever, at an instruction that
# another one changes. Linux changes those before Netfilter's hooks when the first
# hook comes and when the last one goes: with IPVS's first and last service, in the
# midst of traffic, unless there are others.
_lab_hold_hooks()
{
	# shellcheck disable=SC2016 # expanded in the director
	director_exec sh -c 'for restore in iptables-restore ip6tables-restore; do
		printf "*filter\n:%s\n:%s\n:%s\nCOMMIT\n" "INPUT ACCEPT" \
			"FORWARD ACCEPT" "OUTPUT ACCEPT" | $restore || exit
	done'
}

LAB_DIRector_decided()
{
	! director_running || director_exec -t 1 true 2> /dev/null
}

director_running()
{
	local pid
	pid=$(cat "$LAB_RUN/director.pid" 2> /dev/null) &&
		kill -0 "$pid" 2> /dev/null
}

# director_exec [-t SECONDS] [-i] COMMAND...: run it in the director, with its
# output and exit status; 124 when the time ran out (60 s unless said), 125
# when the director was lost. -i passes standard input on.
director_exec()
{
	local timeout=60 input=/dev/null
	while [ $# -gt 0 ]; do
		case $1 in
		-t)
			timeout=$2
			shift 2
			;;
		-i)
			input=/dev/stdin
			shift
			;;
		*)
			break
			;;
		esac
	done
	_lab_interruptible lab_ns fabric "$LAB_AGENT" exec -t "$timeout" \
		10.79.0.2 79 "$@" < $input
}

# director_shell: for a person, on this terminal
director_shell()
{
	lab_ns fabric "$LAB_AGENT" exec -p 10.79.0.2 79 "${@:-bash}"
}

# director_put FILE PATH: copy a file into the director
director_put()
{
	# shellcheck disable=SC2016 # expanded in the director
	director_exec -i sh -c 'mkdir -p "$(dirname "$1")" && cat > "$1"' \
		sh "$2" < "$1"
}

# director_daemon NAME COMMAND...: in the background. Its output goes to
# /run/lab/NAME.log, and its exit status, in the end, to /run/lab/NAME.status.
director_daemon()
{
	local name=$1
	shift
	# shellcheck disable=SC2016 # expanded in the director
	director_exec sh -c '
		cd /run/lab && name=$1 && shift && rm -f "$name.status"
		(
			"$@" &
			echo $! > "$name.pid"
			wait $!
			echo $? > "$name.status.new"
			mv "$name.status.new" "$name.status"
		) > "$name.log" 2>&1 < /dev/null &
		while [ ! -s "$name.pid" ]; do sleep 0.01; done
	' sh "$name" "$@"
}

# director_daemon_stop NAME [SIGNAL]: prints its exit status once it has ended
director_daemon_stop()
{
	# shellcheck disable=SC2016 # expanded in the director
	director_exec -t 30 sh -c '
		cd /run/lab && kill -s "$2" "$(cat "$1.pid")"
		while [ ! -e "$1.status" ]; do sleep 0.05; done
		rm "$1.pid"
		cat "$1.status"
	' sh "$1" "${2:-TERM}"
}

director_log()
{
	director_exec cat "/run/lab/$1.log"
}

# director_check_log: fails, and shows it, if the kernel has complained
director_check_log()
{
	local bad
	bad=$(grep -n -a -E -A 20 'BUG:|WARNING:|Oops|general protection fault|Kernel panic|kernel BUG at|refcount_t:|rcu:.*stall|blocked for more than|soft lockup|suspicious RCU|list_(add|del) corruption|unregister_netdevice: waiting' \
		"$LAB_RUN/director.console") || return 0
	_lab_say "the director's kernel complains:"
	echo "$bad" >&2
	return 1
}

# director_kill: power loss
director_kill()
{
	local pid
	pid=$(cat "$LAB_RUN/director.pid") || return 1
	kill -KILL "$pid"
	_lab_wait 10 _lab_process_gone "$pid" || return 1
	rm -f "$LAB_RUN/director.pid"
}

_lab_process_gone()
{
	! kill -0 "$1" 2> /dev/null
}

# The module and an index of all modules that knows it, made on this machine:
# depmod is slow in an emulated one.
_lab_stage_module()
{
	local from=${1%/} ko=$2 version stage dir
	version=$(cat "$LAB_RUN/director.version")
	if [ "$(modinfo -F vermagic "$ko" | cut -d' ' -f1)" != "$version" ]; then
		_lab_say "$ko is built for $(modinfo -F vermagic "$ko")," \
			"the director runs $version"
		return 1
	fi
	stage=$LAB_RUN/modules
	rm -rf "$stage"
	dir=$stage/lib/modules/$version
	mkdir -p "$dir/updates"
	cp "$from/lib/modules/$version"/modules.{order,builtin,builtin.modinfo} \
		"$dir"
	ln -s "$(realpath "$from/lib/modules/$version/kernel")" "$dir/kernel"
	cp "$ko" "$dir/updates"
	depmod -b "$stage" "$version"
}

_lab_send_module()
{
	local version
	version=$(cat "$LAB_RUN/director.version")
	tar -C "$LAB_RUN/modules/lib/modules/$version" -c updates \
		modules.dep.bin modules.alias.bin modules.symbols.bin |
		director_exec -i tar -C "/lib/modules/$version" -x
}

# director_install_module [KO]: (again), after a rebuild
director_install_module()
{
	_lab_stage_module "${2:-/}" "${1:-$LAB_TREE/ip_vs_vml.ko}" &&
		_lab_send_module
}
