#!/bin/bash
# Measures what docs/RESULTS.md has, on both kernels in turn, REPEAT times, and prints it.
#   bench.sh          instructions, and ratios of times on CPUs that run in parallel
#   bench.sh quote    make what has been measured last the figures that are quoted
#   MACHINE=kvm       times only, on the host's CPUs
#   PARTS="..."       of "instructions parallel variants", which only: the two last ones
#                     take more kernels to build
# Reads suites/bench*, variants/; writes $BUILD/bench, what the guests said, and in
# $BUILD/report/bench all rows and the tables; "quote" writes results/, and what is made
# of it, README.md and docs/.
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

out=$BUILD/bench$FOLDER
report=$BUILD/report/bench$FOLDER
CPUS_SMP=2

# run LABEL SUITE KERNEL [QEMU-OPTION...]: appends the rows that the test prints.
run()
{
	local label=$1 suite=$2 kernel=$3 dir=$out/$MACHINE/$2/$3
	shift 3
	"$TOP/scripts/guest.sh" "$kernel" "$suite" "$dir" "$@" ||
		die "the $kernel kernel's guest did not finish cleanly: see $dir"
	! grep -q '	\(FAIL\|CRASH\|skip\)	' "$dir/results.tsv" ||
		die "aging_perf_test did not pass on the $kernel kernel: see $dir/ktap"
	"$TOP/scripts/results.py" rows "$round" "$label" "$MACHINE" "$dir/ktap" >>"$report/bench.tsv.part"
}

# Whether the host's CPUs have been idle for some seconds. What runs in parallel
# there would wait for its turn, and that would be all that is measured.
host_idle()
{
	local before after
	before=$(awk '/^cpu / { print $5, $2 + $3 + $4 + $5 + $6 + $7 + $8 }' /proc/stat)
	sleep 5
	after=$(awk '/^cpu / { print $5, $2 + $3 + $4 + $5 + $6 + $7 + $8 }' /proc/stat)
	awk -v a="$before" -v b="$after" 'BEGIN { split(a, x); split(b, y); exit (y[1] - x[1]) / (y[2] - x[2]) < 0.9 }'
}

wanted()
{
	[[ " ${PARTS:=instructions parallel variants} " = *" $1 "* ]]
}

# build KERNEL: all that is booted of one source.
build()
{
	local flavour
	for flavour in "" $(! wanted parallel || echo ${smp:+"$smp"} -lockstat); do
		"$TOP/scripts/build.sh" "$1$flavour" >/dev/null
	done
}

# measure_variant PATCH: one kernel of variants/, whose head may name a suite that is all
# there is to measure of it, or a posting, which is the last one applied to it.
measure_variant()
{
	local label suite posting
	label=$(basename -s .patch "$1")
	suite=$(sed -n '/^$/q; s/^Suite: //p' "$1")
	posting=$(sed -n '/^$/q; s/^Posting: //p' "$1")
	if [ -n "$posting" ]; then
		plant "" "$(commit_of "$(awk -v posting="$posting" '$1 == posting { print $3 }' "$SERIES/series")")"
	else
		plant "$1"
	fi
	if [ -n "$suite" ]; then
		"$TOP/scripts/build.sh" mutant >/dev/null
		CPUS=1 run "$label" "$suite" mutant "${emulated[@]}"
	else
		build mutant
		CPUS=1 run "$label" bench_variant mutant "${emulated[@]}"
		[ -z "$idle" ] || in_parallel "$label" mutant
	fi
}

quote()
{
	[ -e "$report/results.tsv" ] || die "there are no figures yet: run 'make bench' first"
	grep -qF "sha256 $(code_id)" "$report/results.tsv" ||
		die "$report/results.tsv is of another series, or another state of it: run 'make bench' first"
	mkdir -p "${RESULTS%/*}"
	cp "$report/results.tsv" "$RESULTS.part"
	mv "$RESULTS.part" "$RESULTS"
	[ "$ARCH" != x86_64 ] || ! grep -qsF "sha256 $(code_id)" "$BUILD/report/profile.md" ||
		cp "$BUILD/report/profile.md" "${RESULTS%.tsv}-profile.md"
	"$TOP/scripts/results.py" docs "$TOP"
	say "${RESULTS#"$TOP/"}, README.md and docs/ have the figures of $report/results.tsv: look at the pictures before you commit them"
}

if [ "${1:-}" = quote ]; then
	quote
	exit
fi

# in_parallel LABEL KERNEL: what takes CPUs that run at the same time.
in_parallel()
{
	MACHINE=$smp_machine CPUS=$CPUS_SMP run "$1" bench_smp "$2$smp"
	MACHINE=$smp_machine CPUS=$CPUS_SMP run "$1" bench_locks "$2-lockstat"
}

[[ $REPEAT =~ ^[1-9][0-9]*$ ]] || die "REPEAT=$REPEAT is not a number of times to measure"
machine_usable
needs_qemu "measuring"
emulated=(-icount shift=0,sleep=off) smp_machine=$MACHINE-smp smp= shadow=
case $MACHINE in
q35-npt)	smp=-smp shadow=q35-npt0 ;;
virt-vhe)	;;
*)		[ "$(machine_field needs)" = nested ] || die "make bench chooses its machines itself, unless MACHINE=kvm"
		emulated=() smp_machine=$MACHINE ;;
esac
lock
for kernel in base series; do
	build $kernel
done
"$TOP/scripts/build.sh" selftests >/dev/null

rm -rf "$out"
mkdir -p "$out" "$report"
: >"$report/bench.tsv.part"
start=$SECONDS
for round in $(seq "$REPEAT"); do
	for kernel in base series; do
		CPUS=1 run $kernel bench $kernel "${emulated[@]}"
	done
	# Once: these take as long as all the others.
	[ "$round" != 1 ] || for kernel in base series; do
		CPUS=1 run $kernel bench_size $kernel -m 6G "${emulated[@]}"
	done
	[ -z "$shadow" ] || for kernel in base series; do
		MACHINE=$shadow CPUS=1 run $kernel bench_shadow $kernel "${emulated[@]}"
	done
	idle=yes
	if ! wanted parallel; then
		idle=
	elif host_idle; then
		in_parallel base base
		in_parallel series series
	else
		say "the host has other work to do: fault latencies and parallel aging are not measured"
		idle=
	fi
	for variant in "$TOP/variants/$ARCH"/*.patch; do
		! wanted variants || [ ! -e "$variant" ] || measure_variant "$variant"
	done
	say "round $round of $REPEAT done after $(((SECONDS - start + 59) / 60)) min"
done
mv "$report/bench.tsv.part" "$report/bench.tsv"

{
	echo "# base: $(base_name)"
	echo "# series: $(series_name)"
	echo "# compiler: $("${CROSS}gcc" --version | head -n 1)"
	echo "# emulator: $($QEMU --version | head -n 1)"
	echo "# machine: $MACHINE, unit: $([ -n "${emulated[*]}" ] && echo instructions || echo ns), rounds: $REPEAT"
	"$TOP/scripts/results.py" summary "$report/bench.tsv"
} >"$report/results.tsv.part"
mv "$report/results.tsv.part" "$report/results.tsv"
"$TOP/scripts/results.py" show "$report/results.tsv"
echo
echo "In $report: results.tsv (these tables) and bench.tsv (all rows). To quote them: make results"
