#!/bin/bash
# Plants one bug after the other from mutants/ into the patched kernel, and
# names the test cases that catch it. One that survives is a failure.
#   mutants.sh [NAME...]
# Reads mutants/, suites/ and machines/; writes $BUILD/mutants, and builds from
# $WORK/mutant.
# The header of a mutant says what it is and where it runs:
#   Plants    the bug, in a sentence
#   Machine   one of machines/, which must be of ARCH
#   Cpus      how many (1)
#   Kernel    one of kconfig/flavours/, or several, with a + between (none of them)
#   Suite     one of suites/ (aging)
#   Console   a line that has to be there, as a regular expression, instead of a failed case
#   Warnings  how many there must be, not more, and a failed case, beside Console
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

out=$BUILD/mutants$FOLDER

# field NAME PATCH [DEFAULT]
field()
{
	local value
	value=$(sed -n "/^$/q; s/^$1: //p" "$2")
	echo "${value:-${3:-}}"
}

# Sets what decides about a run from the header of a mutant.
settings()
{
	MACHINE=$(field Machine "$1" q35-npt)
	CPUS=$(field Cpus "$1" 1)
	SUITE=$(field Suite "$1" aging)
	kernel=$(field Kernel "$1")
	kernel=mutant${kernel:+-$kernel}
	without=$out/none/$kernel.$MACHINE.$CPUS.$SUITE
}

# The cases that have failed in the run in $1, or else the tests, or nothing. Being
# slow is no failure.
noticed()
{
	awk '/^not ok .* # TIMEOUT/ { next }
		/^(# |    )not ok [0-9]+ / { sub(/.*not ok [0-9]+ (- )?/, ""); cases[++n] = $0 }
		/^not ok / { tests = tests (tests ? "; " : "") $0 }
		END { text = n ? cases[1] : tests
			for (i = 2; i <= n && i <= 3; i++) text = text "; " cases[i]
			print text (n > 3 ? "; and " (n - 3) " more" : "") }' "$1/ktap"
}

# build FOLDER: the image, which is in the way of the next one, goes to FOLDER.image. The
# guest, which must not be late, goes first.
build()
{
	local image
	mkdir -p "${1%/*}"
	image=$(nice -n 10 "$TOP/scripts/build.sh" "$kernel") || die "${1##*/} does not build: see $OBJ/$kernel/build.log"
	cp "$image" "$1.image"
	# No bug changes the configuration, which takes as long as to compile one file.
	export CONFIGURED+=" $kernel"
}

# run FOLDER: boots what build() has built.
run()
{
	local rc=0
	BOOT=$1.image "$TOP/scripts/guest.sh" "$kernel" "$SUITE" "$1" 2>"$1.log" || rc=$?
	rm "$1.image"
	return "$rc"
}

# Waits for the guest that has the bug $running, and says what has caught it.
judge()
{
	local name dir by
	name=$(basename "$running" .patch)
	dir=$out/$name
	wait "$guest" || true
	[ -s "$dir/ktap" ] || die "$name: the guest did not start: see $dir.log"
	settings "$running"
	by=$(caught_by "$running" "$dir")
	if [ -n "$by" ]; then
		ok "$name is caught by: $by"
	else
		not_ok "$name survives: see $dir"
	fi
}

# What has caught the mutant, or nothing.
caught_by()
{
	local patch=$1 dir=$2 by
	local console expect
	console=$(field Console "$patch")
	expect=$(field Warnings "$patch")
	by=$(noticed "$dir")
	if [ -n "$expect" ]; then
		[ -n "$by" ] && [ "$(grep -c 'WARNING:' "$dir/console")" = "$expect" ] &&
			! grep -q 'BUG:' "$dir/console" && grep -qE "$console" "$dir/console" || return 0
		echo "$by ($expect warning)"
	elif [ -z "$console" ]; then
		echo "$by"
	elif ! grep -qE "$console" "$without/console"; then
		grep -m 1 -oE "$console" "$dir/console" | sed 's/^/the console: /' || true
	fi
}

chosen=$*
[ $# != 0 ] || set -- $(basename -s .patch "$TOP"/mutants/*.patch)
mutants=()
for name; do
	patch=$TOP/mutants/$name.patch
	[ -e "$patch" ] || die "there is no mutant $name"
	settings "$patch"
	if [ "$(machine_arch)" = "$ARCH" ]; then mutants+=("$patch")
	elif [ -n "$chosen" ]; then skip "$name: is for ARCH=$(machine_arch)"; fi
done
[ "${#mutants[@]}" -gt 0 ] || die "none of these mutants is for ARCH=$ARCH"

lock
"$TOP/scripts/build.sh" selftests >/dev/null
rm -rf "$out"
mkdir -p "$out"
export MACHINE CPUS

say "without a mutant, nothing may be noticed"
plant ""
for patch in "${mutants[@]}"; do
	settings "$patch"
	[ ! -e "$without" ] || continue
	build "$without"
	run "$without" && ! grep -qv '	\(pass\|skip\)	' "$without/results.tsv" && grep -q '	pass	' "$without/results.tsv" ||
		die "the tests do not pass without a mutant: see $without.log and $without/results.tsv"
done

# A guest runs while the next kernel is being built. It ends with this.
running=
trap 'for job in $(jobs -pr); do kill -- "-$job"; done' EXIT
for patch in "${mutants[@]}"; do
	name=$(basename "$patch" .patch)
	settings "$patch"
	say "$name: $(field Plants "$patch")"
	plant "$patch"
	build "$out/$name"
	[ -z "$running" ] || judge
	running=$patch
	settings "$patch"
	set -m
	run "$out/$name" &
	guest=$!
	set +m
done
judge
finish
