#!/bin/bash
# What can be said of the patches without building anything.
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

rc=0
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
for results in "${RESULTS%/*}"/*.tsv; do
	check "README.md has the tables of ${results#"$TOP/"}" "$TOP/scripts/results.py" check "$results" "$TOP/README.md"
done
finish
