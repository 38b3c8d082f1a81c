#!/bin/bash
# Makes the figures of the last 'make bench' those that are quoted.
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

new=$BUILD/report/bench$FOLDER/results.tsv
[ -e "$new" ] || die "there are no figures yet: run 'make bench' first"
mkdir -p "${RESULTS%/*}"
cp "$new" "$RESULTS.part"
mv "$RESULTS.part" "$RESULTS"
profile=$BUILD/report/profile.md
[ "$ARCH" != x86_64 ] || [ ! -e "$profile" ] || cp "$profile" "${RESULTS%.tsv}-profile.md"
"$TOP/scripts/results.py" readme "$RESULTS" "$TOP/README.md"
say "${RESULTS#"$TOP/"} and README.md have the figures of $new"
