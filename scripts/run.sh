#!/bin/bash
# The cost of aging: boots both kernels under icount, where a guest nanosecond is an
# instruction, and prints the table. Reads suites/aging_perf; writes $BUILD/run, what the
# guests said, and $BUILD/report/aging.tsv, the figures.
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

report=$BUILD/report/aging$FOLDER.tsv
machine_usable
needs_qemu "counting instructions"
[ "$(machine_field needs)" != nested ] || die "counting instructions needs an emulated CPU: choose another machine than $MACHINE"
export CPUS=1
lock
for what in base series selftests; do
	"$TOP/scripts/build.sh" $what >/dev/null
done

mkdir -p "${report%/*}"
for kernel in base series; do
	dir=$BUILD/run$FOLDER/$kernel
	"$TOP/scripts/guest.sh" $kernel aging_perf "$dir" -icount shift=0,sleep=off ||
		die "the $kernel kernel's guest did not finish cleanly: see $dir"
	! grep -q '	\(FAIL\|CRASH\|skip\)	' "$dir/results.tsv" ||
		die "aging_perf_test did not pass on the $kernel kernel: see $dir/ktap"
	"$TOP/scripts/results.py" rows 1 $kernel "$MACHINE" "$dir/ktap"
done >"$report.part"
mv "$report.part" "$report"

echo
"$TOP/scripts/results.py" run "$report"
echo "All figures: $report"
