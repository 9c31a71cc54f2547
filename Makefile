# SPDX-License-Identifier: GPL-2.0-or-later
#
# The entry for people: `make help` lists what there is. The kernel module's
# own makefile is Kbuild, which kbuild reads instead of this file.

VERSION := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"$$/\1/p' dkms.conf)

# Where everything built in userspace goes; kbuild builds the module in place.
O ?= build

# The running kernel's build directory, or else the newest that is installed.
KDIR ?= $(or $(wildcard /lib/modules/$(shell uname -r)/build),$(lastword \
	$(shell ls -d /lib/modules/*/build 2>/dev/null | sort -V)))

PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
SBINDIR ?= $(PREFIX)/sbin
MANDIR ?= $(PREFIX)/share/man
DOCDIR ?= $(PREFIX)/share/doc/ipvs-vml
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions
UNITDIR ?= $(PREFIX)/lib/systemd/system
INSTALL ?= install
PKG_CONFIG ?= pkg-config

all: module userspace

ifneq ($(V),1)
Q := @
endif
say = @printf '  %-7s %s\n' $(1) '$(2)'
ifeq ($(V),1)
say = @:
endif

.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory

# --- The kernel module ------------------------------------------------------

# kbuild takes O= for the kernel's own output directory, so it must not see
# ours.
kbuild-output = O='$(realpath $(KDIR))'
kbuild = +$(Q)$(if $(wildcard $(KDIR)/Makefile),,$(error no kernel headers in \
	"$(KDIR)": run tests/install-dependencies build, or set KDIR=))$(MAKE) \
	-C $(KDIR) M=$(CURDIR) $(kbuild-output)

module:
	$(kbuild) modules

# --- Userspace --------------------------------------------------------------

CFLAGS ?= -O2 -g
all-cflags = -std=gnu11 -Wall -Wextra $(if $(WERROR),-Werror) -D_GNU_SOURCE \
	-D_FILE_OFFSET_BITS=64 -DVML_VERSION='"$(VERSION)"' -pthread \
	-Iuserspace -Iuserspace/libvml -Ikernel/uapi $(sanitize) $(CFLAGS)
all-ldflags = -pthread $(sanitize) $(LDFLAGS)
ifneq ($(SANITIZE),)
sanitize := -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
endif
# For libFuzzer, which is clang's: all code tells where it has been.
ifneq ($(FUZZ),)
sanitize := -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all -fno-omit-frame-pointer
endif

# $(call pkg,cflags|libs,packages): asked for when first used, so that goals
# which compile nothing need no libraries.
pkg = $(if $(shell $(PKG_CONFIG) --exists $(2) || echo missing),$(error not \
	all of "$(2)" are installed: run tests/install-dependencies \
	build),$(shell $(PKG_CONFIG) --$(1) $(2)))

libvml-pkgs := libnl-3.0 libnl-genl-3.0
vmld-pkgs := $(libvml-pkgs) libsystemd libvirt libconfuse libmicrohttpd jansson \
	libcurl
vmlctl-pkgs := $(libvml-pkgs) libcurl jansson

libvml-src := $(wildcard userspace/libvml/*.c)
vmld-src := $(wildcard userspace/vmld/*.c userspace/vmld/*/*.c)
vmlctl-src := $(wildcard userspace/vmlctl/*.c)

objects = $(patsubst %.c,$(O)/obj/%.o,$(1))

# $(eval $(call component,NAME,INCLUDE)): NAME.a from all of a component's
# sources but its main.c, with its libraries looked up once.
define component
$(1)-cflags = $$(eval $(1)-cflags := $$(call pkg,cflags,$$($(1)-pkgs)))$$($(1)-cflags)
$(1)-libs = $$(eval $(1)-libs := $$(call pkg,libs,$$($(1)-pkgs)))$$($(1)-libs)
$(1)-obj := $$(call objects,$$($(1)-src))
$(1)-main := $$(filter %/$(1)/main.o,$$($(1)-obj))
$$($(1)-obj): extra-cflags = -Iuserspace/$(1) $$($(1)-cflags)
$(O)/$(1).a: $$(filter-out $$($(1)-main),$$($(1)-obj))
objs += $$($(1)-obj)
endef
$(eval $(call component,libvml))
$(eval $(call component,vmld))
$(eval $(call component,vmlctl))

programs := $(if $(vmld-main),$(O)/vmld) $(if $(vmlctl-main),$(O)/vmlctl)

userspace: $(O)/libvml.a $(programs)

$(O)/vmld: $(vmld-main) $(O)/vmld.a $(O)/libvml.a
$(O)/vmld: extra-libs = $(vmld-libs) -lm
$(O)/vmlctl: $(vmlctl-main) $(O)/vmlctl.a $(O)/libvml.a
$(O)/vmlctl: extra-libs = $(vmlctl-libs) -lm

link = $(Q)$(CC) $(all-ldflags) -o $@ $(filter %.o %.a,$^) $(extra-libs)

$(programs):
	$(call say,LD,$@)
	$(link)

# Made anew each time, so that no object of a removed source stays inside.
%.a:
	$(call say,AR,$@)
	@mkdir -p $(@D)
	$(Q)rm -f $@ && $(AR) rcsD $@ $(filter %.o,$^)

$(O)/obj/%.o: %.c $(O)/flags
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(all-cflags) $(extra-cflags) $(CPPFLAGS) -MMD -MP -c -o $@ $<

# Changes when the compiler or its flags do, and then everything is rebuilt.
$(O)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(subst ','\'',$(all-cflags)) $(CPPFLAGS) $(all-ldflags)' > $@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

# --- Unit tests -------------------------------------------------------------
#
# tests/unit/DIR[/DIR]/test_NAME.c is one cmocka program, linked with the other
# .c files beside it. DIR says what it tests and is linked with: libvml,
# vmlctl, vmld, or neither of them but what tests/unit/DIR/unit.mk names
# (unit-cflags-DIR, unit-sources-DIR).

-include $(wildcard tests/unit/*/unit.mk)

unit-src := $(wildcard tests/unit/*/test_*.c tests/unit/*/*/test_*.c)
unit-programs := $(patsubst tests/unit/%.c,$(O)/unit/%,$(unit-src))

asan-programs := $(unit-programs:$(O)/%=$(O)/asan/%)

unit-archives-libvml := libvml
unit-archives-vmlctl := vmlctl libvml
unit-archives-vmld := vmld libvml

# $(eval $(call unit,DIR/test_NAME,DIR,top DIR))
define unit
$(O)/unit/$(1): $$(call objects,tests/unit/$(1).c \
	$$(filter-out tests/unit/$(2)/test_%,$$(wildcard tests/unit/$(2)/*.c)) \
	$$(unit-sources-$(3))) $$(patsubst %,$(O)/%.a,$$(unit-archives-$(3)))
$(O)/unit/$(1): extra-libs = $$(foreach a,$$(firstword \
	$$(unit-archives-$(3))),$$($$(a)-libs)) -lcmocka -lm
$(O)/obj/tests/unit/$(2)/%.o: extra-cflags = -Itests/unit/$(2) \
	$$(foreach a,$$(unit-archives-$(3)),-Iuserspace/$$(a) $$($$(a)-cflags)) \
	$$(unit-cflags-$(3))
objs += $$(call objects,tests/unit/$(1).c \
	$$(filter-out tests/unit/$(2)/test_%,$$(wildcard tests/unit/$(2)/*.c)))
endef
top-dir = $(firstword $(subst /, ,$(1)))
$(foreach t,$(unit-src:tests/unit/%.c=%),$(eval $(call \
	unit,$(t),$(patsubst %/,%,$(dir $(t))),$(call top-dir,$(t)))))

unit-tests: $(unit-programs)

$(unit-programs):
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(link)

# --- Fuzz targets -----------------------------------------------------------
#
# tests/fuzz/DIR/NAME.c gives any bytes to a parser of DIR, which is libvml,
# vmlctl or vmld, and is linked with it, and with what NAME.mk beside it names
# (fuzz-sources-DIR/NAME). NAME.corpus has the inputs to begin with.

-include $(wildcard tests/fuzz/*/*.mk)

fuzz-src := $(foreach d,libvml vmlctl vmld,$(wildcard tests/fuzz/$(d)/*.c))
fuzz-programs := $(patsubst tests/fuzz/%.c,$(O)/fuzz/%,$(fuzz-src))

# $(eval $(call fuzz-target,DIR/NAME,DIR))
define fuzz-target
$(O)/fuzz/$(1): $$(call objects,tests/fuzz/$(1).c $$(fuzz-sources-$(1))) \
	$$(patsubst %,$(O)/%.a,$$(unit-archives-$(2)))
$(O)/fuzz/$(1): extra-libs = -fsanitize=fuzzer \
	$$(foreach a,$$(firstword $$(unit-archives-$(2))),$$($$(a)-libs)) -lm
$(O)/obj/tests/fuzz/$(1).o $(O)/obj/tests/fuzz/$(1)/%.o: extra-cflags = \
	$$(addprefix -I,$$(sort $$(dir $$(fuzz-sources-$(1))))) \
	$$(foreach a,$$(unit-archives-$(2)),-Iuserspace/$$(a) $$($$(a)-cflags))
objs += $$(call objects,tests/fuzz/$(1).c $$(fuzz-sources-$(1)))
endef
$(foreach t,$(fuzz-src:tests/fuzz/%.c=%),$(eval $(call \
	fuzz-target,$(t),$(call top-dir,$(t)))))

fuzz-targets: $(fuzz-programs)

$(fuzz-programs):
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(link)

-include $(objs:.o=.d)

# --- Tests ------------------------------------------------------------------

# A program that does not build is reported by the runner, and the others run.
# After a failure all are linked anew, so that none of before is taken for it.
build-unit-tests = +$(Q)$(MAKE) -k $(1) unit-tests || { \
	rm -f $(2); $(MAKE) -ks $(1) unit-tests 2> /dev/null || :; }

check-unit:
	$(call build-unit-tests,,$(unit-programs))
	$(call build-unit-tests,O=$(O)/asan SANITIZE=1,$(asan-programs))
	$(Q)failed=0; \
	tests/run-unit unit $(unit-programs) || failed=1; \
	tests/run-unit unit-asan \
		$(asan-programs) || failed=1; \
	exit $$failed

check-valgrind: unit-tests
	$(Q)WRAPPER='valgrind -q --error-exitcode=99 --leak-check=full' \
		tests/run-unit valgrind $(unit-programs)

check-build:
	$(Q)KDIR='$(KDIR)' RELEASE='$(release)' tests/build/run

check-kunit:
	$(Q)tests/kunit/check-runner
	$(Q)tests/kunit/run

check-netlink:
	$(Q)tests/uml/check-netlink

check-client: $(O)/libvml.a
	$(Q)O='$(O)' tests/client/run

# Each parser in userspace for some seconds, and the module through netlink.
fuzz = +$(Q)O='$(O)' SEED='$(SEED)' tests/fuzz/run $(1)

check-fuzz: SEED ?= 1
check-fuzz:
	$(call fuzz,20 --seconds 60)

MESSAGES ?= 10000000
fuzz: SEED ?= $(shell date +%s)
fuzz:
	$(Q)tests/install-dependencies build check
	$(call fuzz,600 --messages $(MESSAGES))

# Not in `make check`, since its kernel and compiler take minutes to make.
check-smp: $(O)/libvml.a
	$(Q)O='$(O)' tests/uml/check-smp

bench:
	$(Q)tests/install-dependencies build check chroot bench
	$(Q)BUILD='$(abspath $(O))' tests/bench/run --out $(O)/bench

bench-lab:
	$(Q)tests/install-dependencies build check demo chroot bench
	+$(Q)$(MAKE) bench-lab-installed

# Another make, which finds what has been installed just now.
bench-lab-installed:
	+$(Q)$(MAKE) $(for-lab) all
	$(Q)$(as-root) env BUILD='$(abspath $(O))' tests/bench/run-lab

# The lab boots the newest kernel of this machine, whichever is running.
lab-kdir = $(firstword $(foreach v,$(shell ls /boot 2>/dev/null | \
	sed -n 's/^vmlinuz-//p' | sort -rV),$(wildcard /lib/modules/$(v)/build)))
ifeq ($(origin KDIR),file)
for-lab = KDIR='$(lab-kdir)'
endif

print-lab-kdir:
	@echo '$(lab-kdir)'

# Namespaces and virtual machines of the lab take root.
ifneq ($(shell id -u),0)
as-root = sudo env VML_RESULTS="$$VML_RESULTS" \
	VML_CACHE="$${VML_CACHE:-$${XDG_CACHE_HOME:-$$HOME/.cache}/ipvs-vml}"
endif

check-e2e:
	+$(Q)$(MAKE) $(for-lab) all
	$(Q)$(as-root) env BUILD='$(abspath $(O))' tests/e2e/run

# Each kernel brings its own headers, tools and libraries.
check-kernels:
	$(Q)$(as-root) tests/kernels/run

check-lab:
	+$(Q)$(MAKE) $(for-lab) all
	$(Q)$(as-root) env BUILD='$(abspath $(O))' tests/lab/check

check:
	@O='$(O)' KDIR='$(if $(for-lab),,$(KDIR))' tests/check

check-all:
	@O='$(O)' KDIR='$(if $(for-lab),,$(KDIR))' tests/check all

lint:
	$(Q)KDIR='$(KDIR)' RELEASE='$(release)' tests/lint

demo:
	$(Q)tests/install-dependencies build demo
	+$(Q)$(MAKE) demo-installed

# Another make, which finds what has been installed just now.
demo-installed:
	+$(Q)$(MAKE) $(for-lab) all
	$(Q)BUILD='$(abspath $(O))' tests/demo/run

# --- Installation -----------------------------------------------------------

# As uname -r says it; Debian's include/config/kernel.release differs.
release = $(shell sed -n 's/.*UTS_RELEASE "\(.*\)".*/\1/p' \
	$(KDIR)/include/generated/utsrelease.h)
man-pages := $(wildcard docs/man/*.[1-8])

# What install makes, besides the module: SOURCE:DESTINATION:MODE
installed = $(O)/vmld:$(SBINDIR)/vmld:755 \
	$(O)/vmlctl:$(SBINDIR)/vmlctl:755 \
	$(O)/vmld.service:$(UNITDIR)/vmld.service:644 \
	docs/vmld.conf.example:$(DOCDIR)/vmld.conf.example:644 \
	$(patsubst %,userspace/vmlctl/%:$(COMPLETIONDIR)/vmlctl:644,$(notdir \
		$(wildcard userspace/vmlctl/vmlctl.bash))) \
	$(foreach p,$(man-pages),$(p):$(MANDIR)/man$(patsubst \
		.%,%,$(suffix $(p)))/$(notdir $(p)):644)
field = $(word $(1),$(subst :, ,$(2)))

# Anew if it is to lead to other directories than before.
$(O)/vmld.service: userspace/vmld/vmld.service.in FORCE
	@mkdir -p $(@D)
	$(Q)sed 's|@SBINDIR@|$(SBINDIR)|g; s|@SYSCONFDIR@|$(SYSCONFDIR)|g' $< > $@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

install: install-userspace install-module

install-userspace: userspace $(O)/vmld.service
	$(Q)set -e; $(foreach f,$(installed),$(INSTALL) -D -m $(call \
		field,3,$(f)) $(call field,1,$(f)) \
		'$(DESTDIR)$(call field,2,$(f))';)

# Where DKMS puts it, too. Not by kbuild's modules_install, which with Debian's
# headers has no key to sign with and leaves out depmod.
module-dir = $(DESTDIR)/lib/modules/$(release)/updates

install-module: module
	$(Q)$(INSTALL) -D -m 644 ip_vs_vml.ko '$(module-dir)/ip_vs_vml.ko'
	$(if $(DESTDIR),,$(Q)depmod $(release))

uninstall:
	$(Q)rm -f $(foreach f,$(installed),'$(DESTDIR)$(call field,2,$(f))')
	$(Q)rm -f '$(module-dir)/ip_vs_vml.ko'
	$(if $(DESTDIR),,$(Q)depmod $(release))

help:
	@sed -n 's/^#: //p' Makefile

#: make                 build the kernel module and userspace (into build/)
#: make module          build only ip_vs_vml.ko; KDIR=DIR chooses the kernel
#: make userspace       build only libvml, vmld and vmlctl
#: make demo            watch it balance real virtual machines (see README.md)
#: make check           run the tests: unit, build, KUnit and end to end
#: make check-unit      unit tests, also under ASan and UBSan
#: make check-build     the ways to build and install the module
#: make check-kunit     KUnit tests in a user-mode kernel
#: make check-netlink   every netlink command, in a user-mode kernel
#: make check-client    libvml against the module, in a user-mode kernel
#: make check-fuzz      fuzz the parsers and the module, for a few minutes
#: make check-e2e       end-to-end tests in virtual machines
#: make check-kernels   build and test on each kernel that is supported
#: make check-all       make check, lint, valgrind, traffic under sanitizers, ...
#: make check-smp       races, and the tests of the module, on two processors
#: make fuzz            fuzz for long; MESSAGES=10000000, SEED=
#: make lint            static checks of all code
#: make bench           benchmarks of the module, and of vmld alone (30 minutes)
#: make bench-lab       vmld beside keepalived and haproxy, in the lab (25 minutes)
#: make install         install everything; PREFIX=, DESTDIR=
#: make uninstall       remove what install installed
#: make clean           remove everything built
#:
#: O=DIR     put what is built in userspace there instead of build/
#: KDIR=DIR  build the module for the kernel with this build directory
#: V=1       show the commands

clean:
	$(Q)rm -rf $(O)
	+$(Q)$(if $(wildcard $(KDIR)/Makefile),$(MAKE) -C $(KDIR) M=$(CURDIR) \
		$(kbuild-output) clean)

FORCE:
.PHONY: FORCE all module userspace unit-tests check check-all check-unit \
	check-valgrind check-build check-kunit check-netlink check-client \
	check-fuzz check-smp check-e2e check-kernels check-lab lint bench \
	bench-lab bench-lab-installed demo \
	fuzz fuzz-targets \
	demo-installed print-lab-kdir install install-userspace \
	install-module uninstall help clean
