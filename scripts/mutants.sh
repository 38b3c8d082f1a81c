#!/bin/bash
# Plants one bug after the other from mutants/ into the patched kernel, and
# names the test cases that catch it. One that survives is a failure.
#   mutants.sh [NAME...]
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

tree=$WORK/linux mutant=$WORK/mutant
out=$BUILD/mutants
caught=0 survived=0

field()
{
	sed -n "/^$/q; s/^$1: //p" "$2"
}

# The cases that have failed in the run in $1, or nothing.
noticed()
{
	sed -n 's/^# not ok [0-9]* \(.*\)$/\1/p' "$1/ktap" |
		awk 'NR <= 3 { print (NR > 1 ? "; " : "") $0 } END { if (NR > 3) print "; and " NR - 3 " more" }' ORS=
}

run()
{
	local dir=$1
	"$TOP/scripts/kernel.sh" mutant >/dev/null || die "${dir##*/} does not build: see $WORK/obj/mutant/build.log"
	"$TOP/scripts/guest.sh" mutant aging "$dir" 2>"$dir.log" || true
	[ -s "$dir/ktap" ] || die "${dir##*/}: the guest did not start: see $dir.log"
}

plant()
{
	if ! git -C "$mutant" rev-parse -q --verify series >/dev/null 2>&1; then
		need_space 2000 "the mutants' source"
		rm -rf "$mutant"
		git -C "$tree" worktree prune
		git -C "$tree" worktree add -q --detach --force "$mutant" series
	fi
	git -C "$mutant" reset -q --hard "$(git -C "$tree" rev-parse series)"
	[ -z "$1" ] || git -C "$mutant" apply "$1" ||
		die "mutant ${1##*/} does not apply to the series: bring it up to date"
}

mutants=("$TOP"/mutants/*.patch)
[ $# = 0 ] || mutants=("${@/#/$TOP/mutants/}")
[ $# = 0 ] || mutants=("${mutants[@]/%/.patch}")

"$TOP/scripts/selftests.sh" >/dev/null
rm -rf "$out"
mkdir -p "$out"
export MACHINE CPUS=1

say "without a mutant, nothing may be noticed"
plant ""
for MACHINE in $MACHINES; do
	run "$out/none.$MACHINE"
	grep -q '^ok 1 aging$' "$out/none.$MACHINE/ktap" || die "the tests do not pass without a mutant: see $out/none.$MACHINE/ktap"
done

for patch in "${mutants[@]}"; do
	name=$(basename "$patch" .patch)
	MACHINE=$(field Machine "$patch")
	expect=$(field Warnings "$patch")	# exactly as many, for an invalid question
	say "$name: $(field Plants "$patch")"
	plant "$patch"
	run "$out/$name"
	by=$(noticed "$out/$name")
	console=$out/$name/console
	if [ -n "$expect" ] && { [ "$(grep -c 'WARNING:' "$console")" != "$expect" ] ||
				 grep -q 'BUG:' "$console" ||
				 ! grep -q "$(field Console "$patch")" "$console"; }; then
		by=
	fi
	if [ -n "$by" ]; then
		echo "ok      $name is caught by: $by${expect:+ ($expect warning)}"
		caught=$((caught + 1))
	else
		echo "not ok  $name survives: see $out/$name"
		survived=$((survived + 1))
	fi
done

echo
echo "$caught passed, $survived failed"
[ "$survived" = 0 ]
