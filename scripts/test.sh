#!/bin/bash
# Runs layers of tests one after another, and sums up.
#   test.sh LAYER...   docs/TESTING.md says what each of them covers
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

out=$BUILD/test$FOLDER

run_layer()
{
	case $1 in
	patches | compare | litmus | check | mutants)	"$TOP/scripts/$1.sh" ;;
	reproduce)	SUITE=reproduce "$TOP/scripts/compare.sh" ;;
	*)	FLAVOURS=$1 "$TOP/scripts/debug.sh" ;;
	esac
}

lock
rm -rf "$out"
mkdir -p "$out"
for layer in "$@"; do
	start=$SECONDS
	say "layer $layer"
	run_layer "$layer" | tee "$out/$layer.log" || true
	# A layer that did not get to its closing line has failed.
	counts=$(sed -n '$s/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$out/$layer.log")
	[ -n "$counts" ] || echo "not ok  the layer $layer stopped before its end"
	[ "$counts" != "0 0" ] || { echo "not ok  the layer $layer has tested nothing"; counts=; }
	read -r ok bad <<<"${counts:-0 1}"
	left=$(grep -c '^skip ' "$out/$layer.log" || true)
	passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + left))
	printf '%-10s %8d %8d %8d %8d\n' "$layer" "$ok" "$bad" "$left" $(((SECONDS - start + 59) / 60)) >>"$out/layers"
	echo
done

printf '%-10s %8s %8s %8s %8s\n' layer passed failed skipped minutes
cat "$out/layers"
finish
