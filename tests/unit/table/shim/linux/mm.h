/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include <linux/slab.h>

/* What the kernel would report, and go on with, ends a test. */
#define WARN_ON_ONCE(condition) ((condition) ? (abort(), true) : false)
