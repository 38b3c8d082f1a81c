# A kernel patch series and the machine that tries it out. 'make help' first.

.NOTPARALLEL:
.SUFFIXES:
MAKEFLAGS += --no-print-directory --no-builtin-rules

RELEASE := v7.3
# Whose selftests run; some bases have no own ones.
SELFTESTS_RELEASE := $(RELEASE)
$(if $(wildcard bases),,$(error run make in the folder of this Makefile, or with -C))
$(if $(wildcard bases/$(RELEASE).mk),,$(error there are no patches for RELEASE=$(RELEASE): choose from $(notdir $(wildcard series/v*))))
include bases/$(RELEASE).mk

# Settings, to be given on the command line; 'make help' prints the lines with #:
#: RELEASE=NAME  the series, one of series/: v7.3, v6.12 (v7.3)
#: BUILD=DIR     where everything is made (build)
BUILD   ?= build
#: LINUX=PATH    a kernel tree or tarball of your own instead of Debian's
LINUX   ?=
#: ARCH=NAME     x86_64, arm64, or riscv, which is there for make compare (x86_64)
ARCH    ?= x86_64
#: MACHINES="..." those of machines/ on which tests compare (make test: some; else all)
ASKED_MACHINES := $(MACHINES)
MACHINES.x86_64 := q35-npt q35-npt0 q35-npt-numa bochs-ept bochs-ept-noad bochs-shadow
MACHINES.arm64  := virt-vhe virt-nvhe virt-protected virt-swaf virt-nested
MACHINES.riscv  := virt-riscv
MACHINES ?= $(MACHINES.$(ARCH))
#: MACHINE=NAME  the one to run, measure or get a prompt on (the first of ARCH, as q35-npt)
MACHINE ?= $(firstword $(MACHINES))
#: CPUS=N        the number of its CPUs (1)
CPUS    ?= 1
#: SUITE=NAME    one of suites/ that make compare runs (the machine's)
#: FLAVOUR=NAME  one of kconfig/flavours/, or several as A+B: options of both kernels that
#:               make compare and make reproduce run (none; make test: see docs/TESTING.md)
FLAVOUR ?=
#: FLAVOURS="..." the kernels that make debug runs, e.g. kasan, or lockdep+kunit for both in one
FLAVOURS ?= lockdep+kunit kasan $(if $(filter x86_64,$(ARCH)),kcsan rt kselftest,16k 64k)
#: MUTANTS="..." the bugs of mutants/ that make mutants plants (all)
#: CHECKS="..."  the checks that make check runs (all)
#: PATCHES="..." the patches that make check looks at, e.g. "0003 all"; all: the whole series at once
#: REPEAT=N      how often make bench measures (2)
#: PARTS="..."   what of it: instructions parallel variants (all)
REPEAT  ?= 2
#: JOBS=N        parallel compile jobs (all CPUs)
JOBS    ?= $(shell nproc)
#: MIRROR=URL    the Debian mirror to fetch from (the one apt uses here)
MIRROR  ?=
#: AGAIN=1       have make test-all run again what has passed on this state
AGAIN   ?=
#: FORCE=1       let 'make tree' and 'make clean' give up what the tree has of its own
FORCE   ?=
#: UPSTREAM=PATH a git clone with the base's tag, from which make mail takes base-commit and Fixes: tags
#: TARBALLS="..." releases of upstream that make applies tries, too
#: CONFIG=PATH   the configuration that make deb starts from (the running kernel's)
#: EMULATOR_LOCK=FILE builds that share this file run one emulator, or make compare, at a time (in BUILD)
EMULATOR_LOCK ?= $(BUILD)/emulator.lock

# What the emulator of Intel's CPUs needs.
BOCHS   := $(if $(filter x86_64,$(ARCH)),bochs)
# The layers of 'make test', LAYER@MACHINE,...: those that run into most bugs of mutants/
# a minute, see docs/TESTING.md. On x86, for v7.3 and without MACHINES=, it builds two kernels
# only: compare and reproduce have one CPU and the options of the debug kernel, which runs while
# the base is built. And all layers, some of which are x86's.
LAYERS.x86_64 ?= patches lockdep+kunit@q35-npt reproduce@q35-npt,q35-npt0 compare@q35-npt,bochs-ept-noad
LAYERS.arm64  := patches lockdep+kunit@virt-vhe compare@virt-vhe
LAYERS.riscv  := patches compare
LAYERS     := $(LAYERS.$(ARCH))
ifneq ($(ASKED_MACHINES),)
LAYERS     := $(foreach layer,$(LAYERS),$(firstword $(subst @, ,$(layer))))
endif
ifeq ($(ARCH),riscv)
LAYERS_ALL := $(LAYERS)
endif
LAYERS_ALL ?= patches litmus $(if $(filter x86_64,$(ARCH)),reproduce) compare lockdep+kunit $(if $(filter x86_64,$(ARCH)),vmm) postings $(if $(filter x86_64,$(ARCH)),rt kselftest kcsan,16k 64k) kasan mutants check
# What checkpatch says without reason: MAINTAINERS is brought up to date by the patches
# that add files; it does not know how TRACE_EVENT() is laid out, takes a function pointer
# for a function.
CHECKPATCH_ALLOW := FILE_PATH_CHANGES|include/trace/events/.*(OPEN_ENDED_LINE|PARENTHESIS_ALIGNMENT)|aging_util\.c.*OPEN_BRACE

