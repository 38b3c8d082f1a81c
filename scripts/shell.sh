#!/bin/bash
# Boots the patched kernel to a busybox prompt on this terminal. Writes $BUILD/shell.
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

dir=$BUILD/shell
tests=$SELFTESTS
[ "$ARCH" = x86_64 ] && [ -z "$CROSS" ] || die "a prompt is for ARCH=x86_64 on such a host"
machine_usable
needs_qemu "a prompt"
"$TOP/scripts/build.sh" series >/dev/null
"$TOP/scripts/build.sh" selftests >/dev/null

rm -rf "$dir"
mkdir -p "$dir"
gcc -Wall -Wextra -Werror -O2 -static -o "$dir/init" "$TOP/guest/init.c"
{
	cat <<-LIST
		dir /dev 0755 0 0
		nod /dev/console 0600 0 0 c 5 1
		dir /bin 0755 0 0
		file /bin/busybox /bin/busybox 0755 0 0
		file /init $dir/init 0755 0 0
		dir /tests 0755 0 0
		dir /tests/x86 0755 0 0
	LIST
	cd "$tests"
	find . -type f -perm -u+x | while read -r program; do
		mkdir -p "$dir/${program%/*}"
		strip -o "$dir/$program" "$program"
		echo "file /tests/$program $dir/$program 0755 0 0"
	done
} >"$dir/initramfs.list"
"$OBJ/series/usr/gen_init_cpio" "$dir/initramfs.list" >"$dir/initramfs.cpio"

say "the selftests are in /tests; 'exit' powers the machine off, Ctrl-A X kills it"
qemu 1000000 -serial mon:stdio -kernel "$OBJ/series/$IMAGE" \
	-initrd "$dir/initramfs.cpio" \
	-append "$CONSOLE loglevel=4 panic=-1 $(machine_field cmdline) shell"
