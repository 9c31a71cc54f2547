/* SPDX-License-Identifier: GPL-2.0-or-later */
#include_next <linux/limits.h>

#ifndef U32_MAX
#define U32_MAX UINT32_MAX
#endif
