#!/bin/bash
# Runs a suite on both kernels, on each machine, and compares the outcomes test by
# test. Every line "ok" or "not ok" is one thing tested.
#   SUITE=NAME     the suite (what the machine's file says, or mmu)
#   MACHINES=...   the machines
#   ONLY_CPUS=N    only with as many CPUs (what the suite or the machine's file says)
#   FLAVOUR=NAME   kernels with the options of that flavour, unless the machine's file has one
# If a suite has "base_console = REGEX", the base kernel's console has to say that.
# Reads suites/ and machines/; writes $BUILD/compare*/MACHINE/CPUS/: a folder of guest.sh
# for each kernel, and compared.tsv.
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

suite=${SUITE:-}
out=$BUILD/compare${suite:+-$suite}$FOLDER

# field TEST NAME: what the suite says of a test, or of all if TEST is empty.
field()
{
	awk -v test="$1" -v name="$2" 'BEGIN { here = test == "" }
		/^\[/ { here = $0 == "[" test "]" }
		here && $1 == name { sub(/^[^=]*= */, ""); print }' "$TOP/suites/$SUITE"
}

# What the test has to say when it fails on the base kernel, or nothing.
expected()
{
	local machines
	machines=$(field "$1" base_machines)
	[[ " ${machines:-$MACHINE} " != *" $MACHINE "* ]] || field "$1" base
}

# says FOLDER TEST REGEX: what the test that has failed there says like that, or a failure.
says()
{
	[ -n "$3" ] && awk -v test="$2" '/^(not )?ok [0-9]/ { if ($0 ~ "^not ok [0-9]+ " test "( |$)") print text; text = ""; next }
		{ text = text $0 "\n" }' "$1/ktap" | grep -oE "$3" | awk 'NR == 1; END { exit !NR }'
}

# complaint FOLDER TEST: that of the base kernel.
complaint()
{
	says "$1/base" "$2" "$(expected "$2")"
}

# Whether a test fails on both kernels as it is known to.
fails_as_known()
{
	local kernel
	for kernel in base series; do
		says "$1/$kernel" "$2" "$(field "$2" known_says)" >/dev/null || return
	done
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
		"$1/base/results.tsv" "$1/series/results.tsv" | while IFS= read -r line; do
		test=${line%%$'\t'*}
		case $line in
		*$'\t'FAIL$'\t'pass*)	echo "${line%$'\t'*}"$'\t'"$(complaint "$1" "$test" || echo "${line##*$'\t'}")" ;;
		*FAIL*)			echo "$line; $(field "$test" known)" ;;
		*)			echo "$line" ;;
		esac
	done
}

builds()
{
	"$TOP/scripts/$@" >/dev/null
}

# The guests of all runs, two at a time, if there is a CPU for each.
run_guests()
{
	local run kernel flavour
	for run in "${runs[@]}"; do
		read -r MACHINE CPUS SUITE flavour <<<"$run"
		export MACHINE CPUS
		for kernel in series base; do
			[ "$(jobs -pr | wc -l)" -lt "$(($(nproc) > 1 ? 2 : 1))" ] || wait -n || true
			run_guest "$out/$MACHINE/${CPUS}cpu/$kernel" "$kernel$flavour" &
		done
	done
	wait
}

# run_guest FOLDER KERNEL: its status goes to FOLDER.status.
run_guest()
{
	local status=0
	EMULATOR_LOCK=$1.lock "$TOP/scripts/guest.sh" "$2" "$SUITE" "$1" || status=$?
	echo "$status" >"$1.status"
}

# ended WHERE: waits for a guest, and is true if it has succeeded.
ended()
{
	until [ -s "$out/$1.status" ] || ! kill -0 "$guests" 2>/dev/null; do sleep 1; done
	[ "$(cat "$out/$1.status" 2>/dev/null)" = 0 ]
}

# A test that is to run on one kernel only has "-" on the other.
judge()
{
	local where=$1 test base series why
	while IFS=$'\t' read -r test base series why; do
		case $base/$series in
		pass/pass | -/pass | pass/-)
			if [ -z "$(expected "$test")" ]; then ok "$where $test${why:+ ($why)}"
			else not_ok "$where $test: passes on the base kernel, and should not"; fi ;;
		FAIL/pass)
			if complaint "$out/$where" "$test" >/dev/null; then ok "$where $test (fails on the base kernel: $why)"
			else not_ok "$where $test: fails on the base kernel, and not as the suite says: $why"; fi ;;
		-/skip | skip/-)	skip "$where $test: $why" ;;
		skip/skip | skip/pass)
			if [ -n "$(expected "$test")" ]; then not_ok "$where $test: is skipped on the base kernel, and should fail: $why"
			elif [ "$series" = skip ]; then skip "$where $test: $why"
			else ok "$where $test (skipped on the base kernel: $why)"; fi ;;
		FAIL/FAIL)
			if fails_as_known "$out/$where" "$test" && [[ $why != *TIMEOUT* ]]; then ok "$where $test (FAILS ALIKE on both kernels: $(field "$test" known))"
			else not_ok "$where $test: fails on both kernels, unexpectedly: $why"; fi ;;
		*)				not_ok "$where $test: $base on the base kernel, $series on the series: $why" ;;
		esac
	done
}

