# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
#
# What slows a machine down and no delay of its vCPUs tells: its disk, and memory
# that its host wants back.
where=outside
vms=3
limit=150

group_setup()
{
	vm_remove web-3
	vm_start web-3 --direct --disk --agent --cpuset "$(lab_cpu 3)"
	vm_disk_space web-3 64
}

group_teardown()
{
	vm_remove web-3
}

balance()
{
	service_up vml
	config "" "mode = weights"
	vmld_up
	wait_until 20 scale_is web-3 1 1500
}

# disk_limit REQUESTS: a second; 0 for no limit
disk_limit()
{
	vm_virsh web-3 blkdeviotune vda --total-iops-sec "$1" --live > /dev/null
}

test_a_disk_that_becomes_slow_costs_scale_for_as_long()
{
	balance
	on_exit vm_exec web-3 touch /run/enough
	vm_exec web-3 sh -c 'rm -f /run/enough
		while [ ! -e /run/enough ]; do
			dd if=/dev/zero of=/dev/vda bs=4k count=8 oflag=direct
			sleep 0.05
		done > /dev/null 2>&1 &'
	wait_until 20 explained web-3 "usually [0-9.]*[1-9][0-9]* ms"
	disk_limit 4
	wait_until 30 reasons_have web-3 "storage"
	scale_is web-3 1 950
	lacks "the reasons of another" "$(of web-1 '.reasons | join(" ")')" storage
	disk_limit 0
	wait_until 40 reasons_lack web-3 "storage"
	vmld_down
}

test_memory_that_is_read_back_from_swap_costs_scale_for_as_long()
{
	balance
	vm_exec web-3 sh -c 'mkswap /dev/vda && swapon /dev/vda' > /dev/null
	vm_dirty web-3 2000
	vm_virsh web-3 setmem 88M --live > /dev/null
	wait_until 40 reasons_have web-3 "swap"
	scale_is web-3 1 950
	contains "why" "$(explained web-3 swap)" "read back from swap"
	vm_virsh web-3 setmem 112M --live > /dev/null
	wait_until 40 reasons_lack web-3 "swap"
	vm_dirty web-3 0
	vm_exec web-3 swapoff /dev/vda
	vmld_down
}
