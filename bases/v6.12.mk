# The kernel that series/v6.12 applies to: Debian 13's packaged source.
BASE_TAG     := v6.12.117
BASE_PACKAGE := linux-source-6.12
BASE_VERSION := 6.12.117-1
BASE_SUITE   := trixie
BASE_SHA256  := 9141325315c7f1eca682113d185a8c77c82814aa6e32f7e127e61d6106403835
ifneq ($(filter-out x86_64,$(ARCH)),)
$(error series/v6.12 is for x86_64 only: leave out ARCH=$(ARCH))
endif
# The selftests of this series run on the kernel, too.
SELFTESTS_RELEASE := v7.3
# The series has no KUnit and no litmus tests.
LAYERS.x86_64 := patches lockdep@q35-npt reproduce@q35-npt compare@q35-npt,bochs-ept-noad
LAYERS_ALL    := patches reproduce compare lockdep kasan mutants check
FLAVOURS      ?= lockdep kasan
# 6.12 has no MGLRU walks on RISC-V, and SGX takes more than checks/no-kvm.config has.
CHECKS        ?= checkpatch kernel-doc arm64 i386 mips no-lru-gen no-mmu-notifier powerpc s390 x86_64 \
	selftests docs coccicheck
# Some of variants/ do not apply.
PARTS         ?= instructions parallel
# Those of mutants/ that apply, and are bugs that its tests are to catch.
MUTANTS ?= accessed-not-cleared cleared-always foreign-aged look-around-unbatched look-around-window \
	offset-second-memslot question-ignored rmap-question-ignored second-table-skipped
# What else 'make applies' tries: PACKAGE@SUITE.
OTHER_BASES  := linux-source-6.12@bookworm-backports
