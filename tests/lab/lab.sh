# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The lab: a director, hypervisor hosts with virtual machines and a client, all
# inside private namespaces of this machine. Source this file, then:
#
#	lab_up					the network; cleans up at exit
#	director_start				Debian's kernel in a VM
#	director_exec ipvsadm -A -t 10.77.0.100:80 -s rr
#	hypervisor_start hv1			a host with its own libvirtd
#	vm_start web-1				a VM on it that serves HTTP
#	hypervisor_start hv2 --root "$(hypervisor_root)"
#						and others: VMs can migrate
#	vm_migrate web-1 hv2			between two of these
#	client_load -r 20 -d 10 http://10.77.0.100/work?n=500
#	lab_down
#
# Functions and variables that start with lab_, director_, hypervisor_, vm_,
# client_, neighbour_ or LAB_ are the interface; a leading underscore marks the
# insides. All work under `set -eu`. Failures return non-zero, having said why
# on standard error.
#
# Addresses (IPv6 the same, with fd77::/64 for 10.77.0.0/24 and so on):
#	10.77.0.0/24	servers: director .1, service .100, hv1 .11, hv2 .12,
#			web-1 .21, web-2 .22, ...; the lab's router .254
#	10.78.0.0/24	clients: director .1, client .200, router .254
#	10.79.0.0/24	the director's management: director .2

# shellcheck disable=SC2034 # used in the parts
{
	LAB_DIR=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
	LAB_TREE=$(cd "$LAB_DIR/../.." && pwd)
	LAB_BUILD=${BUILD:-$LAB_TREE/build}
	LAB_CACHE=${VML_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/ipvs-vml}/lab
	LAB_BASE=/run/vml-lab
	LAB_VIP=10.77.0.100
	LAB_VIP6=fd77::100
}

for _lab_part in run network programs images accel director hypervisor vm \
	migration client neighbour; do
	# shellcheck source=/dev/null
	. "$LAB_DIR/lib/$_lab_part.sh"
done
unset _lab_part
