#!/bin/bash
# Prints the path of a QEMU for ARCH that is new enough: the one that is installed,
# or, on Debian 12, that of its backports. It is fetched with an apt state of its own, and
# unpacked, not installed: it takes no other libraries than Debian 12's own.
#   qemu.sh VERSION
# Writes $BUILD/qemu.
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

version=$1
dir=$BUILD/qemu
suite=bookworm-backports

new_enough()
{
	[ "$("$1" --version 2>/dev/null | sed -n 's/^QEMU emulator version \([0-9]*\).*/\1/p')" -ge "$version" ] 2>/dev/null
}

fetch()
{
	local site
	[ "$(. /etc/os-release; echo "${VERSION_CODENAME:-}")" = "${suite%%-*}" ] ||
		die "the machine $MACHINE needs QEMU $version or newer: put its $QEMU in PATH"
	site=$(mirror)
	[ -n "$site" ] || die "apt has no Debian mirror configured: give one with MIRROR=URL"
	need_space 300 "a newer QEMU"
	rm -rf "$dir" "$dir.part"
	mkdir -p "$dir.part/apt"
	say "fetching the QEMU of $suite (21 MB)"
	{
		apt_update "$dir.part/apt" "$site" "$suite" &&
		cd "$dir.part/apt" && APT_CONFIG=$dir.part/apt/apt.conf apt-get -q download qemu-system-{arm,riscv,common,data} opensbi &&
		for package in *.deb; do dpkg-deb -x "$package" "$dir.part" || return; done
	} >"$dir.log" 2>&1 || die "a newer QEMU could not be fetched: the log is $dir.log"
	rm -r "$dir.part/apt"
	mv "$dir.part" "$dir"
}

if new_enough $QEMU; then
	command -v $QEMU
	exit
fi
lock
program=$dir/usr/bin/$QEMU
new_enough "$program" || fetch
new_enough "$program" || die "the QEMU of $suite is older than $version, or does not run: see $program"
echo "$program"
