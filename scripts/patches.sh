#!/bin/bash
# What can be said of the patches without building anything.
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

check "series applies with git am, and to Debian's base comes back byte-identical" "$TOP/scripts/tree.sh" check
for patch in $(patches); do
	check "checkpatch --strict ${patch##*/}" checkpatch --no-signoff "$patch"
done
for results in "${RESULTS%/*}"/*.tsv; do
	check "README.md has the tables of ${results#"$TOP/"}" "$TOP/scripts/results.py" check "$results" "$TOP/README.md"
done
finish
