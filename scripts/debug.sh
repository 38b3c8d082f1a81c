#!/bin/bash
# Runs kernels with debug options: every line "ok" or "not ok" is one test on one of
# them.
#   FLAVOURS="..."  from kconfig/flavours, whose heads say what runs where; with the
#                   options of two, what both run is run: lockdep+kunit
#   ONLY_ON="..."   only on these machines
#   COMPARED="..."  where test.sh has compare.sh run kernels of FLAVOUR with one CPU, so that
#                   suites/debug, which has aging_test with one CPU, need not
# Where a flavour's head has "base: REGEX", the base kernel's console has to say that; where it
# has "skips: REGEX", no case may be skipped for another reason.
# Reads kconfig/flavours, suites/ and machines/; writes $BUILD/debug.
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

out=$BUILD/debug$FOLDER

# field NAME: one field of the file of one flavour.
field()
{
	sed -n "s/^# $1: //p" "$TOP/kconfig/flavours/$part.config"
}

# Prints the cases in the file $1 that are skipped for a reason that is not as the regular
# expression $2, and succeeds if there are none.
skips_only()
{
	[ -s "$1" ] && ! grep '# SKIP' "$1" | grep -vE "$2"
}

# One kernel on one machine.
run()
{
	local kernel=$1 start=$SECONDS skips
	local where=$kernel/$MACHINE/${CPUS}cpu-$(field suite)
	local dir=$out/$where must

	must=$(field base)
	if [[ $kernel = base-* && -n $must ]]; then
		"$TOP/scripts/guest.sh" "$kernel" "$(field suite)" "$dir" || true
		check "$where console says: $must" grep -qE "$must" "$dir/console"
		return
	fi
	if "$TOP/scripts/guest.sh" "$kernel" "$(field suite)" "$dir"; then
		ok "$where guest ran to the end, console clean ($((SECONDS - start)) s)"
	else
		not_ok "$where guest ran to the end, console clean: $(head -n 1 "$dir/badness")"
	fi
	judge_tests "$where" "$dir"
	skips=$(field skips)
	[ -z "$skips" ] || check "$where skips nothing but: $skips" skips_only "$dir/ktap" "$skips"
}

lock
"$TOP/scripts/build.sh" selftests >/dev/null || die "the selftests do not build"
mkdir -p "$out"
for flavour in $FLAVOURS; do
	parts=${flavour//+/ }
	for part in $parts; do
		[ -n "$(field kernels 2>/dev/null)" ] || die "kconfig/flavours has no flavour $part that tests"
	done
	rm -rf "$out"/*-"$flavour"
	# The last one's: those that are combined have the same.
	for kernel in $(field kernels); do
		kernel=$kernel-$flavour
		if ! "$TOP/scripts/build.sh" "$kernel" >/dev/null; then
			not_ok "$kernel kernel builds"
			continue
		fi
		for part in $parts; do
			for MACHINE in $(field machines); do
				[ "$(machine_arch)" = "$ARCH" ] || continue
				[[ -z "${ONLY_ON:-}" || " $ONLY_ON " = *" $MACHINE "* ]] || continue
				for CPUS in $(field cpus); do
					if [ "$flavour $(field suite) $CPUS" = "$FLAVOUR debug 1" ] &&
					   [[ " ${COMPARED:-} " = *" $MACHINE "* ]]; then
						skip "$kernel/$MACHINE/1cpu-debug: the layer compare has aging_test on this kernel"
						continue
					fi
					export MACHINE CPUS
					run "$kernel"
				done
			done
		done
	done
done
finish
