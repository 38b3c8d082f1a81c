#!/bin/bash
# The cost of aging: boots both kernels under icount, where a guest nanosecond
# is an instruction, and prints the table.
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

report=$BUILD/report/aging$FOLDER.tsv
machine_usable
needs_qemu "counting instructions"
[ "$(machine_field needs)" != nested ] || die "counting instructions needs an emulated CPU: choose another machine than $MACHINE"
export CPUS=1
lock
for kernel in base series; do
	"$TOP/scripts/kernel.sh" $kernel >/dev/null
done
"$TOP/scripts/selftests.sh" >/dev/null

mkdir -p "${report%/*}"
for kernel in base series; do
	dir=$BUILD/run$FOLDER/$kernel
	"$TOP/scripts/guest.sh" $kernel aging_perf "$dir" -icount shift=0,sleep=off ||
		die "the $kernel kernel's guest did not finish cleanly: see $dir"
	! grep -q '	\(FAIL\|CRASH\|skip\)	' "$dir/results.tsv" ||
		die "aging_perf_test did not pass on the $kernel kernel: see $dir/ktap"
	sed -n 's/^# \(#memory.*\|process.*\|vm.*\)$/\1/p' "$dir/ktap" | sed "s/^#memory/#kernel\tmemory/; t; s/^/$kernel\t/"
done | awk '!/^#/ || !header++' >"$report.part"
grep -q '^series	vm' "$report.part" || die "aging_perf_test printed no figures for a VM: see $BUILD/run$FOLDER/series/ktap"
mv "$report.part" "$report"

"$TOP/scripts/table.awk" "$report"
echo
echo "Machine-readable: $report"
