#!/bin/bash
# Checks the patches, then runs the suite on both kernels and compares the
# outcomes test by test. Every line "ok" or "not ok" is one thing tested.
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

SUITE=${SUITE:-mmu}
passed=0 failed=0 skipped=0
out=$BUILD/test

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

check()
{
	local what=$1
	shift
	if "$@"; then ok "$what"; else not_ok "$what"; fi
}

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
		skip/skip | -/skip | skip/-)	echo "skip    $where $test: $why"; skipped=$((skipped + 1)) ;;
		FAIL/FAIL | CRASH/CRASH)
			if [ -n "$(known "$test")" ]; then ok "$where $test (FAILS ALIKE on both kernels: $(known "$test"))"
			else not_ok "$where $test: fails on both kernels, unexpectedly: $why"; fi ;;
		*)				not_ok "$where $test: $base on the base kernel, $series on the series: $why" ;;
		esac
	done
}

check "series applies with git am, and comes back byte-identical" "$TOP/scripts/tree.sh" check
for patch in $(patches); do
	check "checkpatch --strict ${patch##*/}" checkpatch "$patch"
done

built=yes
for kernel in series base; do
	if "$TOP/scripts/kernel.sh" $kernel >/dev/null; then ok "$kernel kernel builds"; else not_ok "$kernel kernel builds"; built=; fi
done
if "$TOP/scripts/selftests.sh" >/dev/null; then ok "selftests build"; else not_ok "selftests build"; built=; fi

rm -rf "$out"
if [ -n "$built" ]; then
	mkdir -p "$out"
	for MACHINE in $MACHINES; do
		for CPUS in 1 4; do
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
fi

echo
[ "$skipped" = 0 ] || echo "$skipped skipped, each with its reason above"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
