#!/bin/bash
# Runs a suite on both kernels, on each machine, and compares the outcomes test by
# test. Every line "ok" or "not ok" is one thing tested.
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

suite=${SUITE:-}
out=$BUILD/compare$FOLDER

# Prints "test outcome-on-base outcome-on-series reason" for one pair of runs.
compare()
{
	awk -F'\t' '
		FNR == NR { base[$1] = $2; why[$1] = $3; order[++n] = $1; next }
		!($1 in base) { order[++n] = $1 }
		{ series[$1] = $2; if ($3 != "") why[$1] = $3 }
		END { for (i = 1; i <= n; i++) { t = order[i]
			print t "\t" (t in base ? base[t] : "-") "\t" (t in series ? series[t] : "-") "\t" why[t] } }' \
		"$1/results.tsv" "$2/results.tsv" | while IFS= read -r line; do
		case $line in
		*FAIL*)	echo "$line; $(known "${line%%$'\t'*}")" ;;
		*)	echo "$line" ;;
		esac
	done
}

builds()
{
	"$TOP/scripts/$@" >/dev/null
}

# Why the suite says that the test fails on every kernel.
known()
{
	awk -v test="[$1]" '/^\[/ { here = $0 == test } here && $1 == "known" { sub(/^[^=]*= */, ""); print }' \
		"$TOP/suites/$SUITE"
}

# A test that is to run on one kernel only has "-" on the other.
judge()
{
	local where=$1 test base series why
	while IFS=$'\t' read -r test base series why; do
		case $base/$series in
		pass/pass | -/pass | pass/-)	ok "$where $test" ;;
		FAIL/pass | CRASH/pass)		ok "$where $test (fails on the base kernel)" ;;
		skip/skip | -/skip | skip/-)	skip "$where $test: $why" ;;
		FAIL/FAIL | CRASH/CRASH)
			if [ -n "$(known "$test")" ]; then ok "$where $test (FAILS ALIKE on both kernels: $(known "$test"))"
			else not_ok "$where $test: fails on both kernels, unexpectedly: $why"; fi ;;
		*)				not_ok "$where $test: $base on the base kernel, $series on the series: $why" ;;
		esac
	done
}

rm -rf "$out"
mkdir -p "$out"
check "series kernel builds" builds kernel.sh series
check "base kernel builds" builds kernel.sh base
check "selftests build" builds selftests.sh
[ "$failed" = 0 ] || { finish; exit; }

for MACHINE in $MACHINES; do
	cpus=$(machine_field cpus)
	SUITE=${suite:-$(machine_field suite)}
	SUITE=${SUITE:-mmu}
	for CPUS in ${cpus:-1 4}; do
		export MACHINE CPUS
		where=$MACHINE/${CPUS}cpu
		for kernel in base series; do
			check "$where $kernel kernel: guest ran to the end, console clean" \
				"$TOP/scripts/guest.sh" $kernel "$SUITE" "$out/$where/$kernel"
		done
		[ -e "$out/$where/base/results.tsv" ] && [ -e "$out/$where/series/results.tsv" ] || continue
		compare "$out/$where/base" "$out/$where/series" >"$out/$where/compared.tsv"
		judge "$where" <"$out/$where/compared.tsv"
	done
done
echo
"$TOP/scripts/outcomes.awk" $(cd "$out" && find . -name compared.tsv | sort | sed "s|^\.|$out|")
finish
