#!/bin/bash
# What can be said of the patches without building anything.
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

check "series applies with git am, and comes back byte-identical" "$TOP/scripts/tree.sh" check
for patch in $(patches); do
	check "checkpatch --strict ${patch##*/}" checkpatch --no-signoff "$patch"
done
check "README.md has the tables of ${RESULTS#"$TOP/"}" "$TOP/scripts/results.py" check "$RESULTS" "$TOP/README.md"
finish
