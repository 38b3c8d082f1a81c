# Sourced by the other scripts. The Makefile exports the settings that all of them use:
# ARCH, BUILD (where everything is made), WORK (what is made of one base, in BUILD), OBJ (what
# is built of it), SERIES (the patches), LINUX (a base of one's own), BASE_* (the pinned one).

umask 022
TOP=$(cd "${BASH_SOURCE%/*}/.." && pwd)
LC_ALL=C
export LC_ALL

# What depends on the architecture. Each has folders of its own for what is built
# and for results: FOLDER is what their names end in.
case ${ARCH:=x86_64} in
x86_64)
	FOLDER= QEMU=qemu-system-x86_64 IMAGE=arch/x86/boot/bzImage CROSS=x86_64-linux-gnu-
	CONSOLE="console=ttyS0,115200 tsc=reliable no_timer_check" ;;
arm64)
	FOLDER=-arm64 QEMU=qemu-system-aarch64 IMAGE=arch/arm64/boot/Image CROSS=aarch64-linux-gnu-
	CONSOLE="console=ttyAMA0" ;;
riscv)
	FOLDER=-riscv QEMU=qemu-system-riscv64 IMAGE=arch/riscv/boot/Image CROSS=riscv64-linux-gnu-
	CONSOLE="console=ttyS0,115200" ;;
*)
	echo "${0##*/}: there is nothing for ARCH=$ARCH: use x86_64, arm64 or riscv" >&2
	exit 1 ;;
esac
OBJ=$WORK/obj$FOLDER
SELFTESTS=$OBJ/selftests/kvm
[ "$SELFTESTS_RELEASE" = "$RELEASE" ] || SELFTESTS=$BUILD/$SELFTESTS_RELEASE/obj$FOLDER/selftests/kvm
# The host's own compiler has no prefix.
[ "$(uname -m)" != "${CROSS%%-*}" ] || CROSS=
export ARCH CROSS_COMPILE=$CROSS

# One line with the minutes since make has started.
STEPS_START=${STEPS_START:-$(date +%s)}
export STEPS_START

say()
{
	local now=$(($(date +%s) - STEPS_START))
	printf '%3d:%02d  %s\n' $((now / 60)) $((now % 60)) "$*" >&2
}

# The same for a step that is worth a line even if everything else goes to a log, as in
# 'make test': STEPS_FD is where the lines go then.
step()
{
	say "$*" 2>&"${STEPS_FD:-2}"
	[ -z "${STEPS_FD:-}" ] || say "$*"
}

die()
{
	echo "${0##*/}: $*" >&2
	exit 1
}

# Git as it comes, whatever the user's own configuration says.
git()
{
	GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null GIT_CONFIG_NOSYSTEM=1 \
	GIT_TERMINAL_PROMPT=0 command git -c core.hooksPath=/dev/null -c commit.gpgSign=false \
		-c core.autocrlf=false -c gc.auto=0 -c maintenance.auto=false \
		-c advice.detachedHead=false "$@"
}

# One process at a time works on a build directory.
lock()
{
	mkdir -p "$BUILD" 2>/dev/null || die "cannot create the build directory $BUILD: name another one with BUILD=DIR"
	if [ -z "${BUILD_LOCKED:-}" ]; then
		[ ! -e "$BUILD/lock" ] || [ -w "$BUILD/lock" ] ||
			die "cannot write to $BUILD, which belongs to another user: name another one with BUILD=DIR"
		exec 9>"$BUILD/lock"
		flock -n 9 || { say "waiting for another run in $BUILD"; flock 9; }
		export BUILD_LOCKED=1
	fi
}

# need_space MB WHAT
need_space()
{
	local free
	free=$(df -Pm "$BUILD" | awk 'NR == 2 { print $4 }')
	[ "$free" -ge "$1" ] ||
		die "$2 needs $1 MB in $BUILD, which has $free MB free: make room or name another folder with BUILD=DIR"
}

KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# The site asked for, or the one that this machine installs Debian from. Before
# the first apt-get update apt does not know an origin yet: go by the codename.
mirror()
{
	[ -z "$MIRROR" ] || { echo "$MIRROR"; return; }
	local codename format='$(CREATED_BY)|$(ORIGIN)|$(COMPONENT)|$(RELEASE)|$(SITE)'
	codename=$(. /etc/os-release; echo "${VERSION_CODENAME:-}")
	apt-get indextargets --format "$format" 2>/dev/null | awk -F'|' -v codename="$codename" '
		$1 != "Packages" || $3 != "main" { next }
		$4 == codename && $2 == "Debian" { print $5; found = 1; exit }
		$4 == codename && $2 == "" && unknown == "" { unknown = $5 }
		$2 == "Debian" && $4 !~ /security/ && other == "" { other = $5 }
		END { if (!found) print other != "" ? other : unknown }'
}

# apt_update DIR SITE SUITE: an apt state of its own, for one suite; the machine's
# configuration is only read. To be used with APT_CONFIG=DIR/apt.conf.
apt_update()
{
	mkdir -p "$1/lists/partial" "$1/cache/archives/partial"
	echo "deb [signed-by=$KEYRING] $2 $3 main" >"$1/sources.list"
	cat >"$1/apt.conf" <<-EOF
		Dir::Etc::sourcelist "$1/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::State::lists "$1/lists";
		Dir::Cache "$1/cache";
		Acquire::Languages "none";
		Acquire::Retries "3";
		APT::Sandbox::User "root";
	EOF
	APT_CONFIG=$1/apt.conf apt-get -q update -o APT::Update::Error-Mode=any
}

# The patches in order, without a cover letter.
patches()
{
	[ ! -d "$SERIES" ] || find "$SERIES" -maxdepth 1 -name '[0-9]*.patch' ! -name '0000-*' | sort
}

patches_id()
{
	patches | while read -r p; do echo "${p##*/}"; cat "$p"; done | sha256sum | cut -d' ' -f1
}

# What is measured: the code of the kernel, and of aging_perf_test. Other tests, comments and
# texts may change without another measurement.
code_id()
{
	patches | xargs awk '
		FNR == 1 { here = 0 }
		/^diff --git / { here = $3 ~ /\/(aging_perf_test|aging_util|lru_gen_util)\.[ch]$/ ||
			$3 !~ /^a\/(Documentation|MAINTAINERS|tools)|_kunit\.c$/ }
		here && /^[-+]/ && !/^(---|\+\+\+) / && !/^[-+][ \t]*(\/\*|\*([ \t\/]|$))/' | sha256sum | cut -c1-16
}

# commit_of N: the Nth patch.
commit_of()
{
	git -C "$WORK/linux" rev-list --reverse base..refs/harness/applied | sed -n "$((10#$1))p"
}

# What the tree is based on, in words.
base_name()
{
	cat "$WORK/linux/.git/base-name"
}

series_name()
{
	echo "$(patches | wc -l) patches, sha256 $(code_id)"
}

# Verdicts: a line for each thing tested, and the closing line.
passed=0 failed=0 skipped=0

ok()
{
	echo "ok      $*"
	passed=$((passed + 1))
}

not_ok()
{
	echo "not ok  $*"
	failed=$((failed + 1))
}

skip()
{
	echo "skip    $*"
	skipped=$((skipped + 1))
}

# check WHAT COMMAND...
check()
{
	local what=$1
	shift
	if "$@"; then ok "$what"; else not_ok "$what"; fi
}

# judge_tests WHAT FOLDER: a verdict on each test that guest.sh has run there.
judge_tests()
{
	local test outcome why
	while IFS=$'\t' read -r test outcome why; do
		case $outcome in
		pass)	ok "$1 $test${why:+ ($why)}" ;;
		skip)	skip "$1 $test: $why" ;;
		*)	not_ok "$1 $test: $outcome $why" ;;
		esac
	done < <(cat "$2/results.tsv")
}

