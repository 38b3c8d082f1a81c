# A kernel patch series and the machine that tries it out. 'make help' first.

.NOTPARALLEL:
.SUFFIXES:
MAKEFLAGS += --no-print-directory --no-builtin-rules

RELEASE := v7.3
include bases/$(RELEASE).mk

# Settings, to be given on the command line.
ARCH    ?= x86_64
# Where 'make test' compares the kernels; 'make run' takes the first.
MACHINES.x86_64 := q35-npt q35-npt0 bochs-ept bochs-ept-noad bochs-shadow
MACHINES.arm64  := virt-vhe virt-nvhe virt-protected virt-swaf
MACHINES ?= $(MACHINES.$(ARCH))
BUILD   ?= build
LINUX   ?=
MIRROR  ?=
FORCE   ?=
JOBS    ?= $(shell nproc)
EMULATOR_LOCK ?= $(BUILD)/emulator.lock
MACHINE ?= $(firstword $(MACHINES))
CPUS    ?= 1
# What the emulator of Intel's CPUs needs.
BOCHS   := $(if $(filter x86_64,$(ARCH)),bochs)

# How often 'make bench' measures.
REPEAT  ?= 2
# What 'make debug' runs.
FLAVOURS ?= kunit lockdep kasan kcsan
# The layers of 'make test', and what 'make test-all' adds.
LAYERS     := patches litmus kunit compare lockdep
# KCSAN's machines, whose CPUs run in parallel, and what the fixes mend are x86's.
LAYERS_ALL := $(LAYERS) $(if $(filter x86_64,$(ARCH)),reproduce kcsan) kasan mutants check
# What checkpatch says without reason: MAINTAINERS is brought up to date by a
# patch of its own; it does not know how TRACE_EVENT() is laid out.
CHECKPATCH_ALLOW := FILE_PATH_CHANGES|include/trace/events/.*(OPEN_ENDED_LINE|PARENTHESIS_ALIGNMENT)

override BUILD := $(abspath $(BUILD))
override LINUX := $(if $(LINUX),$(abspath $(LINUX)))
SERIES  := $(CURDIR)/series/$(RELEASE)
RESULTS := $(CURDIR)/results/$(RELEASE)$(patsubst %,-%,$(filter-out x86_64,$(ARCH))).tsv
WORK    := $(BUILD)/$(if $(LINUX),own-$(notdir $(LINUX)),$(RELEASE))
export ARCH BUILD EMULATOR_LOCK LINUX MIRROR FORCE JOBS MACHINE CPUS SERIES WORK
export MACHINES FLAVOURS CHECKPATCH_ALLOW SUITE CHECKS PATCHES REPEAT RESULTS UPSTREAM CONFIG
export BASE_TAG BASE_PACKAGE BASE_VERSION BASE_SUITE BASE_SHA256
unexport MAKEFLAGS

.PHONY: help prereqs forky tree series kernel base-kernel selftests run bench results profile test test-all compare reproduce litmus debug mutants check mail deb shell clean

help: ## what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile
	@echo
	@sed 's/^/  /' scripts/settings.txt

# What a target needs beyond, see scripts/prereqs.sh.
bench: NEEDS := bench
test: NEEDS := $(BOCHS) litmus
test-all: NEEDS := $(BOCHS) litmus check
compare mutants: NEEDS := $(BOCHS)
reproduce: NEEDS := bochs
litmus: NEEDS := litmus
check: NEEDS := check
mail: NEEDS := mail
deb: NEEDS := deb

prereqs: ## install, or list, what this machine lacks
	@scripts/prereqs.sh all $(NEEDS)

forky: NEEDS := litmus
forky: prereqs ## a folder with a newer sparse and herd7; takes root, once
	@scripts/forky.sh

tree: prereqs ## the base kernel's source with the series applied, as git commits
	@scripts/tree.sh

series: prereqs ## write the tree's commits back to series/
	@scripts/tree.sh export

kernel: tree ## build the patched kernel; the last line is the image's path
	@scripts/kernel.sh series

base-kernel: tree ## build the unpatched kernel; the last line is the image's path
	@scripts/kernel.sh base

selftests: tree ## build the KVM selftests of the patched tree
	@scripts/selftests.sh

run: tree ## print the cost of aging a process and a VM, on both kernels
	@scripts/run.sh

bench: tree ## measure all that the README quotes, REPEAT times
	@scripts/bench.sh

results: ## make the last 'make bench' what the README quotes
	@scripts/results.sh

profile: tree ## count the instructions of aging and eviction by function, on both kernels
	@scripts/profile.sh

test: tree ## run the layers of tests that fit into an hour
	@scripts/test.sh $(LAYERS)

test-all: tree ## run all layers of tests
	@scripts/test.sh $(LAYERS_ALL)

compare: tree ## run suites/mmu on both kernels, and compare test by test (MACHINES=, SUITE=)
	@scripts/compare.sh

reproduce: tree ## run what the series mends on both kernels: it must fail on the base (MACHINES=)
	@SUITE=reproduce scripts/compare.sh

litmus: tree ## put the locking claims of the series to the kernel's memory model
	@scripts/litmus.sh

debug: tree ## run KUnit, and kernels with lockdep, KASAN, KCSAN (FLAVOURS=)
	@scripts/debug.sh

mutants: tree ## plant the bugs of mutants/ one by one: each must be caught (MUTANTS=names)
	@scripts/mutants.sh $(MUTANTS)

check: tree ## build and examine the tree after each patch: a grid (CHECKS=, PATCHES=)
	@scripts/check.sh

mail: tree ## write the mails that would be sent, and check them; sends nothing (UPSTREAM=)
	@scripts/mail.sh

deb: tree ## build Debian packages of the patched kernel; installs nothing (CONFIG=)
	@scripts/deb.sh

shell: tree ## boot the patched kernel to a prompt (MACHINE=, CPUS=)
	@scripts/shell.sh

clean: ## remove build/ except the downloaded source
	@scripts/clean.sh
