#!/bin/bash
# Boots one kernel on one machine, runs a suite there and judges the result.
#   guest.sh KERNEL SUITE DIR [QEMU-OPTION...]
#   BOOT=FILE   a copy of the kernel's image, which is being built anew
# Reads suites/SUITE and the file of machines/ that MACHINE names, runs what build.sh has
# built. DIR gets ktap (what the guest said), console, and results.tsv: test, outcome,
# reason. Exit status 0: every test was run and the console is clean, whatever
# the tests' outcomes are.
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

kernel=$1 suite=$2 dir=$3
shift 3
obj=$OBJ/$kernel
image=${BOOT:-$obj/$IMAGE}
tests=$SELFTESTS

# The stanzas of the suite that belong here, one line each, for init. A mutant
# runs what the series runs, unless it stands at the end of a posting, and every flavour
# what its source runs, but for stanzas with "flavours".
make_plan()
{
	local source=${kernel%%-*} flavours=none
	[[ $kernel != *-* ]] || flavours=any
	awk -v machine="$MACHINE" -v cpus="$CPUS" -v kernel="${source/mutant/${POSTING:-series}}" -v flavours="$flavours" -v arch="$ARCH" -v release="$RELEASE" '
		function flush() {
			if (name != "" && here("archs", arch) && here("machines", machine) && here("cpus", cpus) &&
			    here("kernels", kernel) && here("flavours", flavours) && here("releases", release))
				print name "\t" v["timeout"] "\t" v["set"] "\t" v["run"]
			split("", v)
		}
		function here(key, what) { return v[key] == "" || index(" " v[key] " ", " " what " ") }
		/^#/ || /^$/ { next }
		/^\[/ { flush(); name = substr($0, 2, length($0) - 2); next }
		{ key = $1; sub(/^[^=]*= */, ""); v[key] = $0 }
		END { flush() }' "$TOP/suites/$suite"
}

# For the program vmm: itself, the host's QEMU with its libraries, and a VM for it to run.
add_vmm()
{
	local file
	mkdir -p "$dir/vm"
	"${CROSS}gcc" -Wall -Wextra -Werror -O2 -static -o "$dir/vm/vmm" "$TOP/guest/vmm.c"
	"${CROSS}gcc" -Wall -Wextra -Werror -O2 -static -o "$dir/vm/init" "$TOP/guest/vm.c"
	printf '%s\n' "dir /dev 0755 0 0" "nod /dev/console 0600 0 0 c 5 1" \
		"file /init $dir/vm/init 0755 0 0" >"$dir/vm/list"
	"$obj/usr/gen_init_cpio" "$dir/vm/list" >"$dir/vm/initrd"
	echo "file /tests/vmm $dir/vm/vmm 0755 0 0"
	echo "dir /vm 0755 0 0"
	echo "file /vm/kernel $(realpath "$image") 0644 0 0"
	echo "file /vm/initrd $dir/vm/initrd 0644 0 0"
	for file in "$(command -v $QEMU)" $(ldd "$(command -v $QEMU)" | grep -o '/[^ ]*') /usr/share/seabios/bios-256k.bin \
		/usr/share/qemu/{kvmvapic,linuxboot_dma}.bin; do
		echo "file $file $(realpath "$file") 0755 0 0"
	done | tee "$dir/vm/files"
	# The folders above these files.
	cut -d' ' -f2 "$dir/vm/files" | xargs -n1 dirname | while read -r file; do
		until [ "$file" = / ]; do echo "dir $file 0755 0 0"; file=$(dirname "$file"); done
	done | sort -u >"$dir/vm/folders"
}

make_initramfs()
{
	local program
	make_plan >"$dir/plan"
	{ machine_field check | tr ' ' '\n'
	  echo "/sys/devices/system/cpu/online=$([ "$CPUS" = 1 ] && echo 0 || echo "0-$((CPUS - 1))")"; } >"$dir/check"
	cat >"$dir/initramfs.list" <<-LIST
		dir /dev 0755 0 0
		nod /dev/console 0600 0 0 c 5 1
		file /init $dir/init 0755 0 0
		file /plan $dir/plan 0644 0 0
		file /check $dir/check 0644 0 0
		dir /tests 0755 0 0
		dir /tests/x86 0755 0 0
		dir /tests/arm64 0755 0 0
	LIST
	mkdir -p "$dir/tests/x86" "$dir/tests/arm64"
	for program in $(cut -f4 "$dir/plan" | cut -d' ' -f1 | sort -u); do
		# One that was not built fails in the guest, by name.
		[ -e "$tests/$program" ] || continue
		"${CROSS}strip" -o "$dir/tests/$program" "$tests/$program"
		echo "file /tests/$program $dir/tests/$program 0755 0 0"
	done >>"$dir/initramfs.list"
	if grep -qP '\tvmm ' "$dir/plan"; then
		add_vmm >"$dir/vmm.list"
		cat "$dir/vm/folders" "$dir/vmm.list" >>"$dir/initramfs.list"
	fi
	"${CROSS}gcc" -Wall -Wextra -Werror -O2 -static -o "$dir/init" "$TOP/guest/init.c"
	"$obj/usr/gen_init_cpio" "$dir/initramfs.list" >"$dir/initramfs.cpio"
	rm -rf "$dir/tests" "$dir/init" "$dir/vm"
}

# Nothing of this belongs in the log of a healthy kernel. Races are judged below.
scan_console()
{
	grep -nE 'WARNING:|BUG|Oops|Kernel panic|Call Trace:|cut here|KASAN|KCSAN|UBSAN|KFENCE|detected stall|self-detected stall|rcu_.*starved|soft lockup|hard LOCKUP|blocked for more than|possible (recursive|circular)|inconsistent lock state|suspicious RCU|corruption|Bad page|general protection|unchecked MSR|Out of memory|new suspected memory leaks|!!!' "$1" |
		grep -vE 'BUG: KCSAN: data-race in |setcpuid=/clearcpuid= in use'
}

# The functions of the files that the series touches, as far as they are built.
touched_functions()
{
	local file
	sed -n 's|^+++ b/\(.*\)\.c$|\1|p' "$SERIES"/*.patch | grep -vE '^(tools|Documentation)/' | sort -u | while read -r file; do
		[ ! -e "$obj/$file.o" ] || nm "$obj/$file.o" | awk '$2 ~ /^[tTwW]$/ { print $3 }'
	done
}

# Prints the races in code that the series touches, and that have no reason to be.
new_races()
{
	"$TOP/scripts/kcsan.awk" <(touched_functions) "$TOP/kconfig/flavours/kcsan.known" "$dir/console" >"$dir/races.tsv"
	sed -n 's/^series	/data race: /p' "$dir/races.tsv"
}

boot()
{
	local limit parameters
	limit=$(awk -F'\t' '{ t += $2 } END { print t + 120 }' "$dir/plan")
	parameters="$CONSOLE loglevel=7 panic=-1 $(machine_field cmdline)"
	if [ "$(machine_field emulator)" = bochs ]; then
		# Its clock may be slower than the host's. It ends on a triple fault.
		bochs $((limit * 3)) "$dir" "$image" "$dir/initramfs.cpio" \
			"$parameters reboot=triple ktap=ttyS1"
		return
	fi
	qemu "$limit" "$@" -serial "file:$dir/console" \
		-device virtio-serial-pci -chardev "file,id=ktap,path=$dir/ktap" \
		-device virtserialport,chardev=ktap,name=ktap \
		-kernel "$image" -initrd "$dir/initramfs.cpio" -append "$parameters"
}

rm -rf "$dir"
mkdir -p "$dir"
: >"$dir/ktap" >"$dir/console"
machine_usable
[ $# = 0 ] || needs_qemu "the option $1"
make_initramfs
step "$suite: $(wc -l <"$dir/plan") tests on $MACHINE with $CPUS CPU(s), $kernel kernel"
! emulator_is_busy || say "waiting for another emulator to end"
boot "$@" 2>"$dir/emulator.log" &
pid=$!
tail -n +1 -s 1 -f --pid=$pid "$dir/ktap" 2>/dev/null | sed -un "s/^# \(.* took .* s\)$/    $kernel: \1/p; s/^\(not ok .*\)/    $kernel: \1/p; s/^Bail out!/    $kernel: &/p" >&2 || true
status=0
wait $pid || status=$?
rm -f "$dir/initramfs.cpio"

clean=yes
if [ "$status" = 124 ]; then
	say "the guest was still running after its time: stopped"; clean=
elif [ "$status" != 0 ]; then
	say "the emulator failed: $(tail -n 1 "$dir/emulator.log")"; clean=
fi
grep -q 'init: all tests have run' "$dir/console" || {
	say "the console log $dir/console does not have the note that all tests have run"; clean=
}
{ scan_console "$dir/console" || true; new_races; } >"$dir/badness"
if [ -s "$dir/badness" ]; then
	say "the console log $dir/console shows trouble:"
	head -n 5 "$dir/badness" >&2; clean=
fi
says=$(machine_field says)
if [ -n "$says" ] && ! grep -qF "$says" "$dir/console"; then
	say "not the machine asked for: the console log $dir/console does not say '$says'"; clean=
fi
"$TOP/scripts/verdicts.py" "$WORK/linux" "$dir" || clean=
[ -n "$clean" ]