# finish [WHERE]: the reasons of what was skipped are there.
finish()
{
	echo
	[ "$skipped" = 0 ] || echo "$skipped skipped, each with its reason ${1:-above}"
	echo "$passed passed, $failed failed"
	[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
}

# Runs a long command: its output goes to a log, of which a terminal shows the last
# line meanwhile, and everybody the end if it fails.
logged()
{
	local log=$1 what=$2 pid rc=0
	shift 2
	mkdir -p "${log%/*}"
	step "$what"
	# A process group of its own, which can be ended as a whole.
	set -m
	"$@" >"$log" 2>&1 &
	pid=$!
	set +m
	trap 'kill -- -$pid 2>/dev/null; exit 130' INT TERM
	while [ -t 2 ] && kill -0 "$pid" 2>/dev/null; do
		printf '\r\033[K        %s\r' "$(tail -n 1 "$log" | tr -cd '[:print:]' | cut -c1-65)" >&2
		sleep 1
	done
	wait "$pid" || rc=$?
	trap - INT TERM
	[ ! -t 2 ] || printf '\033[K' >&2
	[ "$rc" = 0 ] || { tail -n 25 "$log" >&2; return "$rc"; }
}

# checkpatch PATCH [OPTION...]: Debian's python3 has the modules that its licence
# check needs.
checkpatch()
{
	local said rc=0
	said=$(cd "$WORK/linux" || exit 2; PATH=/usr/bin:$PATH ./scripts/checkpatch.pl --strict --no-summary --show-types \
		--terse --showfile "$@" 2>&1) || rc=$?
	# 1: it has said something.
	[ "$rc" -le 1 ] || { echo "checkpatch.pl failed: $said" >&2; return 1; }
	said=$(grep -vE "$CHECKPATCH_ALLOW" <<<"$said") || true
	[ -z "$said" ] || { echo "$said" >&2; return 1; }
}

# lost_options CONFIG FRAGMENT...: what the fragments ask for, later ones
# overriding earlier ones, and CONFIG does not have: Kconfig drops what it does
# not know or cannot satisfy without a word.
lost_options()
{
	awk -F'[= ]' '
		FNR == NR && /^CONFIG_/ { has[$1] = $0 }
		FNR == NR { next }
		/^CONFIG_/ { want[$1] = $0 }
		/^# CONFIG_.* is not set$/ { want[$2] = "" }
		END { for (option in want) if (has[option] != want[option]) print want[option] ? want[option] : option "=n" }' "$@" |
		sort | xargs
}

# machine_field NAME: one field of the machine's file.
machine_field()
{
	sed -n "s/^$1 *= *//p" "$TOP/machines/$MACHINE"
}

# A machine that does not say is an x86_64 one.
machine_arch()
{
	local arch
	arch=$(machine_field arch)
	echo "${arch:-x86_64}"
}

# Dies unless the machine can be run here, and sets QEMU to what it takes.
machine_usable()
{
	local version
	[ -f "$TOP/machines/$MACHINE" ] || die "there is no machine $MACHINE: choose from $(ls "$TOP/machines" | xargs)"
	[ "$(machine_arch)" = "$ARCH" ] || die "machine $MACHINE is for ARCH=$(machine_arch), not $ARCH"
	version=$(machine_field version)
	[ -z "$version" ] || QEMU=$("$TOP/scripts/qemu.sh" "$version")
	[ "$(machine_field needs)" = nested ] || return 0
	{ [ -w /dev/kvm ] && grep -qE '^flags.* (svm|vmx)( |$)' /proc/cpuinfo; } ||
		die "machine $MACHINE needs nested virtualisation, which this host does not offer (/dev/kvm with svm or vmx)"
}

# needs_qemu WHAT: for what Bochs cannot do.
needs_qemu()
{
	[ "$(machine_field emulator)" != bochs ] || die "$1 needs QEMU, and $MACHINE is a machine of Bochs: choose another MACHINE"
}

# One emulator at a time, as two disturb each other's timers, but for compare.sh: in this
# build directory, or wherever EMULATOR_LOCK is the same.
emulator_is_busy()
{
	[ -e "$EMULATOR_LOCK" ] && ! flock -n "$EMULATOR_LOCK" true
}

# qemu SECONDS OPTION...: the machine.
qemu()
{
	local limit=$1
	shift
	(
		flock 8
		exec timeout --foreground "$limit" $QEMU $(machine_field qemu) -smp "$CPUS" -m 4G \
			-nodefaults -no-user-config -display none -no-reboot "$@"
	) 8>"$EMULATOR_LOCK" 9>&-
}

# bochs SECONDS DIR KERNEL INITRD PARAMETERS: the machine that Bochs emulates, from
# power-on to power-off. DIR gets console (the first serial port), ktap (the
# second), bochs.log and bochs.terminal. Bochs boots from a CD, and the smallest
# display it has wants a terminal.
bochs()
{
	local limit=$1 dir=$2 kernel=$3 initrd=$4 parameters=$5 status=0
	# The guest's clock counts instructions, 50 million a second. CPUs are cores of
	# one package: of several packages CPUID would not tell the kernel properly.
	local cpu="count=1:$CPUS:1, ips=50000000, reset_on_triple_fault=0"
	mkdir "$dir/cd"
	cp "$kernel" "$dir/cd/kernel"
	cp "$initrd" "$dir/cd/initrd"
	cp /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 "$dir/cd"
	cat >"$dir/cd/isolinux.cfg" <<-CFG
		default linux
		label linux
		kernel kernel
		initrd initrd
		append $parameters
	CFG
	genisoimage -quiet -b isolinux.bin -c boot.cat -no-emul-boot -boot-load-size 4 -boot-info-table \
		-o "$dir/cd.iso" "$dir/cd"
	rm -r "$dir/cd"
	if [[ $(command bochs --help cpu 2>&1) = *bx_generic* ]]; then
		cpu="cpu: $cpu"$'\n'"cpuid: $(machine_field cpuid)"
	else
		# From Bochs 3 on, there are predefined CPUs only.
		cpu="cpu: model=$(machine_field model), $cpu"
	fi
	cat >"$dir/bochsrc" <<-RC
		config_interface: textconfig
		display_library: term
		speaker: enabled=0
		$cpu
		memory: guest=2048, host=2048
		romimage: file=/usr/share/bochs/BIOS-bochs-latest, options=fastboot
		vgaromimage: file=/usr/share/vgabios/vgabios.bin
		ata0-master: type=cdrom, path="$dir/cd.iso", status=inserted
		boot: cdrom
		com1: enabled=1, mode=file, dev="$dir/console"
		com2: enabled=1, mode=file, dev="$dir/ktap"
		log: "$dir/bochs.log"
		panic: action=fatal
		error: action=ignore
		clock: sync=none
	RC
	# Debian's Bochs starts in its debugger.
	echo c >"$dir/bochs.debugger"
	(
		flock 8
		TERM=vt100 exec timeout --foreground "$limit" script -qec "bochs -f '$dir/bochsrc' -rc '$dir/bochs.debugger'" /dev/null
	) 8>"$EMULATOR_LOCK" 9>&- </dev/null >"$dir/bochs.terminal" || status=$?
	rm -f "$dir/cd.iso" "$dir/bochs.debugger"
	[ "$status" != 124 ] || return 124
	# Bochs always ends with a PANIC: powering off must be the reason.
	if ! grep -qs 'PANIC.*ACPI control: soft power off' "$dir/bochs.log"; then
		grep -A 1 'exiting with the following message' "$dir/bochs.terminal" | tail -n 1 | tr -d '\r' >&2
		return 1
	fi
}

# plant PATCH [COMMIT]: has the source that the kernel "mutant" is built from stand at the
# series, or at a commit of it, with the patch on top, if there is one.
plant()
{
	local tree=$WORK/linux mutant=$WORK/mutant$FOLDER
	if ! git -C "$mutant" rev-parse -q --verify series >/dev/null 2>&1; then
		need_space 2000 "another copy of the source"
		# Older than any object: build.sh takes the series' objects.
		rm -rf "$mutant" "$OBJ"/mutant*
		git -C "$tree" worktree prune
		git -C "$tree" worktree add -q --detach --force "$mutant" series
		git -C "$mutant" ls-files -z | (cd "$mutant" && xargs -0 touch -h -d @0)
		git -C "$mutant" update-index -q --refresh
	fi
	git -C "$mutant" reset -q --hard "$(git -C "$tree" rev-parse "${2:-series}")"
	# The lines around are not the same in each release.
	[ -z "$1" ] || git -C "$mutant" apply -C1 "$1" ||
		die "${1#"$TOP/"} does not apply to the series: bring it up to date"
}
