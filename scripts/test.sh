#!/bin/bash
# Runs layers of tests, while what they need is being built, and sums up. The layer check,
# which needs no emulator, runs beside the others once all is built.
#   test.sh LAYER[@MACHINE,...]...   on these machines only; docs/TESTING.md says what a
#                                    layer covers
#   FLAVOUR=NAME   compare, and reproduce, on kernels of kconfig/flavours/
#   RESUME=1   don't repeat a layer that has passed on this state, unless AGAIN=1
# Reads everything; README.md, docs/ and results/ for the layer patches only, which always
# runs. Writes $BUILD/test: a log of each layer and each build, and
# passed/, what has passed on which state.
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

out=$BUILD/test$FOLDER

# What has to be built for a layer, in the order in which it is needed.
needs()
{
	case $1 in
	compare | reproduce) echo "selftests series${FLAVOUR:+-$FLAVOUR} base${FLAVOUR:+-$FLAVOUR}" ;;
	vmm)		echo selftests series base ;;
	kcsan | rt)	echo "selftests base-$1 series-$1" ;;
	mutants | postings)	echo selftests ;;
	patches | litmus | check) ;;
	*)	echo "selftests series-$1" ;;
	esac
}

build_all()
{
	local what rc
	for what; do
		rc=0
		"$TOP/scripts/build.sh" "$what" >"$out/build-$what.log" 2>&1 || rc=$?
		echo "$rc" >"$out/built/$what"
	done
}

# Waits for what a layer needs, which is not built again then.
wait_for()
{
	local what
	for what in $(needs "$1"); do
		until [ -e "$out/built/$what" ] || ! kill -0 "$builds" 2>/dev/null; do sleep 1; done
		[ "$(cat "$out/built/$what" 2>/dev/null)" != 0 ] || BUILT+=" $what"
	done
	export BUILT
}

# What can be said of the patches without building anything.
patches_layer()
{
	local rc=0 patch
	"$TOP/scripts/tree.sh" check || rc=$?
	case $rc in
	0)	ok "series applies with git am, and comes back byte-identical" ;;
	77)	ok "series applies with git am"
		skip "series comes back byte-identical: it was made on $BASE_PACKAGE $BASE_VERSION, not $(base_name)" ;;
	*)	not_ok "series applies with git am, and comes back byte-identical" ;;
	esac
	for patch in $(patches); do
		check "checkpatch --strict ${patch##*/}" checkpatch --no-signoff "$patch"
	done
	check "README.md and docs/ have the figures of results/" "$TOP/scripts/results.py" check "$TOP"
	if compgen -G "${RESULTS%/*}/$RELEASE*" >/dev/null; then
		check "results/ are of this state of the series" same_series "${RESULTS%/*}/$RELEASE"*
	else
		skip "results/ are of this state of the series: there are none of $RELEASE, 'make bench results' makes them"
	fi
	finish
}

# same_series FILE...: whether these results are of the code of the series as it is.
same_series()
(
	local file id
	for file; do
		id=$(grep -om 1 'patches, sha256 [0-9a-f]*' "$file") || die "${file#"$TOP/"} does not say of which series it is"
		[ "${id##* }" = "$(code_id)" ] ||
			die "${file#"$TOP/"} is of another state of the series (${id##* }, not $(code_id)): run 'make bench results', and 'make profile results' for a profile"
	done
)

run_layer()
{
	case $1 in
	patches)	patches_layer ;;
	mutants)	"$TOP/scripts/mutants.sh" $MUTANTS ;;
	compare | litmus | check | postings | vmm)	"$TOP/scripts/$1.sh" ;;
	reproduce)	SUITE=reproduce "$TOP/scripts/compare.sh" ;;
	*)	FLAVOURS=$1 "$TOP/scripts/debug.sh" ;;
	esac
}

# What the outcomes depend on, beside the layer.
state()
{
	{
		cat "$WORK/linux/.git/base-id"
		git -C "$WORK/linux" rev-parse HEAD
		git -C "$WORK/linux" diff HEAD
		$QEMU --version
		"${CROSS}gcc" --version
		dpkg-query -W bochs coccinelle python3-sphinx 'gcc-*-linux-gnu*' 2>/dev/null || true
		echo "$MACHINES|${ONLY_CPUS:-}|$FLAVOUR|$SUITE|$MUTANTS|$CHECKS|$PATCHES"
		(cd "$TOP" && find Makefile bases checks guest kconfig machines mutants scripts series suites -type f | sort | xargs sha256sum)
	} | sha256sum | cut -d' ' -f1
}

