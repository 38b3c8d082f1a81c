#!/bin/bash
# Where the instructions of aging and eviction go, by function, on both kernels. Reads
# suites/profile; writes $BUILD/profile and $BUILD/report/profile.md. profile.c counts, in
# QEMU; profile.py makes tables of what it has counted.
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

out=$BUILD/profile
report=$BUILD/report/profile.md

# address NAME: where the function is, and how long.
address()
{
	awk -v name="$1" '$4 == name { print $1, $2 }' "$out/$kernel.symbols"
}

[ "$MACHINE" = q35-npt ] || die "counting instructions by function needs the machine q35-npt"
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
	CPUS=1 "$TOP/scripts/guest.sh" $kernel profile "$out/$kernel" -icount shift=0,sleep=off \
		-plugin "file=$out/plugin.so,start=$aging,start=$reclaim,end=$end,size=$size,out=$out/$kernel.tsv" ||
		die "the $kernel kernel's guest did not finish cleanly: see $out/$kernel"
	! grep -q '	\(FAIL\|CRASH\|skip\)	' "$out/$kernel/results.tsv" ||
		die "aging_perf_test did not pass on the $kernel kernel: see $out/$kernel/ktap"
done
{
	"$TOP/scripts/profile.py" "$out/base" "$out/series"
	echo
	echo "Base: $(base_name); series: $(series_name); $(gcc --version | head -n 1)."
} >"$report.part"
mv "$report.part" "$report"
cat "$report"
