#!/bin/bash
# Removes what was made, but not a developer's commits nor the download.
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

lock
"$TOP/scripts/tree.sh" may-remove
rm -rf "$WORK" "$BUILD"/{report,shell,profile,litmus,check,mail} \
	"$BUILD"/{test,run,bench,compare,compare-*,mutants,debug,deb}{,-arm64}
rm -rf --one-file-system "$BUILD"/forky{,.part,.log}
