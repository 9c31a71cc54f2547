# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Virtual machines: libvirt domains that boot Debian's kernel with a busybox
# initramfs and our web server.

_lab_guest_modules="virtio_pci virtio_net virtio_balloon virtio-rng evdev button ipip
	virtio_blk pvpanic-mmio i6300esb"

# _lab_guest_initramfs [agent]: the latter with QEMU's guest agent
_lab_guest_initramfs()
{
	local name=guest modules=$_lab_guest_modules programs
	[ -n "${LAB_WEBSERVER:-}" ] || lab_programs || return 1
	programs="$LAB_WEBSERVER=webserver $LAB_AGENT=agent"
	if [ -n "${1:-}" ]; then
		name=guest-agent
		modules+=" virtio_console ext4 crc32c_generic"
		programs+=" qemu-ga=qemu-ga"
		if ! command -v qemu-ga > /dev/null; then
			_lab_say "qemu-ga is missing: install qemu-guest-agent"
			return 1
		fi
	fi
	_lab_initramfs $name / "$modules" "$programs" "$LAB_DIR/guest-init"
}

# _lab_boot_file NAME COMMAND...: what the command names, as NAME where domains
# find what they boot
_lab_boot_file()
{
	local to=$LAB_RUN/boot/$1 file
	shift
	[ -e "$to" ] && return 0
	mkdir -p "$LAB_RUN/boot"
	file=$("$@") && cp "$file" "$to.new" && mv "$to.new" "$to"
}

# vm_host NAME: the hypervisor that runs it
vm_host()
{
	cat "$LAB_RUN/vms/$1"
}

