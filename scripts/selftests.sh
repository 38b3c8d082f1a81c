#!/bin/bash
# Builds the KVM selftests of the patched tree, static, and prints their folder.
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

tree=$WORK/linux
out=$OBJ/selftests

build()
{
	make -C "$tree" O="$out/headers" -j"$JOBS" headers &&
	make -C "$tree/tools/testing/selftests/kvm" -j"$JOBS" OUTPUT="$out/kvm" \
		KHDR_INCLUDES="-isystem $out/headers/usr/include" USERLDFLAGS=-static
}

lock
mkdir -p "$out/kvm"
logged "$out/build.log" "building the KVM selftests" build ||
	die "the selftests did not build: the log is $out/build.log"
echo "$out/kvm"
