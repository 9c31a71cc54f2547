# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The noisy neighbour: processes on a VM's host that compute on the very CPUs
# its vCPUs may use. The VM sees steal; libvirt shows it as vcpu.N.delay.

# neighbour_start VM [PROCESSES]: with N of them the VM keeps 1/(N+1) of a CPU
neighbour_start()
{
	local host cpus
	host=$(vm_host "$1") || return 1
	cpus=$(taskset -c -p "$(_lab_vcpu_thread "$1")" | sed 's/.*: //')
	# shellcheck disable=SC2016 # expanded on the host
	hypervisor_exec "$host" taskset -c "$cpus" bash -c '
		for ((i = 0; i < $1; i++)); do
			setsid bash -c "while :; do :; done" &
			echo $!
		done
	' neighbour "${2:-3}" < /dev/null > "$LAB_RUN/neighbour-$1" \
		2> /dev/null
}

# The thread that runs a VM's first vCPU
_lab_vcpu_thread()
{
	local pid task
	pid=$(vm_pid "$1") || return 1
	for task in /proc/"$pid"/task/*; do
		if grep -q '^CPU 0/' "$task/comm"; then
			echo "${task##*/}"
			return 0
		fi
	done
	return 1
}

neighbour_stop()
{
	local host pids
	host=$(vm_host "$1") || return 1
	pids=$(cat "$LAB_RUN/neighbour-$1") || return 1
	# shellcheck disable=SC2086 # a list of numbers
	hypervisor_exec "$host" kill -KILL $pids
	rm "$LAB_RUN/neighbour-$1"
}
