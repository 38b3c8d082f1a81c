#!/bin/bash
# Builds and boots the kernel as it is after each posting of $SERIES/series, and runs those
# tests of suites/postings that have to pass then.
# Reads $SERIES/series and suites/postings; writes $BUILD/postings, and builds from
# $WORK/mutant.
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

out=$BUILD/postings$FOLDER

builds()
{
	"$TOP/scripts/build.sh" "$@" >/dev/null
}

lock
"$TOP/scripts/build.sh" selftests >/dev/null
rm -rf "$out"
mkdir -p "$out"
while read -r POSTING _ last <&3; do
	export POSTING
	plant "" "$(commit_of "$last")"
	check "$POSTING: the kernel builds with the patches up to $last" builds mutant
	check "$POSTING: guest ran to the end, console clean" "$TOP/scripts/guest.sh" mutant postings "$out/$POSTING"
	[ -e "$out/$POSTING/results.tsv" ] || continue
	while IFS=$'\t' read -r test outcome why; do
		case $outcome in
		pass)	ok "$POSTING: $test" ;;
		skip)	skip "$POSTING: $test: $why" ;;
		*)	not_ok "$POSTING: $test: $outcome $why" ;;
		esac
	done <"$out/$POSTING/results.tsv"
done 3< <(grep -v '^#' "$SERIES/series")
finish
