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
	commit=$(commit_of "$last")
	[ -n "$commit" ] || die "${SERIES#"$TOP/"}/series: there is no patch $last"
	plant "" "$commit"
	builds mutant || { not_ok "$POSTING: the kernel builds with the patches up to $last"; continue; }
	ok "$POSTING: the kernel builds with the patches up to $last"
	check "$POSTING: guest ran to the end, console clean" "$TOP/scripts/guest.sh" mutant postings "$out/$POSTING"
	[ -e "$out/$POSTING/results.tsv" ] || continue
	judge_tests "$POSTING:" "$out/$POSTING"
done 3< <(grep -v '^#' "$SERIES/series")
# Its files are newer now than what mutants could begin with, see start_from() in build.sh.
rm -rf "$WORK/mutant$FOLDER"
finish
