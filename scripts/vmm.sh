#!/bin/bash
# Has Debian's QEMU run a Linux guest inside both kernels, which verifies its memory while
# the host ages and reclaims it, and prints how much the guest gets done.
# Reads suites/vmm, guest/; writes $BUILD/vmm, and the table in $BUILD/report/vmm.md.
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

out=$BUILD/vmm
report=$BUILD/report/vmm.md

[ "$MACHINE" = q35-npt ] || die "a VMM inside the guest needs the machine q35-npt"
lock
"$TOP/scripts/build.sh" selftests >/dev/null
for kernel in base series; do
	"$TOP/scripts/build.sh" $kernel >/dev/null
done
rm -rf "$out"
mkdir -p "$out" "${report%/*}"
for kernel in base series; do
	check "$kernel kernel: guest ran to the end, console clean" \
		env CPUS=1 "$TOP/scripts/guest.sh" $kernel vmm "$out/$kernel" -icount shift=0,sleep=off
	while IFS=$'\t' read -r test outcome why; do
		check "$kernel kernel: $test${why:+ ($why)}" [ "$outcome" = pass ]
	done < <(cat "$out/$kernel/results.tsv")
done
[ "$failed" = 0 ] || { finish; exit; }
echo
{
	echo "| the VM's memory | accesses, base | series | ratio | pages scanned, base | series | swapped in, base | series |"
	echo "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
	# Rows, each before the verdict that names the test.
	awk -F'\t' '
		/^# row\t/ { row = $3 FS $4 FS $5 }
		/^ok / && row { split($0, word, " "); test = word[3]
			if (FILENAME ~ /base/) base[test] = row
			else { split(base[test], b, FS); split(row, s, FS)
				printf "| %s | %d | %d | %.3f | %d | %d | %d | %d |\n", test, b[1], s[1], s[1] / b[1], b[2], s[2], b[3], s[3] }
			row = "" }
	' "$out/base/ktap" "$out/series/ktap"
	echo
	echo "The VM beside a process, under one memory.high, where nothing forces a walk:"
	echo
	echo "| | base | series |"
	echo "| --- | ---: | ---: |"
	awk -F'\t' '
		/^# shared\t/ { for (i = 3; i <= NF; i++) cell[FILENAME ~ /base/, i] = $i }
		END { n = split("accesses of the guest;pages scanned;accesses of the process;refaults of the VM;refaults of the process", name, ";")
			for (i = 1; i <= n; i++) printf "| %s | %d | %d |\n", name[i], cell[1, i + 2], cell[0, i + 2] }
	' "$out/base/ktap" "$out/series/ktap"
	echo
	echo "Base: $(base_name); series: $(series_name); $($QEMU --version | head -n 1)."
} >"$report.part"
mv "$report.part" "$report"
cat "$report"
finish