# "layer machine" of each bug of mutants/, or of MUTANTS, for ARCH: which layer runs into
# it, by its header.
list_bugs()
{
	local name by
	for name in ${MUTANTS:-$(basename -s .patch "$TOP"/mutants/*.patch)}; do
		awk 'BEGIN { v["Machine:"] = "q35-npt"; v["Suite:"] = "aging" }
			/^$/ { exit }
			$1 ~ /^(Machine|Suite|Kernel):$/ { v[$1] = $2 }
			END {	by = v["Suite:"] == "reproduce" ? "reproduce" : "compare"
				if (v["Suite:"] == "stress") by = "lockdep+kunit"
				if (v["Kernel:"] != "") by = v["Kernel:"]
				print by, v["Machine:"] }' "$TOP/mutants/$name.patch"
	done | while read -r by MACHINE; do
		[ "$(machine_arch)" != "$ARCH" ] || echo "$by $MACHINE"
	done
}

has_passed()
{
	[ -n "${RESUME:-}" ] && [ -z "$AGAIN" ] && [ "$layer" != patches ] && [ "$(head -n 1 "$out/passed/$RELEASE/${layer%%@*}" 2>/dev/null)" = "$layer $state" ]
}

lock
rm -rf "$out"/*.counts "$out/layers" "$out/built"
mkdir -p "$out/built" "$out/passed/$RELEASE"
state=$(state) bugs=$(list_bugs)
exec {STEPS_FD}>&2
export STEPS_FD
# Where compare runs on kernels of FLAVOUR, with one CPU.
compared=
for layer; do
	[ -z "$FLAVOUR" ] || [[ $layer != compare@* ]] || compared=$(tr , ' ' <<<"${layer#*@}")
done
what=$(for layer; do has_passed || needs "${layer%%@*}"; done | tr ' ' '\n' | awk '!seen[$0]++')
# Runs a layer, or not, and writes what has come of it to its file .counts: passed, failed,
# skipped, minutes, "before".
do_layer()
{
	local layer=$1 name=${1%%@*} machines=$MACHINES start counts ok bad left minutes
	local log=$out/$name.log
	[ "$name" = "$layer" ] || machines=$(tr , ' ' <<<"${layer#*@}")
	if has_passed; then
		echo "$(tail -n 1 "$out/passed/$RELEASE/$name") before" >"$out/$name.counts"
		say "layer $name: has passed on this state before"
		return
	fi
	BUILT=
	wait_for "$name"
	say "layer $name"
	rm -f "$out/passed/$RELEASE/$name"
	start=$SECONDS
	(
		export MACHINES=$machines COMPARED=$compared ONLY_ON=${layer#"$name"}
		ONLY_ON=${ONLY_ON:+$machines}
		run_layer "$name"
	) >"$log" 2>&1 || true
	# A layer that did not get to its closing line has failed.
	counts=$(sed -n '$s/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$log")
	[ -n "$counts" ] || echo "not ok  the layer $name stopped before its end: $(tail -n 1 "$log")"
	[ "$counts" != "0 0" ] || { echo "not ok  the layer $name has tested nothing"; counts=; }
	read -r ok bad <<<"${counts:-0 1}"
	left=$(grep -c '^skip ' "$log" || true)
	minutes=$(((SECONDS - start + 59) / 60))
	grep '^not ok' "$log" || true
	say "layer $name: $ok passed, $bad failed, $left skipped"
	echo "$ok $bad $left $minutes" >"$out/$name.counts"
	[ "$bad" = 0 ] || return 0
	if [ "$(state)" = "$state" ]; then
		{ echo "$layer $state"; cat "$out/$name.counts"; } >"$out/passed/$RELEASE/$name"
	else
		say "layer $name: what it depends on has changed meanwhile: test-all will run it again"
	fi
}

# All in groups of their own, of which those still running end with this. Emulators, which
# must not be late, go before compilers.
trap 'for job in $(jobs -pr); do kill -- "-$job"; done' EXIT
trap 'exit 130' INT
set -m
(
	trap - EXIT INT
	renice -n $(($(nice) + 10)) "$BASHPID" >/dev/null || true
	build_all $what
	builds=$BASHPID
	[[ " $* " != *" check "* ]] || do_layer check
) &
builds=$!
set +m
for layer; do
	[ "$layer" = check ] || do_layer "$layer"
done
wait "$builds" || not_ok "what runs beside the emulators stopped before its end"

covered=0 bad_layers=
for layer; do
	name=${layer%%@*}
	machines=$(tr , ' ' <<<"${layer#*@}")
	before=
	read -r ok bad left minutes before <"$out/$name.counts" || { ok=0 bad=1 left=0 minutes=0; }
	[ "$bad" = 0 ] || bad_layers+=" $out/$name.log"
	passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + left))
	case $layer in
	*@*) ;;
	compare | reproduce)	machines=$MACHINES ;;
	*)	# Where debug.sh runs it.
		machines=$(cd "$TOP/kconfig/flavours" && sed -n 's/^# machines: //p' $(printf '%s.config ' ${name//+/ }) 2>/dev/null | xargs) || true ;;
	esac
	caught=$(awk -v name="$name" -v machines=" $machines " \
		'name == "mutants" || $1 == name && index(machines, " " $2 " ")' <<<"$bugs" | wc -l)
	[ "$name" = mutants ] || covered=$((covered + caught))
	printf '%-14s %8d %8d %8d %8d %8s%s\n' "$name" "$ok" "$bad" "$left" "$minutes" \
		"${caught/#0/-}" "${before:+   (before)}" >>"$out/layers"
done

echo
printf '%-14s %8s %8s %8s %8s %8s\n' layer passed failed skipped minutes mutants
cat "$out/layers"
echo
now=$((($(date +%s) - STEPS_START + 59) / 60))
if [ "$failed" = 0 ]; then
	echo "All of it passed, in $now min; what has run includes the tests that catch $covered of the $(wc -l <<<"$bugs") bugs in mutants/."
else
	echo "Something failed, in $now min: see$bad_layers."
fi
finish "in $out/*.log"
