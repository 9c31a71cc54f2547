// SPDX-License-Identifier: GPL-2.0-or-later
/* Loading this module runs the suites; KUnit finds them by their section. */
#include <linux/module.h>

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit tests of ip_vs_vml");