# All compared.tsv as one table, test by machine, each cell "base/series", and below
# it what did not simply pass.
print_outcomes()
{
	awk -F'\t' '
		FNR == 1 { k = split(FILENAME, part, "/"); where = part[k - 2] "/" part[k - 1]; columns[++m] = where }
		!($1 in seen) { seen[$1] = 1; tests[++n] = $1 }
		{ cell[$1, where] = $2 == $3 ? $2 : $2 "/" $3 }
		$2 $3 ~ /skip|FAIL|CRASH/ || $4 != "" {
			key = $1 " (" $2 "/" $3 "): " $4
			if (!(key in places))
				notes[++o] = key
			places[key] = places[key] " " where
		}
		END {
			printf "%-28s", "base/series"
			for (j = 1; j <= m; j++)
				printf " %-15s", columns[j]
			print ""
			for (i = 1; i <= n; i++) {
				printf "%-28s", tests[i]
				for (j = 1; j <= m; j++)
					printf " %-15s", (tests[i], columns[j]) in cell ? cell[tests[i], columns[j]] : "."
				print ""
			}
			if (o)
				print ""
			for (i = 1; i <= o; i++)
				print notes[i] " [" substr(places[notes[i]], 2) "]"
		}' "$@"
}

archs=${suite:+$(SUITE=$suite field "" archs)}
[[ " ${archs:-$ARCH} " == *" $ARCH "* ]] || die "the suite $suite is for ARCH=$archs, not $ARCH"
[ -n "${MACHINES// /}" ] || die "there is no machine to run on: name some with MACHINES="
lock
rm -rf "$out"
mkdir -p "$out"
check "selftests build" builds build.sh selftests
[ "$failed" = 0 ] || { finish; exit; }

runs=() kernels=
for MACHINE in $MACHINES; do
	# Fetches the emulator, if it takes another one.
	(machine_usable) || { not_ok "$MACHINE can be run here"; continue; }
	flavour=$(machine_field flavour)
	flavour=${flavour:-$FLAVOUR}
	flavour=${flavour:+-$flavour}
	for kernel in series$flavour base$flavour; do
		[[ " $kernels " != *" $kernel "* ]] || continue
		kernels+=" $kernel"
		builds build.sh "$kernel" || { not_ok "$kernel kernel builds"; finish; exit; }
		ok "$kernel kernel builds"
	done
	SUITE=${suite:-$(machine_field suite)}
	SUITE=${SUITE:-mmu}
	cpus=$(field "" cpus)
	cpus=${cpus:-$(machine_field cpus)}
	for CPUS in ${cpus:-1 4}; do
		if [ "${ONLY_CPUS:-$CPUS}" != "$CPUS" ]; then
			skip "$MACHINE with $CPUS CPUs: 'make compare' has that"
			continue
		fi
		runs+=("$MACHINE $CPUS $SUITE $flavour")
	done
done

[ "${#runs[@]}" != 0 ] || { not_ok "there is something to compare with ${ONLY_CPUS:-any number of} CPU(s) on $MACHINES"; finish; exit; }
! emulator_is_busy || say "waiting for another emulator to end"
exec 8>"$EMULATOR_LOCK"
flock 8
run_guests &
guests=$!
for run in "${runs[@]}"; do
	read -r MACHINE CPUS SUITE flavour <<<"$run"
	where=$MACHINE/${CPUS}cpu
	must=$(field "" base_console)
	if [ -n "$must" ]; then
		ended "$where/base" || true
		check "$where base kernel: guest ran to the end" grep -q 'init: all tests have run' "$out/$where/base/console"
		check "$where base kernel: console says: $must" grep -qE "$must" "$out/$where/base/console"
	else
		check "$where base kernel: guest ran to the end, console clean" ended "$where/base"
	fi
	check "$where series kernel: guest ran to the end, console clean" ended "$where/series"
	[ -e "$out/$where/base/results.tsv" ] && [ -e "$out/$where/series/results.tsv" ] || continue
	compare "$out/$where" >"$out/$where/compared.tsv"
	judge "$where" <"$out/$where/compared.tsv"
done
echo
print_outcomes $(cd "$out" && find . -name compared.tsv | sort | sed "s|^\.|$out|") </dev/null
finish
