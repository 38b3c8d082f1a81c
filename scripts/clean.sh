#!/bin/bash
# Removes what was made, but not a developer's commits nor the download.
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

lock
"$TOP/scripts/tree.sh" may-remove
rm -rf "$WORK" "$BUILD/report" "$BUILD/test" "$BUILD/run" "$BUILD/shell" "$BUILD/mutants" "$BUILD/check"
rm -rf --one-file-system "$BUILD/forky"
