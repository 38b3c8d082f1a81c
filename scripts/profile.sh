#!/bin/bash
# Where the instructions of aging and eviction go, by function, on both kernels, with NPT
# and without. Reads suites/profile; writes $BUILD/profile and $BUILD/report/profile.md.
# profile.c counts, in QEMU; profile.py makes tables of what it has counted.
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

out=$BUILD/profile
report=$BUILD/report/profile.md

# address NAME: where the function is, and how long.
address()
{
	awk -v name="$1" '$4 == name { print $1, $2 }' "$out/$kernel.symbols"
}

[ "$ARCH" = x86_64 ] || die "instructions are counted by function on x86_64 only"
lock
for kernel in base series; do
	"$TOP/scripts/build.sh" $kernel >/dev/null
done
"$TOP/scripts/build.sh" selftests >/dev/null

rm -rf "$out"
mkdir -p "$out" "${report%/*}"
gcc -Wall -Wextra -Wno-unused-parameter -Werror -O2 -shared -fPIC -o "$out/plugin.so" "$TOP/scripts/profile.c"
for kernel in base series; do
	nm -S "$OBJ/$kernel/vmlinux" >"$out/$kernel.symbols"
	# What writes to debugfs and to memory.reclaim call; both return to vfs_write().
	read -r aging _ < <(address lru_gen_seq_write)
	read -r reclaim _ < <(address memory_reclaim)
	read -r end size < <(address vfs_write)
	for MACHINE in q35-npt q35-npt0; do
		dir=$out/$MACHINE/$kernel
		mkdir -p "$dir"
		cp "$out/$kernel.symbols" "$dir.symbols"
		MACHINE=$MACHINE CPUS=1 "$TOP/scripts/guest.sh" $kernel profile "$dir" -icount shift=0,sleep=off \
			-plugin "file=$out/plugin.so,start=$aging,start=$reclaim,end=$end,size=$size,out=$dir.tsv" ||
			die "the $kernel kernel's guest did not finish cleanly: see $dir"
		! grep -q '	\(FAIL\|CRASH\|skip\)	' "$dir/results.tsv" ||
			die "aging_perf_test did not pass on the $kernel kernel: see $dir/ktap"
	done
done
{
	for MACHINE in q35-npt q35-npt0; do
		echo "## $MACHINE: $(head -n 1 "$TOP/machines/$MACHINE" | sed 's/^# //')"
		"$TOP/scripts/profile.py" "$out/$MACHINE/base" "$out/$MACHINE/series"
		echo
	done
	echo "Base: $(base_name); series: $(series_name); $(gcc --version | head -n 1)."
} >"$report.part"
mv "$report.part" "$report"
cat "$report"