# The last number of a VM's name makes its address: web-1 is 10.77.0.21
_lab_vm_host()
{
	echo $((20 + ${1##*[!0-9]}))
}

# vm_address NAME
vm_address()
{
	echo "10.77.0.$(_lab_vm_host "$1")"
}

_lab_domain_xml()
{
	local name=$1 memory=$2 vcpus=$3 cpus=$4 options=$5 initrd=$6
	local devices=$7 on_crash=$8
	local current='' type=qemu features='' host cpu="<cpu mode='custom' match='exact' check='none'><model fallback='allow'>qemu64</model></cpu>"
	host=$(_lab_vm_host "$name")
	if [ "$(lab_accel)" = kvm ]; then
		type=kvm
		cpu="<cpu mode='host-passthrough'/>"
	else
		current=" current='$vcpus'"
		vcpus=$(lab_tcg_max_vcpus "$vcpus")
		# Or each machine takes a gigabyte for translated code
		features="<tcg><tb-cache unit='MiB'>64</tb-cache></tcg>"
	fi
	if [ "$initrd" = web-agent.cpio ]; then
		devices+="<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
	fi
	# shellcheck disable=SC2016 # quotes mean nothing in here
	cat <<- XML
	<domain type='$type'>
	  <name>$name</name>
	  <memory unit='MiB'>$memory</memory>
	  <vcpu placement='static'${cpus:+ cpuset='$cpus'}$current>$vcpus</vcpu>
	  <os>
	    <type arch='x86_64' machine='q35'>hvm</type>
	    <kernel>/var/lib/libvirt/boot/vmlinux</kernel>
	    <initrd>/var/lib/libvirt/boot/$initrd</initrd>
	    <cmdline>console=ttyS0 quiet panic=1 mitigations=off lab.name=$name lab.host=$host$options</cmdline>
	  </os>
	  <features><acpi/>$features</features>
	  $cpu
	  <on_poweroff>destroy</on_poweroff>
	  <on_reboot>restart</on_reboot>
	  <on_crash>$on_crash</on_crash>
	  <devices>
	    <controller type='usb' model='none'/>
	    <interface type='bridge'>
	      <mac address='52:54:00:77:00:$(printf %02x "$host")'/>
	      <source bridge='br0'/>
	      <model type='virtio'/>
	    </interface>
	    <serial type='file'><source path='/var/log/libvirt/qemu/$name-console.log'/></serial>
	    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
	    <memballoon model='virtio'><stats period='1'/></memballoon>
	    $devices
	  </devices>
	</domain>
	XML
}

# vm_start NAME [--on HYPERVISOR] [--memory MIB] [--vcpus N] [--cpuset CPUS]
#	   [--direct] [--agent] [--disk] [--fs] [--qcow2] [--watchdog ACTION]
#	   [--on-crash ACTION] [--no-wait]
# NAME ends in a number, web-1 is 10.77.0.21. --cpuset pins its vCPUs; --direct
# lets it take direct-routed and tunnelled requests as well as masqueraded ones;
# --agent runs QEMU's guest agent in it, so that libvirt can ask its address;
# --disk gives it one that pauses it on errors, see vm_disk_space; --fs a disk with
# a file system in use that the agent can freeze, see vm_freeze_hold, and --qcow2
# makes that an image which holds snapshots, of the memory too; --watchdog and
# --on-crash say what libvirt does when it hangs, and when its kernel panics.
# Returns when it answers HTTP, or at once with --no-wait (then see vm_wait).
vm_start()
{
	local name=$1 on=hv1 memory=112 vcpus=1 cpus='' options='' wait=1
	local initrd=web.cpio agent='' devices='' on_crash=destroy
	local image=raw space=''
	shift
	while [ $# -gt 0 ]; do
		case $1 in
		--on) on=$2; shift ;;
		--memory) memory=$2; shift ;;
		--vcpus) vcpus=$2; shift ;;
		--cpuset) cpus=$2; shift ;;
		--direct) options+=" lab.direct" ;;
		--agent)
			agent=agent initrd=web-agent.cpio
			options+=" lab.agent"
			;;
		--disk)
			options+=" lab.disk"
			space=1
			;;
		--fs)
			options+=" lab.disk lab.fs"
			space=64
			;;
		--qcow2) image=qcow2 ;;
		--watchdog)
			options+=" lab.watchdog"
			devices+="<watchdog model='i6300esb' action='$2'/>"
			shift
			;;
		--on-crash)
			options+=" lab.panic"
			devices+="<panic model='isa'/>"
			on_crash=$2
			shift
			;;
		--no-wait) wait= ;;
		*)
			_lab_say "vm_start: unknown option $1"
			return 2
			;;
		esac
		shift
	done
	if [ -n "$space" ]; then
		devices+="<disk type='file'><driver name='qemu' type='$image' error_policy='stop'/><source file='/var/lib/libvirt/images/$name'/><target dev='vda' bus='virtio'/></disk>"
	fi
	mkdir -p "$LAB_RUN/vms"
	_lab_boot_file vmlinux lab_vmlinux / || return 1
	_lab_boot_file $initrd _lab_guest_initramfs $agent || return 1
	if [ ! -e "$LAB_RUN/vms/$name" ]; then
		_lab_domain_xml "$name" "$memory" "$vcpus" "$cpus" "$options" $initrd \
			"$devices" "$on_crash" > "$LAB_RUN/$on/run/$name.xml"
		if [ -n "$space" ]; then
			_lab_disk "$name" "$on" $space $image || return 1
		fi
		_lab_virsh "$on" define "/run/$name.xml" > /dev/null || return 1
		echo "$on" > "$LAB_RUN/vms/$name"
	fi
	vm_virsh "$name" start > /dev/null || return 1
	[ -z "$wait" ] || vm_wait "$name"
}

# _lab_disk NAME HYPERVISOR MIB FORMAT: a disk of 64 MiB, in a file system of its
# own that has no more than that, or room for snapshots if they are in the image
_lab_disk()
{
	local space=$3 empty=empty.$4
	[ -e "$LAB_RUN/boot/$empty" ] ||
		qemu-img create -q -f "$4" "$LAB_RUN/boot/$empty" 64M || return 1
	[ "$4" = raw ] || space=1024
	# shellcheck disable=SC2016 # expanded on the host
	hypervisor_exec "$2" sh -c '
		mountpoint -q "$1" || mount -t tmpfs tmpfs "$1" &&
			mount -o "remount,size=$3M" "$1" &&
			cp --sparse=always "/var/lib/libvirt/boot/$4" "$1/$2"
	' sh /var/lib/libvirt/images "$1" "$space" "$empty"
}

# vm_disk_space NAME MIB: empties its disk, and says how much can be written to it
# and its host's others: 1 at first
vm_disk_space()
{
	# shellcheck disable=SC2016 # expanded on the host
	hypervisor_exec "$(vm_host "$1")" sh -c '
		cd "$1" && truncate -s 0 "$2" && truncate -s 64M "$2" &&
			mount -o "remount,size=$3M" "$1"
	' sh /var/lib/libvirt/images "$1" "$2"
}

