#!/bin/bash
# Runs suites/debug on kernels with debug options: every line "ok" or "not ok" is
# one test on one of them. FLAVOURS= chooses.
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

out=$BUILD/debug
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

# One kernel on one machine.
run()
{
	local kernel=$1 start=$SECONDS test outcome why
	local where=$kernel/$MACHINE/${CPUS}cpu
	local dir=$out/$where

	if "$TOP/scripts/guest.sh" "$kernel" debug "$dir"; then
		ok "$where guest ran to the end, console clean ($((SECONDS - start)) s)"
	else
		not_ok "$where guest ran to the end, console clean: $(head -n 1 "$dir/badness")"
	fi
	while IFS=$'\t' read -r test outcome why; do
		case $outcome in
		pass)	ok "$where $test" ;;
		skip)	echo "skip    $where $test: $why"; skipped=$((skipped + 1)) ;;
		*)	not_ok "$where $test: $outcome $why" ;;
		esac
	done < <(cat "$dir/results.tsv")
}

"$TOP/scripts/selftests.sh" >/dev/null || die "the selftests do not build"
rm -rf "$out"
mkdir -p "$out"
for flavour in $FLAVOURS; do
	# Races need CPUs that run in parallel.
	machines=$MACHINES cpus="1 4" kernels=series
	[ "$flavour" != kcsan ] || machines="q35-npt-smp q35-npt0-smp" cpus=4 kernels="series base"
	for kernel in $kernels; do
		kernel=$kernel-$flavour
		if ! "$TOP/scripts/kernel.sh" "$kernel" >/dev/null; then
			not_ok "$kernel kernel builds"
			continue
		fi
		for MACHINE in $machines; do
			for CPUS in $cpus; do
				export MACHINE CPUS
				run "$kernel"
			done
		done
	done
done

echo
[ "$skipped" = 0 ] || echo "$skipped skipped, each with its reason above"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
