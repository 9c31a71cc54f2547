# SPDX-License-Identifier: GPL-2.0-or-later
fuzz-sources-vmld/request := $(wildcard tests/fuzz/vmld/request/*.c) \
	$(addprefix tests/unit/vmld/service/,fake_kernel.c fake_operator.c)
