# SPDX-License-Identifier: GPL-2.0-or-later
# The test includes kernel/table.c, whose kernel headers are replaced by shim/.
unit-cflags-table := -Itests/unit/table/shim -Ikernel