override BUILD := $(abspath $(BUILD))
override LINUX := $(if $(LINUX),$(abspath $(LINUX)))
SERIES  := $(CURDIR)/series/$(RELEASE)
RESULTS := $(CURDIR)/results/$(RELEASE)$(patsubst %,-%,$(filter-out x86_64,$(ARCH))).tsv
WORK    := $(BUILD)/$(if $(LINUX),own-$(notdir $(LINUX)),$(RELEASE))
export RELEASE SELFTESTS_RELEASE ARCH BUILD EMULATOR_LOCK LINUX MIRROR AGAIN FORCE JOBS MACHINE CPUS SERIES WORK
export PARTS MACHINES FLAVOUR FLAVOURS MUTANTS CHECKPATCH_ALLOW SUITE CHECKS PATCHES REPEAT RESULTS UPSTREAM CONFIG
export BASE_TAG BASE_PACKAGE BASE_VERSION BASE_SUITE BASE_SHA256
unexport MAKEFLAGS BOOT BUILT CONFIGURED
# What takes long says so first.
export STEPS_START := $(shell date +%s)

.PHONY: help prereqs forky applies tree series kernel base-kernel selftests run bench results profile test test-all compare reproduce litmus debug postings vmm mutants check mail deb shell clean

help: ## what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile
	@echo
	@sed -n 's/^#:/ /p' Makefile

# What a target needs beyond, see scripts/prereqs.sh.
bench: NEEDS := bench
test: NEEDS := $(BOCHS)
test-all: NEEDS := $(BOCHS) litmus check
compare mutants: NEEDS := $(BOCHS)
reproduce: NEEDS := bochs
litmus: NEEDS := litmus
check: NEEDS := check
mail: NEEDS := mail
deb: NEEDS := deb

# Other architectures and releases have not been timed.
TIMED := $(filter v7.3-x86_64,$(RELEASE)-$(ARCH))
run: export PLAN := Fetches the kernel (160 MB), builds it without and with the series, boots both \
	in QEMU, and prints what aging costs.$(if $(TIMED), Takes 12 to 25 minutes from nothing on 2 CPUs and 1 minute again.)
test: export PLAN := Checks the patches, builds the kernels that the layers need, and boots them. \
	Layers, and their machines: $(LAYERS).$(if $(TIMED), Takes 22 to 30 minutes from nothing on 2 CPUs.) Logs: $(BUILD)/test.
test-all: export PLAN := Runs all layers: $(LAYERS_ALL). On 2 CPUs, that takes hours; what has passed on this state \
	is not run again after an interruption (AGAIN=1 does). Logs: $(BUILD)/test.

prereqs: ## install, or list, what this machine lacks
	@[ -z "$$PLAN" ] || echo "$$PLAN" | fmt -s -w 90 >&2
	@scripts/prereqs.sh all $(NEEDS)

forky: NEEDS := litmus
forky: prereqs ## a folder with a newer sparse and herd7; takes root, once
	@scripts/forky.sh

tree: prereqs ## the base kernel's source with the series applied, as git commits
	@scripts/tree.sh

series: prereqs ## write the tree's commits back to series/
	@scripts/tree.sh export

kernel: tree ## build the patched kernel; the last line is the image's path
	@scripts/build.sh series

base-kernel: tree ## build the unpatched kernel; the last line is the image's path
	@scripts/build.sh base

selftests: tree ## build the KVM selftests that suites/ name
	@scripts/build.sh selftests

run: tree ## print the cost of aging a process and a VM, on both kernels
	@scripts/run.sh

bench: tree ## measure what docs/RESULTS.md has of this ARCH and RELEASE, REPEAT times
	@scripts/bench.sh

results: NEEDS := bench
results: prereqs ## make the last 'make bench' what README.md and docs/ quote
	@scripts/bench.sh quote

profile: tree ## count the instructions of aging and eviction by function, on both kernels
	@scripts/profile.sh

test: FLAVOUR := $(if $(ASKED_MACHINES),,$(and $(filter x86_64,$(ARCH)),$(firstword $(subst @, ,$(filter lockdep+kunit%,$(LAYERS))))))
test: tree ## run the layers of tests that people wait for
	@ONLY_CPUS=1 scripts/test.sh $(LAYERS)

test-all: tree ## run all layers of tests, but those that have passed on this state (AGAIN=)
	@RESUME=1 scripts/test.sh $(LAYERS_ALL)

compare: tree ## run suites/mmu on both kernels, and compare test by test (MACHINES=, SUITE=)
	@scripts/compare.sh

reproduce: tree ## run what the series mends on both kernels: it must fail on the base (MACHINES=)
	@SUITE=reproduce scripts/compare.sh

litmus: tree ## put the locking claims of x86 to the kernel's memory model
	@scripts/litmus.sh

debug: tree ## run KUnit, and kernels with lockdep, KASAN, KCSAN and others (FLAVOURS=)
	@scripts/debug.sh

postings: tree ## build and boot the tree after each posting, and run the tests that have to pass then
	@scripts/postings.sh

vmm: tree ## have QEMU run a Linux guest in both kernels while its memory is aged and reclaimed
	@scripts/vmm.sh

mutants: tree ## plant the bugs of mutants/ one by one: each must be caught (MUTANTS=names)
	@scripts/mutants.sh $(MUTANTS)

check: tree ## build and examine the tree after each patch: a grid (CHECKS=, PATCHES=)
	@scripts/check.sh

applies: prereqs ## apply the series to all versions that Debian has (TARBALLS=); writes docs/VERSIONS.md
	@scripts/applies.sh $(TARBALLS)

mail: tree ## write the mails that would be sent, and check them; sends nothing (UPSTREAM=)
	@scripts/mail.sh

deb: tree ## build Debian packages of the patched kernel; installs nothing (CONFIG=)
	@scripts/deb.sh

shell: tree ## boot the patched kernel to a prompt (MACHINE=, CPUS=)
	@scripts/shell.sh

clean: ## remove what has been made of this base, all logs, forky and QEMU; keeps the kernel's package
	@scripts/tree.sh clean
