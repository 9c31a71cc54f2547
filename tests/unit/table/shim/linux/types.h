/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Just enough of the kernel's headers for kernel/table.c to be compiled, and
 * checked by sanitizers, in userspace.
 */
#ifndef SHIM_LINUX_TYPES_H
#define SHIM_LINUX_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include_next <linux/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef int32_t s32;
typedef int64_t s64;
typedef uint32_t u32;
typedef uint64_t u64;
typedef unsigned int gfp_t;

#define GFP_KERNEL 0u
#define __percpu
#define __aligned(n) __attribute__((aligned(n)))

struct rcu_head {
	void *next;
};

#endif
