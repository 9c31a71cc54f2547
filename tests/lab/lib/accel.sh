# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# KVM only where it is proven: a /dev/kvm can be there and hang its guests.

# lab_accel: prints kvm or tcg. The proof boots the VMs' own image and expects
# its word within seconds; it is made once a boot of this machine.
lab_accel()
{
	local boot proof
	if [ -n "${LAB_ACCEL:-}" ]; then
		echo "$LAB_ACCEL"
		return 0
	fi
	boot=$(cat /proc/sys/kernel/random/boot_id)
	proof=$LAB_CACHE/accel-$boot
	if [ ! -s "$proof" ]; then
		rm -f "$LAB_CACHE"/accel-*
		_lab_prove_kvm > "$proof.new.$$"
		mv "$proof.new.$$" "$proof"
	fi
	cat "$proof"
}

_lab_prove_kvm()
{
	local kernel initramfs
	if [ -r /dev/kvm ] && [ -w /dev/kvm ] &&
	   kernel=$(lab_vmlinux /) && initramfs=$(_lab_guest_initramfs) &&
	   _lab_kvm_guest "$kernel" "$initramfs" |
		grep -q -m 1 VML-GUEST-READY; then
		echo kvm
	else
		_lab_say "KVM is not usable here: emulating (TCG)"
		echo tcg
	fi
}

# The guest powers off once it has spoken; the hard limit is for one that
# doesn't.
_lab_kvm_guest()
{
	timeout -s KILL 4 qemu-system-x86_64 -accel kvm -cpu host -machine q35 \
		-nodefaults -no-user-config -display none -no-reboot -m 128 \
		-kernel "$1" -initrd "$2" -serial stdio \
		-append "console=ttyS0 quiet panic=-1 lab.name=proof lab.proof" \
		< /dev/null 2> /dev/null || :
}

# lab_tcg_max_vcpus N: of a machine that is emulated and has N. QEMU before 8.1
# leaves out the memory barriers of one that can have but one vCPU, though QEMU's
# own threads share its memory: sooner or later a network card stops for ever.
lab_tcg_max_vcpus()
{
	echo $(($1 > 1 ? $1 : 2))
}
