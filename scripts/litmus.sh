#!/bin/bash
# Runs the litmus tests that the series adds with the kernel's memory model:
# each has to give the "Result:" that it states. Reads the tree; writes $BUILD/litmus.
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

tree=$WORK/linux
out=$BUILD/litmus

# One line on what herd7 has found.
found()
{
	awk '/^States/ { states = $2 }
		/^Observation/ { result = $3 ", " $4 " of " $4 + $5 " executions, " states " final states" }
		/^Flag data-race/ { race = ", a data race" }
		!/^Herd options/ && first == "" { first = $0 }
		END { print result == "" ? "no result: " first : result race }' "$1.out"
}

lock
rm -rf "$out"
mkdir -p "$out"
mapfile -t tests < <(git -C "$tree" diff --name-only --diff-filter=d base -- '*.litmus')
[ "${#tests[@]}" -gt 0 ] || die "the series adds no litmus tests: there is nothing to run"
(cd "$tree" && cp "${tests[@]}" "$out")
cd "$out"
if ! command -v herd7 >/dev/null; then
	forky=$("$TOP/scripts/forky.sh")
	mkdir bin
	printf '#!/bin/sh\nexec "%s" herd7 -set-libdir "%s" "$@"\n' "$TOP/scripts/forky.sh" "$forky/usr/share/herdtools7/herd" >bin/herd7
	chmod +x bin/herd7
	PATH=$PWD/bin:$PATH
fi
ln -s "$tree"/tools/memory-model/{linux-kernel.*,lock.cat,scripts} .

export LKMM_DESTDIR=. LKMM_TIMEOUT_CMD="timeout 10m"
for test in *.litmus; do
	scripts/runlitmus.sh "$test" || true
	# Judgelitmus.sh forgives what races, if the test states nothing.
	if grep -q '^ \* Result: ' "$test" && scripts/judgelitmus.sh "$test" >"$test.judged" 2>&1; then
		ok "${test%.litmus}: $(found "$test")"
	else
		says=$(sed -n 's/^ \* Result: //p' "$test")
		not_ok "${test%.litmus}: says ${says:-nothing}, but $(found "$test")"
	fi
done
finish