# vm_exec NAME COMMAND...: run it in the VM, as director_exec does
vm_exec()
{
	local address
	address=$(vm_address "$1")
	shift
	_lab_interruptible lab_ns fabric "$LAB_AGENT" exec -t 20 \
		"$address" 79 "$@" < /dev/null
}

# vm_virsh NAME VERB [ARGUMENT...]: virsh VERB NAME ARGUMENT... on its host
vm_virsh()
{
	local name=$1 verb=$2
	shift 2
	_lab_virsh "$(vm_host "$name")" "$verb" "$name" "$@"
}

# vm_wait NAME [SECONDS]: until it answers HTTP
vm_wait()
{
	if ! _lab_wait "${2:-60}" vm_answers "$1"; then
		_lab_say "$1 does not answer:"
		tail -n 5 "$LAB_RUN/$(vm_host "$1")/log/qemu/$1"*.log >&2
		return 1
	fi
}

# vm_answers NAME: asked directly, past the director
vm_answers()
{
	lab_ns fabric curl -s -f -o /dev/null --max-time 2 \
		"http://$(vm_address "$1")/"
}

# vm_pid NAME [HYPERVISOR]: its QEMU process (there), as seen from here
vm_pid()
{
	local host=${2:-} pid inner
	[ -n "$host" ] || host=$(vm_host "$1") || return 1
	inner=$(cat "$LAB_RUN/$host/run/libvirt/qemu/$1.pid") || return 1
	for pid in $(_lab_processes_of_ns "$host"); do
		if awk -v pid="$inner" \
				'$1 == "NSpid:" { exit !(NF > 2 && $NF == pid) }' \
				"/proc/$pid/status" 2> /dev/null; then
			echo "$pid"
			return 0
		fi
	done
	return 1
}

# vm_kill9 NAME [HYPERVISOR]: its QEMU (there) dies
vm_kill9()
{
	kill -KILL "$(vm_pid "$@")"
}

vm_stop()
{
	vm_virsh "$1" destroy > /dev/null
}

# vm_remove NAME: as if it had never been, with its disk and what was made of that
vm_remove()
{
	if [ "$(vm_virsh "$1" domstate)" != "shut off" ]; then
		vm_stop "$1" || return 1
	fi
	vm_virsh "$1" undefine --snapshots-metadata > /dev/null || return 1
	# shellcheck disable=SC2016 # expanded on the host
	hypervisor_exec "$(vm_host "$1")" sh -c 'rm -f "$1" "$1".*' \
		sh "/var/lib/libvirt/images/$1" || return 1
	rm "$LAB_RUN/vms/$1"
}

# vm_freeze_hold NAME: its agent is asked to freeze, and does not get on with it
# until vm_freeze_release
vm_freeze_hold()
{
	vm_exec "$1" touch /run/freeze-hold
}

vm_freeze_release()
{
	vm_exec "$1" rm -f /run/freeze-hold
}

# vm_freezes NAME: "freeze thaw ...", as its agent was told since it booted
vm_freezes()
{
	vm_exec "$1" sh -c '[ ! -e /run/freezes ] || cat /run/freezes' | xargs
}

# vm_is_frozen NAME: as its agent says
vm_is_frozen()
{
	vm_virsh "$1" qemu-agent-command '{"execute": "guest-fsfreeze-status"}' |
		grep -q '"frozen"'
}

vm_shutdown()
{
	vm_virsh "$1" shutdown > /dev/null
}

vm_suspend()
{
	vm_virsh "$1" suspend > /dev/null
}

vm_resume()
{
	vm_virsh "$1" resume > /dev/null
}

# vm_reset NAME: a hard reboot
vm_reset()
{
	vm_virsh "$1" reset > /dev/null
}

# vm_stats NAME: "TIME-NS DELAY-NS", summed over its vCPUs, as libvirt says:
# how long they ran, and how long they wanted to and were kept from it.
vm_stats()
{
	_lab_virsh "$(vm_host "$1")" domstats --vcpu "$1" |
		awk -F= '/vcpu\.[0-9]+\.time=/ { time += $2 }
			/vcpu\.[0-9]+\.delay=/ { delay += $2 }
			END { printf "%.0f %.0f\n", time, delay }'
}
